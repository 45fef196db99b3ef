"""A Trace as JSON and back: the form that the store keeps, ``--json`` prints and the HTTP API sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any

import orjson

from pipeline.types import (
    Answer,
    AskedAspect,
    AskedConcept,
    Chip,
    Citation,
    Doubt,
    Figures,
    Passage,
    Question,
    ScoredPassage,
    Source,
    Trace,
    Trouble,
    Understanding,
    Usage,
)

_SOURCE = tuple(field.name for field in fields(Source))
_values_of = attrgetter(*_SOURCE)  # ``asdict`` would copy every value


def to_json(trace: Trace) -> dict[str, Any]:
    """The trace as plain dicts, lists, strings and numbers."""
    value: dict[str, Any] = orjson.loads(to_text(trace))
    return value


def to_text(trace: Trace) -> bytes:
    """The same as JSON text (UTF-8): what is stored and served, thousands of values for each question."""
    fields = {
        "id": trace.id,
        "question": trace.question.text,
        "question_type": trace.question.type,
        "index": trace.index,
        "state": trace.state,
        "created": trace.created,
        "previous": trace.previous,
        "understanding": trace.understanding,
        "answer": trace.answer,
        "candidates": [_fields(candidate) for candidate in trace.candidates],
        "extremes": trace.extremes,
        "timings_ms": {name: round(value, 3) for name, value in trace.timings_ms.items()},
        "settings": trace.settings,
        "versions": trace.versions,
    }
    return orjson.dumps(fields, default=_plain, option=orjson.OPT_SERIALIZE_NUMPY)


def candidate_json(candidate: ScoredPassage) -> dict[str, Any]:
    """One candidate, as ``to_json`` has it."""
    source = dict(zip(_SOURCE, _values_of(candidate.passage.source), strict=True))
    return {**_fields(candidate), "source": source, "scores": {**candidate.scores}, "ranks": {**candidate.ranks}}


def _fields(candidate: ScoredPassage) -> dict[str, Any]:
    """What is written of a candidate. orjson writes dataclasses and tuples as JSON has them."""
    return {
        "passage_id": candidate.passage.id,
        "text": candidate.passage.text,
        "source": candidate.passage.source,
        "row": candidate.row,
        "scores": candidate.scores,
        "ranks": candidate.ranks,
        "relevance": candidate.relevance,
        "in_prompt": candidate.in_prompt,
    }


def _plain(value: object) -> dict[Any, Any]:
    """What orjson can't write by itself: mappings that are no dicts."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no part of a trace")


def from_json(value: Mapping[str, Any]) -> Trace:
    """The trace that ``to_json`` wrote; ``from_json(to_json(t)) == t`` but for the rounding of timings."""
    return Trace(
        id=value["id"],
        question=Question(value["id"], value["question"], value["question_type"]),
        index=value["index"],
        settings=value["settings"],
        state=value["state"],
        understanding=_understanding(value["understanding"]) if value["understanding"] else None,
        candidates=tuple(_candidate(candidate) for candidate in value["candidates"]),
        extremes={name: (low, high) for name, (low, high) in value["extremes"].items()},
        answer=_answer(value["answer"]) if value["answer"] else None,
        timings_ms=value["timings_ms"],
        versions=value["versions"],
        created=value["created"],
        previous=value["previous"],
    )


def _understanding(value: Mapping[str, Any]) -> Understanding:
    chips, removed = (tuple(_chip(chip) for chip in value[name]) for name in ("chips", "removed"))
    concepts = tuple(_concept(concept) for concept in value.get("concepts", ()))  # traces of before have none
    aspects = tuple(AskedAspect(**aspect) for aspect in value.get("aspects", ()))
    figures = _figures(value["figures"]) if value.get("figures") else None
    read = {"chips": chips, "removed": removed, "concepts": concepts, "aspects": aspects, "figures": figures}
    read |= {"ranked": tuple(value.get("ranked", ()))}
    return Understanding(**{**value, **read})


def _figures(value: Mapping[str, Any]) -> Figures:
    return Figures(**{**value, "bounds": tuple(value.get("bounds", ()))})


def _concept(value: Mapping[str, Any]) -> AskedConcept:
    return AskedConcept(value["id"], value["name"], tuple((start, end) for start, end in value["spans"]))


def _chip(value: Mapping[str, Any]) -> Chip:
    span = tuple(value["span"]) if value["span"] else None
    names = {name: tuple(value.get(name, ())) for name in ("values", "unknown", "near")}  # chips of before have no last
    return Chip(**{**value, **names, "span": span})


def _candidate(value: Mapping[str, Any]) -> ScoredPassage:
    return ScoredPassage(
        passage=Passage(value["passage_id"], value["text"], Source(**value["source"])),
        row=value["row"],
        scores=value["scores"],
        ranks=value["ranks"],
        relevance=value["relevance"],
        in_prompt=value["in_prompt"],
    )


def _answer(value: Mapping[str, Any]) -> Answer:
    trouble, usage = value.get("trouble"), value.get("usage")  # answers of before have neither, nor doubts
    made: dict[str, object] = {
        "citations": tuple(Citation(**citation) for citation in value["citations"]),
        "doubts": tuple(Doubt(**doubt) for doubt in value.get("doubts", ())),
        "trouble": Trouble(**trouble) if trouble else None,
        "left_out": tuple(value.get("left_out", ())),
        "usage": Usage(**usage) if usage else None,
    }
    return Answer(**{**value, **made})

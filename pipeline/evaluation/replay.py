"""A stored answer gone through again with something changed, from the scores that every stage gave.

Fusing, cutting and putting passages in or out need no search. The reranker looks again only when it would see other
passages, the answer is written again only when the prompt is another; what was done anew is said.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from pipeline.clock import Clock
from pipeline.config import server_only, with_overrides
from pipeline.evaluation.records import columns
from pipeline.evaluation.refusion import fused, pad
from pipeline.fusion import ROUNDING
from pipeline.prompted import mark_cited, mark_prompt
from pipeline.rag import Ask, Rag, query_of, rerank, write_answer
from pipeline.service import Request, Service
from pipeline.settings import Settings, options
from pipeline.types import COUNTED, Query, ScoredPassage, Trace

Generate = Literal["needed", "always", "never"]
Step = Literal["retrieval", "rerank", "answer"]
RETRIEVING = ("tokenizer", "encoder", "retrieval.bm25", "fusion.concept", "fusion.boost")
ANSWERING = ("generator", "prompt", "answer.", "llm.")

Prompt = list[tuple[str, float | None]]


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be different: settings by name, passages taken out of the index, passages put into the prompt."""

    overrides: Mapping[str, object] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    inject: tuple[str, ...] = ()
    generate: Generate = "needed"


@dataclass(frozen=True, slots=True)
class Move:
    """A passage of either prompt: its place (from 1; None: no candidate) before and after."""

    passage_id: str
    text: str
    before: int | None
    after: int | None
    was_in_prompt: bool
    is_in_prompt: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of it. ``redone`` are the steps that had to be done anew; the rest is from the store.

    Where the answer wasn't written although the prompt is another, ``after.answer`` is None.
    """

    before: Trace
    after: Trace
    redone: tuple[Step, ...]
    moves: tuple[Move, ...]


def replay(service: Service, trace: Trace, changes: Changes) -> Replay:
    """Go through a stored answer again.

    Raises:
        HansangError: a setting, a passage or the index can't be used.
    """
    stored = {name: value for name, value in trace.settings.items() if name in _known(service)}
    overrides = _callable_settings(service, {**stored, **changes.overrides})
    rag = service.rag(trace.index, overrides)
    if _needs_search(trace, rag):
        after = _asked_again(service, trace, overrides, changes)
        return _result(trace, after, ("retrieval", "rerank", "answer"))
    redone: list[Step] = []
    put_in = _injected(service, trace, rag, changes.inject)
    candidates = _fused_again(trace, rag, changes.drop, changes.inject)
    ranked = _ranked(trace, [*put_in, *candidates], rag, redone)
    ranked = tuple(sorted(ranked, key=lambda c: c.passage.id not in changes.inject))
    understanding = trace.understanding
    assert understanding is not None
    marked = mark_prompt(ranked, understanding, rag.settings)
    after = replace(trace, candidates=marked, settings=rag.settings.flat(), answer=None)
    was = _stored_prompt(trace, service.rag(trace.index, _callable_settings(service, stored)).settings)
    after = _answered(trace, after, rag, changes, redone, was)
    return _result(trace, after, tuple(redone))


def _known(service: Service) -> set[str]:
    return {option.name for option in options(service.settings) if not server_only(option.name)}


def _callable_settings(service: Service, wanted: Mapping[str, object]) -> dict[str, object]:
    """The settings that can be set for one call; what indexing fixed is the index's own affair."""
    fixed = {option.name for option in options(service.settings) if option.index_time} | {"profile"}
    made = {name: value for name, value in wanted.items() if name not in fixed}
    with_overrides(service.settings, made)
    return made


def _needs_search(trace: Trace, rag: Rag) -> bool:
    """Whether stored scores can't tell: another analyser or index, or more candidates than are stored."""
    now = rag.settings.flat()
    deeper = rag.settings.retrieval.depth > int(str(trace.settings["retrieval.depth"]))
    unscored = any(name not in trace.extremes for name, share in _further(rag).items() if share)
    changed = any(now[name] != trace.settings.get(name) for name in RETRIEVING if name in now)
    return deeper or changed or unscored or trace.versions.get("index") != rag.index.manifest.version


def _further(rag: Rag) -> dict[str, float]:
    """The shares of stages that score only where they have one."""
    return {"sparse": rag.settings.fusion.sparse, "colbert": rag.settings.fusion.colbert}


def _asked_again(service: Service, trace: Trace, overrides: Mapping[str, object], changes: Changes) -> Trace:
    understanding = trace.understanding
    removed = [chip.id for chip in understanding.removed] if understanding else []
    request = Request(
        trace.question.text, trace.index, overrides, trace.previous, removed,
        answer=changes.generate != "never", keep=False, dropped=changes.drop,
    )  # fmt: skip
    *_, after = service.ask(request)
    return after


def _fused_again(trace: Trace, rag: Rag, drop: Collection[str], apart: Collection[str]) -> list[ScoredPassage]:
    """The candidates in the fused order of the settings, without a reranker's score, those dropped and those apart."""
    left = [c for c in trace.candidates if c.passage.id not in drop]
    kept = [c for c in left if c.passage.id not in apart]
    if not kept:
        return []
    extremes = {name: _without(name, pair, left, bool(drop)) for name, pair in trace.extremes.items()}
    stored = pad([columns(replace(trace, candidates=tuple(kept)))], [extremes], [()])
    scores = fused(stored, rag.settings.fusion, rag.settings.retrieval.depth)[0]
    order = sorted(np.flatnonzero(np.isfinite(scores)).tolist(), key=lambda i: (-scores[i], kept[i].row))
    made, gone = [], {"rerank", *(name for name, share in _further(rag).items() if not share)}
    for rank, place in enumerate(order, start=1):
        c = kept[place]
        given = {name: score for name, score in c.scores.items() if name not in gone} | {"fused": float(scores[place])}
        ranks = {name: was for name, was in c.ranks.items() if name not in gone} | {"fused": rank}
        made.append(replace(c, scores=given, ranks=ranks, in_prompt=False))
    return made


def _without(name: str, pair: tuple[float, float], kept: Sequence[ScoredPassage], dropped: bool) -> tuple[float, float]:
    """A stage's extremes once passages are dropped: the highest is always a candidate's, the lowest stays."""
    low, high = pair
    left = [c.scores[name] for c in kept if name in c.scores]
    return (low, max([low, *left])) if dropped else (low, high)


def _ranked(
    trace: Trace, candidates: Sequence[ScoredPassage], rag: Rag, redone: list[Step]
) -> tuple[ScoredPassage, ...]:
    """The candidates after the reranker: with its stored scores where it saw the same, else it looks again.

    A reranker may weigh in the fused score, and compare the passages that it sees with each other.
    """
    if rag.settings.reranker == "none":
        return rerank(_query(trace, rag), tuple(candidates), rag)
    head = candidates[: rag.settings.rerank.depth]
    before = {c.passage.id: c for c in trace.candidates if "rerank" in c.scores}
    same = trace.settings.get("reranker") == rag.settings.reranker
    if not same or not _alike(head, before):
        redone.append("rerank")
        return rerank(_query(trace, rag), tuple(candidates), rag)
    ordered = sorted(head, key=lambda c: before[c.passage.id].ranks["rerank"])
    judged = [
        c.scored("rerank", before[c.passage.id].scores["rerank"], rank, before[c.passage.id].relevance)
        for rank, c in enumerate(ordered, start=1)
    ]
    return (*judged, *candidates[rag.settings.rerank.depth :])


def _alike(head: Sequence[ScoredPassage], before: Mapping[str, ScoredPassage]) -> bool:
    """Whether the same passages come before the reranker, with the same fused scores."""
    if {c.passage.id for c in head} != set(before):
        return False
    return all(abs(c.scores["fused"] - before[c.passage.id].scores["fused"]) < ROUNDING for c in head)


def _query(trace: Trace, rag: Rag) -> Query:
    """The query as it was understood then: neither the day nor an earlier question can change it any more."""
    understanding = trace.understanding
    assert understanding is not None
    analysed = next(iter(rag.tokenizer.analyse([understanding.search_text])))
    return replace(query_of(analysed, rag), concepts=understanding.concepts)


def _injected(service: Service, trace: Trace, rag: Rag, ids: Sequence[str]) -> list[ScoredPassage]:
    """The passages to put in, with the scores they would have had without the question's filters."""
    chips = [chip.id for chip in trace.understanding.chips] if trace.understanding else []
    request = Request(trace.question.text, trace.index, {}, trace.previous, chips)
    made = []
    for id_ in dict.fromkeys(ids):
        found = service.explain(request, id_)
        row = rag.index.passages.rows[id_]
        made.append(ScoredPassage(found.passage, row, dict(found.scores), dict(found.ranks)))
    if not made:
        return []
    stored = pad([columns(replace(trace, candidates=tuple(made)))], [trace.extremes], [()])
    scores = fused(stored, rag.settings.fusion, len(rag.index.passages))[0]
    return [replace(c, scores={**c.scores, "fused": float(score)}) for c, score in zip(made, scores, strict=True)]


def _answered(before: Trace, after: Trace, rag: Rag, changes: Changes, redone: list[Step], was: Prompt) -> Trace:
    """The answer: the stored one where the prompt and the way of answering are the same, else a new one if wanted."""
    now, beyond = rag.settings.flat(), _beyond(before, after, changes.drop)
    same = all(now[n] == before.settings.get(n) for n in now if n.startswith(ANSWERING))
    alike = _prompt(after.candidates) == was
    if before.answer is not None and before.answer.kind in COUNTED:  # it counts more than the prompt
        alike = not changes.drop and _ids([*after.candidates, *beyond]) == _ids(before.candidates)
    if changes.generate != "always" and same and alike and before.answer:
        return replace(after, answer=before.answer, candidates=mark_cited((*after.candidates, *beyond), before.answer))
    if changes.generate == "never":
        return after
    redone.append("answer")
    clock = Clock(spent=before.timings_ms)
    *_, after = write_answer(after, _query(after, rag), rag, Ask(dropped=changes.drop), clock)
    return after


def _beyond(before: Trace, after: Trace, drop: Collection[str]) -> list[ScoredPassage]:
    """What the stored answer cites though no retriever brought it."""
    if before.answer is None:
        return []
    there = {c.passage.id for c in after.candidates} | set(drop)
    cited = {citation.passage_id for citation in before.answer.citations} - there
    return [c for c in before.candidates if c.passage.id in cited]


def _ids(candidates: Sequence[ScoredPassage]) -> list[str]:
    return [c.passage.id for c in candidates]


def _prompt(candidates: Sequence[ScoredPassage]) -> Prompt:
    return [(c.passage.id, c.relevance) for c in candidates if c.in_prompt]


def _stored_prompt(trace: Trace, settings: Settings) -> Prompt:
    """The prompt of a stored answer, without what was marked only because the answer cites it."""
    understanding = trace.understanding
    assert understanding is not None
    return _prompt(mark_prompt(tuple(replace(c, in_prompt=False) for c in trace.candidates), understanding, settings))


def _result(before: Trace, after: Trace, redone: tuple[Step, ...]) -> Replay:
    places = [{c.passage.id: (place, c) for place, c in enumerate(t.candidates, start=1)} for t in (before, after)]
    was, now = places
    ids = [c.passage.id for t in (after, before) for c in t.candidates if c.in_prompt]
    moves = tuple(
        Move(
            id_,
            (now.get(id_) or was[id_])[1].passage.text,
            was[id_][0] if id_ in was else None,
            now[id_][0] if id_ in now else None,
            id_ in was and was[id_][1].in_prompt,
            id_ in now and now[id_][1].in_prompt,
        )
        for id_ in dict.fromkeys(ids)
    )
    return Replay(before, after, redone, moves)

"""One finished question of a run: what was answered, how the right passages fared, what it is worth. A line of JSON.

Candidates are kept as columns, with the scores that each stage gave, so that a run can be swept and replayed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pipeline.errors.base import HansangError
from pipeline.errors.llm import ReplyCut, ReplyForeign, ReplyRefused, ReplyRepeats, ReplyUncited
from pipeline.evaluation.answers import character_f1, exact_match, holds
from pipeline.evaluation.blame import GoldPath, Outcome, Verdict, blame
from pipeline.evidence.citations import Checked, check
from pipeline.service import Request, Service
from pipeline.types import Sample, Trace, Trouble

Status = Literal["ok", "error"]
SCORES = ("bm25", "vector", "window", "sparse", "colbert", "boost", "concept", "rerank")
RANKS = ("bm25", "vector", "window", "sparse")
_ADDED = ("sentences", "faults")  # fields that the first records didn't have
SAID = frozenset(error.code for error in (ReplyCut, ReplyForeign, ReplyRefused, ReplyRepeats, ReplyUncited))
"""What a model said for itself, however badly: an answer, and judged as one."""
DIGITS = 7  # significant; single precision has no more


@dataclass(frozen=True, slots=True)
class Columns:
    """The candidates of a question in their final order, a list per column; a score that a stage didn't give is None.

    ``restaurant`` numbers the restaurants by first appearance (−1: none), which is all that the spread over them needs.
    """

    id: tuple[str, ...] = ()
    scores: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    ranks: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    restaurant: tuple[int, ...] = ()
    in_prompt: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One finished question. ``error`` is the code of what went wrong, with ``problem`` in Korean.

    ``correct`` is None where nothing is known to compare with, and so is ``verdict``. ``also`` are passages of the
    prompt that hold the reference's words without being among the right ones. ``sentences`` counts those of the answer
    that were checked against what they cite, ``faults`` are their faults (``number 17000``).
    """

    id: str
    question: str
    type: str
    reference: str
    gold: tuple[str, ...]
    answerable: bool
    status: Status = "ok"
    error: str = ""
    problem: str = ""
    answer: str = ""
    kind: str = ""
    cited: tuple[str, ...] = ()
    abstained: bool = False
    confidence: float | None = None
    correct: bool | None = None
    exact: bool | None = None
    f1: float | None = None
    verdict: str = ""
    paths: tuple[GoldPath, ...] = ()
    also: tuple[str, ...] = ()
    restaurant: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    extremes: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    candidates: Columns = field(default_factory=Columns)
    sentences: int = 0
    faults: tuple[str, ...] = ()


def ask(service: Service, sample: Sample, request: Request) -> Record:
    """Ask one question and judge what came of it.

    Raises:
        HansangError: the question can't be asked.
    """
    *_, trace = service.ask(request)
    return judge(service, sample, request, trace)


def troubled(sample: Sample, text: str, trouble: Trouble) -> Record:
    """The record of a question whose answer didn't come: it counts, as a failure, and is asked again."""
    return Record(**_asked(sample), status="error", error=trouble.code, problem=trouble.ko, answer=text)


def failed(sample: Sample, error: HansangError) -> Record:
    """The record of a question that ended in an error: it counts, as a failure."""
    return Record(**_asked(sample), status="error", error=error.code, problem=error.korean)


def judge(
    service: Service, sample: Sample, request: Request, trace: Trace, outside: Sequence[GoldPath] | None = None
) -> Record:
    """The record of an answered question. ``outside``: see ``gold_paths``."""
    answer = trace.answer
    if answer is not None and answer.trouble is not None and answer.trouble.code not in SAID:
        return troubled(sample, answer.text, answer.trouble)
    text = answer.text if answer else ""
    abstained = answer.abstained if answer else False
    cited = tuple(dict.fromkeys(c.passage_id for c in answer.citations)) if answer else ()
    paths = gold_paths(service, sample, request, trace, outside)
    correct = None if answer is None else is_correct(sample, text, cited, paths, _is_span(service, sample, request))
    settings = service.rag(request.index, request.overrides).settings
    outcome = Outcome(sample.answerable, abstained, bool(correct), paths, settings.retrieval.k, settings.rerank.depth)
    judged = answer is not None and (correct is not None or not sample.answerable)
    compared = bool(sample.reference) and not abstained and answer is not None
    checked = _checked(service, request, trace)
    first = trace.candidates[0].passage.source.restaurant if trace.candidates else ""
    return Record(
        **_asked(sample),
        answer=text,
        kind=answer.kind if answer else "",
        cited=cited,
        abstained=abstained,
        confidence=answer.confidence if answer else None,
        correct=correct,
        exact=exact_match(text, sample.reference) if compared else None,
        f1=character_f1(text, sample.reference) if compared else None,
        verdict=blame(outcome).value if judged else "",
        paths=paths,
        also=_also_holds(sample, paths, trace),
        restaurant=first,
        timings_ms=dict(trace.timings_ms),
        extremes=dict(trace.extremes),
        candidates=columns(trace),
        sentences=len(checked),
        faults=tuple(f"{f.kind} {f.what}".strip() for one in checked for f in one.faults),
    )


def _checked(service: Service, request: Request, trace: Trace) -> list[Checked]:
    if trace.answer is None:
        return []
    rag = service.rag(request.index, request.overrides)
    passages = {c.passage.id: c.passage for c in trace.candidates}
    return check(trace.answer, passages, rag.tokenizer.analyse, rag.index.lexicon.restaurants)


def _asked(sample: Sample) -> dict[str, Any]:
    return {
        "id": sample.question.id,
        "question": sample.question.text,
        "type": sample.question.type,
        "reference": sample.reference,
        "gold": sample.passage_ids,
        "answerable": sample.answerable,
    }


def is_correct(
    sample: Sample, text: str, cited: Sequence[str], paths: Sequence[GoldPath], is_span: bool
) -> bool | None:
    """Whether an answer is right; None when there is nothing to compare it with.

    A reference that stands in a right passage (``is_span``) must stand in the answer. One in somebody's own words can't
    be looked for: then the answer must cite a right passage.
    """
    if is_span or not sample.passage_ids:
        return holds(text, sample.reference) if sample.reference else None
    return any(path.passage_id in cited for path in paths)


def _is_span(service: Service, sample: Sample, request: Request) -> bool:
    passages = service.index(request.index).passages
    rows = (row for id_ in sample.passage_ids for row in passages.named(id_))
    return any(holds(passages[row].text, sample.reference) for row in rows)


def gold_paths(
    service: Service, sample: Sample, request: Request, trace: Trace, outside: Sequence[GoldPath] | None = None
) -> tuple[GoldPath, ...]:
    """How each right passage fared. A gold id may name a passage or the document that it was split from.

    Those that are no candidates are looked for in the index, unless it is known (``outside``) how they fared.
    """
    wanted = set(sample.passage_ids)
    found = [c for c in trace.candidates if c.passage.id in wanted or c.passage.source.document_id in wanted]
    paths = [GoldPath(c.passage.id, True, dict(c.ranks), True, c.in_prompt) for c in found]
    seen = {c.passage.id for c in found} | {c.passage.source.document_id for c in found}
    passages = service.index(request.index).passages
    for id_ in sample.passage_ids:
        if id_ in seen:
            continue
        missed = [passages[row].id for row in passages.named(id_)]
        if outside is not None:  # as it was found then; an answer may have made candidates of others since
            paths += [path for path in outside if path.passage_id in (missed or [id_])]
        elif missed:
            paths += [GoldPath(part, True, dict(service.explain(request, part).ranks)) for part in missed]
        else:
            paths.append(GoldPath(id_, False, {}))
    return tuple(paths)


def _also_holds(sample: Sample, paths: Sequence[GoldPath], trace: Trace) -> tuple[str, ...]:
    known = {path.passage_id for path in paths}
    prompt = (c.passage for c in trace.candidates if c.in_prompt)
    return tuple(p.id for p in prompt if p.id not in known and holds(p.text, sample.reference))


def columns(trace: Trace) -> Columns:
    """The candidates of a trace as columns."""
    names: dict[str, int] = {"": -1}
    places = tuple(names.setdefault(c.passage.source.restaurant, len(names) - 1) for c in trace.candidates)
    given = {
        name: tuple(_short(c.scores.get(name)) for c in trace.candidates)
        for name in SCORES
        if any(name in c.scores for c in trace.candidates)
    }
    ranked = {
        name: tuple(c.ranks[name] for c in trace.candidates)
        for name in RANKS
        if all(name in c.ranks for c in trace.candidates)
    }
    prompt = tuple(c.in_prompt for c in trace.candidates)
    return Columns(tuple(c.passage.id for c in trace.candidates), given, ranked, places, prompt)


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")


def to_line(record: Record) -> str:
    """The record as one line of JSON, keys in the order of the fields."""
    value = asdict(record)
    value["timings_ms"] = {name: round(ms, 3) for name, ms in record.timings_ms.items()}
    for name in _ADDED:  # a line without them stays as it was, byte for byte
        if not value[name]:
            del value[name]
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def from_line(line: str) -> Record:
    """The record that ``to_line`` wrote.

    Raises:
        ValueError: it isn't one.
    """
    try:
        value = json.loads(line)
        candidates = value["candidates"]
        value["candidates"] = Columns(
            tuple(candidates["id"]),
            {name: tuple(scores) for name, scores in candidates["scores"].items()},
            {name: tuple(ranks) for name, ranks in candidates["ranks"].items()},
            tuple(candidates["restaurant"]),
            tuple(candidates["in_prompt"]),
        )
        value["paths"] = tuple(GoldPath(**path) for path in value["paths"])
        value["extremes"] = {name: (low, high) for name, (low, high) in value["extremes"].items()}
        for name in ("gold", "cited", "also", "faults"):
            value[name] = tuple(value.get(name, ()))
        return Record(**value)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a record: {error!r}") from error


def verdict_of(record: Record) -> Verdict | None:
    """The verdict, None where there is none."""
    return Verdict(record.verdict) if record.verdict else None

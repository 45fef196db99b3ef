"""What a run comes to: success, latency, retrieval, answers, blame, and what a small sample would have made of it.

Failures are never left out: every mean says over how many questions it is, and a question that failed counts as a miss.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np

from pipeline.evaluation.blame import Verdict
from pipeline.evaluation.judged import Judged, goal
from pipeline.evaluation.metrics import ndcg, percentile, recall, reciprocal_rank
from pipeline.evaluation.records import Record

RECALLS = (1, 5, 10, 50)
STAGES = ("bm25", "vector", "fused", "final")
SMALL = 49
DRAWS = 2_000
GOALS = {"success": 0.95, "mean_latency_ms": 10_000.0, "ragas_mean": 0.7}


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Means over the ``questions`` that have a right passage; a failed one counts 0."""

    questions: int
    mrr10: float
    ndcg10: float
    recall: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Answered:
    """Answers of questions whose truth is known.

    ``matrix`` counts answerable × abstained. ``accuracy`` is the share of right outcomes over all; ``precision`` the
    share of right answers among those given to answerable questions; ``exact`` and ``f1`` are over answers given to
    questions with a reference (None without any).
    """

    questions: int
    accuracy: float
    precision: float | None
    exact: float | None
    f1: float | None
    matrix: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Cited:
    """Sentences of answers against what they cite. ``faults`` counts by kind; ``sound`` is the share of the
    ``answers`` that have none.
    """

    answers: int
    sentences: int
    sound: float
    faults: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds over the questions that were answered."""

    mean: float
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A value over all questions, and where 95 % of samples of ``size`` of them would have put it."""

    value: float
    low: float
    high: float
    size: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that ``summary.json`` holds. Keys of the mappings are stages, types of question, verdicts."""

    questions: int
    success: float
    errors: Mapping[str, int]
    latency: Mapping[str, Latency]
    retrieval: Mapping[str, Retrieved]
    by_type: Mapping[str, Retrieved]
    answers: Answered
    answers_by_type: Mapping[str, Answered]
    blame: Mapping[str, int]
    blame_by_type: Mapping[str, Mapping[str, int]]
    also_holds: int
    small_samples: Mapping[str, Interval]
    goals: Mapping[str, bool]
    judged: Mapping[str, Judged] = field(default_factory=dict)
    citations: Cited | None = None


def summarise(records: Sequence[Record], seed: int = 0, judged: Mapping[str, Judged] | None = None) -> Summary:
    """The summary of a run's records, in the order of the questions, with what judges made of them, if any did."""
    types = sorted({record.type for record in records if record.type})
    latency = _latency(records)
    success = _mean(record.status == "ok" for record in records)
    goals = {"success": success >= GOALS["success"]}
    if "total" in latency:
        goals["mean_latency_ms"] = latency["total"].mean <= GOALS["mean_latency_ms"]
    met = goal(judged or {}, GOALS["ragas_mean"])
    if met is not None:
        goals["ragas_mean"] = met
    return Summary(
        questions=len(records),
        success=success,
        errors=dict(Counter(record.error for record in records if record.error)),
        latency=latency,
        retrieval={stage: found for stage in STAGES if (found := retrieved(records, stage))},
        by_type={kind: found for kind in types if (found := retrieved(_of(records, kind), "final"))},
        answers=answered(records),
        answers_by_type={kind: answered(_of(records, kind)) for kind in types},
        blame=blamed(records),
        blame_by_type={kind: blamed(_of(records, kind)) for kind in types},
        also_holds=sum(bool(record.also) for record in records),
        small_samples=small_samples(records, seed),
        goals=goals,
        judged=judged or {},
        citations=cited(records),
    )


def cited(records: Iterable[Record]) -> Cited | None:
    """How the citations of answers hold; None where no sentence was checked."""
    checked = [record for record in records if record.sentences]
    if not checked:
        return None
    faults = Counter(fault.partition(" ")[0] for record in checked for fault in record.faults)
    sound = sum(not record.faults for record in checked) / len(checked)
    return Cited(len(checked), sum(record.sentences for record in checked), sound, dict(sorted(faults.items())))


def _of(records: Sequence[Record], kind: str) -> list[Record]:
    return [record for record in records if record.type == kind]


def _latency(records: Sequence[Record]) -> dict[str, Latency]:
    stages = dict.fromkeys(name for record in records for name in record.timings_ms)
    made = {}
    for stage in stages:
        values = [record.timings_ms[stage] for record in records if stage in record.timings_ms]
        made[stage] = Latency(fmean(values), *(percentile(values, share) for share in (0.5, 0.95, 0.99)))
    return made


def gold_ranks(record: Record, stage: str) -> list[int]:
    """The ranks of the right passages at a stage, over the whole index; without those that have none."""
    if stage == "final":
        places = {id_: place for place, id_ in enumerate(record.candidates.id, start=1)}
        return [places[path.passage_id] for path in record.paths if path.passage_id in places]
    return [path.ranks[stage] for path in record.paths if stage in path.ranks]


def retrieved(records: Sequence[Record], stage: str) -> Retrieved | None:
    """How a stage ranks the right passages; None when no question has one."""
    asked = [record for record in records if record.gold]
    if not asked:
        return None
    rankings = [_as_ranking(gold_ranks(record, stage)) for record in asked]
    golds = [_gold(record) for record in asked]
    pairs = list(zip(rankings, golds, strict=True))
    return Retrieved(
        len(asked),
        _mean(reciprocal_rank(ranking, gold) for ranking, gold in pairs),
        _mean(ndcg(ranking, gold) for ranking, gold in pairs),
        {f"@{k}": _mean(recall(ranking, gold, k) for ranking, gold in pairs) for k in RECALLS},
    )


def _as_ranking(ranks: Sequence[int]) -> list[str]:
    """A ranking with right passages (``g0``, ``g1`` …) at those ranks, as far as any measure looks.

    Two right passages of equal score share a rank; the second takes the next free place.
    """
    ranking = [""] * RECALLS[-1]
    for number, rank in enumerate(sorted(ranks)):
        place = rank - 1
        while place < len(ranking) and ranking[place]:
            place += 1
        if place < len(ranking):
            ranking[place] = f"g{number}"
    return ranking


def _gold(record: Record) -> list[str]:
    return [f"g{number}" for number in range(max(len(record.paths), len(record.gold)))]


def reciprocal(record: Record) -> float:
    """The reciprocal rank (10) of a record's final ranking."""
    return reciprocal_rank(_as_ranking(gold_ranks(record, "final")), _gold(record))


def hit(record: Record, k: int = 5) -> float:
    """1 when a right passage is among the first ``k`` of the final ranking, else 0."""
    return float(any(rank <= k for rank in gold_ranks(record, "final")))


def answered(records: Sequence[Record]) -> Answered:
    """The answers of those records whose truth is known."""
    judged = [record for record in records if record.verdict or record.status == "error"]
    given = [r for r in judged if r.answerable and not r.abstained and r.status == "ok"]
    matrix = Counter(f"{'answerable' if r.answerable else 'unanswerable'}-{_came(r)}" for r in judged)
    return Answered(
        len(judged),
        _mean(record.verdict == Verdict.RIGHT for record in judged),
        _mean(bool(record.correct) for record in given) if given else None,
        _mean_or_none([float(record.exact) for record in given if record.exact is not None]),
        _mean_or_none([record.f1 for record in given if record.f1 is not None]),
        dict(sorted(matrix.items())),
    )


def _came(record: Record) -> str:
    return "failed" if record.status == "error" else "abstained" if record.abstained else "answered"


def blamed(records: Iterable[Record]) -> dict[str, int]:
    """How many questions each verdict has, in the order of the stages."""
    counts = Counter(record.verdict for record in records if record.verdict)
    return {verdict.value: counts[verdict.value] for verdict in Verdict if counts[verdict.value]}


MEASURES: Mapping[str, tuple[Callable[[Record], bool], Callable[[Record], float]]] = {
    "mrr10": (lambda r: bool(r.gold), reciprocal),
    "recall5": (lambda r: bool(r.gold), hit),
    "accuracy": (lambda r: bool(r.verdict) or r.status == "error", lambda r: float(r.verdict == Verdict.RIGHT)),
    "f1": (lambda r: r.answerable and bool(r.reference), lambda r: r.f1 or 0.0),
}
"""What is compared between runs and samples: by name, which records have it, and its value.

Who wasn't answered got nothing: abstentions and failures have an F1 of 0 here, so that no run gains by them.
"""


def small_samples(records: Sequence[Record], seed: int, size: int = SMALL) -> dict[str, Interval]:
    """What samples of ``size`` questions would have said: bounds of the middle 95 % of ``DRAWS`` samples."""
    made = {}
    random = np.random.default_rng(seed)
    for name, (has, value) in MEASURES.items():
        values = np.array([value(record) for record in records if has(record)])
        if len(values) <= size:
            continue
        means = np.array([random.choice(values, size, replace=False).mean() for _ in range(DRAWS)])
        low, high = np.quantile(means, (0.025, 0.975))
        made[name] = Interval(float(values.mean()), float(low), float(high), size)
    return made


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return float(fmean(found)) if found else 0.0


def _mean_or_none(values: Sequence[float]) -> float | None:
    return float(fmean(values)) if values else None

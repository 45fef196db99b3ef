"""What a ledger of judgements comes to: means that say over how many questions they are, and what the rest could make
of them; and which questions were rightly left unanswered. Pure functions.

A judgement that is missing is never left out in silence: ``low`` counts it as 0, ``high`` as 1. A question that can't
be answered and wasn't is no case for the measures of answers; it is in the abstention matrix and nowhere a 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from pipeline.evaluation.judgements import MEASURES, OF_ANSWERS, Judgement, Measure
from pipeline.evaluation.records import Record

ENOUGH = 30  # answers graded by people, below which a judge counts as not checked


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of one measure over ``judged`` of ``wanted`` questions; None where nothing is judged.

    ``coverage`` is their share (1 where none is wanted). ``low`` and ``high`` are what the mean would be if all that is
    missing were 0 or 1. ``missing`` counts it by reason: a status of the ledger, ``needless-abstention``, ``failed``
    (the question itself) or ``open`` (not judged yet).
    """

    mean: float | None
    judged: int
    wanted: int
    coverage: float
    low: float
    high: float
    missing: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Overall:
    """The mean of the four measures' means, with its worst and best case."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Judged:
    """One judge's verdict on a run. ``pairs`` counts the answers on which it was compared with people (0: never).

    ``overall`` is None until all four measures are judged. ``matrix`` counts answerable × abstained.
    """

    judge: str
    prompts: tuple[str, ...]
    measures: Mapping[str, Mean]
    overall: Overall | None
    matrix: Mapping[str, int]
    calls: int
    tokens_in: int
    tokens_out: int
    pairs: int = 0

    @property
    def checked(self) -> bool:
        """Whether it was compared with people on enough answers."""
        return self.pairs >= ENOUGH


def wanted(record: Record, measure: Measure) -> bool:
    """Whether a measure says something of a question.

    Measures of answers are for all but those that were rightly left unanswered; measures of retrieval compare with a
    reference, so they are for questions that have one.
    """
    if measure in OF_ANSWERS:
        return record.answerable or not record.abstained
    return record.answerable and bool(record.reference)


def mean_of(records: Sequence[Record], judgements: Iterable[Judgement], measure: Measure) -> Mean:
    """The mean of one measure; ``judgements`` are one judge's of this run."""
    rows = {row.question: row for row in judgements if row.measure == measure}
    asked = [record for record in records if wanted(record, measure)]
    scores = [row.score for r in asked if (row := rows.get(r.id)) is not None and row.score is not None]
    missing = Counter(
        _why(record, rows.get(record.id)) for record in asked if record.id not in rows or rows[record.id].score is None
    )
    total, count = sum(scores), max(1, len(asked))
    return Mean(
        fmean(scores) if scores else None,
        len(scores),
        len(asked),
        len(scores) / count if asked else 1.0,
        total / count if asked else 0.0,
        (total + len(asked) - len(scores)) / count if asked else 1.0,
        dict(sorted(missing.items())),
    )


def _why(record: Record, row: Judgement | None) -> str:
    if record.status == "error":
        return "failed"
    if row is None:
        return "open"
    return "needless-abstention" if row.status == "abstained" else row.status


def matrix(records: Iterable[Record]) -> dict[str, int]:
    """How many questions are answerable or not × answered, abstained or failed."""
    counts = Counter(
        f"{'answerable' if r.answerable else 'unanswerable'}-"
        f"{'failed' if r.status == 'error' else 'abstained' if r.abstained else 'answered'}"
        for r in records
    )
    return dict(sorted(counts.items()))


def overall(measures: Mapping[str, Mean]) -> Overall | None:
    """The mean of the measures' means (the RAGAS score); None unless each of the four has one."""
    found = [measures[name] for name in MEASURES if name in measures]
    means = [one.mean for one in found if one.mean is not None]
    if len(means) < len(MEASURES):
        return None
    return Overall(fmean(means), fmean(one.low for one in found), fmean(one.high for one in found))


def judged(
    records: Sequence[Record], judgements: Sequence[Judgement], pairs: Mapping[str, int] | None = None
) -> dict[str, Judged]:
    """What each judge of a ledger makes of a run, by its name. ``pairs``: on how many answers each was checked."""
    made = {}
    for judge in dict.fromkeys(row.judge for row in judgements):
        rows = newest_prompts([row for row in judgements if row.judge == judge])
        measures: dict[str, Mean] = {
            name: mean_of(records, rows, name) for name in MEASURES if any(row.measure == name for row in rows)
        }
        made[judge] = Judged(
            judge,
            tuple(dict.fromkeys(row.prompt for row in rows)),
            measures,
            overall(measures),
            matrix(records),
            sum(row.calls for row in judgements if row.judge == judge),
            sum(row.tokens_in for row in judgements if row.judge == judge),
            sum(row.tokens_out for row in judgements if row.judge == judge),
            (pairs or {}).get(judge, 0),
        )
    return made


def newest_prompts(rows: Sequence[Judgement]) -> list[Judgement]:
    """Those of each measure's prompt that was used last: judgements by different prompts aren't averaged."""
    last = {row.measure: row.prompt for row in sorted(rows, key=lambda row: row.at)}
    return [row for row in rows if row.prompt == last[row.measure]]


def goal(found: Mapping[str, Judged], least: float) -> bool | None:
    """Whether the mean of the four measures reaches the goal; None where it isn't known.

    The judge with the most judgements decides. What is missing must not be able to change the verdict: where it could,
    nothing is claimed.
    """
    overalls = [(sum(m.judged for m in one.measures.values()), one.overall) for one in found.values() if one.overall]
    if not overalls:
        return None
    _, best = max(overalls, key=lambda pair: pair[0])
    return True if best.low >= least else False if best.high < least else None

"""What one judge said of two runs over the same questions, paired; and the measures of which it said too little.

Pure functions. A measure is compared only where its coverage is the same in both runs: every question that both were
to be judged on has a score in each. A question that failed scores 0, as everywhere; one that a run left unanswered is
no case for the measures of answers, in either run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.evaluation.judged import newest_prompts, wanted
from pipeline.evaluation.judgements import MEASURES, OF_ANSWERS, Judgement, Measure
from pipeline.evaluation.records import Record

Pairs = Sequence[tuple[Record, Record]]


@dataclass(frozen=True, slots=True)
class Uneven:
    """A measure that is not compared. Of ``questions`` that both were to be judged on, ``a`` and ``b`` have a score.

    ``prompts`` names the prompts where they differ, and is empty where they don't.
    """

    measure: Measure
    questions: int
    a: int
    b: int
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgedPairs:
    """Scores in A and B by measure, question by question, and the measures that can't be compared."""

    judge: str = ""
    scores: Mapping[Measure, Sequence[tuple[float, float]]] = field(default_factory=dict)
    uneven: tuple[Uneven, ...] = ()


def judged_pairs(pairs: Pairs, one: Sequence[Judgement], other: Sequence[Judgement]) -> JudgedPairs:
    """The scores of the judge that said most of both runs; nothing where no judge has judged both."""
    judge = common_judge(one, other)
    if not judge:
        return JudgedPairs()
    ledgers = [newest_prompts([row for row in rows if row.judge == judge]) for rows in (one, other)]
    scores: dict[Measure, list[tuple[float, float]]] = {}
    uneven = []
    for measure in MEASURES:
        first, second = ({row.question: row for row in rows if row.measure == measure} for rows in ledgers)
        if not first or not second:
            continue
        cases = [(_score(x, first), _score(y, second)) for x, y in pairs if _is_case(x, y, measure)]
        whole = [(a, b) for a, b in cases if a is not None and b is not None]
        prompts = tuple(sorted({row.prompt for row in (*first.values(), *second.values())}))
        if len(prompts) > 1 or len(whole) < len(cases):
            a, b = (sum(pair[side] is not None for pair in cases) for side in (0, 1))
            uneven.append(Uneven(measure, len(cases), a, b, prompts if len(prompts) > 1 else ()))
        elif whole:
            scores[measure] = whole
    return JudgedPairs(judge, scores, tuple(uneven))


def common_judge(one: Iterable[Judgement], other: Iterable[Judgement]) -> str:
    """The judge with the most scores in the run where it has fewer; empty where none has any in both."""
    first, second = (Counter(row.judge for row in rows if row.score is not None) for rows in (one, other))
    return max(sorted(first.keys() & second.keys()), key=lambda judge: min(first[judge], second[judge]), default="")


def _is_case(x: Record, y: Record, measure: Measure) -> bool:
    answered = measure not in OF_ANSWERS or not (x.abstained or y.abstained)
    return answered and wanted(x, measure) and wanted(y, measure)


def _score(record: Record, rows: Mapping[str, Judgement]) -> float | None:
    if record.status == "error":
        return 0.0
    row = rows.get(record.id)
    return None if row is None else row.score

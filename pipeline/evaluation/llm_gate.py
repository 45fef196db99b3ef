"""A compressed language model's gate: its answers beside the original's, question by question. Pure functions.

It passes when the two say the same often enough and nothing that can be measured got worse by more than the margin.
These are point estimates, as the intervals beside them say: few questions prove little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from pipeline.evaluation.answers import character_f1, exact_match
from pipeline.evaluation.compare import needed, paired
from pipeline.evaluation.judged import wanted
from pipeline.evaluation.judgements import Judgement, Measure
from pipeline.evaluation.records import Record
from pipeline.evaluation.sweep import interval
from pipeline.prompting.replies import is_foreign

Pair = tuple[Record, Record]
OF_A_MODEL = ("generated", "abstention")
"""Kinds of answers that a language model may have written; the others are counted or said by rule, always the same."""

NAMES: Mapping[str, str] = {
    "replied": "쓸 수 있는 답", "f1": "정답과의 글자 F1", "accuracy": "정답률", "sound": "근거와 어긋남 없음",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """What is asked of a compressed model: mean character F1 between its answers and the original's, by how much a
    measure may fall, how many questions there must be. Defaults of ours, not measured on any real model.
    """

    agreement: float = 0.7
    margin: float = 0.05
    fewest: int = 20


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure of both, means over ``questions`` pairs; compressed − original with its 95 % bootstrap interval.

    ``needed`` is about how many questions in all would show a difference of this size (None: there is none).
    """

    measure: str
    questions: int
    original: float
    compressed: float
    difference: float
    low: float
    high: float
    needed: int | None


@dataclass(frozen=True, slots=True)
class Gate:
    """The verdict. ``asked`` of ``questions`` were a language model's to answer; only these count.

    ``exact`` is the share of answers that are the same after normalising, ``agreement`` the mean character F1 between
    the two with its interval. ``unsure``: the intervals reach beyond what is allowed. ``reasons`` are why it is
    refused, in Korean and English; none when it passed.
    """

    passed: bool
    questions: int
    asked: int
    exact: float
    agreement: tuple[float, float, float]
    lengths: tuple[float, float]
    measures: tuple[Compared, ...]
    unsure: bool
    reasons: tuple[tuple[str, str], ...]
    rules: Rules


def replied(record: Record) -> bool:
    """Whether there is an answer that can be read: it came, has words, and is Korean."""
    return record.status == "ok" and any(c.isalnum() for c in record.answer) and not is_foreign(record.answer)


def _f1(record: Record) -> float:
    return record.f1 or 0.0  # no answer has nothing of the reference


def _has_reference(record: Record) -> bool:
    return bool(record.reference) and record.answerable


MEASURES: Mapping[str, tuple[Callable[[Record], bool], Callable[[Record], float]]] = {
    "replied": (lambda r: True, lambda r: float(replied(r))),
    "f1": (_has_reference, _f1),
    "accuracy": (lambda r: r.answerable and bool(r.reference or r.gold), lambda r: float(bool(r.correct))),
    "sound": (lambda r: r.status == "ok" and r.sentences > 0, lambda r: float(not r.faults)),
}
"""Of which questions each measure speaks, and its value; a question counts where it does for both."""


def gate(
    original: Sequence[Record], compressed: Sequence[Record], rules: Rules = Rules(),
    ledgers: tuple[Sequence[Judgement], Sequence[Judgement]] = ((), ()), seed: int = 0,
) -> Gate:  # fmt: skip
    """Judge two runs over the same questions.

    Raises:
        RunsNotComparable: they aren't over the same questions, or one of them isn't finished.
    """
    pairs = [pair for pair in paired("original", "compressed", original, compressed) if _is_models(pair)]
    alike = [character_f1(y.answer, x.answer) if replied(x) or replied(y) else 0.0 for x, y in pairs]
    measures = [found for name in MEASURES if (found := _of_records(name, pairs, seed))]
    measures += _judged(pairs, ledgers, seed)
    agreement = _interval(alike, seed)
    lengths = tuple(fmean(len(one.answer) for one in side) if side else 0.0 for side in _sides(pairs))
    reasons = tuple(_reasons(len(pairs), agreement[0], measures, rules))
    unsure = agreement[1] < rules.agreement or any(found.low < -rules.margin for found in measures)
    same = fmean(exact_match(y.answer, x.answer) for x, y in pairs) if pairs else 0.0
    return Gate(
        not reasons, len(original), len(pairs), same, agreement, (lengths[0], lengths[1]), tuple(measures), unsure,
        reasons, rules,
    )  # fmt: skip


def _is_models(pair: Pair) -> bool:
    return any(record.status == "error" or record.kind in OF_A_MODEL for record in pair)


def _sides(pairs: Sequence[Pair]) -> tuple[list[Record], list[Record]]:
    return [x for x, _ in pairs], [y for _, y in pairs]


def _interval(values: Sequence[float], seed: int) -> tuple[float, float, float]:
    return interval(np.array(values), np.random.default_rng(seed)) if values else (0.0, 0.0, 0.0)


def _of_records(name: str, pairs: Sequence[Pair], seed: int) -> Compared | None:
    has, value = MEASURES[name]
    return _compared(name, [(value(x), value(y)) for x, y in pairs if has(x) and has(y)], seed)


def _compared(name: str, values: Sequence[tuple[float, float]], seed: int) -> Compared | None:
    if not values:
        return None
    one, other = (np.array(column) for column in zip(*values, strict=True))
    gap = other - one
    mean, low, high = interval(gap, np.random.default_rng(seed))
    return Compared(name, len(gap), float(one.mean()), float(other.mean()), mean, low, high, needed(gap))


def _judged(
    pairs: Sequence[Pair], ledgers: tuple[Sequence[Judgement], Sequence[Judgement]], seed: int
) -> list[Compared]:
    """What judges made of both runs, by measure and judge: a question counts where the same judge has scored both."""
    one, other = (_scores(ledger) for ledger in ledgers)
    kinds = dict.fromkeys((key[1], key[2], key[3]) for key in one if key in other)
    found = []
    for measure, prompt, judge in kinds:
        values = [
            (one[x.id, measure, prompt, judge], other[x.id, measure, prompt, judge])
            for x, y in pairs
            if (x.id, measure, prompt, judge) in one and (x.id, measure, prompt, judge) in other
            and wanted(x, measure) and wanted(y, measure)
        ]  # fmt: skip
        if compared := _compared(f"{measure} ({judge})", values, seed):
            found.append(compared)
    return found


def _scores(ledger: Iterable[Judgement]) -> dict[tuple[str, Measure, str, str], float]:
    return {(row.question, row.measure, row.prompt, row.judge): row.score for row in ledger if row.score is not None}


def _reasons(asked: int, agreement: float, measures: Sequence[Compared], rules: Rules) -> Iterable[tuple[str, str]]:
    if asked < rules.fewest:
        yield (
            f"언어 모델이 답한 질문이 {asked}개뿐입니다({rules.fewest}개부터 판정)",
            f"a language model answered only {asked} questions ({rules.fewest} are wanted)",
        )
    if agreement < rules.agreement:
        yield (
            f"원래 모델과 답이 {agreement:.2f}만큼만 같습니다(기준 {rules.agreement:.2f})",
            f"its answers agree with the original's by {agreement:.2f} only (wanted: {rules.agreement:.2f})",
        )
    for found in measures:
        if found.difference < -rules.margin:
            gap = f"{found.original:.3f} → {found.compressed:.3f}"
            yield (
                f"{NAMES.get(found.measure, found.measure)}이(가) {-found.difference:.3f} 떨어졌습니다"
                f"({gap}, 허용 {rules.margin:.2f})",
                f"{found.measure} fell by {-found.difference:.3f} ({gap}; allowed: {rules.margin:.2f})",
            )

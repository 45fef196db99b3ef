"""An honest verdict on two runs over the same questions: the difference, how sure it is, which questions flipped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import RunsNotComparable
from pipeline.evaluation.blame import Verdict
from pipeline.evaluation.checks import judged_of
from pipeline.evaluation.judged_pairs import Uneven, judged_pairs
from pipeline.evaluation.judged_report import TITLES, warning
from pipeline.evaluation.judgements import Judgement, read_ledger
from pipeline.evaluation.records import Record
from pipeline.evaluation.runs import read_records
from pipeline.evaluation.summary import MEASURES
from pipeline.evaluation.sweep import interval

LEVEL = 0.05
POWER = 0.8
RESAMPLES = 9_999
NAMES: Mapping[str, str] = {
    "mrr10": "MRR@10", "recall5": "상위 5위 적중률", "accuracy": "정답률", "f1": "글자 F1(기권은 0)", **TITLES
}  # fmt: skip
Ledgers = tuple[Sequence[Judgement], Sequence[Judgement]]


@dataclass(frozen=True, slots=True)
class Difference:
    """B − A in one measure over ``questions`` pairs, with its 95 % bootstrap interval.

    ``p`` is of the two-sided sign-flip permutation test, ``adjusted`` after Holm over the measures. ``needed`` is about
    how many questions in all would show a difference of this size with a power of .8 (0: they are enough, None: there
    is no difference to show).
    """

    measure: str
    questions: int
    a: float
    b: float
    difference: float
    low: float
    high: float
    p: float
    adjusted: float
    needed: int | None

    @property
    def is_clear(self) -> bool:
        """Whether the difference stands after correction."""
        return self.adjusted < LEVEL

    @property
    def more(self) -> int:
        """About how many more questions are needed; 0 where that isn't known."""
        return self.needed - self.questions if self.needed else 0


@dataclass(frozen=True, slots=True)
class Flip:
    """A question that one run got right and the other didn't."""

    id: str
    question: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What ``hansang compare`` prints. ``better`` are questions that only B got right, ``worse`` only A.

    ``judge`` is who judged both runs, if anybody did, ``uneven`` the measures of which it said too little to compare
    them, and ``warning`` what is to be known of it.
    """

    a: str
    b: str
    differences: tuple[Difference, ...]
    better: tuple[Flip, ...]
    worse: tuple[Flip, ...]
    verdict: str
    judge: str = ""
    uneven: tuple[Uneven, ...] = ()
    warning: str = ""


def compare_runs(one: Path, other: Path, seed: int = 0) -> Comparison:
    """Compare two stored runs with all that was measured and judged of them.

    Raises:
        RunsNotComparable: they aren't over the same questions, or one of them isn't finished.
    """
    first, second = read_records(one), read_records(other)
    found = compare(one.name, other.name, first, second, seed, (read_ledger(one), read_ledger(other)))
    if not found.judge:
        return found
    return replace(found, warning=warning(judged_of(other, second)[found.judge]))


def compare(
    a: str, b: str, first: Sequence[Record], second: Sequence[Record], seed: int = 0, ledgers: Ledgers = ((), ())
) -> Comparison:
    """Compare two runs question by question; ``ledgers`` are what judges said of each.

    Raises:
        RunsNotComparable: they aren't over the same questions, or one of them isn't finished.
    """
    pairs = paired(a, b, first, second)
    judged = judged_pairs(pairs, *ledgers)
    measured = [difference(name, pairs, seed) for name in MEASURES]
    measured += [of_values(name, values, seed) for name, values in judged.scores.items()]
    differences = tuple(holm([d for d in measured if d]))
    flips = [(x, y) for x, y in pairs if (x.verdict == Verdict.RIGHT) != (y.verdict == Verdict.RIGHT)]
    better = tuple(_flip(x, y) for x, y in flips if y.verdict == Verdict.RIGHT)
    worse = tuple(_flip(x, y) for x, y in flips if x.verdict == Verdict.RIGHT)
    made = Comparison(a, b, differences, better, worse, "", judged.judge, judged.uneven)
    return replace(made, verdict=in_words(made))


def paired(a: str, b: str, first: Sequence[Record], second: Sequence[Record]) -> list[tuple[Record, Record]]:
    """The records of both by question.

    Raises:
        RunsNotComparable: they aren't over the same questions, or one of them isn't finished.
    """
    by_id = {record.id: record for record in second}
    pairs = [(record, by_id[record.id]) for record in first if record.id in by_id]
    alike = all(x.question == y.question and set(x.gold) == set(y.gold) for x, y in pairs)
    if not pairs or not alike or len(pairs) != len(first) or len(pairs) != len(second):
        raise RunsNotComparable(a=a, b=b, first=len(first), second=len(second), shared=len(pairs) if alike else 0)
    return pairs


def _flip(x: Record, y: Record) -> Flip:
    said = [Verdict(r.verdict).ko if r.verdict else r.problem or "판정 없음" for r in (x, y)]
    return Flip(x.id, x.question, *said)


def difference(name: str, pairs: Sequence[tuple[Record, Record]], seed: int) -> Difference | None:
    """Other − one in a measure, not yet corrected; None where no question has it in both."""
    has, value = MEASURES[name]
    return of_values(name, [(value(x), value(y)) for x, y in pairs if has(x) and has(y)], seed)


def of_values(name: str, values: Sequence[tuple[float, float]], seed: int) -> Difference | None:
    """Other − one over pairs of values, not yet corrected; None without any."""
    if not values:
        return None
    one, other = (np.array(column) for column in zip(*values, strict=True))
    gap = other - one
    mean, low, high = interval(gap, np.random.default_rng(seed))
    p = sign_flip(gap, seed)
    return Difference(name, len(gap), float(one.mean()), float(other.mean()), mean, low, high, p, p, needed(gap))


def sign_flip(gap: NDArray[np.float64], seed: int) -> float:
    """Two-sided p of the paired permutation test: how often flipping signs at random gives a mean as far from 0."""
    from scipy.stats import permutation_test  # as long to import as all else that the failure page needs

    if len(gap) < 2 or not gap.any():
        return 1.0
    test = permutation_test(
        (gap,), np.sum, permutation_type="samples", n_resamples=RESAMPLES, vectorized=True,
        rng=np.random.default_rng(seed), batch=500,
    )  # fmt: skip
    return float(test.pvalue)


def needed(gap: NDArray[np.float64]) -> int | None:
    """About how many questions show a mean of this size at level .05 with power .8 (normal approximation).

    0 when there are enough already; None when there is no difference.
    """
    if len(gap) < 2 or gap.mean() == 0:
        return None
    effect = gap.std(ddof=1) / abs(gap.mean())
    normal = NormalDist()
    count = math.ceil((normal.inv_cdf(1 - LEVEL / 2) + normal.inv_cdf(POWER)) ** 2 * effect**2)
    return 0 if count <= len(gap) else count


def holm(differences: Sequence[Difference]) -> list[Difference]:
    """With p adjusted over all of them (Holm, 1979)."""
    order = sorted(range(len(differences)), key=lambda i: differences[i].p)
    adjusted: dict[int, float] = {}
    highest = 0.0
    for place, i in enumerate(order):
        highest = max(highest, min(1.0, (len(differences) - place) * differences[i].p))
        adjusted[i] = highest
    return [_with(d, adjusted[i]) for i, d in enumerate(differences)]


def _with(d: Difference, adjusted: float) -> Difference:
    return Difference(d.measure, d.questions, d.a, d.b, d.difference, d.low, d.high, d.p, adjusted, d.needed)


def in_words(comparison: Comparison) -> str:
    """The verdict as a paragraph that somebody can act on, in Korean."""
    a, b = comparison.a, comparison.b
    said = [_sentence(d, a, b) for d in comparison.differences]
    clear = [d for d in comparison.differences if d.is_clear]
    ups, downs = [d for d in clear if d.difference > 0], [d for d in clear if d.difference < 0]
    if ups and not downs:
        advice = f"따라서 {b}(으)로 바꾸는 편이 낫습니다."
    elif downs and not ups:
        advice = f"따라서 {a}을(를) 그대로 두는 편이 낫습니다."
    elif ups and downs:
        advice = "좋아진 것과 나빠진 것이 함께 있으니 어느 쪽이 중요한지 정해야 합니다."
    else:
        advice = _undecided(comparison)
    flips = f"{b}만 맞힌 질문은 {len(comparison.better)}개, {a}만 맞힌 질문은 {len(comparison.worse)}개입니다."
    return " ".join([*said, *_judge_said(comparison), flips, advice])


def _judge_said(comparison: Comparison) -> list[str]:
    """Who judged, and which measures can't be compared and what to do about it."""
    said = []
    if any(d.measure in TITLES for d in comparison.differences):
        said.append(f"{', '.join(TITLES.values())}은(는) {comparison.judge}의 채점입니다.")
    for each in comparison.uneven:
        counts = f"{comparison.a} {each.a:,}개, {comparison.b} {each.b:,}개"
        why = (
            f"프롬프트가 달라({', '.join(each.prompts)})"
            if each.prompts
            else f"질문 {each.questions:,}개 가운데 {counts}만 채점되어"
        )
        said.append(
            f"{TITLES[each.measure]}은(는) {why} 견주지 않았습니다. 두 실행을 `hansang judge`로 마저 채점하세요."
        )
    return said


def _sentence(d: Difference, a: str, b: str) -> str:
    name = NAMES[d.measure]
    bounds = f"95 % 구간 {d.low:+.3f} ~ {d.high:+.3f}, 질문 {d.questions:,}개"
    if d.is_clear:
        direction = "높습니다" if d.difference > 0 else "낮습니다"
        return f"{name}은(는) {b}이(가) {a}보다 {abs(d.difference):.3f} {direction}({d.a:.3f} → {d.b:.3f}, {bounds})."
    if d.low == d.high == 0:
        return f"{name}은(는) 두 실행이 같습니다({d.a:.3f}, 질문 {d.questions:,}개)."
    doubt = "측정 여럿을 함께 보면 아직 확실하지 않습니다" if d.low > 0 or d.high < 0 else "우연일 수 있습니다"
    return f"{name}의 차이 {d.difference:+.3f}은(는) {doubt}({d.a:.3f} → {d.b:.3f}, {bounds})."


def _undecided(comparison: Comparison) -> str:
    if all(d.needed is None for d in comparison.differences):
        return "지금 질문으로는 둘을 가를 차이가 보이지 않습니다."
    if any(d.needed == 0 for d in comparison.differences):
        return "차이가 있어 보이지만 확실하지 않습니다. 바꾸기 전에 질문을 늘려 다시 견주세요."
    more = min(d.more for d in comparison.differences if d.needed)
    return f"판단하기에는 모자랍니다. 이만한 차이가 참인지 알려면 질문이 약 {more:,}개 더 필요합니다."

"""An honest verdict on two runs over the same questions: the difference, how sure it is, which questions flipped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from pipeline.errors.evaluation import RunsNotComparable
from pipeline.evaluation.blame import Verdict
from pipeline.evaluation.checks import judged_of
from pipeline.evaluation.comparison import LEVEL, Comparison, Difference, Flip
from pipeline.evaluation.comparison_words import in_words
from pipeline.evaluation.judged_pairs import judged_pairs
from pipeline.evaluation.judged_report import warning
from pipeline.evaluation.judgements import Judgement, read_ledger
from pipeline.evaluation.records import Record
from pipeline.evaluation.runs import read_records
from pipeline.evaluation.summary import MEASURES
from pipeline.evaluation.sweep import interval

POWER = 0.8
RESAMPLES = 9_999
Ledgers = tuple[Sequence[Judgement], Sequence[Judgement]]


def compare_runs(one: Path, other: Path, seed: int = 0) -> Comparison:
    """Compare two stored runs with all that was measured and judged of them.

    Raises:
        RunsNotComparable: they aren't over the same questions, or one of them isn't finished.
    """
    first, second = read_records(one), read_records(other)
    found = compare(one.name, other.name, first, second, seed, (read_ledger(one), read_ledger(other)))
    if not found.judge:
        return found
    said, said_en = warning(judged_of(other, second)[found.judge])
    return replace(found, warning=said, warning_en=said_en)


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
    verdict, verdict_en = in_words(made)
    return replace(made, verdict=verdict, verdict_en=verdict_en)


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

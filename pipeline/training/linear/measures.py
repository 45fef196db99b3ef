"""How good predictions are: shares with intervals, F1, kappa, calibration. Knows nothing of models."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.floating]
Integers = NDArray[np.int64]

BINS = 10
DRAWS, FEW, MANY = 200, 50, 50_000  # draws; draws where there are many rows


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f}–{self.high:.3f})"


def bootstrap(figure: Callable[[Integers], float], groups: Integers, seed: int = 0) -> Measure:
    """A figure of some rows, with its interval when whole groups (films, restaurants) are drawn again and again.

    Efron and Tibshirani 1993, percentile intervals.
    """
    chance = np.random.default_rng(seed)
    order = np.argsort(groups, kind="stable")
    first = np.flatnonzero(np.concatenate(([True], np.diff(groups[order]) != 0)))
    members = np.split(order, first[1:])
    drawn = []
    for _ in range(DRAWS if len(groups) < MANY else FEW):
        picked = np.concatenate([members[i] for i in chance.integers(0, len(members), len(members))])
        drawn.append(figure(picked))
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return Measure(figure(np.arange(len(groups))), float(low), float(high))


def difference(one: Callable[[Integers], float], other: Callable[[Integers], float]) -> Callable[[Integers], float]:
    """By how much one figure is higher than another, of the same rows."""
    return lambda rows: one(rows) - other(rows)


def balanced(gold: Integers, found: Integers, weights: Doubles | None = None) -> float:
    """The mean of the classes' recalls."""
    shares = np.ones(len(gold)) if weights is None else weights
    recalls = []
    for label in np.unique(gold):
        held = gold == label
        recalls.append(float((shares * (found == label))[held].sum() / shares[held].sum()))
    return float(np.mean(recalls))


def accuracy(gold: Integers, found: Integers, weights: Doubles | None = None) -> float:
    """The share that is right, each row counting its weight."""
    return float(np.average(gold == found, weights=weights))


def macro_f1(gold: Integers, found: Integers, weights: Doubles | None = None) -> float:
    """The mean of the classes' F1."""
    shares = np.ones(len(gold)) if weights is None else weights
    return float(np.mean([_f1(gold == label, found == label, shares) for label in np.unique(gold)]))


def _f1(gold: NDArray[np.bool_], found: NDArray[np.bool_], shares: Doubles) -> float:
    both, either = float(shares[gold & found].sum()), float(shares[gold].sum() + shares[found].sum())
    return 2 * both / either if either else 0.0


def label_f1(gold: Doubles, found: NDArray[np.bool_]) -> float:
    """The mean F1 of labels that are told independently. *Shape:* ``(texts, labels)`` both."""
    both, either = (gold * found).sum(axis=0), gold.sum(axis=0) + found.sum(axis=0)
    return float(np.divide(2 * both, either, out=np.zeros(len(both)), where=either > 0).mean())


def quadratic_kappa(gold: Integers, found: Integers, levels: int, weights: Doubles | None = None) -> float:
    """Cohen's kappa with squared distances (Cohen 1968), levels from 0."""
    shares = np.ones(len(gold)) if weights is None else weights
    table = np.zeros((levels, levels))
    np.add.at(table, (gold, found), shares)
    distance = (np.arange(levels)[:, None] - np.arange(levels)[None, :]) ** 2
    chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(1 - (distance * table).sum() / (distance * chance).sum())


def calibration_error(sure: Doubles, right: NDArray[np.bool_], weights: Doubles | None = None) -> float:
    """Expected calibration error over bins of equal width. Naeini et al., AAAI 2015."""
    shares = np.ones(len(sure)) if weights is None else weights
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    off = [abs(float((shares * (sure - right))[bins == b].sum())) for b in range(BINS)]
    return float(sum(off) / shares.sum())


def reliability(sure: Doubles, right: NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    """For each bin that has any: mean probability, share that was right, how many."""
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    return [
        (float(sure[bins == b].mean()), float(right[bins == b].mean()), int((bins == b).sum()))
        for b in range(BINS)
        if (bins == b).any()
    ]


def drawn(points: Sequence[tuple[float, float, int]], width: int = 40) -> str:
    """A reliability plot in characters: the bar is what was right, ``|`` where it would end if all were as sure."""
    lines = []
    for sure, right, count in points:
        bar = list("█" * round(right * width) + " " * (width - round(right * width)))
        bar[min(width - 1, math.floor(sure * width))] = "|"
        lines.append(f"{sure:.2f}  {''.join(bar)}  {right:.2f}  n={count:,}")
    return "\n".join(lines)

"""Confidence sequences: intervals of a mean that hold at every moment at once, so that one may look every day.

The hedged betting of Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting" (JRSS B, 2024),
theorem 3 with the predictable plug-in bets of section 4.4. It needs neither a sample size set beforehand nor the normal
distribution: P(the mean is ever outside) ≤ alpha for independent values in [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GRID = 1_001  # means that are tried; an interval is too wide by one step at most
_CAUTION = 0.5  # of what can be lost at most, the part that is bet
_PART = 512  # values at once: a row of the grid each


def mean_sequence(values: Sequence[float] | Floats, alpha: float, grid: int = GRID) -> Floats:
    """The interval of the mean after each value. *Shape:* ``(values, 2)``.

    Args:
        values: in [0, 1], in the order in which they came.
        alpha: how likely the mean is ever outside, at most.

    Raises:
        ValueError: a value is outside [0, 1].
    """
    x = np.asarray(values, dtype=float)
    if x.size and not (np.isfinite(x).all() and x.min() >= 0 and x.max() <= 1):
        raise ValueError("values must be in [0, 1]")
    means = np.linspace(0, 1, grid)
    bets = _bets(x, alpha)
    up, down = np.zeros(grid), np.zeros(grid)  # logarithms of the capital of who bets on more and on less
    bounds = np.empty((len(x), 2))
    with np.errstate(divide="ignore"):
        most_up, most_down = _CAUTION / means, _CAUTION / (1 - means)
    for first in range(0, len(x), _PART):
        part = slice(first, first + _PART)
        gap = x[part, None] - means
        ups = up + np.cumsum(np.log1p(np.minimum(bets[part, None], most_up) * gap), axis=0)
        downs = down + np.cumsum(np.log1p(-np.minimum(bets[part, None], most_down) * gap), axis=0)
        up, down = ups[-1], downs[-1]
        bounds[part] = _hull(np.maximum(ups, downs) < math.log(2 / alpha), means, np.maximum(ups, downs))
    return bounds


def _bets(x: Floats, alpha: float) -> Floats:
    """What is bet before each value comes, from those before it."""
    count = np.arange(1, len(x) + 1)
    mean = (0.5 + np.cumsum(x)) / (count + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2)) / (count + 1)
    before = np.concatenate(([0.25], variance[:-1]))
    return np.asarray(np.sqrt(2 * math.log(2 / alpha) / (before * count * np.log(count + 1))))


def _hull(kept: NDArray[np.bool_], means: Floats, capital: Floats) -> Floats:
    """The ends of what isn't refuted, a step of the grid wider on both sides."""
    lost = ~kept.any(axis=1)
    kept[lost, capital[lost].argmin(axis=1)] = True
    low = kept.argmax(axis=1)
    high = kept.shape[1] - 1 - kept[:, ::-1].argmax(axis=1)
    return np.stack([means[np.maximum(low - 1, 0)], means[np.minimum(high + 1, len(means) - 1)]], axis=1)


def difference_sequence(differences: Sequence[float] | Floats, alpha: float, grid: int = GRID) -> Floats:
    """As ``mean_sequence``, for values in [-1, 1] such as the differences of pairs."""
    return 2 * mean_sequence((np.asarray(differences, dtype=float) + 1) / 2, alpha, grid) - 1


def block_sizes(one: float, other: float, most: int = 20) -> tuple[int, int]:
    """How many values of each arm make one difference: in the ratio of their shares, one of the smaller."""
    if one >= other:
        return min(most, max(1, round(one / other))), 1
    return 1, min(most, max(1, round(other / one)))


def block_differences(one: Sequence[float], other: Sequence[float], sizes: tuple[int, int]) -> Floats:
    """Mean of the other arm's next values − mean of the one's, block by block in the order in which they came.

    What doesn't fill a block yet waits. Blocks are independent of each other, whatever stood in those before.
    """
    count = min(len(one) // sizes[0], len(other) // sizes[1])
    parts = [
        np.asarray(values, dtype=float)[: count * size].reshape(count, size).mean(axis=1)
        for values, size in ((one, sizes[0]), (other, sizes[1]))
    ]
    return np.asarray(parts[1] - parts[0])

"""How many tokens fit into memory: a line fitted to measured batches, with the error it has.

Bytes = intercept + slope × padded tokens. That is not the whole truth (attention that keeps its scores grows with the
square of the length), so the line carries the largest error it made on what was measured, and a budget keeps that free.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Measurement:
    """A batch that was run: its padded tokens, and the bytes that it took at its peak above what was taken before."""

    tokens: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Line:
    """Bytes of a batch as a line over its tokens.

    ``worst`` is by how many bytes the line was too low at most, ``error`` the mean absolute error as a share of the
    mean; both are of measurements that the line was *not* fitted to (each left out in turn). ``most`` is the largest
    batch measured, in tokens: beyond it the line is a guess.
    """

    intercept: float
    slope: float
    worst: float
    error: float
    most: int

    def bytes(self, tokens: int) -> float:
        """What a batch of so many tokens takes."""
        return self.intercept + self.slope * tokens


def fit(measurements: Sequence[Measurement]) -> Line:
    """The line of least squares through what was measured; neither of its numbers is below zero.

    Raises:
        ValueError: there are fewer than three different batch sizes, so that no error can be told.
    """
    if len({each.tokens for each in measurements}) < 3:
        raise ValueError("a line with an error needs three batch sizes at least")
    intercept, slope = _line(measurements)
    misses = []
    for place, left_out in enumerate(measurements):
        without = [each for other, each in enumerate(measurements) if other != place]
        at, per = _line(without)
        misses.append(left_out.bytes - (at + per * left_out.tokens))
    mean = sum(each.bytes for each in measurements) / len(measurements)
    error = sum(map(abs, misses)) / len(misses) / mean if mean else 0.0
    return Line(intercept, slope, max(0.0, *misses), error, max(each.tokens for each in measurements))


def budget_for(free: int, line: Line, headroom: float = 0.2) -> int:
    """The tokens of the largest batch that the line lets into so many free bytes; 0 when nothing fits.

    A share of the free memory (``headroom``) and the line's worst error stay free. Never more than four times the
    largest batch that was measured: a line is not trusted farther than that.
    """
    room = free * (1 - headroom) - line.worst - line.intercept
    most = 4 * line.most
    if room <= 0:
        return 0
    return min(most, math.floor(room / line.slope)) if line.slope > 0 else most


def _line(measurements: Sequence[Measurement]) -> tuple[float, float]:
    """Intercept and slope, both at least zero: with a negative one the other is fitted alone."""
    tokens = np.array([each.tokens for each in measurements], dtype=np.float64)
    taken = np.array([each.bytes for each in measurements], dtype=np.float64)
    spread = tokens - tokens.mean()
    square = float(spread @ spread)
    slope = float(spread @ taken) / square if square else 0.0
    intercept = float(taken.mean() - slope * tokens.mean())
    if slope < 0:
        return max(0.0, float(taken.mean())), 0.0
    if intercept < 0:
        return 0.0, max(0.0, float(tokens @ taken) / float(tokens @ tokens))
    return intercept, slope

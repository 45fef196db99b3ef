"""Scores of several retrievers made one. Pure functions over arrays; nothing here knows what was retrieved.

Each works on the passages that are allowed (the others are −inf and stay so).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.config import Fusion
from pipeline.protocols import FloatArray

RRF_K = 60  # Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet", SIGIR 2009


def extremes(scores: FloatArray) -> tuple[float, float]:
    """The lowest and the highest finite score; ``(0, 0)`` when there is none."""
    finite = scores[np.isfinite(scores)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)


def min_max(scores: FloatArray, low: float, high: float) -> FloatArray:
    """Scores scaled so that ``low`` is 0 and ``high`` is 1; all 0 when the two are equal."""
    if high <= low:
        return np.where(np.isfinite(scores), np.float32(0), scores).astype(np.float32)
    return ((scores - np.float32(low)) / np.float32(high - low)).astype(np.float32)


def competition_ranks(scores: FloatArray, of: FloatArray | None = None) -> NDArray[np.int64]:
    """The rank of each score, from 1: one more than the number of higher scores, so equal scores share a rank.

    ``of`` ranks those scores among ``scores`` instead of all.
    """
    asked = scores if of is None else of
    if not len(asked):
        return np.empty(0, dtype=np.int64)
    higher = np.sort(scores[scores > asked.min()])  # what is lower than all that is asked counts for none of them
    ranks: NDArray[np.int64] = len(higher) - np.searchsorted(higher, asked, side="right") + 1
    return ranks


def fuse(bm25: FloatArray, vector: FloatArray, window: FloatArray | None, settings: Fusion) -> FloatArray:
    """One score per passage. *Shape:* that of the arguments.

    ``minmax``: ``(1 − window) · ((1 − weight) · bm25 + weight · vector) + window · window score``, each scaled by
    min-max.
    ``rrf``: the same shares of ``1 / (60 + rank)``. Without ``window`` scores its share goes to the other two.
    """
    scale = _by_extremes if settings.method == "minmax" else _by_rank
    hybrid = (1 - settings.weight) * scale(bm25) + settings.weight * scale(vector)
    if window is None or settings.window == 0:
        return hybrid.astype(np.float32)
    return ((1 - settings.window) * hybrid + settings.window * scale(window)).astype(np.float32)


def _by_extremes(scores: FloatArray) -> FloatArray:
    return min_max(scores, *extremes(scores))


def _by_rank(scores: FloatArray) -> FloatArray:
    reciprocal = 1 / (RRF_K + competition_ranks(scores))
    return np.where(np.isfinite(scores), reciprocal, -np.inf).astype(np.float32)

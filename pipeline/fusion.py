"""Scores of several retrievers: their best rows, their ranks, and one score made of them. Pure functions over arrays.

Each works on the passages that are allowed (the others are −inf and stay so).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.protocols import FloatArray
from pipeline.setting_groups.search import Fusion

BLOCK = 256
SORTED = 20_000  # as many scores are sorted faster than put in buckets
BUCKETS = 1 << 14
RRF_K = 60  # Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet", SIGIR 2009
ROUNDING = 1e-5  # differences between scores that single precision may make up


def extremes(scores: FloatArray) -> tuple[float, float]:
    """The lowest and the highest finite score; ``(0, 0)`` when there is none."""
    if not len(scores):
        return 0.0, 0.0
    low, high = float(scores.min()), float(scores.max())
    if np.isfinite(low) and np.isfinite(high):
        return low, high
    return extremes(scores[np.isfinite(scores)])


def min_max(scores: FloatArray, low: float, high: float) -> FloatArray:
    """Scores scaled so that ``low`` is 0 and ``high`` is 1; all 0 when the two are equal but for rounding.

    Where no passage has anything of a question, its vectors differ by rounding alone, and that decides nothing.
    """
    if high - low <= ROUNDING:
        return np.where(np.isfinite(scores), np.float32(0), scores).astype(np.float32)
    scaled = (scores - np.float32(low)).astype(np.float32, copy=False)
    scaled /= np.float32(high - low)
    return scaled


def competition_ranks(scores: FloatArray, of: FloatArray | None = None) -> NDArray[np.int64]:
    """The rank of each score, from 1: one more than the number of higher scores, so equal scores share a rank.

    ``of`` ranks those scores among ``scores`` instead of all.
    """
    asked = scores if of is None else of
    if not len(asked):
        return np.empty(0, dtype=np.int64)
    lowest = asked.min()
    higher = scores[scores > lowest]  # what is lower than all that is asked counts for none of them
    if of is not None and len(higher) > SORTED and np.isfinite(lowest):
        return _ranks_by_buckets(higher, of)
    higher.sort()
    ranks: NDArray[np.int64] = len(higher) - np.searchsorted(higher, asked, side="right") + 1
    return ranks


def _ranks_by_buckets(higher: FloatArray, of: FloatArray) -> NDArray[np.int64]:
    """The same for a few scores among many, without putting the many in an order that nobody asks for.

    Those in a bucket with an asked score are compared one by one; of the others the bucket says enough.
    """
    low, high = float(of.min()), float(max(higher.max(), of.max()))
    buckets, asked = (
        (min_max(values, low, high) * np.float32(BUCKETS - 1)).astype(np.int32) for values in (higher, of)
    )
    counts = np.bincount(buckets, minlength=BUCKETS)
    counts[asked] = 0
    above = counts[::-1].cumsum()[::-1]
    has_asked = np.zeros(BUCKETS, dtype=bool)
    has_asked[asked] = True
    near = np.sort(higher[has_asked[buckets]])
    ranks: NDArray[np.int64] = 1 + above[asked] + len(near) - np.searchsorted(near, of, side="right")
    return ranks


def top_rows(scores: FloatArray, depth: int) -> NDArray[np.int64]:
    """The rows of the highest finite scores, best first; equal scores in the order of their rows."""
    depth = min(depth, len(scores))
    if not depth:
        return np.empty(0, dtype=np.int64)
    low = _floor(scores, depth)
    above = np.flatnonzero(scores > low)
    if len(above) > depth:
        low = np.partition(scores[above], len(above) - depth)[len(above) - depth]
        above = np.flatnonzero(scores > low)
    level = np.flatnonzero(scores == low)[: depth - len(above)] if np.isfinite(low) else above[:0]
    rows = np.concatenate((above, level))
    return rows[np.lexsort((rows, -scores[rows]))]


def _floor(scores: FloatArray, depth: int) -> np.float32:
    """A score that at least ``depth`` of the scores reach: the ``depth``-th best of the maxima of blocks of them.

    Few scores are above it, and none of the highest below; where there are fewer blocks it is the lowest score.
    """
    blocks = len(scores) // BLOCK
    if blocks < depth:
        return np.float32(scores.min())
    best = scores[: blocks * BLOCK].reshape(blocks, BLOCK).max(axis=1)
    return np.float32(np.partition(best, blocks - depth)[blocks - depth])


def shares(settings: Fusion, given: Collection[str]) -> dict[str, float]:
    """Each retriever's share of the fused score, by its stage; they sum to one.

    BM25 and vectors divide it among themselves; ``window``, ``sparse`` and ``colbert`` in turn each take a share of the
    whole and leave the rest to those before. One that isn't ``given`` takes nothing.
    """
    found = {"bm25": 1 - settings.weight, "vector": settings.weight}
    for name, share in (("window", settings.window), ("sparse", settings.sparse), ("colbert", settings.colbert)):
        if share and name in given:
            found = {other: (1 - share) * part for other, part in found.items()} | {name: share}
    return found


def fuse(scores: Mapping[str, FloatArray], settings: Fusion) -> FloatArray:
    """One score per passage from those of each stage; stages that have no share are ignored. *Shape:* that of each.

    ``minmax``: the shares of the scores, each scaled by min-max. ``rrf``: the same shares of ``1 / (60 + rank)``.
    """
    scale = _by_extremes if settings.method == "minmax" else _by_rank
    fused = np.zeros(len(scores["bm25"]), dtype=np.float32)
    for name, share in shares(settings, scores).items():
        if share:
            scaled = scale(scores[name])
            scaled *= np.float32(share)
            fused += scaled
    return fused


def _by_extremes(scores: FloatArray) -> FloatArray:
    return min_max(scores, *extremes(scores))


def _by_rank(scores: FloatArray) -> FloatArray:
    reciprocal = 1 / (RRF_K + competition_ranks(scores))
    return np.where(np.isfinite(scores), reciprocal, -np.inf).astype(np.float32)

"""Measures of a ranking against the set of passages that hold the answer. Pure functions; ranks count from 1.

Definitions as in trec_eval, with binary relevance.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np


def reciprocal_rank(ranking: Sequence[str], gold: Collection[str], k: int = 10) -> float:
    """1 / the rank of the first right passage within the first ``k``; 0 when there is none."""
    return next((1 / rank for rank, passage in enumerate(ranking[:k], start=1) if passage in gold), 0.0)


def recall(ranking: Sequence[str], gold: Collection[str], k: int) -> float:
    """The share of the right passages that are within the first ``k``.

    Raises:
        ValueError: there is no right passage, so that the share is not defined.
    """
    if not gold:
        raise ValueError("recall needs at least one right passage")
    return len(set(ranking[:k]) & set(gold)) / len(set(gold))


def ndcg(ranking: Sequence[str], gold: Collection[str], k: int = 10) -> float:
    """Normalised discounted cumulative gain with gains of 0 and 1. Järvelin and Kekäläinen, 2002.

    Raises:
        ValueError: there is no right passage.
    """
    if not gold:
        raise ValueError("nDCG needs at least one right passage")
    gain = sum(1 / math.log2(rank + 1) for rank, passage in enumerate(ranking[:k], start=1) if passage in gold)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(set(gold)), k) + 1))
    return gain / ideal


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The probability that a positive scores above a negative, ties counting half (Mann and Whitney, 1947).

    Raises:
        ValueError: one of the two is empty.
    """
    if not len(positive) or not len(negative):
        raise ValueError("AUROC needs scores of both kinds")
    ordered = np.sort(np.asarray(negative, dtype=float))
    scores = np.asarray(positive, dtype=float)
    below = np.searchsorted(ordered, scores, side="left")
    equal = np.searchsorted(ordered, scores, side="right") - below
    return float((below + equal / 2).sum() / (len(scores) * len(ordered)))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0–1) of the values lie, linearly interpolated; NaN without values."""
    return float(np.quantile(values, share)) if len(values) else math.nan

"""The ranking that stored candidates would have had under other settings, from the scores that every stage gave.

Works on arrays with one row per question and one column per candidate, padded: what is no candidate scores −inf.
Exact for the fused order of the stored candidates; a passage that was none can't come in. A reranker's score is used
where it was given: whoever comes newly before the reranker has none and stands behind those that have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.config import Fusion, Settings
from pipeline.evaluation.records import Record
from pipeline.fusion import RRF_K

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Stored:
    """The candidates of many questions. *Shape:* ``(questions, candidates)``; ``extremes`` ``(questions, 2)``."""

    scores: Mapping[str, Matrix]
    ranks: Mapping[str, NDArray[np.int32]]
    extremes: Mapping[str, Matrix]
    gold: NDArray[np.bool_]
    present: NDArray[np.bool_]


def stack(records: Sequence[Record]) -> Stored:
    """The records' candidates as padded arrays."""
    width = max((len(record.candidates.id) for record in records), default=0)
    shape = (len(records), width)
    names = dict.fromkeys(name for record in records for name in record.candidates.scores)
    scores = {name: np.full(shape, -np.inf, np.float32) for name in names}
    ranks = {name: np.full(shape, np.iinfo(np.int32).max, np.int32) for name in ("bm25", "vector", "window")}
    extremes = {name: np.zeros((len(records), 2), np.float32) for name in names}
    gold, present = np.zeros(shape, bool), np.zeros(shape, bool)
    for row, record in enumerate(records):
        columns = record.candidates
        size = len(columns.id)
        right = {path.passage_id for path in record.paths}
        present[row, :size] = True
        gold[row, :size] = [id_ in right for id_ in columns.id]
        for name, values in columns.scores.items():
            scores[name][row, :size] = [-np.inf if value is None else value for value in values]
        for name, places in columns.ranks.items():
            ranks[name][row, :size] = places
        for name, pair in record.extremes.items():
            if name in extremes:
                extremes[name][row] = pair
    return Stored(scores, ranks, extremes, gold, present)


def fused(stored: Stored, fusion: Fusion, depth: int) -> Matrix:
    """The fused score of every candidate that ``depth`` passages from each retriever would have brought, else −inf.

    The formula is that of ``pipeline.fusion.fuse``, on stored extremes and ranks.
    """
    scale = _by_extremes if fusion.method == "minmax" else _by_rank
    hybrid = (1 - fusion.weight) * scale(stored, "bm25") + fusion.weight * scale(stored, "vector")
    if fusion.window and "window" in stored.scores:
        hybrid = (1 - fusion.window) * hybrid + fusion.window * scale(stored, "window")
    if "boost" in stored.scores:
        hybrid = hybrid + np.where(np.isfinite(stored.scores["boost"]), stored.scores["boost"], 0)
    brought = (stored.ranks["bm25"] <= depth) | (stored.ranks["vector"] <= depth)
    return np.where(stored.present & brought, hybrid, -np.inf).astype(np.float32)


def _by_extremes(stored: Stored, name: str) -> Matrix:
    low, high = stored.extremes[name][:, :1], stored.extremes[name][:, 1:]
    span = np.where(high > low, high - low, 1)
    scaled = np.where(high > low, (stored.scores[name] - low) / span, 0)
    return np.where(stored.present, scaled, 0).astype(np.float32)


def _by_rank(stored: Stored, name: str) -> Matrix:
    return (1 / (RRF_K + stored.ranks[name].astype(np.float64))).astype(np.float32)


def best_gold_rank(stored: Stored, scores: Matrix, settings: Settings) -> NDArray[np.int64]:
    """The rank (from 1) of the best right passage in the final order of each question; 0 where it is no candidate.

    The final order is the reranker's over the first ``rerank.depth`` of the fused order, then the fused order.
    """
    gold = np.where(stored.gold, scores, -np.inf)
    best = gold.max(axis=1, keepdims=True, initial=-np.inf)
    rank = 1 + (scores > best).sum(axis=1)
    rank = np.where(np.isfinite(best[:, 0]), rank, 0)
    if settings.reranker == "none" or "rerank" not in stored.scores:
        return rank
    head = scores >= _nth_highest(scores, settings.rerank.depth)
    judged = np.where(head & np.isfinite(scores), stored.scores["rerank"], -np.inf)
    best_judged = np.where(stored.gold, judged, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
    by_reranker = 1 + (judged > best_judged).sum(axis=1)
    return np.where(np.isfinite(best_judged[:, 0]), by_reranker, rank)


def _nth_highest(scores: Matrix, n: int) -> Matrix:
    """The ``n``-th highest of each row; the lowest when there are fewer. *Shape:* ``(questions, 1)``."""
    width = scores.shape[1]
    if n >= width:
        lowest: Matrix = scores.min(axis=1, keepdims=True, initial=np.inf)
        return lowest
    return np.partition(scores, width - n, axis=1)[:, width - n : width - n + 1]

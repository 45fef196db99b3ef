"""The ranking that stored candidates would have had under other settings, from the scores that every stage gave.

Works on arrays with one row per question and one column per candidate, padded: what is no candidate scores −inf.
Exact for the fused order of the stored candidates; a passage that was none can't come in. A reranker's score is used
where it was given: whoever comes newly before the reranker has none and stands behind those that have.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.records import RANKS, Columns, Record
from pipeline.fusion import ROUNDING, RRF_K, competition_ranks, shares
from pipeline.rag import FIRST_STAGES
from pipeline.setting_groups.search import Fusion
from pipeline.settings import Settings

Matrix = NDArray[np.float32]
ADDED = ("boost", "concept")  # scores that are added to the fused one as they are


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
    golds = [{path.passage_id for path in record.paths} for record in records]
    return pad([record.candidates for record in records], [record.extremes for record in records], golds)


def pad(
    candidates: Sequence[Columns],
    extremes: Sequence[Mapping[str, tuple[float, float]]],
    golds: Sequence[Collection[str]],
) -> Stored:
    """Candidates of several questions as padded arrays."""
    shape = (len(candidates), max((len(columns.id) for columns in candidates), default=0))
    names = dict.fromkeys(name for columns in candidates for name in columns.scores)
    scores = {name: np.full(shape, -np.inf, np.float32) for name in names}
    ranks = {name: np.full(shape, np.iinfo(np.int32).max, np.int32) for name in RANKS}
    bounds = {name: np.zeros((len(candidates), 2), np.float32) for name in names}
    gold, present = np.zeros(shape, bool), np.zeros(shape, bool)
    for row, columns in enumerate(candidates):
        size = len(columns.id)
        present[row, :size] = True
        gold[row, :size] = [id_ in golds[row] for id_ in columns.id]
        for name, values in columns.scores.items():
            scores[name][row, :size] = [-np.inf if value is None else value for value in values]
        for name, places in columns.ranks.items():
            ranks[name][row, :size] = places
        for name, pair in extremes[row].items():
            if name in bounds:
                bounds[name][row] = pair
    return Stored(scores, ranks, bounds, gold, present)


def fused(stored: Stored, fusion: Fusion, depth: int) -> Matrix:
    """The fused score of every candidate that ``depth`` passages from each retriever would have brought, else −inf.

    The formula is that of ``pipeline.fusion.fuse`` and ``pipeline.rag.run``, on stored extremes and ranks; those of
    ColBERT are of the candidates alone. With another ``depth`` than that of the run, of candidates that tie at it all
    count as brought, where a search takes the first of them.
    """
    scale = _by_extremes if fusion.method == "minmax" else _by_rank
    first = shares(fusion, stored.scores.keys() - {"colbert"})
    scaled = {name: scale(stored, name) for name in first}
    hybrid = _added_up(stored, scaled, first)
    brought = np.zeros(stored.present.shape, bool)
    for name in FIRST_STAGES:
        if name in first:
            brought |= stored.ranks[name] <= depth
    if "concept" in stored.scores:  # then the best of the fused score are candidates, too
        asked = np.isfinite(stored.scores["concept"]).any(axis=1, keepdims=True)
        brought |= asked & (hybrid >= _nth_highest(hybrid, depth))
    if fusion.colbert and "colbert" in stored.scores:
        scaled["colbert"] = _among(stored.scores["colbert"], brought & stored.present, fusion.method)
        hybrid = _added_up(stored, scaled, shares(fusion, stored.scores))
    return np.where(brought, hybrid, np.float32(-np.inf))


def _added_up(stored: Stored, scaled: Mapping[str, Matrix], parts: Mapping[str, float]) -> Matrix:
    """The shares of the scaled scores, and what is added to them as it is."""
    hybrid = np.zeros(stored.present.shape, np.float32)
    for name, share in parts.items():
        hybrid = hybrid + np.float32(share) * scaled[name]
    for name in ADDED:
        if name in stored.scores:
            hybrid = hybrid + np.where(np.isfinite(stored.scores[name]), stored.scores[name], 0)
    return np.where(stored.present, hybrid, -np.inf).astype(np.float32)


def _among(scores: Matrix, seen: NDArray[np.bool_], method: str) -> Matrix:
    """Scores scaled among those that are ``seen``; the others are as the lowest of these."""
    seen = seen & np.isfinite(scores)
    low = np.where(seen, scores, np.inf).min(axis=1, keepdims=True, initial=np.inf)
    high = np.where(seen, scores, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
    low, high = np.where(np.isfinite(low), low, 0), np.where(np.isfinite(high), high, 0)
    known = np.where(seen, scores, low).astype(np.float32)
    if method != "minmax":
        return np.array([1 / (RRF_K + competition_ranks(row)) for row in known], np.float32).reshape(known.shape)
    apart = high - low > ROUNDING
    return np.where(apart, (known - low) / np.where(apart, high - low, 1), 0).astype(np.float32)


def _by_extremes(stored: Stored, name: str) -> Matrix:
    low, high = stored.extremes[name][:, :1], stored.extremes[name][:, 1:]
    apart = high - low > ROUNDING
    scaled = np.where(apart, (stored.scores[name] - low) / np.where(apart, high - low, 1), 0)
    return np.where(np.isfinite(scaled), scaled, 0).astype(np.float32)


def _by_rank(stored: Stored, name: str) -> Matrix:
    return (1 / (RRF_K + stored.ranks[name].astype(np.float64))).astype(np.float32)


def fused_ranks(record: Record, settings: Settings) -> list[int]:
    """The rank (from 1) of each candidate in the fused order, equal scores sharing one; 0 where it would be none."""
    scores = fused(stack([record]), settings.fusion, settings.retrieval.depth)[0]
    ranks = competition_ranks(scores)
    return [int(rank) if there else 0 for rank, there in zip(ranks, np.isfinite(scores), strict=True)]


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

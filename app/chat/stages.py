"""The stages of retrieval as every view shows them: their order, their colours, their numbers as text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pipeline.types import ScoredPassage, Trace

STAGES = ("bm25", "vector", "window", "sparse", "colbert", "concept", "boost", "fused", "rerank")
"""The stages of a card, in the order in which they happen; only those are shown that scored the candidate."""

COLOURS = {
    "bm25": "#0072b2",
    "vector": "#e69f00",
    "window": "#009e73",
    "sparse": "#44aa99",
    "colbert": "#9467bd",
    "concept": "#ddcc77",
    "boost": "#f0e442",
    "fused": "#cc79a7",
    "fuse": "#cc79a7",
    "rerank": "#d55e00",
    "generate": "#56b4e9",
    "understand": "#999999",
    "opinions": "#8c6d31",
}
"""Okabe and Ito's palette as far as it goes, one colour for each stage everywhere."""


def number(score: float) -> str:
    """A raw score in three significant digits; a dash where there is none."""
    return f"{score:#.3g}".rstrip(".") if math.isfinite(score) else "–"


def percent(probability: float) -> str:
    """A probability as whole per cent; never 0 or 100 unless it is."""
    if 0 < probability < 0.01:
        return "<1"
    if 0.99 < probability < 1:
        return ">99"
    return f"{probability * 100:.0f}"


def widths(candidates: Sequence[ScoredPassage], stage: str) -> dict[str, int]:
    """How long each candidate's bar is, in per cent, by passage id: from 4 for the lowest score to 100 for the highest.

    Where all scores are equal the bars are full, or empty when nothing scored above 0. Candidates without a score at
    the stage are left out.
    """
    scores = {c.passage.id: c.scores[stage] for c in candidates if math.isfinite(c.scores.get(stage, math.nan))}
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 100 if high > 0 else 0)
    scale = 96 / (high - low)
    return {id_: round(4 + (score - low) * scale) for id_, score in scores.items()}


def lift(candidate: ScoredPassage) -> int | None:
    """How many places the reranker raised a candidate (negative: lowered); None when it didn't look."""
    if "rerank" not in candidate.ranks or "fused" not in candidate.ranks:
        return None
    return candidate.ranks["fused"] - candidate.ranks["rerank"]


def worked_ms(trace: Trace) -> float:
    """Milliseconds that the stages took. The trace's total is more: it waits for the page between two stages."""
    return sum(milliseconds for stage, milliseconds in trace.timings_ms.items() if stage != "total")

"""No reranking: every candidate keeps its place."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.evidence.answerability import Calibration
from pipeline.passages import PassageStore
from pipeline.settings import Settings
from pipeline.termstore import TermStore
from pipeline.types import Query, ScoredPassage


class NoReranker:
    """Does nothing: a candidate's score is its fused score, and nothing is known of its relevance."""

    name = "none"

    def rerank(self, query: Query, candidates: Sequence[ScoredPassage]) -> list[tuple[float, float | None]]:
        """See Reranker. The fused scores as they are."""
        return [(candidate.scores["fused"], None) for candidate in candidates]


def calibrated_as(settings: Settings) -> str:
    """Empty: fused scores have no calibration."""
    return ""


def load(passages: PassageStore, terms: TermStore, relevance: Calibration | None, settings: Settings) -> NoReranker:
    """A reranker that does nothing; needs nothing of the index."""
    return NoReranker()

"""No reranking: the order of fusion stays. What `reranker=none` names."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.passages import PassageStore
from pipeline.termstore import TermStore
from pipeline.types import Query, ScoredPassage


class NoReranker:
    """Gives every candidate its fused score back."""

    name = "none"

    def rerank(self, query: Query, candidates: Sequence[ScoredPassage]) -> list[tuple[float, float | None]]:
        """See Reranker. No probability: nothing was judged."""
        return [(candidate.scores["fused"], None) for candidate in candidates]


def load(passages: PassageStore, terms: TermStore) -> NoReranker:
    """The same for every index."""
    return NoReranker()

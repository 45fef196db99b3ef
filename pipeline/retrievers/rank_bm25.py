"""BM25 by the rank_bm25 library: what most people use. Kept to choose, and as the oracle of the tests.

Its Okapi variant differs from Lucene's in the idf (negative values are lifted to a share of the mean).
"""

from __future__ import annotations

import numpy as np
from rank_bm25 import BM25Okapi

from pipeline.protocols import FloatArray
from pipeline.termstore import TermRows, TermStore
from pipeline.types import Query


class RankBm25Retriever:
    """BM25Okapi over an index's terms. Scores every passage in Python: slow beyond a few thousand."""

    name = "rank_bm25"

    def __init__(self, store: TermStore, bm25: BM25Okapi) -> None:
        self._store = store
        self._bm25 = bm25

    def score(self, query: Query) -> FloatArray:
        """See Retriever. *Shape:* ``(passages,)``."""
        return np.asarray(self._bm25.get_scores(self._store.query_ids(query)), dtype=np.float32)


def load(store: TermStore, *, k1: float, b: float) -> RankBm25Retriever:
    """Build from an index's terms; nothing is kept on disk."""
    return RankBm25Retriever(store, BM25Okapi(TermRows(store), k1=k1, b=b))

"""bge-m3's ColBERT score: every token of the question finds its nearest in the passage; the mean of their cosines.

Chen et al., "M3-Embedding", 2024. Where the index was made for it (``models.scores``) and it has a share
(``fusion.colbert``); then the candidates alone are scored: all passages would be read from the disk, gigabytes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.neural.multivectors import Multivectors
from pipeline.neural.threefold import ThreefoldEncoder
from pipeline.protocols import FloatArray
from pipeline.types import Query


class BgeColbertRetriever:
    """See the module."""

    name = "bge_colbert"

    def __init__(self, encoder: ThreefoldEncoder, vectors: Multivectors) -> None:
        self._encoder = encoder
        self._vectors = vectors

    def score_rows(self, query: Query, rows: NDArray[np.int64]) -> FloatArray:
        """See RowScorer. Between −1 and 1; 0 where question or passage says nothing."""
        return self._vectors.score_rows(self._encoder.read(query).vectors, rows)

    def score(self, query: Query) -> FloatArray:
        """See Retriever: every passage, however long that takes."""
        return self.score_rows(query, np.arange(len(self._vectors)))


def load(encoder: ThreefoldEncoder, folder: Path) -> BgeColbertRetriever:
    """A retriever over what ``encoder`` wrote into a folder.

    Raises:
        OSError, ValueError: it isn't there, or damaged.
    """
    return BgeColbertRetriever(encoder, Multivectors(folder))

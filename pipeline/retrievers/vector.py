"""Exact search in an index's vectors: the cosine of question and passage, by one matrix product."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.protocols import Encoder, FloatArray
from pipeline.types import AnalysedText, Query


class VectorRetriever:
    """Cosine similarity to every passage. ``vectors`` have unit length, *shape* ``(passages, dimensions)``.

    They lie column after column: the product then runs through memory in order and takes less than half of the time.
    Vectors of half precision are held in single precision, which multiplies far faster.
    """

    name = "vector"

    def __init__(self, encoder: Encoder, vectors: NDArray[np.floating[Any]]) -> None:
        self._encoder = encoder
        # no copy where they lie so already, as ``lsa.learn`` leaves them
        self._vectors = np.asfortranarray(vectors, dtype=np.float32)

    def score(self, query: Query) -> FloatArray:
        """See Retriever. Between −1 and 1; 0 for every passage when nothing of the question is known."""
        return np.asarray(self._vectors @ self._encoder.encode([query])[0], dtype=np.float32)


def load(encoder: Encoder, vectors: NDArray[np.floating[Any]]) -> VectorRetriever:
    """A retriever over vectors that ``encoder`` made.

    Raises:
        ValueError: they have other dimensions than the encoder's.
    """
    (nothing,) = encoder.encode([Query(AnalysedText("", ()), ())])
    if vectors.ndim != 2 or vectors.shape[1] != len(nothing):
        raise ValueError(f"vectors of shape {vectors.shape} for an encoder of {len(nothing)} dimensions")
    return VectorRetriever(encoder, vectors)

"""bge-m3's sparse score: the model's weights of the tokens that question and passage share, multiplied and summed.

Chen et al., "M3-Embedding", 2024. Where the index was made for it (``models.scores``) and it has a share
(``fusion.sparse``).
"""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.neural.postings import Postings
from pipeline.neural.threefold import ThreefoldEncoder
from pipeline.protocols import FloatArray
from pipeline.types import Query


class BgeSparseRetriever:
    """See the module."""

    name = "bge_sparse"

    def __init__(self, encoder: ThreefoldEncoder, postings: Postings) -> None:
        self._encoder = encoder
        self._postings = postings

    def score(self, query: Query) -> FloatArray:
        """See Retriever. 0 for a passage that shares no token, and never below."""
        asked = self._encoder.read(query)
        return self._postings.score(asked.tokens, asked.weights)


def load(encoder: ThreefoldEncoder, folder: Path) -> BgeSparseRetriever:
    """A retriever over what ``encoder`` wrote into a folder.

    Raises:
        OSError, ValueError: it isn't there, or damaged.
    """
    return BgeSparseRetriever(encoder, Postings(folder, int(json.loads((folder / "size.json").read_text("utf-8")))))

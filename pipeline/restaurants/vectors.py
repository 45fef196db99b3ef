"""Vectors of remarks, claims and whole restaurants in the space of an index's own encoder. No analyser is loaded: the
morphemes of a remark are those that the index has of its passage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from pipeline.assemble import ENCODER, TERMS, open_encoder, open_vectors
from pipeline.index import Index
from pipeline.protocols import Encoder, FloatArray, VectorRows
from pipeline.restaurants.remarks import Remark
from pipeline.terms import make_query
from pipeline.termstore import TermStore
from pipeline.types import AnalysedText, Morpheme

PASSAGES = 5_000  # whose morphemes are kept as objects: each remark of a passage looks at them several times


@dataclass(frozen=True, slots=True)
class Space:
    """What an index has for one analyser: the morphemes of a passage, all their vectors, what encodes others alike.

    *Shape:* ``vectors`` is ``(passages, dimensions)``.
    """

    passage: Callable[[int], tuple[Morpheme, ...]]
    encoder: Encoder
    vectors: VectorRows

    def morphemes(self, remark: Remark) -> tuple[Morpheme, ...]:
        """The morphemes of a remark's quote, with offsets in the quote."""
        start, end = (place - remark.offset for place in remark.span)
        inside = (m for m in self.passage(remark.row) if start <= m.start and m.end <= end)
        return tuple(replace(m, start=m.start - start, end=m.end - start) for m in inside)

    def of(self, remarks: Sequence[Remark]) -> FloatArray:
        """The vectors of the quotes. *Shape:* ``(remarks, dimensions)``, rows of unit length or zero."""
        return self.encoder.encode([make_query(AnalysedText(r.quote, self.morphemes(r))) for r in remarks])

    def of_claims(self, claims: Sequence[str]) -> FloatArray:
        """The vectors of sentences of our own, by their letter pairs. *Shape:* ``(claims, dimensions)``."""
        return self.encoder.encode([make_query(AnalysedText(claim, ())) for claim in claims])

    def mean(self, rows: Sequence[int]) -> FloatArray:
        """The direction that some passages have in common. *Shape:* ``(dimensions,)``."""
        return unit(self.vectors[np.asarray(rows)].mean(axis=0))


def open_space(index: Index, analyser: str) -> Space:
    """Open what an index has for an analyser.

    Raises:
        IndexDamaged: a part is missing or broken.
    """
    for part in (TERMS, ENCODER):
        index.part(f"{analyser}/{part}")
    folder = index.folder / analyser
    with index.reading(analyser):
        return Space(
            lru_cache(PASSAGES)(TermStore(folder / TERMS).morphemes),
            open_encoder(index, analyser),
            open_vectors(index, analyser),
        )


def unit(vector: FloatArray) -> FloatArray:
    """The vector at length one; zero stays zero. Of a matrix, each row."""
    lengths = np.linalg.norm(vector, axis=-1, keepdims=True)
    scaled: FloatArray = (vector / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled

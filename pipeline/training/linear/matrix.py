"""Texts as sparse matrices of hashed n-grams, over a vocabulary that training texts chose. Knows nothing of labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, vstack

from pipeline.analysis.grams import NOTHING, Hashes, grams
from pipeline.analysis.letters import letters
from pipeline.protocols import FloatArray

Rows = NDArray[np.int64]

_BATCH = 5_000
_LOW = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Hashed:
    """The grams of texts, one text after the other, and where each begins; sorted within a text."""

    hashes: Hashes
    bounds: Rows

    def taken(self, rows: Rows) -> Hashed:
        """Those of some texts."""
        sizes = np.diff(self.bounds)[rows]
        bounds = np.concatenate(([0], np.cumsum(sizes)))
        places = np.repeat(self.bounds[rows] - bounds[:-1], sizes) + np.arange(bounds[-1])
        return Hashed(self.hashes[places], bounds)


def hashed(texts: Sequence[str]) -> Hashed:
    """Every gram of every text, as often as it occurs."""
    found, sizes = [], [np.zeros(1, dtype=np.int64)]
    for first in range(0, len(texts), _BATCH):
        batch = letters(texts[first : first + _BATCH])
        keys = []
        for family in grams(batch):
            owner = np.searchsorted(batch.bounds, family.letters, side="right") - 1
            flat = family.hashes.ravel()
            key = np.repeat(owner.astype(np.uint64) << np.uint64(32), family.hashes.shape[1]) | flat
            keys.append(key[flat != NOTHING])
        ordered = np.sort(np.concatenate(keys))
        found.append((ordered & _LOW).astype(np.uint32))
        sizes.append(np.bincount((ordered >> np.uint64(32)).astype(np.int64), minlength=len(batch.bounds) - 1))
    return Hashed(np.concatenate(found), np.cumsum(np.concatenate(sizes)))


def vocabulary(given: Hashed, least: int) -> Hashes:
    """The grams that occur at least so often, sorted."""
    ordered = np.sort(given.hashes)
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    counts = np.diff(np.append(first, len(ordered)))
    return ordered[first][counts >= least]


def counted(given: Hashed, known: Hashes) -> csr_matrix:
    """How often each known gram occurs in each text. *Shape:* ``(texts, grams)``."""
    parts = []
    for first in range(0, len(given.bounds) - 1, _BATCH):
        bounds = given.bounds[first : first + _BATCH + 1]
        hashes = given.hashes[bounds[0] : bounds[-1]]
        columns = np.minimum(np.searchsorted(known, hashes), len(known) - 1).astype(np.int32)
        held = known[columns] == hashes
        begins = np.concatenate(([0], np.cumsum(held)))[bounds - bounds[0]]
        ones = np.ones(int(held.sum()), dtype=np.float32)
        part = csr_matrix((ones, columns[held], begins), shape=(len(bounds) - 1, len(known)))
        part.sum_duplicates()
        parts.append(part)
    return vstack(parts, format="csr")


def valued(counts: csr_matrix, values: FloatArray) -> csr_matrix:
    """Counts times the value of each gram, and each text's vector made of unit length.

    The length is that of the values of all occurrences, as `pipeline.analysis.tables` has it when it scores.
    """
    matrix = counts.copy()
    squares = counts @ (values**2)
    matrix.data = matrix.data * values[matrix.indices]
    length = np.sqrt(np.maximum(squares, 1e-6))
    return (diags((1 / length).astype(np.float32)) @ matrix).tocsr()

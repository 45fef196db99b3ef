"""Weights of hashed n-grams: one row a gram, one column a score; whole batches of pieces of text are scored at once.

A table is stored without pickle: sorted hashes as differences, in planes of bytes, and weights as signed bytes with one
scale a column. A score is the sum of a piece's weights divided by the length of its vector of feature values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pipeline.analysis.grams import NOTHING, Grams, Hashes
from pipeline.analysis.letters import Positions
from pipeline.protocols import FloatArray

_PLANES = 4
_STEPS = 4096
_SPARE_BITS = 2  # slots for each gram, as a power of two: most slots hold one gram or none


@dataclass(frozen=True, slots=True)
class Table:
    """Sorted hashes, and for each the weights of the scores times the gram's value, then that value squared.

    ``slots`` says where hashes with the same first bits begin, ``shift`` how many bits come after those.

    *Shape:* ``(grams,)``, ``(grams, scores + 1)``, ``(slots,)``.
    """

    hashes: Hashes
    columns: FloatArray
    slots: NDArray[np.int32]
    shift: np.uint32

    @property
    def weights(self) -> FloatArray:
        """*Shape:* ``(grams, scores)``."""
        return self.columns[:, :-1]

    @property
    def squares(self) -> FloatArray:
        """*Shape:* ``(grams,)``."""
        return self.columns[:, -1]

    def find(self, hashes: Hashes) -> NDArray[np.int32]:
        """The row of each hash, -1 for those that have none."""
        rows = self.slots[hashes >> self.shift]
        known = self.hashes[np.minimum(rows, len(self.hashes) - 1)]
        found = known == hashes
        behind = np.flatnonzero(known < hashes)
        while len(behind):  # several hashes in one slot: few, and in order
            rows[behind] += 1
            behind = behind[rows[behind] < len(self.hashes)]
            there = self.hashes[rows[behind]]
            found[behind] = there == hashes[behind]
            behind = behind[there < hashes[behind]]
        found &= hashes != NOTHING
        return np.where(found, rows, np.int32(-1))


@dataclass(frozen=True, slots=True)
class Sums:
    """What the grams of each piece add up to: weights, and squared values. Sums of pieces are those of the whole.

    *Shape:* ``(pieces, scores)``, ``(pieces,)``.
    """

    weights: FloatArray
    squares: FloatArray

    def scores(self) -> FloatArray:
        """Sums over the length of the vector of values; zero where no gram is known.

        *Shape:* ``(pieces, scores)``.
        """
        lengths = np.sqrt(np.maximum(self.squares, np.float32(1e-6)))
        return (self.weights / lengths[:, None]).astype(np.float32, copy=False)

    def merged(self, first: Positions) -> Sums:
        """Those of runs of pieces; ``first`` is where each run begins. No run is empty."""
        return Sums(np.add.reduceat(self.weights, first, axis=0), np.add.reduceat(self.squares, first))


def sums(table: Table, families: Sequence[Grams], pieces: Positions) -> Sums:
    """Add up each piece of a batch. ``pieces`` are the letters they begin at, and the number of all letters."""
    total = np.zeros((len(pieces) - 1, table.columns.shape[1]), dtype=np.float32)
    for family in families:
        rows = table.find(family.hashes.ravel())
        known = rows >= 0
        bounds = np.searchsorted(family.letters, pieces) * family.hashes.shape[1]
        counts = np.concatenate(([0], np.cumsum(known, dtype=np.int32)))
        picked = rows[known]
        shape = (len(pieces) - 1, len(table.columns))
        ones = np.ones(len(picked), dtype=np.float32)
        total += csr_matrix((ones, picked, counts[bounds]), shape=shape) @ table.columns
    return Sums(total[:, :-1], total[:, -1])


def make(hashes: Hashes, weights: FloatArray, squares: FloatArray) -> Table:
    """A table of hashes in any order, none twice."""
    order = np.argsort(hashes)
    hashes = hashes[order]
    bits = max(1, len(hashes)).bit_length() + _SPARE_BITS
    shift = np.uint32(32 - min(bits, 32))
    slots = np.searchsorted(hashes, np.arange(1 << bits, dtype=np.uint64) << np.uint64(shift))
    columns = np.concatenate((weights, squares[:, None]), axis=1)[order].astype(np.float32)
    return Table(hashes, columns, slots.astype(np.int32), shift)


def pack(table: Table) -> dict[str, NDArray[Any]]:
    """The arrays of a file; weights lose what a byte can't hold."""
    gaps = np.diff(table.hashes, prepend=np.uint32(0)).astype("<u4")
    planes = gaps.view(np.uint8).reshape(-1, _PLANES).T
    scale = _step(np.abs(table.weights).max(axis=0, initial=0) / 127)
    top = _step(table.squares.max(initial=0) / 255)
    return {
        "hashes": np.ascontiguousarray(planes),
        "weights": np.ascontiguousarray(np.rint(table.weights / scale).astype(np.int8).T),
        "scale": scale,
        "squares": np.rint(table.squares / top).astype(np.uint8),
        "top": top,
    }


def _step(step: FloatArray) -> FloatArray:
    """A little more than a step, of so few bits that 255 times it is exact: a table packed again is the same."""
    mantissa, exponent = np.frexp(np.maximum(step, np.float32(1e-9)))
    short: FloatArray = np.ldexp(np.ceil(mantissa * _STEPS) / _STEPS, exponent).astype(np.float32)
    return short


def unpack(arrays: Mapping[str, NDArray[Any]]) -> Table:
    """The table that ``pack`` packed.

    Raises:
        KeyError, ValueError: the arrays are not those of a table.
    """
    planes, scale = arrays["hashes"], arrays["scale"]
    gaps = np.ascontiguousarray(planes.T).view("<u4").ravel()
    weights = arrays["weights"].T.astype(np.float32) * scale
    squares = arrays["squares"].astype(np.float32) * arrays["top"]
    if len(gaps) != len(weights) or len(gaps) != len(squares):
        raise ValueError(f"{len(gaps)}, {len(weights)}, {len(squares)}")
    return make(np.cumsum(gaps, dtype=np.uint32), weights, squares)

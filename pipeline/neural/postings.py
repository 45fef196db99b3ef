"""Weights of a model's tokens in passages, by token: an inverted index on disk, for dot products with a question's.

Six bytes for each token that a passage has, in half precision: a weight is off by a 2,000th at most.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.protocols import FloatArray
from pipeline.storage import write_json

_FILES = ("tokens", "starts", "rows", "weights")


@dataclass(slots=True)
class PostingsWriter:
    """Takes the passages in order; ``write`` sorts by token (ten bytes of memory for each token until then)."""

    passages: int = 0
    _tokens: list[NDArray[np.int32]] = field(default_factory=list)
    _rows: list[NDArray[np.int32]] = field(default_factory=list)
    _weights: list[NDArray[np.float16]] = field(default_factory=list)

    def add(self, tokens: NDArray[np.int32], weights: FloatArray) -> None:
        """Add the next passage: its distinct tokens and their weights."""
        self._tokens.append(np.asarray(tokens, dtype=np.int32))
        self._rows.append(np.full(len(tokens), self.passages, dtype=np.int32))
        self._weights.append(weights.astype(np.float16))
        self.passages += 1

    def write(self, folder: Path) -> None:
        """Write all that was added into a new folder."""
        folder.mkdir(parents=True)
        tokens = np.concatenate([np.zeros(0, np.int32), *self._tokens])
        rows = np.concatenate([np.zeros(0, np.int32), *self._rows])
        weights = np.concatenate([np.zeros(0, np.float16), *self._weights])
        order = np.argsort(tokens, kind="stable")
        distinct, starts = np.unique(tokens[order], return_index=True)
        arrays = (distinct, np.append(starts, len(tokens)).astype(np.int64), rows[order], weights[order])
        for name, array in zip(_FILES, arrays, strict=True):
            np.save(folder / f"{name}.npy", array)
        write_json(folder / "size.json", self.passages)


class Postings:
    """What ``PostingsWriter`` wrote, memory-mapped."""

    def __init__(self, folder: Path, passages: int) -> None:
        self._passages = passages
        self._tokens, self._starts, self._rows, self._weights = (
            np.load(folder / f"{name}.npy", mmap_mode="r").view(np.ndarray) for name in _FILES
        )
        if len(self._starts) != len(self._tokens) + 1 or not len(self._rows) == len(self._weights) == self._starts[-1]:
            raise ValueError(f"the postings in {folder} don't belong together")

    def score(self, tokens: NDArray[np.int32], weights: FloatArray) -> FloatArray:
        """The dot product of each passage's weights with these of distinct tokens. *Shape:* ``(passages,)``."""
        places = np.searchsorted(self._tokens, tokens)
        known = [
            (self._starts[place], self._starts[place + 1], weight)
            for place, token, weight in zip(places.tolist(), tokens.tolist(), weights.tolist(), strict=True)
            if place < len(self._tokens) and self._tokens[place] == token
        ]
        if not known:
            return np.zeros(self._passages, dtype=np.float32)
        rows = np.concatenate([self._rows[start:end] for start, end, _ in known])
        gains = np.concatenate([np.float64(weight) * self._weights[start:end] for start, end, weight in known])
        return np.bincount(rows, gains, minlength=self._passages).astype(np.float32)

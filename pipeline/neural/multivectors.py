"""A vector for every token of every passage on disk, and how well a question's tokens find theirs among them.

Two bytes for each number: 2 KiB a token at 1,024 dimensions, so some 120 KiB for a review of 60 tokens and 12 GB for
100,000 of them. That is why few passages are scored, read from the disk as they are needed, and never all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.protocols import FloatArray
from pipeline.storage import write_json

BLOCK = 16_384  # tokens of passages that are held at once in single precision: 64 MiB at 1,024 dimensions
_VECTORS, _STARTS, _SIZE = "vectors.bin", "starts.npy", "size.json"


class MultivectorWriter:
    """Takes the passages in order and writes their vectors as they come. A context: complete when it is left."""

    def __init__(self, folder: Path, dimensions: int) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._dimensions = dimensions
        self._starts = [0]
        self._file = (folder / _VECTORS).open("wb")

    def __enter__(self) -> MultivectorWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._file.close()
        if kind is None:
            np.save(self._folder / _STARTS, np.array(self._starts, dtype=np.int64))
            write_json(self._folder / _SIZE, self._dimensions)

    def add(self, vectors: FloatArray) -> None:
        """Add the next passage. *Shape:* ``(its tokens, dimensions)``, rows of unit length."""
        self._file.write(vectors.astype(np.float16).tobytes())
        self._starts.append(self._starts[-1] + len(vectors))


class Multivectors:
    """What ``MultivectorWriter`` wrote, memory-mapped."""

    def __init__(self, folder: Path) -> None:
        self._starts = np.load(folder / _STARTS)
        dimensions = int(json.loads((folder / _SIZE).read_text(encoding="utf-8")))
        shape = (int(self._starts[-1]), dimensions)
        if (folder / _VECTORS).stat().st_size != 2 * shape[0] * shape[1]:
            raise ValueError(f"the vectors in {folder} are cut off")
        self._vectors: NDArray[np.float16] = (
            np.memmap(folder / _VECTORS, dtype=np.float16, mode="r", shape=shape).view(np.ndarray)
            if shape[0]
            else np.zeros(shape, dtype=np.float16)
        )

    def __len__(self) -> int:
        return len(self._starts) - 1

    def score_rows(self, question: FloatArray, rows: NDArray[np.int64]) -> FloatArray:
        """The mean over the question's tokens of the best cosine with a token of the passage; 0 without tokens.

        Khattab and Zaharia, "ColBERT", SIGIR 2020, divided by the question's tokens as bge-m3 has it.
        *Shape:* ``question`` is ``(its tokens, dimensions)``; the result's that of ``rows``
        """
        scores = np.zeros(len(rows), dtype=np.float32)
        if not len(question):
            return scores
        for places in self._blocks(rows):
            pieces = [self._vectors[self._starts[row] : self._starts[row + 1]] for row in rows[places].tolist()]
            firsts = np.cumsum([0, *(len(piece) for piece in pieces[:-1])])
            cosines = np.concatenate(pieces).astype(np.float32) @ question.T
            scores[places] = np.maximum.reduceat(cosines, firsts, axis=0).mean(axis=1)
        return scores

    def _blocks(self, rows: NDArray[np.int64]) -> Iterator[Sequence[int]]:
        """The places of those rows that have tokens, in blocks of at most ``BLOCK`` tokens, or one passage."""
        sizes = self._starts[rows + 1] - self._starts[rows]
        block: list[int] = []
        tokens = 0
        for place in np.flatnonzero(sizes).tolist():
            if block and tokens + sizes[place] > BLOCK:
                yield block
                block, tokens = [], 0
            block.append(place)
            tokens += int(sizes[place])
        if block:
            yield block

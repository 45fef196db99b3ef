"""An encoder that tells three things of a text in one pass, as bge-m3 does: a vector, weights of its tokens, and a
vector for each token.

What an index keeps of the further two, and how a question is read once for all of them, is here; of the model only
that it is called.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.neural.encoding import NeuralEncoder, not_numbers, says_something, unit, write_record
from pipeline.neural.hub import Found
from pipeline.neural.lanes import Compute, Lanes
from pipeline.neural.multivectors import MultivectorWriter
from pipeline.neural.postings import PostingsWriter
from pipeline.passages import PassageStore
from pipeline.protocols import FloatArray
from pipeline.types import Query

SPARSE, COLBERT = "sparse", "colbert"  # the further scores, and the folders they have in an index
CHUNK = 256  # passages handed over at once: their tokens' vectors are held until they are written
KEPT = 64  # questions whose reading is kept for the next retriever of the same question


@dataclass(frozen=True, slots=True, eq=False)
class Threefold:
    """What is told of a text.

    *Shape:* ``dense`` ``(dimensions,)``, of unit length or zero; ``tokens`` are distinct, with ``weights`` above 0;
    ``vectors`` ``(tokens read but the first, dimensions)``, rows of unit length.
    """

    dense: FloatArray
    tokens: NDArray[np.int32]
    weights: FloatArray
    vectors: FloatArray


def nothing(dimensions: int) -> Threefold:
    """What is told of a text without a letter or digit."""
    none = np.zeros((0, dimensions), dtype=np.float32)
    return Threefold(np.zeros(dimensions, dtype=np.float32), np.zeros(0, np.int32), np.zeros(0, np.float32), none)


class Forward(Protocol):
    """One call of a library, of texts or of what ``prepare`` makes of them."""

    def __call__(self, texts: Any, *, question: bool) -> Sequence[Threefold]:
        """What is told of each text, in order."""
        ...


class ThreefoldReader:
    """A loaded model that reads texts, those of many callers together. ``lanes`` compute what is ``checked``."""

    def __init__(self, dimensions: int, lanes: Lanes[Threefold]) -> None:
        self.dimensions = dimensions
        self.limits, self.sizing = lanes.limits, lanes.sizing
        self._lanes = lanes
        self._lately: OrderedDict[str, Threefold] = OrderedDict()
        self._lock = threading.Lock()

    def question(self, text: str) -> Threefold:
        """What is told of a question; read once, however many retrievers ask.

        Raises:
            ModelBusy: too much waits already.
            ModelUnusable: the model gave something else than numbers.
        """
        return self._read([text])[text]

    def questions(self, texts: Sequence[str]) -> FloatArray:
        """The vectors of questions. *Shape:* ``(len(texts), dimensions)``."""
        told = self._read(texts)
        return np.stack([told[text].dense for text in texts])

    def _read(self, texts: Sequence[str]) -> dict[str, Threefold]:
        """What is told of each text; those that were read lately aren't read again."""
        with self._lock:
            known = {text: self._lately[text] for text in texts if text in self._lately}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        told = dict(zip(new, self._lanes.questions(new), strict=True))
        with self._lock:
            self._lately.update(told)
            while len(self._lately) > KEPT:
                self._lately.popitem(last=False)
        return known | told

    def passages(self, texts: Sequence[str]) -> list[Threefold]:
        """What is told of passages, however many."""
        return self._lanes.passages(texts)


def checked(forward: Forward, name: str) -> Compute[Threefold]:
    """A library's call, of which vectors of unit length and nothing but numbers come.

    Its errors: ModelUnusable, where the model gave something else.
    """

    def compute(ready: Any, *, question: bool) -> list[Threefold]:
        told = forward(ready, question=question)
        if not all(np.isfinite(each.weights).all() and np.isfinite(each.vectors).all() for each in told):
            raise not_numbers(name)
        dense = unit(np.stack([each.dense for each in told]).astype(np.float32), name)
        return [replace(each, dense=vector) for each, vector in zip(told, dense, strict=True)]

    return compute


class ThreefoldEncoder(NeuralEncoder):
    """See Encoder; and what else is told of a question."""

    def __init__(self, reader: ThreefoldReader, name: str) -> None:
        super().__init__(reader, name)
        self._threefold = reader

    def read(self, query: Query) -> Threefold:
        """All that is told of a prepared question."""
        if not says_something(query.text):
            return nothing(self._threefold.dimensions)
        return self._threefold.question(query.text)


def built(folder: Path) -> frozenset[str]:
    """The further scores that an index's encoder folder holds."""
    return frozenset(name for name in (SPARSE, COLBERT) if (folder / name).exists())


def build(
    passages: PassageStore, folder: Path, found: Found, reader: ThreefoldReader, scores: Collection[str]
) -> NDArray[np.float16]:
    """Read the passages, write the further ``scores`` down, and which model did; the vectors come back.

    *Shape:* ``(passages, dimensions)`` in half precision.
    """
    vectors = np.zeros((len(passages), reader.dimensions), dtype=np.float16)
    postings, row = PostingsWriter(), 0
    with ExitStack() as stack:
        multivectors = (
            stack.enter_context(MultivectorWriter(folder / COLBERT, reader.dimensions)) if COLBERT in scores else None
        )
        for start in range(0, len(passages), CHUNK):
            texts = [passages[at].text for at in range(start, min(start + CHUNK, len(passages)))]
            for told in _read(texts, reader):
                vectors[row] = told.dense
                postings.add(told.tokens, told.weights)
                if multivectors is not None:
                    multivectors.add(told.vectors)
                row += 1
    if SPARSE in scores:
        postings.write(folder / SPARSE)
    write_record(folder, found, reader.dimensions)
    return vectors


def _read(texts: Sequence[str], reader: ThreefoldReader) -> list[Threefold]:
    told = iter(reader.passages([text for text in texts if says_something(text)]))
    return [next(told) if says_something(text) else nothing(reader.dimensions) for text in texts]

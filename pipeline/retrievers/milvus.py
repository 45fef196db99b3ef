"""BM25 and vector search in a Milvus collection. Fusion stays ours, and so do the scores.

A search brings the best passages only (``milvus.hits``). What min-max and the candidates need besides is asked for:
the lowest score of all, by searching with the negated vector, and the scores of passages that the other search
brought, from their stored vectors. ``pipeline.settling`` puts them together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pymilvus  # noqa: F401  (so that it is what is named where it isn't installed)
from numpy.typing import NDArray

from pipeline.errors.base import HansangError
from pipeline.milvus.collection import DENSE, ROW, SPARSE, Collection, checked_uri, ping
from pipeline.milvus.loading import Postings, fill
from pipeline.milvus.records import RECORD, Record, collection_name, read
from pipeline.passages import PassageStore
from pipeline.protocols import Condition, Encoder, FloatArray, Found, Within
from pipeline.setting_groups.search import Milvus
from pipeline.termstore import TermStore
from pipeline.types import Query

EVERYTHING = Within()
LOOKED_AT = 20_000  # passages looked through for one that has none of a question's terms


class MilvusBm25:
    """BM25 by the weights that bm25s gave each term of each passage: a sparse inner product."""

    name = "milvus"

    def __init__(self, collection: Collection, store: TermStore, hits: int) -> None:
        self._collection = collection
        self._store = store
        self._hits = hits

    def score(self, query: Query) -> FloatArray:
        """See Retriever: exact for the first ``hits`` passages, the lowest score for those after."""
        return self.search(query, EVERYTHING).scores

    def search(self, query: Query, within: Within) -> Found:
        """See Searching. Passages without a term of the question score 0, which needs no search."""
        terms = _weights(self._store.query_ids(query))
        by = _BySparse(self._collection, terms)
        passages = len(self._store)
        if not terms or not _any(within):
            return _found(passages, *_none(), 0.0, 0.0, by)
        rows, scores = self._collection.search(SPARSE, terms, limit=self._hits, where=expression(within))
        taking_part = passages if within.allowed is None else int(within.allowed.sum())
        if len(rows) < min(self._hits, taking_part):  # all that have one of the terms
            return _found(passages, rows, scores, 0.0, 0.0, by)
        last = float(scores[-1])
        lowest = 0.0 if len(rows) < taking_part and self._some_lack(terms, within) else last
        return _found(passages, rows, scores, lowest, last, by)

    def contributions(self, query: Query, row: int) -> list[float]:
        """See Explaining: the stored weights of the question's terms."""
        (weights,) = self._collection.fetch(SPARSE, np.array([row]))
        known = self._store.vocabulary
        return [float(weights.get(known.get(term.key, -1), 0.0)) for term in query.terms]

    def trouble(self) -> HansangError | None:
        """See Checked."""
        return self._collection.trouble()

    def _some_lack(self, terms: dict[int, float], within: Within) -> bool:
        """Whether a passage that may take part has none of the terms; supposed where the first thousands all do."""
        allowed = np.arange(len(self._store)) if within.allowed is None else np.flatnonzero(within.allowed)
        asked = np.fromiter(terms, dtype=np.int64)
        lacking = (not np.isin(asked, self._store.term_ids(row)).any() for row in allowed[:LOOKED_AT].tolist())
        return any(lacking) or len(allowed) > LOOKED_AT


@dataclass(frozen=True, slots=True)
class _BySparse:
    collection: Collection
    terms: dict[int, float]

    def __call__(self, rows: NDArray[np.int64]) -> FloatArray:
        stored = self.collection.fetch(SPARSE, rows) if self.terms else [{}] * len(rows)
        sums = [sum(weights.get(term, 0.0) * times for term, times in self.terms.items()) for weights in stored]
        return np.array(sums, dtype=np.float32)


class MilvusVector:
    """Cosine similarity: the inner product with the stored vectors, all of which have unit length or none."""

    name = "milvus"

    def __init__(self, collection: Collection, encoder: Encoder, hits: int) -> None:
        self._collection = collection
        self._encoder = encoder
        self._hits = hits

    def score(self, query: Query) -> FloatArray:
        """See Retriever: exact for the first ``hits`` passages, the lowest score for those after."""
        return self.search(query, EVERYTHING).scores

    def search(self, query: Query, within: Within) -> Found:
        """See Searching. Two searches: for the highest scores and for the lowest."""
        vector = np.ascontiguousarray(self._encoder.encode([query])[0], dtype=np.float32)
        passages = self._collection.record.passages
        by = _ByVector(self._collection, vector)
        if not vector.any() or not _any(within):  # nothing of the question is known: all score 0
            return _found(passages, *_none(), 0.0, 0.0, by)
        where = expression(within)
        rows, scores = self._collection.search(DENSE, vector, limit=self._hits, where=where)
        _, lowest = self._collection.search(DENSE, -vector, limit=1, where=where)
        if not len(rows) or not len(lowest):
            return _found(passages, *_none(), 0.0, 0.0, by)
        taking_part = passages if within.allowed is None else int(within.allowed.sum())
        low = min(-float(lowest[0]), float(scores[-1]))
        return _found(passages, rows, scores, low, low if len(rows) >= taking_part else float(scores[-1]), by)

    def trouble(self) -> HansangError | None:
        """See Checked."""
        return self._collection.trouble()


@dataclass(frozen=True, slots=True)
class _ByVector:
    collection: Collection
    vector: FloatArray

    def __call__(self, rows: NDArray[np.int64]) -> FloatArray:
        if not self.vector.any():
            return np.zeros(len(rows), dtype=np.float32)
        stored = np.array(self.collection.fetch(DENSE, rows), dtype=np.float32).reshape(len(rows), len(self.vector))
        return np.asarray(stored @ self.vector, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class StoredVectors:
    """The vectors of a collection by row, as an array gives them: ``vectors[rows]``."""

    collection: Collection

    def __getitem__(self, rows: NDArray[np.int64]) -> FloatArray:
        return np.array(self.collection.fetch(DENSE, np.asarray(rows, dtype=np.int64)), dtype=np.float32)


def check_server(settings: Milvus) -> None:
    """Make sure that there is a server to build on.

    Raises:
        BadSetting: its address is none.
        MilvusDown: it doesn't answer.
    """
    ping(checked_uri(settings.uri))


def build(
    folder: Path,
    begun: Path,
    *,
    name: tuple[str, str, str],
    passages: PassageStore,
    terms: TermStore,
    vectors: NDArray[Any],
    postings: tuple[FloatArray, NDArray[np.int32], NDArray[np.int32]],
    settings: Milvus,
    done: Callable[[int], None],
) -> None:
    """Fill a collection with what was built in an analyser's folder, and keep there where it is.

    Args:
        begun: the folder in which collections are noted before they are made.
        name: of the index, of its version and of the analyser.
        postings: see ``Bm25sRetriever.postings``.

    Raises:
        MilvusDown, CollectionLost, VectorsUnfit: it can't be there.
    """
    record = Record(
        checked_uri(settings.uri), collection_name(*name), name[1], len(passages), vectors.shape[1], len(terms.keys),
        settings.index,
    )  # fmt: skip
    record.write(begun / f"{record.collection}.json")
    fill(record, passages, vectors, Postings(*postings), done)
    record.write(folder / RECORD)


def load(folder: Path, terms: TermStore, encoder: Encoder, settings: Milvus) -> tuple[MilvusBm25, MilvusVector]:
    """The retrievers of an analyser's folder. Nothing is asked of the server yet.

    Raises:
        OSError, ValueError, KeyError, TypeError: the folder's record is missing or broken.
    """
    collection = Collection(read(folder / RECORD), settings.timeout_s)
    return MilvusBm25(collection, terms, settings.hits), MilvusVector(collection, encoder, settings.hits)


def stored_vectors(folder: Path) -> StoredVectors:
    """The vectors of an analyser's folder, by row."""
    return StoredVectors(Collection(read(folder / RECORD)))


def expression(within: Within) -> str:
    """The same as a condition in Milvus's language; empty when all may take part. Only numbers of ours are in it.

    >>> expression(Within((Condition("district", (3, 1)), Condition("rating", (), keep=False)), (7,)))
    'district in [1, 3] and row not in [7]'
    """
    parts = [_condition(one) for one in within.conditions if one.codes or one.keep]
    if within.dropped:
        parts.append(f"{ROW} not in {sorted(within.dropped)}")
    return " and ".join(parts)


def _condition(one: Condition) -> str:
    return f"{one.column} {'in' if one.keep else 'not in'} {sorted(one.codes)}" if one.codes else f"{ROW} < 0"


def _weights(ids: list[int]) -> dict[int, float]:
    return {term: float(times) for term, times in Counter(ids).items()}


def _any(within: Within) -> bool:
    return within.allowed is None or bool(within.allowed.any())


def _none() -> tuple[NDArray[np.int64], FloatArray]:
    return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)


def _found(
    passages: int, rows: NDArray[np.int64], scores: FloatArray, lowest: float, beyond: float, by: _ByVector | _BySparse
) -> Found:
    """The arrays of a search. Where nothing lies between the lowest score and the brought ones, all are known."""
    spread = np.full(passages, lowest, dtype=np.float32)
    spread[rows] = scores
    known = np.full(passages, beyond <= lowest, dtype=bool)
    known[rows] = True
    return Found(spread, known, beyond, by)

"""BM25 (Lucene's variant) by the bm25s library: every passage's score from precomputed term scores.

Built either over whole passages or over windows of them; a passage's score is then that of its best window.
Kamphuis et al., "Which BM25 do you mean?", ECIR 2020; Lù, "BM25S", 2024.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray

from pipeline.protocols import FloatArray
from pipeline.termstore import TermRows, TermStore
from pipeline.types import Query

Windows = list[tuple[int, int, int]]


class Bm25sRetriever:
    """BM25 over an index's terms. ``owners`` are the passages of the units, None when units are passages."""

    name = "bm25s"

    def __init__(self, store: TermStore, bm25: bm25s.BM25, owners: NDArray[np.int64] | None) -> None:
        self._store = store
        self._bm25 = bm25
        self._owners = owners

    def score(self, query: Query) -> FloatArray:
        """See Retriever. *Shape:* ``(passages,)``."""
        units = self._unit_scores(self._store.query_ids(query))
        if self._owners is None:
            return units
        hit = np.flatnonzero(units > 0)  # few, and no score is below
        scores = np.zeros(len(self._store), dtype=np.float32)
        np.maximum.at(scores, self._owners[hit], units[hit])
        return scores

    def _unit_scores(self, ids: Sequence[int]) -> FloatArray:
        """What bm25s's ``get_scores_from_ids`` gives, summed in one step for all terms."""
        index = self._bm25.scores
        if not ids:
            return np.zeros(index["num_docs"], dtype=np.float32)
        terms = np.asarray(ids)
        starts, ends = index["indptr"][terms].tolist(), index["indptr"][terms + 1].tolist()
        postings = [slice(start, end) for start, end in zip(starts, ends, strict=True)]
        units = np.concatenate([index["indices"][each] for each in postings])
        gains = np.concatenate([index["data"][each] for each in postings])
        return np.bincount(units, gains, minlength=index["num_docs"]).astype(np.float32)

    def postings(self) -> tuple[FloatArray, NDArray[np.int32], NDArray[np.int32]]:
        """The weights by term, the units that have them, and where each term's begin (with the end of the last)."""
        index = self._bm25.scores
        return index["data"], index["indices"], index["indptr"]

    def contributions(self, query: Query, row: int) -> list[float]:
        """What each term of the query gives to a passage's score, in the query's order; they sum to the score.

        Raises:
            ValueError: the index is over windows, where a score is a maximum and not a sum.
        """
        if self._owners is not None:
            raise ValueError("contributions are defined for whole passages only")
        return [self._contribution(self._store.vocabulary.get(term.key), row) for term in query.terms]

    def _contribution(self, term_id: int | None, row: int) -> float:
        if term_id is None:
            return 0.0
        scores = self._bm25.scores
        start, end = scores["indptr"][term_id], scores["indptr"][term_id + 1]
        found = np.flatnonzero(scores["indices"][start:end] == row)
        return float(scores["data"][start + found[0]]) if len(found) else 0.0


def build(store: TermStore, folder: Path, *, k1: float, b: float, windows: Windows | None = None) -> None:
    """Index the passages, or the ``(row, start, end)`` windows of them (every row has at least one, in order)."""
    folder.mkdir(parents=True, exist_ok=True)
    bm25 = bm25s.BM25(method="lucene", k1=k1, b=b)
    rows = TermRows(store, windows)
    if any(len(row) for row in rows):
        bm25.scores = bm25.build_index_from_ids(range(len(store.keys)), rows, show_progress=False)
    else:  # not one term in the corpus: bm25s can't build that
        empty = np.zeros(len(store.keys) + 1, dtype=np.int32)
        bm25.scores = {"data": np.zeros(0, np.float32), "indices": empty[:0], "indptr": empty, "num_docs": len(rows)}
        bm25.nonoccurrence_array = None
    bm25.vocab_dict = {}
    bm25.save(folder, show_progress=False)
    if windows is not None:
        owners = np.array([row for row, _, _ in windows], dtype=np.int64)
        np.save(folder / "starts.npy", np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]]))


def load(store: TermStore, folder: Path) -> Bm25sRetriever:
    """Open what ``build`` wrote, memory-mapped."""
    bm25 = bm25s.BM25.load(folder, mmap=True, load_vocab=False)
    for name in ("data", "indices", "indptr"):  # views without np.memmap's bookkeeping at every slice
        bm25.scores[name] = bm25.scores[name].view(np.ndarray)
    starts = folder / "starts.npy"
    return Bm25sRetriever(store, bm25, _owners(np.load(starts), bm25.scores["num_docs"]) if starts.exists() else None)


def _owners(starts: NDArray[np.int64], units: int) -> NDArray[np.int64]:
    """The passage of each unit, from the first units of the passages."""
    return np.repeat(np.arange(len(starts)), np.diff(starts, append=units))

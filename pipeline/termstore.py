"""The analysed passages of an index as flat arrays on disk, memory-mapped: which morphemes and bigrams stand where.

BM25, the vectors, the reranker and the X-ray all read the same analysis, so each passage is analysed once.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from pipeline.terms import BIGRAM, MORPHEME, bigram_terms
from pipeline.types import AnalysedText, Morpheme, Query

IntArray = NDArray[np.int32]

OTHER = "n:"  # the key of a morpheme that is not content: kept for the X-ray, never matched
_ARRAYS = ("m_id", "m_tag", "m_start", "m_end", "m_ptr", "b_id", "b_start", "b_ptr")


class TermStoreWriter:
    """Collects analysed passages in order, then writes them as one TermStore."""

    def __init__(self) -> None:
        self._vocabulary: dict[str, int] = {}
        self._tags: dict[str, int] = {}
        self._arrays = {name: array("q" if name.endswith("ptr") else "i") for name in _ARRAYS}
        self._frequency = array("i")
        self._arrays["m_ptr"].append(0)
        self._arrays["b_ptr"].append(0)

    def add(self, analysed: AnalysedText) -> None:
        """Append one passage."""
        arrays = self._arrays
        for m in analysed.morphemes:
            arrays["m_id"].append(self._id((MORPHEME if m.content else OTHER) + m.form))
            arrays["m_tag"].append(self._tags.setdefault(m.tag, len(self._tags)))
            arrays["m_start"].append(m.start)
            arrays["m_end"].append(m.end)
        for term in bigram_terms(analysed.text):
            arrays["b_id"].append(self._id(term.key))
            arrays["b_start"].append(term.start)
        for term_id in {*arrays["m_id"][arrays["m_ptr"][-1] :], *arrays["b_id"][arrays["b_ptr"][-1] :]}:
            self._frequency[term_id] += 1
        arrays["m_ptr"].append(len(arrays["m_id"]))
        arrays["b_ptr"].append(len(arrays["b_id"]))

    def _id(self, key: str) -> int:
        term_id = self._vocabulary.setdefault(key, len(self._vocabulary))
        if term_id == len(self._frequency):
            self._frequency.append(0)
        return term_id

    def write(self, folder: Path) -> TermStore:
        """Write to a folder and open it."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, values in self._arrays.items():
            np.save(folder / f"{name}.npy", np.array(values))
        np.save(folder / "frequency.npy", np.array(self._frequency, dtype=np.int32))
        words = {"vocabulary": list(self._vocabulary), "tags": list(self._tags)}
        (folder / "words.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
        return TermStore(folder)


class TermStore:
    """The terms of every passage. Row numbers are those of the passage store beside it."""

    def __init__(self, folder: Path) -> None:
        words = json.loads((folder / "words.json").read_text(encoding="utf-8"))
        self.keys: list[str] = words["vocabulary"]
        self.vocabulary: dict[str, int] = {key: i for i, key in enumerate(self.keys)}
        self._tags: list[str] = words["tags"]
        self.frequency: IntArray = np.load(folder / "frequency.npy")
        self._arrays: dict[str, NDArray[np.int32]] = {
            # a view without np.memmap's bookkeeping: small slices of it cost a third
            name: np.load(folder / f"{name}.npy", mmap_mode="r").view(np.ndarray)
            for name in _ARRAYS
        }

    def __len__(self) -> int:
        return len(self._arrays["m_ptr"]) - 1

    @cached_property
    def idf(self) -> NDArray[np.float32]:
        """For each vocabulary id, Lucene's inverse document frequency ``ln(1 + (N − n + .5) / (n + .5))``."""
        return np.log1p((len(self) - self.frequency + 0.5) / (self.frequency + 0.5)).astype(np.float32)

    @cached_property
    def is_term(self) -> NDArray[np.bool_]:
        """For each vocabulary id, whether retrieval matches it."""
        return np.array([not key.startswith(OTHER) for key in self.keys], dtype=bool)

    @cached_property
    def is_bigram(self) -> NDArray[np.bool_]:
        """For each vocabulary id, whether it is a character bigram."""
        return np.array([key.startswith(BIGRAM) for key in self.keys], dtype=bool)

    def positions(self, row: int) -> Positions:
        """The terms of a passage with where they start: content morphemes in order, then bigrams in order."""
        a = self._arrays
        m = slice(a["m_ptr"][row], a["m_ptr"][row + 1])
        b = slice(a["b_ptr"][row], a["b_ptr"][row + 1])
        ids = np.asarray(a["m_id"][m])
        content = self.is_term[ids]
        return Positions(
            ids=np.concatenate((ids[content], a["b_id"][b])),
            starts=np.concatenate((np.asarray(a["m_start"][m])[content], a["b_start"][b])),
            morphemes=int(content.sum()),
        )

    def spread(self, rows: Sequence[int]) -> tuple[Spread, Spread]:
        """The content morphemes, then the bigrams, of several passages: as ``positions`` gives them, all at once."""
        a = self._arrays
        words, owner = self._run(a["m_ptr"], rows)
        ids = a["m_id"][words]
        content = self.is_term[ids]
        words, owner = words[content], owner[content]
        letters, whose = self._run(a["b_ptr"], rows)
        number = np.arange(len(rows))
        return (
            Spread(ids[content], a["m_start"][words], owner, np.searchsorted(owner, number)),
            Spread(a["b_id"][letters], a["b_start"][letters], whose, np.searchsorted(whose, number)),
        )

    @staticmethod
    def _run(pointers: NDArray[np.int32], rows: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The places that belong to some rows, one row after the other, and which of the rows each belongs to."""
        asked = np.asarray(rows, dtype=np.int64)
        begins, lengths = pointers[asked], pointers[asked + 1] - pointers[asked]
        owner = np.repeat(np.arange(len(asked)), lengths)
        before = np.cumsum(lengths) - lengths
        return np.arange(len(owner)) + (begins - before)[owner], owner

    def term_ids(self, row: int) -> IntArray:
        """The ids of a passage's terms, repeated as often as they occur."""
        return self.positions(row).ids

    def query_ids(self, query: Query) -> list[int]:
        """The ids of the query's terms that the index knows, in the query's order."""
        return [self.vocabulary[term.key] for term in query.terms if term.key in self.vocabulary]

    def morphemes(self, row: int) -> tuple[Morpheme, ...]:
        """Every morpheme of a passage, content or not."""
        return self._morphemes(*self._columns(row))

    def morphemes_in(self, row: int, start: int, end: int) -> tuple[Morpheme, ...]:
        """Those that start in a span of the passage, with offsets in the span."""
        ids, tags, starts, ends = self._columns(row)
        inside = (starts >= start) & (starts < end)  # an analyser may give them out of order
        return self._morphemes(ids[inside], tags[inside], starts[inside] - start, ends[inside] - start)

    def _columns(self, row: int) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        a = self._arrays
        whole = slice(int(a["m_ptr"][row]), int(a["m_ptr"][row + 1]))
        return a["m_id"][whole], a["m_tag"][whole], a["m_start"][whole], a["m_end"][whole]

    def _morphemes(self, ids: IntArray, tags: IntArray, starts: IntArray, ends: IntArray) -> tuple[Morpheme, ...]:
        columns = (ids.tolist(), tags.tolist(), starts.tolist(), ends.tolist(), self.is_term[ids].tolist())
        return tuple(
            Morpheme(self.keys[key][len(MORPHEME) :], self._tags[tag], start, end, content)
            for key, tag, start, end, content in zip(*columns, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Positions:
    """The terms of one passage. ``ids`` and ``starts`` run parallel; the first ``morphemes`` of them are morphemes."""

    ids: IntArray
    starts: IntArray
    morphemes: int


@dataclass(frozen=True, slots=True)
class Spread:
    """The terms of one kind of several passages, in order. ``ids``, ``starts`` and ``owner`` run parallel.

    ``owner`` is the number of the passage among those asked for; ``first`` says where each passage's terms begin.
    """

    ids: IntArray
    starts: IntArray
    owner: NDArray[np.int64]
    first: NDArray[np.int64]


class TermRows(Sequence[list[int]]):
    """The term ids of units (passages, or windows of them) as a lazy sequence of lists, one made at a time."""

    def __init__(self, store: TermStore, windows: Sequence[tuple[int, int, int]] | None = None) -> None:
        """``windows`` are ``(row, start, end)`` in characters; without them the units are whole passages."""
        self._store = store
        self._windows = windows

    def __len__(self) -> int:
        return len(self._store) if self._windows is None else len(self._windows)

    @overload
    def __getitem__(self, index: int) -> list[int]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[int]]: ...
    def __getitem__(self, index: int | slice) -> list[int] | list[list[int]]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        if self._windows is None:
            whole: list[int] = self._store.term_ids(index).tolist()
            return whole
        row, start, end = self._windows[index]
        terms = self._store.positions(row)
        inside = (terms.starts >= start) & (terms.starts < end)
        ids: list[int] = terms.ids[inside].tolist()
        return ids

    def __iter__(self) -> Iterator[list[int]]:
        return (self[i] for i in range(len(self)))

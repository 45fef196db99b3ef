"""The passages of an index on disk: texts and metadata in one memory-mapped Arrow file, read a row at a time."""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.types import Passage, Source, Span

_METADATA = [f.name for f in dataclasses.fields(Source)]
# Metadata that many passages share is looked up by code, which is faster than a cell of the table.
_SHARED = ("title", "restaurant", "category", "district", "price_band", "rating", "date")
_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.large_string()),
        *((name, pa.string()) for name in ("document_id", "title", "restaurant", "category", "district", "date")),
        ("reply_to", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("price_band", pa.int32()),
        ("rating", pa.float64()),
        ("sentences", pa.list_(pa.int32())),
    ]
)
_BATCH = 4096
CACHED = 10_000  # passages kept as objects: making one costs more than scoring it


class PassageWriter:
    """Writes passages to an Arrow file in batches, so that a corpus is never held in memory."""

    def __init__(self, path: Path) -> None:
        self._sink = pa.OSFile(str(path), "wb")
        self._file = pa.ipc.new_file(self._sink, _SCHEMA)
        self._rows: list[dict[str, Any]] = []

    def add(self, passage: Passage, sentences: Iterable[Span]) -> None:
        """Append a passage with the offsets of its sentences."""
        source = {name: getattr(passage.source, name) for name in _METADATA}
        flat = [offset for span in sentences for offset in span]
        self._rows.append({"id": passage.id, "text": passage.text, "sentences": flat, **source})
        if len(self._rows) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._file.write_batch(pa.RecordBatch.from_pylist(self._rows, schema=_SCHEMA))
            self._rows.clear()

    def close(self) -> None:
        """Finish the file."""
        self._flush()
        self._file.close()
        self._sink.close()


class _Batch:
    """A record batch as arrays over its memory: a cell costs a tenth of what the table's own cells cost."""

    def __init__(self, batch: Any) -> None:
        self.ids, self.texts = _Strings(batch.column("id")), _Strings(batch.column("text"))
        self.documents, self.replies = _Strings(batch.column("document_id")), _Strings(batch.column("reply_to"))
        self.starts, self.ends = (batch.column(name).to_numpy() for name in ("start", "end"))
        sentences = batch.column("sentences")
        self.sentences, self.sentence_ends = sentences.values.to_numpy(), sentences.offsets.to_numpy()


class _Strings:
    """A column of strings without nulls, read a cell at a time."""

    def __init__(self, column: Any) -> None:
        _, offsets, data = column.buffers()
        kind = np.int64 if pa.types.is_large_string(column.type) else np.int32
        self._offsets = np.frombuffer(offsets, dtype=kind)[column.offset :]
        self._data = memoryview(data or b"")

    def __getitem__(self, at: int) -> str:
        return str(self._data[self._offsets[at] : self._offsets[at + 1]], "utf-8")


class PassageStore:
    """Random access to the passages of an index by row or by id."""

    def __init__(self, path: Path) -> None:
        self._table: Any = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        self._batches = self._table.to_batches()
        self._firsts = np.cumsum([0] + [len(batch) for batch in self._batches]).tolist()
        self._opened: dict[int, _Batch] = {}
        self._length = int(self._table.num_rows)
        self._cached = lru_cache(CACHED)(self._read)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Passage]:
        return (self[row] for row in range(len(self)))

    def _place(self, row: int) -> tuple[_Batch, int]:
        """The record batch that holds a row, and where in it."""
        number = bisect_right(self._firsts, row) - 1
        batch = self._opened.get(number)
        if batch is None:
            batch = self._opened[number] = _Batch(self._batches[number])
        return batch, row - self._firsts[number]

    def __getitem__(self, row: int) -> Passage:
        if not 0 <= row < self._length:
            raise IndexError(row)
        return self._cached(row)

    def _read(self, row: int) -> Passage:
        batch, at = self._place(row)
        place = batch.documents[at], int(batch.starts[at]), int(batch.ends[at])
        shared = (values[codes[row]] for codes, values in self._shared)
        source: list[Any] = [*place, *shared, batch.replies[at]]  # in the order of Source
        return Passage(batch.ids[at], batch.texts[at], Source(*source))

    def sentences(self, row: int) -> list[Span]:
        """The offsets of a passage's sentences, in order; the whole text where none were found."""
        batch, at = self._place(row)
        flat = batch.sentences[batch.sentence_ends[at] : batch.sentence_ends[at + 1]].tolist()
        if not flat:
            return [(0, len(batch.texts[at]))]
        return list(zip(flat[::2], flat[1::2], strict=True))

    @cached_property
    def _shared(self) -> list[tuple[NDArray[np.int32], list[Any]]]:
        return [self.codes(name) for name in _SHARED]

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each passage id."""
        return {id_: row for row, id_ in enumerate(self._table.column("id").to_pylist())}

    def named(self, id_: str) -> list[int]:
        """The rows that an id means: that of a passage, or those of the parts of a document that was split."""
        row = self.rows.get(id_)
        return self._parts.get(id_, []) if row is None else [row]

    @cached_property
    def _parts(self) -> dict[str, list[int]]:
        codes, documents = self.codes("document_id")
        split = np.flatnonzero(np.bincount(codes, minlength=len(documents))[codes] > 1)
        parts: dict[str, list[int]] = {}
        for row in split.tolist():
            parts.setdefault(documents[codes[row]], []).append(row)
        return parts

    @cached_property
    def _codes(self) -> dict[str, tuple[NDArray[np.int32], list[Any]]]:
        return {}

    def codes(self, column: str) -> tuple[NDArray[np.int32], list[Any]]:
        """A metadata column as codes and the values they stand for: ``values[codes[row]]``. Cached."""
        if column not in self._codes:
            encoded = self._table.column(column).combine_chunks().dictionary_encode("encode")
            self._codes[column] = (np.asarray(encoded.indices, dtype=np.int32), encoded.dictionary.to_pylist())
        return self._codes[column]

    def where(self, column: str, holds: Callable[[Any], bool]) -> NDArray[np.bool_]:
        """The rows whose value in a metadata column satisfies a predicate. *Shape:* ``(passages,)``."""
        codes, values = self.codes(column)
        return np.array([holds(value) for value in values], dtype=bool)[codes]

    def containing(self, words: str) -> NDArray[np.bool_]:
        """The rows whose text holds the words as they are written. *Shape:* ``(passages,)``."""
        return np.asarray(pc.match_substring(self._table.column("text"), words), dtype=bool)

    def matching(self, expression: str) -> NDArray[np.bool_]:
        """The rows in whose text RE2 finds a regular expression. *Shape:* ``(passages,)``."""
        return np.asarray(pc.match_substring_regex(self._table.column("text"), expression), dtype=bool)

    def sources(self) -> Iterator[Source]:
        """The source of every passage, in order, without reading the texts."""
        for batch in self._batches:
            for row in batch.select(_METADATA).to_pylist():
                yield Source(**row)

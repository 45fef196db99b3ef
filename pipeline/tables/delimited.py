"""Rows of delimited, quoted text, each with the line it starts on. Knows nothing of files, encodings or columns."""

from __future__ import annotations

import csv
import io
import itertools
from collections import deque
from collections.abc import Iterator
from typing import TextIO

from pipeline.tables.cells import MAX_TEXT
from pipeline.tables.rejects import Refusal


class _Lines:
    """The physical lines of a file for `csv.reader`, counted, which can be given back when a row can't be read."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = iter(stream)
        self._waiting: deque[str] = deque()
        self._handed_out = 0
        self.current: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self._stream)
        self._handed_out += 1
        self.current.append(line)
        return line

    def begin_row(self) -> int:
        """Forget the lines of the former row. The number of the line that the next row starts on."""
        self.current = []
        return self._handed_out + 1

    def keep_first(self) -> str:
        """Give all lines of the current row but its first back, to be read as rows of their own."""
        self._waiting.extendleft(reversed(self.current[1:]))
        self._handed_out -= len(self.current) - 1
        del self.current[1:]
        return self.current[0]


def records(stream: TextIO, delimiter: str) -> Iterator[tuple[int, list[str] | Refusal, str]]:
    """Each row that isn't blank: the line it starts on, its cells or why it has none, and it as it stands in the file.

    A quote that is opened and never rightly closed would swallow the rows after it. So after an error only the line on
    which the row started is refused, and reading goes on with the line after it.
    """
    lines = _Lines(stream)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    width = 0
    while True:
        start = lines.begin_row()
        cells: list[str] | Refusal
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = _misquoted(lines.keep_first(), delimiter, width)
        else:
            if delimiter == "\t" and len(lines.current) > 1 and _are_rows(lines.current, width):
                cells = _literal(lines.keep_first())
        written = "".join(lines.current)
        # A line of tabs alone is a row of empty cells.
        if not written.strip(" \r\n"):
            continue
        width = width or (len(cells) if isinstance(cells, list) else 0)
        yield start, cells, written


def _misquoted(line: str, delimiter: str, width: int) -> list[str] | Refusal:
    if len(line) > csv.field_size_limit():
        return Refusal("text-too-long", limit=MAX_TEXT, excerpt=line)
    # Files with tabs are often written without any quoting; then a quote is a character like others.
    if delimiter == "\t" and len(_literal(line)) == width:
        return _literal(line)
    return Refusal("broken-quoting", excerpt=line)


def _literal(line: str) -> list[str]:
    return line.rstrip("\r\n").split("\t")


def _are_rows(lines: list[str], width: int) -> bool:
    """Whether lines that quotes hold together are each a full row: then the quotes are characters, not quoting."""
    return width > 1 and all(len(_literal(line)) == width for line in lines)


def sniff(sample: str) -> str:
    """The delimiter among comma, semicolon and tab by which most of the first rows are as wide as the header."""

    def fit(delimiter: str) -> tuple[int, int]:
        rows = [
            row for row in itertools.islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), 50) if row
        ]
        width = len(rows[0]) if rows else 0
        return (sum(len(row) == width for row in rows), width) if width > 1 else (0, 0)

    def safely(delimiter: str) -> tuple[int, int]:
        try:
            return fit(delimiter)
        except csv.Error:
            return (0, 0)

    # max() keeps the first of equals, so a file of one column counts as separated by commas.
    return max(",;\t", key=safely)

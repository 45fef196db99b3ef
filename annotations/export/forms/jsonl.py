"""One JSON object a line, with every answer that stands: ``data.jsonl``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from annotations.export.form import Drop, read_lines, write_lines
from annotations.export.item_rows import rows
from annotations.export.types import Item, Recipe, Record
from annotations.schemes.scheme import Scheme, Wording

TITLE = Wording("JSON Lines: 한 줄에 항목 하나", "JSON Lines, an item a line")
FILE = "data.jsonl"


def unfit(scheme: Scheme) -> Wording | None:
    """Every scheme can be written so."""
    return None


def records(items: Iterable[Item], recipe: Recipe, drop: Drop) -> Iterator[Record]:
    """The items as rows."""
    return rows(items, recipe.scheme)


def write(records: Iterable[Record], to: Path, recipe: Recipe) -> None:
    """Write the rows."""
    write_lines(records, to / FILE)


def read(folder: Path, recipe: Recipe) -> Iterator[Record]:
    """Read the rows back."""
    return read_lines(folder / FILE)

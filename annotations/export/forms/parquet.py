"""One Parquet file with typed, nested columns: ``data.parquet``. The context is JSON text, as its keys are free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from annotations.export.arrow_rows import read_parquet, write_parquet
from annotations.export.form import Drop
from annotations.export.item_rows import columns, rows
from annotations.export.types import Item, Recipe, Record
from annotations.schemes.scheme import Scheme, Wording

TITLE = Wording("Parquet: 형이 있는 표 하나", "Parquet, one typed table")
FILE = "data.parquet"


def unfit(scheme: Scheme) -> Wording | None:
    """Every scheme can be written so."""
    return None


def records(items: Iterable[Item], recipe: Recipe, drop: Drop) -> Iterator[Record]:
    """The items as rows."""
    return rows(items, recipe.scheme)


def write(records: Iterable[Record], to: Path, recipe: Recipe) -> None:
    """Write the rows."""
    write_parquet(records, to / FILE, columns(recipe.scheme), {})


def read(folder: Path, recipe: Recipe) -> Iterator[Record]:
    """Read the rows back."""
    return read_parquet(folder / FILE, columns(recipe.scheme), {})

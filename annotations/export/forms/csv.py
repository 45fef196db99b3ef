"""Two CSV files that Excel can open: ``items.csv``, an item a row, and ``answers.csv``, an answer a row.

A cell that a spreadsheet would run as a formula (it begins with ``= + - @``, their full-width forms, a tab or a line
break) gets an apostrophe in front, and so does one that begins with an apostrophe: taking one leading apostrophe off
gives every text back as it was. Soft labels have a column for each option (``sentiment_soft.positive``), lists are
JSON.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

from annotations.export.form import Drop
from annotations.export.item_rows import ANNOTATIONS, Choice, Columns, Struct, Type, answer_columns, columns, rows
from annotations.export.types import Item, Recipe, Record
from annotations.schemes.scheme import Scheme, Wording

TITLE = Wording("CSV: 엑셀에서 여는 표 (항목, 답)", "CSV tables for Excel (items, answers)")
ITEMS, ANSWERS = "items.csv", "answers.csv"
RISKY = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "'")
_CHUNK = 1_000


def unfit(scheme: Scheme) -> Wording | None:
    """Every scheme can be written so."""
    return None


def records(items: Iterable[Item], recipe: Recipe, drop: Drop) -> Iterator[Record]:
    """The items as rows."""
    return rows(items, recipe.scheme)


def write(records: Iterable[Record], to: Path, recipe: Recipe) -> None:
    """Write both files, side by side."""
    of_items, of_answers = _tables(recipe.scheme)
    encoding = "utf-8-sig" if recipe.settings.excel else "utf-8"
    with ExitStack() as stack:
        files = [stack.enter_context((to / name).open("w", encoding=encoding, newline="")) for name in (ITEMS, ANSWERS)]
        items, answers = (csv.writer(file) for file in files)
        items.writerow(of_items)
        answers.writerow(["id", "task", *of_answers])
        for record in records:
            items.writerow(cell(flat, of_items[name]) for name, flat in _flat(record, of_items))
            for answer in record[ANNOTATIONS]:
                told = [cell(flat, of_answers[name]) for name, flat in _flat(answer, of_answers)]
                answers.writerow([cell(record["id"], "string"), str(record["task"]), *told])


def read(folder: Path, recipe: Recipe) -> Iterator[Record]:
    """Read both files back, with another reader than the writer, and put each item's answers to it."""
    of_items, of_answers = _tables(recipe.scheme)
    items, each = columns(recipe.scheme), answer_columns(recipe.scheme)
    answers = chain(_table(folder / ANSWERS), [{"task": ""}])
    answer = next(answers)
    for row in _table(folder / ITEMS):
        item = _nested(row, of_items, items)
        item[ANNOTATIONS] = []
        while answer["task"] == row["task"]:
            item[ANNOTATIONS].append(_nested(answer, of_answers, each))
            answer = next(answers)
        yield item


def cell(value: Any, type: Type) -> str:
    """A value as a cell; what isn't there is empty."""
    if value is None:
        return ""
    if type == "bool":
        return "true" if value else "false"
    if type in ("int", "float"):
        return repr(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(RISKY) else text


def value_of(cell: str, type: Type) -> Any:
    """The value that a cell stands for: the inverse of ``cell``."""
    if isinstance(type, str) and type in _SCALARS:
        return _SCALARS[type](cell) if cell else None
    text = cell.removeprefix("'")
    if type == "string":
        return text
    if not text:
        return None
    return text if type == "name" or isinstance(type, Choice) else json.loads(text)


_SCALARS: Mapping[str, Callable[[str], Any]] = {"bool": "true".__eq__, "int": int, "float": float}


def _tables(scheme: Scheme) -> tuple[Columns, Columns]:
    wide = {name: type for name, type in columns(scheme).items() if name != ANNOTATIONS}
    return _wide(wide), _wide(answer_columns(scheme))


def _wide(narrow: Columns) -> dict[str, Type]:
    """Columns with those of a struct beside each other, as ``name.key``; structs inside a struct stay JSON."""
    found: dict[str, Type] = {}
    for name, type in narrow.items():
        if isinstance(type, Struct):
            found |= {f"{name}.{key}": inner for key, inner in type.keys.items()}
        else:
            found[name] = type
    return found


def _flat(record: Record, wide: Columns) -> Iterator[tuple[str, Any]]:
    for name in wide:
        if name in record:
            yield name, record[name]
        else:
            outer, _, key = name.partition(".")
            yield name, (record[outer] or {}).get(key)


def _nested(row: Mapping[str, str], wide: Columns, narrow: Columns) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, type in narrow.items():
        if name == ANNOTATIONS:
            continue
        if isinstance(type, Struct):
            inner = {key: value_of(row[f"{name}.{key}"], wide[f"{name}.{key}"]) for key in type.keys}
            # Of an answer's labels each may be missing; soft labels are there for every option or for none.
            found[name] = inner if name == "labels" or any(each is not None for each in inner.values()) else None
        else:
            found[name] = value_of(row[name], type)
    return found


def _table(path: Path) -> Iterator[dict[str, str]]:
    import pandas as pd  # half a second, which those who only list the forms need not pay

    with pd.read_csv(
        path, dtype=str, keep_default_na=False, na_filter=False, encoding="utf-8-sig", chunksize=_CHUNK
    ) as chunks:
        for chunk in chunks:
            for row in chunk.to_dict("records"):
                yield {str(name): str(value) for name, value in row.items()}

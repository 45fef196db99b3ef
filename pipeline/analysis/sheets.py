"""Records of analyses as a table, for spreadsheets (CSV) and for programs (Parquet). A row a review, in order."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

FORMATS = (".csv", ".parquet")
NUMBERS = ("confidence", "positive", "neutral", "negative", "mixed", "intensity")
JSON = ("emotions", "emotion_scores", "opinions", "sentences")
COLUMNS = (
    "id", "text", "sentiment", "confidence", "positive", "neutral", "negative", "mixed", "intensity", "emotions",
    "emotion_scores", "opinions", "sentences", "note", "error", "classifier",
)  # fmt: skip
"""In order. Those of ``NUMBERS`` are numbers, those of ``JSON`` lists and scores as JSON, the others text."""

RISKY = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "'")
"""How a cell begins that a spreadsheet would run as a formula; it gets an apostrophe in front."""

_GROUP = 10_000  # rows that are held at once

Row = dict[str, str | float | None]


def to_row(record: Mapping[str, Any]) -> Row:
    """A record as a row of ``COLUMNS``; what it doesn't tell is None."""
    row: Row = dict.fromkeys(COLUMNS)
    row |= {"id": record["id"], "classifier": record["classifier"], "text": record["text"]}
    if "error" in record:
        return row | {"error": record["error"]["code"]}
    shares: dict[str, float] = record["probabilities"]
    intensity = record["intensity"]
    row |= {"sentiment": record["sentiment"], "confidence": max(shares.values()), "note": record["note"] or None}
    row |= {"intensity": intensity["expected"] if intensity else None}
    row |= {name: json.dumps(record[name], ensure_ascii=False) for name in JSON if name in record}
    return row | shares


def write_sheet(records: Iterable[Mapping[str, Any]], out: Path) -> None:
    """Write a whole table, which is there at once when it is done. The extension says its form."""
    aside = out.with_name(f"{out.name}.writing")
    rows = map(to_row, records)
    if out.suffix.lower() == ".csv":
        _write_csv(rows, aside)
    else:
        _write_parquet(rows, aside)
    with aside.open("rb") as file:
        os.fsync(file.fileno())
    aside.replace(out)


def _write_csv(rows: Iterable[Row], path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # the mark lets spreadsheets see that it is UTF-8
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)


def _cell(value: str | float | None) -> str | float | None:
    return f"'{value}" if isinstance(value, str) and value.startswith(RISKY) else value


def _write_parquet(rows: Iterator[Row], path: Path) -> None:
    import pyarrow  # a third of a second, which other forms need not pay
    from pyarrow import parquet

    types = [(name, pyarrow.float64() if name in NUMBERS else pyarrow.string()) for name in COLUMNS]
    with parquet.ParquetWriter(path, pyarrow.schema(types)) as writer:
        while group := list(islice(rows, _GROUP)):
            writer.write_table(pyarrow.Table.from_pylist(group, schema=writer.schema))

"""Rows of items as Arrow tables in Parquet files, and back. Knows nothing of schemes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from annotations.export.item_rows import Choice, Columns, Struct, Type
from annotations.export.types import Record

_BATCH = 1_000
_PLAIN = {"string": "string", "name": "string", "json": "string", "int": "int64", "float": "float64", "bool": "bool"}


Classes = Mapping[str, tuple[str, ...]]
"""Columns of names that are written as numbers: all the names, in the order of their numbers."""


def write_parquet(records: Iterable[Record], path: Path, columns: Columns, classes: Classes) -> None:
    """Write records, a thousand at a time."""
    # pyarrow takes a third of a second to import, which other forms need not pay.
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([(name, pa.int64() if name in classes else _arrow(type)) for name, type in columns.items()])
    numbers = {name: {each: number for number, each in enumerate(names)} for name, names in classes.items()}
    texts = [name for name, type in columns.items() if type == "json"]
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        left = iter(records)
        while batch := list(itertools.islice(left, _BATCH)):
            rows = [_stored(record, numbers, texts) for record in batch]
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema))


def read_parquet(path: Path, columns: Columns, classes: Classes) -> Iterator[Record]:
    """What ``write_parquet`` wrote."""
    from pyarrow import parquet

    texts = [name for name, type in columns.items() if type == "json"]
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH):
            for row in batch.to_pylist():
                named = {name: names[row[name]] for name, names in classes.items() if row[name] is not None}
                yield row | named | {name: json.loads(row[name]) for name in texts}


def _stored(record: Record, numbers: Mapping[str, Mapping[str, int]], texts: Iterable[str]) -> dict[str, Any]:
    numbered = {name: ids[record[name]] for name, ids in numbers.items() if record[name] is not None}
    return {**record, **numbered, **{name: json.dumps(record[name], ensure_ascii=False) for name in texts}}


def _arrow(type: Type) -> Any:
    import pyarrow as pa

    if isinstance(type, str):
        return getattr(pa, "bool_" if type == "bool" else _PLAIN[type])()
    if isinstance(type, Choice):
        return pa.string()
    if isinstance(type, Struct):
        return pa.struct([(key, _arrow(inner)) for key, inner in type.keys.items()])
    return pa.list_(_arrow(type.each))

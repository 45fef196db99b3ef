"""Rows of CSV, TSV, JSON Lines and Parquet files, read one after the other. Knows nothing of what the columns mean."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.tables.delimited import records, sniff
from pipeline.tables.encodings import check_file, detect_encoding, empty, is_broken, open_text, problem, unreadable
from pipeline.tables.rejects import Refusal
from pipeline.types import Reject

_SAMPLE = 1 << 16
_PEEK = 100
_BATCH = 1024

FORMATS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
"""The format that a file's extension stands for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the physical line it starts on (in Parquet its number), both from 1, and its cells by column."""

    line: int
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose beginning has been looked at. ``columns`` are those seen there; JSON Lines may bring more later.

    Each call of ``rows`` reads the file anew, row by row.
    """

    path: Path
    columns: tuple[str, ...]
    rows: Callable[[], Iterator[Row | Reject]]


def open_table(path: Path, format: str = "auto") -> Table:
    """Look at a file and make ready to read its rows. ``format`` is ``auto`` (by extension) or a value of `FORMATS`.

    Raises:
        FileProblem: it is missing, empty, damaged, not text, or of an unknown format.
    """
    check_file(path)
    kind = FORMATS.get(path.suffix.lower()) if format == "auto" else format
    if kind is None:
        raise _unknown_format(path)
    if kind == "parquet":
        return _open_parquet(path)
    encoding = detect_encoding(path)
    if kind == "jsonl":
        return _open_jsonl(path, encoding)
    return _open_delimited(path, encoding, "\t" if kind == "tsv" else "")


def _unknown_format(path: Path) -> Exception:
    cures = {
        ".json": ("KorQuAD라면 `--format squad`를, 아니면 한 줄에 하나씩인 JSONL을 쓰세요.",
                  "Use `--format squad` for KorQuAD, otherwise JSON Lines, one object a line."),
        ".gz": ("압축을 풀어 주세요.", "Decompress it."),
        ".zip": ("압축을 풀어 주세요.", "Decompress it."),
    }  # fmt: skip
    ko, en = cures.get(
        path.suffix.lower(),
        (
            "CSV, TSV, JSONL, Parquet로 저장하거나, 그런 파일이면 `--format csv`처럼 알려 주세요.",
            "Save it as CSV, TSV, JSONL or Parquet, or say that it is one, e.g. `--format csv`.",
        ),
    )
    shown = path.suffix or "없음"
    return problem(
        path, f"모르는 형식입니다(확장자 {shown})", ko, f"Its format is unknown (extension {path.suffix or 'none'})", en
    )


def _open_delimited(path: Path, encoding: str, delimiter: str) -> Table:
    with open_text(path, encoding) as stream:
        delimiter = delimiter or sniff(stream.read(_SAMPLE))
    with open_text(path, encoding) as stream:
        beginning = list(itertools.islice(records(stream, delimiter), 2))
    if not beginning:
        raise empty(path)
    header = beginning[0][1]
    if isinstance(header, Refusal):
        raise problem(
            path,
            "머리글 줄의 큰따옴표 짝이 맞지 않습니다",
            "첫 줄을 고쳐 주세요.",
            "Double quotes do not pair in the header",
            "Mend the first line.",
        )
    if len(beginning) == 1:
        raise empty(path)
    return Table(path, tuple(header), lambda: _delimited_rows(path, encoding, delimiter, header))


def _delimited_rows(path: Path, encoding: str, delimiter: str, header: list[str]) -> Iterator[Row | Reject]:
    with open_text(path, encoding) as stream:
        for line, cells, written in itertools.islice(records(stream, delimiter), 1, None):
            if is_broken(written, encoding):
                yield Refusal("broken-encoding", excerpt=written).at(path, line)
            elif isinstance(cells, Refusal):
                yield cells.at(path, line)
            elif len(cells) != len(header):
                refusal = Refusal("column-count", expected=len(header), found=len(cells), excerpt=written)
                yield refusal.at(path, line)
            else:
                # Reversed, so that the first of two columns of one name is the one that is read.
                yield Row(line, dict(zip(reversed(header), reversed(cells), strict=True)))


def _open_jsonl(path: Path, encoding: str) -> Table:
    beginning = list(itertools.islice(_jsonl_rows(path, encoding), _PEEK))
    if not beginning:
        raise empty(path)
    columns = dict.fromkeys(key for row in beginning if isinstance(row, Row) for key in row.values)
    first = beginning[0].excerpt if isinstance(beginning[0], Reject) else ""
    # Written over several lines, the last object of an array is a line of its own without a comma.
    if first == "[" or (first.startswith("[") and not columns):
        raise problem(
            path,
            "JSONL이 아니라 JSON 배열입니다",
            "한 줄에 객체 하나씩으로 바꿔 주세요: `jq -c '.[]' 파일 > 새파일.jsonl`",
            "It is a JSON array, not JSON Lines",
            "Turn it into one object a line: `jq -c '.[]' FILE > NEW.jsonl`",
        )
    return Table(path, tuple(columns), lambda: _jsonl_rows(path, encoding))


def _jsonl_rows(path: Path, encoding: str) -> Iterator[Row | Reject]:
    with open_text(path, encoding) as stream:
        for line, written in enumerate(stream, start=1):
            if not written.strip():
                continue
            try:
                yield Row(line, _json_object(written, encoding))
            except Refusal as refusal:
                yield refusal.at(path, line)


def _json_object(written: str, encoding: str) -> dict[str, object]:
    if is_broken(written, encoding):
        raise Refusal("broken-encoding", excerpt=written)
    try:
        value = json.loads(written)
    except json.JSONDecodeError as error:
        raise Refusal("bad-json", detail=f"{error.msg} ({error.colno})", excerpt=written) from error
    except (ValueError, RecursionError) as error:
        # A number of thousands of digits, brackets nested without end.
        raise Refusal("bad-json", detail=type(error).__name__, excerpt=written) from error
    if not isinstance(value, dict):
        raise Refusal("not-an-object", found=type(value).__name__, excerpt=written)
    return value


def _open_parquet(path: Path) -> Table:
    # pyarrow takes a third of a second to import, which other formats need not pay.
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            columns, rows = tuple(file.schema_arrow.names), file.metadata.num_rows
    except (pyarrow.ArrowException, OSError) as error:
        raise _damaged(path, error) from error
    if rows == 0:
        raise empty(path)
    return Table(path, columns, lambda: _parquet_rows(path))


def _parquet_rows(path: Path) -> Iterator[Row | Reject]:
    import pyarrow
    from pyarrow import parquet

    line = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH):
                for offset in range(batch.num_rows):
                    line += 1
                    try:
                        (values,) = batch.slice(offset, 1).to_pylist()
                    except UnicodeDecodeError:
                        yield Refusal("broken-encoding").at(path, line)
                    else:
                        yield Row(line, values)
    except (pyarrow.ArrowException, OSError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> Exception:
    if isinstance(error, PermissionError):
        return unreadable(path, error)
    return problem(
        path,
        "Parquet 파일이 아니거나 손상되었습니다",
        "원본에서 다시 내려받거나 저장해 주세요.",
        "It is not a Parquet file, or it is damaged",
        "Download or save it again from where it came from.",
    )

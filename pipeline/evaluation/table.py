"""A finished run as a table, one light row per question, for pages that open thousands at once.

The table is made from the records and can be made again; the full record of a row is read by its place in the file.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pandas as pd

from pipeline.evaluation.records import Record, from_line, to_line
from pipeline.evaluation.runs import RECORDS, read_records
from pipeline.evaluation.summary import gold_ranks
from pipeline.storage import clear_errors

TABLE = "table.parquet"
STAGES = ("bm25", "vector", "fused", "rerank", "final")


def make_table(records: Sequence[Record]) -> pd.DataFrame:
    """One row per record, in their order.

    ``bm25`` … ``final`` are the best right passage's ranks (0: none); ``start`` and ``size`` are where the record's
    line stands in the file of the same records, in bytes.
    """
    rows, start = [], 0
    for record in records:
        size = len(to_line(record).encode()) + 1
        rows.append(_row(record) | {"start": start, "size": size})
        start += size
    return pd.DataFrame(rows)


def _row(record: Record) -> dict[str, object]:
    return {
        "id": record.id,
        "question": record.question,
        "type": record.type,
        "restaurant": record.restaurant,
        "length": len(record.question),
        "verdict": record.verdict,
        "status": record.status,
        "error": record.error,
        "answerable": record.answerable,
        "abstained": record.abstained,
        "confidence": record.confidence,
        "has_gold": bool(record.gold),
        "in_prompt": any(path.in_prompt for path in record.paths),
        "ms": record.timings_ms.get("total", 0.0),
        **{stage: min(gold_ranks(record, stage), default=0) for stage in STAGES},
    }


def write_table(folder: Path, records: Sequence[Record]) -> None:
    """Keep the table beside the records that it was made from."""
    buffer = io.BytesIO()
    make_table(records).to_parquet(buffer, index=False)
    aside = folder / f".{TABLE}"
    with clear_errors(folder):
        aside.write_bytes(buffer.getvalue())
        aside.replace(folder / TABLE)


def read_table(folder: Path) -> pd.DataFrame:
    """The table of a run; made from the records where it is missing or older than they are.

    A run that isn't finished has a table of what is.
    """
    table, records = folder / TABLE, folder / RECORDS
    if table.exists() and table.stat().st_mtime_ns >= records.stat().st_mtime_ns:
        return pd.read_parquet(table)
    return make_table(read_records(folder))


def read_record(folder: Path, start: int, size: int) -> Record:
    """The record of a row.

    Raises:
        ValueError: there is no record there: the run has changed since the table was made.
    """
    with (folder / RECORDS).open("rb") as file:
        file.seek(start)
        return from_line(file.read(size).decode())


FLOW = ("질문", "후보", "융합", "리랭커", "프롬프트", "답변")


def flow(verdicts: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """How many questions pass from stage to stage or are lost there, for a Sankey diagram.

    ``verdicts`` says how many questions have each. Keys are ``(stage, next stage)`` or ``(stage, verdict)``.
    """
    counts: dict[tuple[str, str], int] = {}
    for verdict, count in verdicts.items():
        for link in LINKS.get(verdict, ()):
            counts[link] = counts.get(link, 0) + count
    return counts


def _through(until: int, verdict: str) -> tuple[tuple[str, str], ...]:
    return (*pairwise(FLOW[: until + 1]), (FLOW[until], verdict))


LINKS = {
    "not-indexed": _through(0, "not-indexed"),
    "missed": _through(0, "missed"),
    "fusion": _through(1, "fusion"),
    "reranker": _through(2, "reranker"),
    "cut": _through(3, "cut"),
    "wrong": _through(5, "wrong"),
    "refused": _through(4, "refused"),
    "should-abstain": _through(5, "should-abstain"),
    "right": _through(5, "right"),
}

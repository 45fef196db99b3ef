"""Fills a collection with an index's vectors and drops it again: one writer, checked batches, counted at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from pymilvus import DataType, MilvusClient, MilvusException

from pipeline.errors.milvus import VectorsUnfit
from pipeline.filters import COLUMNS
from pipeline.milvus.collection import DENSE, ROW, SPARSE, connect, count, lost, told
from pipeline.milvus.records import Record
from pipeline.passages import PassageStore

WRITE_S, SETTLE_S = 60.0, 1_800.0  # seconds for a batch; for flushing, indexing and loading a whole collection
READS, READ_AGAIN_S, UNEXPECTED = 60, 2.0, 1  # how often a written collection is read, after what, on which code
BLOCK = 100_000  # passages whose term weights are held in memory at once
BATCH_ROWS, BATCH_BYTES = 1_000, 4 << 20
DIMENSIONS = (2, 32_768)  # what a server takes
HNSW = {"M": 32, "efConstruction": 200}


@dataclass(frozen=True, slots=True)
class Postings:
    """BM25 weights by term: ``weights[starts[t] : starts[t + 1]]`` are those of term ``t``, in ``rows``."""

    weights: NDArray[np.float32]
    rows: NDArray[np.int32]
    starts: NDArray[np.int32]


def fill(
    record: Record, passages: PassageStore, vectors: NDArray[Any], postings: Postings, done: Callable[[int], None]
) -> None:
    """Make the collection anew and write every passage to it; it is searchable, durable and counted on return.

    Raises:
        VectorsUnfit: the server would refuse them, or should.
        MilvusDown: it doesn't answer.
        CollectionLost: it doesn't hold all that it acknowledged.
    """
    check(vectors.shape[1], 0, "")
    codes = {column: passages.codes(column)[0] for column in COLUMNS.values()}
    with told(record):
        client = connect(record.uri)
        _create(client, record)
        for start, rows in _batches(record, vectors, postings, codes):
            client.upsert(record.collection, rows, timeout=WRITE_S)
            done(start + len(rows))
        client.flush(record.collection, timeout=SETTLE_S)
        _read_anew(client, record.collection)
        there = count(client, record.collection, WRITE_S)
    if there != record.passages:
        raise lost(record, there)


def _read_anew(client: MilvusClient, collection: str) -> None:
    """Let the server read the collection from its disk.

    milvus-lite may read the file of an index that it still writes, and then fails with no code of its own: it is asked
    again.
    """
    for left in reversed(range(READS)):
        try:
            client.release_collection(collection, timeout=SETTLE_S)
            client.load_collection(collection, timeout=SETTLE_S)
            return
        except MilvusException as error:
            if error.code != UNEXPECTED or not left:
                raise
            time.sleep(READ_AGAIN_S)


def drop_collection(record: Record) -> None:
    """Remove a collection, if it is there.

    Raises:
        MilvusDown: the server doesn't answer.
    """
    with told(record):
        client = connect(record.uri)
        if client.has_collection(record.collection, timeout=WRITE_S):
            client.drop_collection(record.collection, timeout=WRITE_S)


def check(dimensions: int, bad: int, what: str) -> None:
    """Make sure that a server takes vectors: some servers accept what others refuse.

    Raises:
        VectorsUnfit: the dimension is none that it takes, or ``bad`` of the numbers of ``what`` are no weights.
    """
    low, high = DIMENSIONS
    if not low <= dimensions <= high:
        raise VectorsUnfit(reason=f"차원 {dimensions:,} / {dimensions:,} dimensions; Milvus: {low}–{high:,}")
    if bad:
        raise VectorsUnfit(reason=f"{what}: 쓸 수 없는 값 {bad:,}개 / {bad:,} numbers not finite or below 0")


def _create(client: MilvusClient, record: Record) -> None:
    if client.has_collection(record.collection, timeout=WRITE_S):
        client.drop_collection(record.collection, timeout=WRITE_S)
    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field(ROW, DataType.INT64, is_primary=True)
    schema.add_field(DENSE, DataType.FLOAT_VECTOR, dim=record.dimensions)
    schema.add_field(SPARSE, DataType.SPARSE_FLOAT_VECTOR)
    for column in COLUMNS.values():
        schema.add_field(column, DataType.INT32)
    indexes = client.prepare_index_params()
    if record.kind == "hnsw":
        indexes.add_index(DENSE, index_type="HNSW", metric_type="IP", params=HNSW)
    else:
        indexes.add_index(DENSE, index_type="FLAT", metric_type="IP")
    indexes.add_index(SPARSE, index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
    client.create_collection(
        record.collection, schema=schema, index_params=indexes, consistency_level="Bounded", timeout=WRITE_S
    )


def _batches(
    record: Record, vectors: NDArray[Any], postings: Postings, codes: dict[str, NDArray[np.int32]]
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    for block in range(0, record.passages, BLOCK):
        weights = weights_of(postings, block, min(block + BLOCK, record.passages), record.terms)
        per_row = 4 * record.dimensions + 8 * weights.nnz // max(1, weights.shape[0]) + 64
        size = max(1, min(BATCH_ROWS, BATCH_BYTES // per_row))
        for start in range(block, block + weights.shape[0], size):
            end = min(start + size, block + weights.shape[0])
            dense = np.asarray(vectors[start:end], dtype=np.float32)
            check(record.dimensions, int((~np.isfinite(dense)).sum()), DENSE)
            columns = {name: values[start:end].tolist() for name, values in codes.items()}
            yield (
                start,
                [
                    {ROW: row, DENSE: dense[at], SPARSE: sparse_row(weights, row - block, record.terms)}
                    | {name: values[at] for name, values in columns.items()}
                    for at, row in enumerate(range(start, end))
                ],
            )


def weights_of(postings: Postings, first: int, last: int, terms: int) -> sp.csr_matrix:
    """The weights of some passages, row by row. *Shape:* ``(last − first, terms)``.

    Raises:
        VectorsUnfit: some are no weights.
    """
    inside = np.flatnonzero((postings.rows >= first) & (postings.rows < last))
    weights = np.asarray(postings.weights[inside], dtype=np.float32)
    check(DIMENSIONS[0], int((~(np.isfinite(weights) & (weights >= 0))).sum()), SPARSE)
    of = np.searchsorted(postings.starts, inside, side="right") - 1
    return sp.csr_matrix((weights, (postings.rows[inside] - first, of)), shape=(last - first, terms))


def sparse_row(weights: sp.csr_matrix, row: int, terms: int) -> dict[int, float]:
    """A row's weights by term. A server takes no empty vector: a passage without terms has a dimension to itself."""
    inside = slice(weights.indptr[row], weights.indptr[row + 1])
    found = dict(zip(weights.indices[inside].tolist(), weights.data[inside].tolist(), strict=True))
    return {term: weight for term, weight in found.items() if weight > 0} or {terms: 1.0}

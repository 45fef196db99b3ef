"""A collection on a Milvus server as retrievers see it: search, fetch, count; every fault as one of our own errors.

The server may be gone at any time, also while the client is made: nothing is asked before it is needed, every call has
a timeout, and a server that failed several times in a row is left alone for some seconds.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import grpc
import numpy as np
from numpy.typing import NDArray
from pymilvus import MilvusClient, MilvusException

from pipeline.circuit import Circuit
from pipeline.errors.base import HansangError
from pipeline.errors.milvus import CollectionLost, MilvusDown
from pipeline.errors.settings import BadSetting
from pipeline.milvus.records import Record
from pipeline.protocols import FloatArray

T = TypeVar("T")

KEY = "HANSANG_MILVUS_TOKEN"
ROW, DENSE, SPARSE = "row", "dense", "sparse"
MOST = 16_384  # passages that one search may bring: Milvus's own limit
FETCHED = 1_000  # vectors fetched by one request
LOAD_S = 60.0  # a collection that the server has to read into memory first
PROBE_S, PING_S = 3.0, 10.0  # whether it is there: for those who watch, and before work that takes long
KNOWN_S = 5.0  # how long the answer of a probe counts
FAILURES, REST_S = 3, 5.0
_MISSING, _NOT_LOADED = 100, 101  # Milvus's codes


class Collection:
    """See the module. Safe to use from several threads."""

    def __init__(self, record: Record, timeout_s: float = 5.0, now: Callable[[], float] = time.monotonic) -> None:
        self.record = record
        self._timeout_s = timeout_s
        self._now = now
        self._circuit = Circuit(FAILURES, REST_S, now)
        self._loading = threading.Lock()
        self._whole = False
        self._health: tuple[float, HansangError | None] | None = None

    def search(
        self, field: str, vector: FloatArray | Mapping[int, float], *, limit: int, where: str = ""
    ) -> tuple[NDArray[np.int64], FloatArray]:
        """Rows of the highest inner products and these, best first.

        Raises:
            MilvusDown: the server doesn't answer.
            CollectionLost: it lacks the collection or part of it.
        """
        limit = min(limit, MOST, self.record.passages)
        params: dict[str, Any] = {"metric_type": "IP"}
        if field == DENSE and self.record.kind == "hnsw":
            params["params"] = {"ef": limit}
        if field == SPARSE:
            params["params"] = {"drop_ratio_search": 0.0}

        def ask(client: MilvusClient) -> Any:
            return client.search(
                self.record.collection, data=[vector], anns_field=field, limit=limit, filter=where,
                search_params=params, output_fields=[ROW], timeout=self._timeout_s,
            )[0]  # fmt: skip

        hits = self._asked(ask)
        return np.asarray(hits.ids, dtype=np.int64), np.asarray(hits.distances, dtype=np.float32)

    def fetch(self, field: str, rows: NDArray[np.int64]) -> list[Any]:
        """A vector for each of some rows, in their order: a list of numbers, or a dictionary of a sparse one's."""
        found: dict[int, Any] = {}
        for start in range(0, len(rows), FETCHED):
            for entity in self._asked(partial(self._get, field, rows[start : start + FETCHED].tolist())):
                found[int(entity[ROW])] = entity[field]
        if len(found) < len(set(rows.tolist())):
            raise self._lost(self.count())
        return [found[row] for row in rows.tolist()]

    def _get(self, field: str, ids: list[int], client: MilvusClient) -> list[Any]:
        found: list[Any] = client.get(
            self.record.collection, ids=ids, output_fields=[ROW, field], timeout=self._timeout_s
        )
        return found

    def count(self) -> int:
        """How many passages the server has."""
        with told(self.record):
            return count(connect(self.record.uri), self.record.collection, self._timeout_s)

    def trouble(self) -> HansangError | None:
        """Why it can't be searched now, None when it can (``pipeline.protocols.Checked``)."""
        known = self._health
        if known is None or self._now() - known[0] >= KNOWN_S:
            known = self._health = self._now(), self._probed()
        return known[1]

    def _probed(self) -> HansangError | None:
        try:
            with told(self.record):
                names = connect(self.record.uri).list_collections(timeout=PROBE_S)
        except HansangError as error:
            return error
        return None if self.record.collection in names else self._lost(0)

    def _asked(self, ask: Callable[[MilvusClient], T]) -> T:
        ticket = self._circuit.admit()
        if ticket is None:
            reason = f"{self._circuit.failures}번 잇달아 실패해 {REST_S:g}초 쉼 / resting after failures"
            raise MilvusDown(uri=self.record.uri, reason=reason)
        try:
            with told(self.record):
                client = connect(self.record.uri)
                self._see_that_it_is_whole(client)
                try:
                    found = ask(client)
                except MilvusException as error:  # it was started again, and reads nothing by itself
                    if error.code != _NOT_LOADED:
                        raise
                    self._whole = False
                    self._see_that_it_is_whole(client)
                    found = ask(client)
        except MilvusDown:
            self._circuit.failed(ticket)
            raise
        except BaseException:
            self._circuit.abandoned(ticket)
            raise
        self._circuit.succeeded(ticket)
        return found

    def _see_that_it_is_whole(self, client: MilvusClient) -> None:
        """Before the first question, and whenever the server had to read it anew: it answers with all or not at all."""
        if self._whole:
            return
        with self._loading:
            if not self._whole:
                client.load_collection(self.record.collection, timeout=LOAD_S)
                there = count(client, self.record.collection, self._timeout_s)
                if there != self.record.passages:
                    raise self._lost(there)
                self._whole = True

    def _lost(self, found: int) -> CollectionLost:
        return lost(self.record, found)


@contextmanager
def told(record: Record) -> Iterator[None]:
    """Turn what the client raises into errors that name the cure.

    Raises:
        MilvusDown, CollectionLost: what went wrong.
    """
    try:
        yield
    except MilvusException as error:
        if error.code == _MISSING:
            raise lost(record, 0) from error
        raise MilvusDown(uri=record.uri, reason=_said(error)) from error
    except grpc.RpcError as error:
        raise MilvusDown(uri=record.uri, reason=_said(error)) from error


def lost(record: Record, found: int) -> CollectionLost:
    """A collection that holds ``found`` passages, which isn't what it should."""
    return CollectionLost(
        uri=record.uri, collection=record.collection, wanted=record.passages, found=found,
        name=record.collection, part=record.collection,
    )  # fmt: skip


def _said(error: MilvusException | grpc.RpcError) -> str:
    """What the client says of an error, in short."""
    if isinstance(error, MilvusException):
        said = str(error.message)
    elif isinstance(error, grpc.Call):
        said = f"{error.code().name}: {error.details()}"
    else:
        said = str(error)
    return " ".join(said.split())[:200]


def count(client: MilvusClient, collection: str, timeout_s: float) -> int:
    """The passages of a collection, those just written included."""
    answer: Sequence[Mapping[str, Any]] = client.query(
        collection, filter="", output_fields=["count(*)"], consistency_level="Strong", timeout=timeout_s
    )
    return int(answer[0]["count(*)"])


def checked_uri(uri: str) -> str:
    """An address as it is kept with an index: no secret may be in it.

    Raises:
        BadSetting: it is no address of a server.
    """
    parts = urlsplit(uri.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        shown = "milvus.uri=http://127.0.0.1:19530"
        raise BadSetting(
            name="milvus.uri", value=uri if "@" not in uri else "***",
            expected=f"서버의 주소를 적어 주세요. 예) {shown} (토큰은 환경 변수 {KEY})",
            expected_en=f"Write a server's URL, such as {shown}; its token goes into {KEY}.",
        )  # fmt: skip
    return uri.strip()


def ping(uri: str) -> None:
    """Ask a server for anything.

    Raises:
        MilvusDown: it doesn't answer.
    """
    try:
        connect(uri).list_collections(timeout=PING_S)
    except (MilvusException, grpc.RpcError) as error:
        raise MilvusDown(uri=uri, reason=_said(error)) from error


def connect(uri: str) -> MilvusClient:
    """The process's client of a server.

    Raises:
        MilvusException, grpc.RpcError: the server isn't there; some that aren't show only when they are asked.
    """
    return _client(uri, os.environ.get(KEY, ""))


@lru_cache(maxsize=8)
def _client(uri: str, token: str) -> MilvusClient:
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it logs each error with its stack beside raising it
    return MilvusClient(uri=uri, token=token, timeout=PROBE_S)

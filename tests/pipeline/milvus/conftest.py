"""One server for the tests of a folder, and the demo's index twice: beside us and on the server."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pipeline.service import Home, Service
from tests.pipeline.corpora import build
from tests.pipeline.milvus.lite import PATIENT, LiteServer, demo_documents, moved

TODAY = datetime.date(2026, 11, 1)


@dataclass(frozen=True, slots=True)
class Both:
    """A service over the demo's index, ``local`` and ``remote``."""

    service: Service
    home: Home


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteServer]:
    server = LiteServer(tmp_path_factory.mktemp("milvus") / "data").start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def both(milvus: LiteServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    home = Home(tmp_path_factory.mktemp("both"))
    build(home, demo_documents(), name="local")
    moved(home, "local", "remote", milvus.uri)
    service = Service(home, PATIENT, lambda: TODAY)
    yield Both(service, home)
    service.close()

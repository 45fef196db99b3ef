"""What users of a real server see while the Milvus server behind it is away, from the start and in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.service import Home
from tests.app.cli_runs import wait_for
from tests.app.faulty import PATIENCE, QUESTION, server
from tests.pipeline.corpora import build
from tests.pipeline.milvus.lite import LiteServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(PATIENCE * 4)]


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteServer]:
    running = LiteServer(tmp_path_factory.mktemp("milvus") / "data").start()
    yield running
    running.kill()


def index_check(client: httpx.Client) -> dict[str, Any]:
    reply = client.get("/readyz")
    (found,) = (check for check in reply.json()["checks"] if check["name"] == "index")
    return {**found, "code": reply.status_code}


def test_users_are_told_and_served_again_when_it_is_back(milvus: LiteServer, tmp_path: Path) -> None:
    build(Home(tmp_path), retrieval__store="milvus", milvus__uri=milvus.uri)
    milvus.kill()
    with (
        server(tmp_path, f"milvus.timeout_s={PATIENCE}", f"service.stage_s={PATIENCE}") as (_, url),
        httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as client,
    ):
        wait_for(lambda: index_check(client)["status"] == "fail", PATIENCE)
        assert milvus.uri in index_check(client)["ko"]
        assert index_check(client)["code"] == 503
        refused = client.post("/v1/ask", json=QUESTION)
        assert (refused.status_code, refused.json()["title"]) == (503, "milvus-down")
        assert "HANSANG_MILVUS_TOKEN" in refused.text

        milvus.start()
        wait_for(lambda: index_check(client)["code"] == 200, PATIENCE)
        wait_for(lambda: client.post("/v1/ask", json=QUESTION).status_code == 200, PATIENCE)  # it may be resting
        answered = client.post("/v1/ask", json=QUESTION).json()
        assert answered["candidates"]

        milvus.kill()
        with client.stream("POST", "/v1/ask", json=QUESTION, headers={"Accept": "text/event-stream"}) as stream:
            told = stream.read().decode()
        assert "milvus-down" in told
        milvus.start()
        wait_for(lambda: client.post("/v1/ask", json=QUESTION).status_code == 200, PATIENCE)

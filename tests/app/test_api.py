"""The HTTP door: answers, streams, problems."""

import json
from functools import reduce

import pytest
from fastapi.testclient import TestClient

from app.api import create_api
from pipeline.config import load_profile
from pipeline.service import Home, Service
from pipeline.trace_stream import grown
from tests.pipeline.corpora import build


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory):
    home = Home(tmp_path_factory.mktemp("home"))
    build(home, name="demo")
    service = Service(home, load_profile())
    with TestClient(create_api(service)) as client:
        yield client
    service.close()


def test_ask_is_the_whole_trace(client: TestClient) -> None:
    trace = client.post("/v1/ask", json={"question": "숯골갈비 주차 무료인가요?"}).json()
    assert trace["state"] == "done"
    assert trace["answer"]["citations"]
    assert {"bm25", "vector", "fused", "rerank"} <= trace["candidates"][0]["scores"].keys()
    assert client.get(f"/v1/traces/{trace['id']}").json() == trace


def test_stream_grows_by_state(client: TestClient) -> None:
    with client.stream("POST", "/v1/ask", json={"question": "주차 되나요?", "stream": True}) as reply:
        lines = list(reply.iter_lines())
    states = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert [s for i, s in enumerate(states) if s not in states[:i]] == [
        "understood", "retrieved", "reranked", "answering", "done",
    ]  # fmt: skip


def test_what_the_stream_grows_into_is_the_stored_trace(client: TestClient) -> None:
    with client.stream("POST", "/v1/ask", json={"question": "숯골갈비 주차 무료인가요?", "stream": True}) as reply:
        changes = [json.loads(line[6:]) for line in reply.iter_lines() if line.startswith("data: ")]
    whole = reduce(grown, changes, {})
    assert whole["state"] == "done"
    assert whole == client.get(f"/v1/traces/{whole['id']}").json()
    texts = [c["text"] for changed in changes for c in changed.get("candidates", ()) if "text" in c]
    assert len(texts) == len(whole["candidates"])  # each is sent once


def test_search_has_no_answer_and_takes_settings(client: TestClient) -> None:
    body = {"question": "주차 되나요?", "set": {"fusion.weight": 0.9}, "without": []}
    trace = client.post("/v1/search", json=body).json()
    assert trace["answer"] is None
    assert trace["settings"]["fusion.weight"] == 0.9


def test_explain(client: TestClient) -> None:
    xray = client.post("/v1/explain", params={"passage": "r1"}, json={"question": "주차 무료인가요?"}).json()
    assert sum(c["score"] for c in xray["contributions"]) == pytest.approx(xray["scores"]["bm25"], abs=1e-4)


def test_feedback_comes_back_as_it_was_stored(client: TestClient) -> None:
    trace = client.post("/v1/ask", json={"question": "주차 되나요?"}).json()
    body = {"trace": trace["id"], "vote": "down", "reason": "근거와 다름"}
    assert client.post("/v1/feedback", json=body).json().items() >= {"vote": "down", "reason": "근거와 다름"}.items()


def test_indexes(client: TestClient) -> None:
    (manifest,) = client.get("/v1/indexes").json()
    assert (manifest["name"], manifest["passages"]) == ("demo", 9)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/v1/ask", {"question": ""}, 422, "question-empty"),
        ("POST", "/v1/ask", {"question": "🍜"}, 422, "question-empty"),
        ("POST", "/v1/ask", {"question": "가" * 20_000}, 422, "question-too-long"),
        ("POST", "/v1/ask", {"question": "가" * 200_000}, 422, "malformed-request"),
        ("POST", "/v1/ask", {}, 422, "malformed-request"),
        ("POST", "/v1/ask", {"question": "주차", "index": "nope"}, 404, "index-not-found"),
        ("POST", "/v1/ask", {"question": "주차", "set": {"x": 1}}, 422, "unknown-setting"),
        ("POST", "/v1/ask", {"question": "주차", "set": {"indexing.k1": 2}}, 422, "index-time-setting"),
        ("POST", "/v1/ask", {"question": "주차", "set": {"fusion.weight": []}}, 422, "bad-setting"),
        ("POST", "/v1/ask", {"question": "주차", "previous": "nope"}, 404, "trace-not-found"),
        ("POST", "/v1/explain?passage=nope", {"question": "주차"}, 404, "passage-not-found"),
        ("GET", "/v1/traces/nope", None, 404, "trace-not-found"),
        ("POST", "/v1/feedback", {"trace": "nope", "vote": "up"}, 404, "trace-not-found"),
        ("POST", "/v1/feedback", {"trace": "nope", "vote": "maybe"}, 422, "malformed-request"),
    ],
)
def test_problems_name_the_cure(client: TestClient, method: str, path: str, body: dict, status: int, code: str) -> None:
    reply = client.request(method, path, json=body)
    assert (reply.status_code, reply.json()["title"]) == (status, code)
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["detail"]
    assert reply.json()["detail_en"]


def test_body_that_is_not_json(client: TestClient) -> None:
    assert client.post("/v1/ask", content=b"{", headers={"content-type": "application/json"}).status_code == 422


def test_reference_names_every_operation_and_asks_nobody_outside(client: TestClient) -> None:
    page = client.get("/docs").text
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        for method in operations:
            assert f"{method.upper()} {path}" in page
    assert "주차 편한 고깃집" in page
    assert "http://" not in page
    assert "https://" not in page

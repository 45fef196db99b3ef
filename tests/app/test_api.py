"""The HTTP door: answers, streams, problems."""

import json
import re
from collections.abc import Iterator
from functools import reduce

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient
from httpx import Response

from app.api.application import create_api
from app.bodies import unknown_field
from pipeline.config import load_profile
from pipeline.service import Home, Service
from pipeline.trace_stream import grown
from tests.pipeline.corpora import build


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = Home(tmp_path_factory.mktemp("home"))
    build(home, name="demo")
    made = Service(home, load_profile())
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[TestClient]:
    with TestClient(create_api(service)) as client:
        yield client


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
    assert_problem(reply, status, code)


def assert_problem(reply: Response, status: int, code: str) -> dict:
    """What an error says, which has the form of all errors: a Korean sentence, the same in English."""
    said = reply.json()
    assert (reply.status_code, said["status"], said["title"]) == (status, status, code)
    assert reply.headers["content-type"] == "application/problem+json"
    assert said["type"] == f"urn:hansang:{code}"
    assert re.search("[가-힣]", said["detail"])
    assert said["detail_en"] not in ("", said["detail"])
    return said


@pytest.mark.parametrize(
    ("path", "body", "name", "near"),
    [
        ("/v1/ask", {"question": "주차", "setting": {"retrieval.k": 2}}, "setting", "set"),
        ("/v1/search", {"question": "주차", "qestion": "주차"}, "qestion", "question"),
        ("/v1/explain?passage=r1", {"question": "주차", "Index": "demo"}, "Index", "index"),
        ("/v1/feedback", {"trace": "x", "vote": "up", "reasons": "좋아요"}, "reasons", "reason"),
        ("/v1/replay", {"question": "주차", "overides": {}}, "overides", "overrides"),
        ("/v1/robustness", {"question": "주차", "passages": ["r1"]}, "passages", "passage_ids"),
        ("/v1/ask", {"question": "주차", "zzz": 1}, "zzz", ""),
    ],
)
def test_fields_that_are_not_known_are_refused(client: TestClient, path: str, body: dict, name: str, near: str) -> None:
    said = assert_problem(client.post(path, json=body), 422, "unknown-field")
    for sentence in (said["detail"], said["detail_en"]):
        assert f"'{name}'" in sentence
        assert "question" in sentence or "vote" in sentence  # those that are known
    assert (f"'{near}'을(를)" in said["detail"]) == bool(near)
    assert ("Did you mean" in said["detail_en"]) == bool(near)


def test_a_field_named_by_a_stranger_is_only_quoted() -> None:
    error = unknown_field("{known}", ("question",))
    assert "{known}" in error.korean
    assert "question" in error.korean


def test_the_openapi_document_says_that_fields_are_known(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    bodies = [schema for name, schema in schemas.items() if name.endswith("Body")]
    assert len(bodies) >= 4
    assert all(schema["additionalProperties"] is False for schema in bodies)


@pytest.mark.parametrize(
    ("body", "where", "ko", "en"),
    [
        ({}, "body.question", "꼭 있어야 합니다", "required"),
        ({"question": 3}, "body.question", "문자열이어야 합니다", "string"),
        ({"question": "주차", "stream": "maybe"}, "body.stream", "true나 false", "true or false"),
        ({"question": "주차", "set": []}, "body.set", "객체여야 합니다", "object"),
        ({"question": "주차", "without": "x"}, "body.without", "배열이어야 합니다", "array"),
        ({"question": "가" * 200_000}, "body.question", "100,000자까지", "100,000 characters"),
        ([], "body", "JSON 객체여야", "JSON object"),
    ],
)
def test_what_can_not_be_read_is_said_in_both_languages(
    client: TestClient, body: object, where: str, ko: str, en: str
) -> None:
    said = assert_problem(client.post("/v1/ask", json=body), 422, "malformed-request")
    assert where in said["detail"]
    assert ko in said["detail"]
    assert en in said["detail_en"]


def test_choices_are_listed(client: TestClient) -> None:
    reply = client.post("/v1/feedback", json={"trace": "x", "vote": "maybe"})
    assert "'up', 'down' 가운데 하나" in assert_problem(reply, 422, "malformed-request")["detail"]


@pytest.mark.parametrize("content", [b"{", b'{"question": "\xff"}', b"[" * 100_000])
def test_body_that_is_not_json(client: TestClient, content: bytes) -> None:
    reply = client.post("/v1/ask", content=content, headers={"content-type": "application/json"})
    assert_problem(reply, 422, "malformed-request")


def test_form_instead_of_json(client: TestClient) -> None:
    said = assert_problem(client.post("/v1/ask", data={"question": "주차"}), 422, "malformed-request")
    assert "application/json" in said["detail"]


@pytest.fixture
def behind(service: Service) -> TestClient:
    """The API as it is served: before something that takes every other path, as the chat does."""
    api, chat = create_api(service), FastAPI()
    chat.get("/{path:path}")(lambda path: PlainTextResponse(f"chat {path}"))
    api.mount("/", chat)
    return TestClient(api)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/asks", 404, "no-such-address"),
        ("POST", "/v1/", 404, "no-such-address"),
        ("GET", "/v1", 404, "no-such-address"),
        ("GET", "//v1/indexes", 404, "no-such-address"),
        ("TRACE", "/v1/asks", 404, "no-such-address"),
        ("GET", "/v1/traces/a/b", 404, "no-such-address"),
        ("GET", "/v1/ask", 405, "method-not-allowed"),
        ("PUT", "/v1/ask", 405, "method-not-allowed"),
        ("TRACE", "/v1/ask", 405, "method-not-allowed"),
        ("PROPFIND", "/v1/ask", 405, "method-not-allowed"),
        ("DELETE", "/v1/traces/x", 405, "method-not-allowed"),
        ("POST", "/v1/runs", 405, "method-not-allowed"),
    ],
)
@pytest.mark.parametrize("served", ["client", "behind"])
def test_other_addresses_and_methods_are_problems_too(
    request: pytest.FixtureRequest, served: str, method: str, path: str, status: int, code: str
) -> None:
    reply = request.getfixturevalue(served).request(method, f"http://testserver{path}")
    said = assert_problem(reply, status, code)
    assert path in said["detail"]
    if status == 405:
        assert reply.headers["allow"] in said["detail"]
        assert reply.headers["allow"] == {"/v1/ask": "POST"}.get(path, "GET")


def test_paths_outside_of_the_api(client: TestClient, behind: TestClient) -> None:
    assert_problem(client.get("/nothing"), 404, "no-such-address")
    for served in (client, behind):
        assert_problem(served.post("/livez"), 405, "method-not-allowed")
        assert served.get("/livez").json() == {"status": "ok"}
    assert behind.get("/nothing").text == "chat nothing"  # the chat's own


def test_reference_names_every_operation_and_asks_nobody_outside(client: TestClient) -> None:
    page = client.get("/docs").text
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        for method in operations:
            assert f"{method.upper()} {path}" in page
    assert "주차 편한 카페" in page
    assert "http://" not in page
    assert "https://" not in page

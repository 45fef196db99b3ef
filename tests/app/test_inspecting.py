"""Going through questions again over HTTP: the same as the library says, errors as problem documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_api
from app.inspecting import KEPT, Asked, ReplayBody
from pipeline.evaluation.variants import KINDS
from pipeline.service import Home, Service
from pipeline.settings import Settings
from tests.pipeline.corpora import build

QUESTION = "숯골갈비 주차 무료인가요?"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = Home(tmp_path_factory.mktemp("home"))
    build(home, name="demo")
    made = Service(home, Settings())
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[TestClient]:
    with TestClient(create_api(service)) as client:
        yield client


def replayed(client: TestClient, **body: Any) -> Any:
    reply = client.post("/v1/replay", json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def order(trace: Any) -> list[str]:
    return [candidate["passage_id"] for candidate in trace["candidates"]]


def test_a_stored_answer_is_gone_through_again(client: TestClient) -> None:
    stored = client.post("/v1/ask", json={"question": QUESTION}).json()
    same = replayed(client, trace=stored["id"])
    assert same["redone"] == []
    assert order(same["after"]) == order(stored)
    fewer = replayed(client, trace=stored["id"], overrides={"retrieval.k": 1})
    assert [c["in_prompt"] for c in fewer["after"]["candidates"]].count(True) == 1
    assert any(m["was_in_prompt"] and not m["is_in_prompt"] for m in fewer["moves"])


def test_a_question_is_asked_under_the_settings_of_its_run(client: TestClient) -> None:
    settings = {**Settings().flat(), "retrieval.k": 2, "long.gone": 1, "profile": "another"}
    found = replayed(client, question=QUESTION, settings=settings, overrides={"reranker": "none"}, generate="never")
    assert found["before"]["settings"]["retrieval.k"] == 2
    assert found["before"]["answer"] is None
    assert found["after"]["settings"]["reranker"] == "none"
    asked = client.post("/v1/search", json={"question": QUESTION, "set": {"retrieval.k": 2, "reranker": "none"}})
    assert order(found["after"]) == order(asked.json())


def test_passages_are_taken_out_and_put_in(client: TestClient) -> None:
    first = order(replayed(client, question=QUESTION)["before"])[0]
    assert first not in order(replayed(client, question=QUESTION, drop=[first])["after"])
    put_in = replayed(client, question=QUESTION, inject=["r9"])
    assert order(put_in["after"])[0] == "r9"
    assert put_in["after"]["candidates"][0]["in_prompt"]
    assert put_in["redone"] == ["rerank", "answer"]


def test_questions_asked_before_are_not_searched_again(service: Service) -> None:
    asked = Asked(service)
    body = ReplayBody(question=QUESTION)
    first = asked.trace(body)
    assert asked.trace(body) is first
    assert asked.trace(ReplayBody(question=QUESTION, generate="never")) is not first
    for number in range(KEPT):
        asked.trace(ReplayBody(question=f"주차 {number}", generate="never"))
    assert asked.trace(body) is not first


def test_what_was_asked_to_look_at_is_not_stored(client: TestClient) -> None:
    found = replayed(client, question=QUESTION)
    assert client.get(f"/v1/traces/{found['before']['id']}").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "malformed-request"),
        ({"trace": "x", "question": QUESTION}, 422, "malformed-request"),
        ({"trace": "none"}, 404, "trace-not-found"),
        ({"question": "??"}, 422, "question-empty"),
        ({"question": QUESTION, "index": "none"}, 404, "index-not-found"),
        ({"question": QUESTION, "overrides": {"fusion.wait": 1}}, 422, "unknown-setting"),
        ({"question": QUESTION, "overrides": {"fusion.weight": 7}}, 422, "bad-setting"),
        ({"question": QUESTION, "inject": ["none"]}, 404, "passage-not-found"),
    ],
)
def test_problems_are_told_in_korean(client: TestClient, body: dict[str, Any], status: int, code: str) -> None:
    reply = client.post("/v1/replay", json=body)
    assert (reply.status_code, reply.json()["title"]) == (status, code)
    assert any("가" <= c <= "힣" for c in reply.json()["detail"])


def test_robustness_says_how_far_the_right_passage_moves(client: TestClient) -> None:
    moves = client.post("/v1/robustness", json={"question": QUESTION, "passage_ids": ["r1"]}).json()
    assert {move["kind"] for move in moves} <= set(KINDS)
    assert len(moves) >= 3
    assert {move["before"] for move in moves} == {1}
    missing = client.post("/v1/robustness", json={"question": QUESTION, "passage_ids": ["none"]}).json()
    assert {(move["before"], move["after"]) for move in missing} == {(0, 0)}
    assert client.post("/v1/robustness", json={"question": QUESTION, "passage_ids": []}).status_code == 422

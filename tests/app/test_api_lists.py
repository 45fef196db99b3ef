"""Lists page by page, restaurants, runs, analyses, and the limits of all of them."""

from __future__ import annotations

import asyncio
import json
import shutil
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.api.application import create_api
from app.api.limiting import PAGE_BYTES
from app.api.paging import cursor_of, page_of, place_of
from app.refusals import BadCursor
from pipeline.config import is_open, with_overrides
from pipeline.evaluation.running import Evaluation, evaluate
from pipeline.index import Index, Manifest, current_folder
from pipeline.restaurants.opinions import embedded_classifier
from pipeline.restaurants.summaries import summarise
from pipeline.service import Home, Service
from pipeline.settings import Settings, options
from pipeline.strengths.ground import open_ground
from tests.app.test_api import assert_problem
from tests.pipeline.corpora import PLACES, build
from tests.pipeline.evaluation.questions import SAMPLES
from tests.pipeline.restaurants.test_writing import model

SETTINGS = with_overrides(
    Settings(),
    {
        "service.page": 60,
        "service.batch": 3,
        "service.body_bytes": 2_000,
        "service.question_chars": 20,
        "service.review_chars": 300,
    },
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = Home(tmp_path_factory.mktemp("home"))
    build(home, name="demo")
    made = Service(home, SETTINGS)
    for name in ("가", "base", "narrow"):
        evaluate(made, SAMPLES[:2], Evaluation(name, "demo"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[TestClient]:
    with TestClient(create_api(service)) as client:
        yield client


def pages(client: TestClient, path: str, limit: int, items: str = "items") -> list[Any]:
    """All items of a list, got in pages of at most so many."""
    found, cursor = [], ""
    while True:
        page = client.get(path, params={"limit": limit, "cursor": cursor}).json()
        assert 0 < len(page[items]) <= limit
        assert page.get("has_more", page["next"] is not None) == (page["next"] is not None)
        found += page[items]
        if page["next"] is None:
            return found
        assert len(page[items]) == limit
        cursor = page["next"]


@pytest.mark.parametrize("limit", [1, 2, 3, 60])
def test_pages_put_together_are_the_whole_list(client: TestClient, limit: int) -> None:
    if not client.get("/v1/traces").json()["items"]:
        for number in range(5):
            client.post("/v1/ask", json={"question": f"주차 {number}"})
    traces = pages(client, "/v1/traces", limit)
    assert [trace["question"] for trace in traces] == [f"주차 {number}" for number in reversed(range(5))]
    assert all(client.get(f"/v1/traces/{trace['id']}").json()["id"] == trace["id"] for trace in traces[:2])
    assert [one["id"] for one in pages(client, "/v1/restaurants", limit)] == sorted(PLACES)
    assert [run["name"] for run in pages(client, "/v1/runs", limit)] == ["base", "narrow", "가"]


def test_lists_without_anything(client: TestClient) -> None:
    assert client.get("/v1/jobs").json() == {"items": [], "next": None}
    assert client.get("/v1/uploads").json() == []


def named(service: Service, names: set[str]) -> dict[str, Manifest]:
    """What a service that has indexes of these names says that there are."""
    (manifest,) = service.indexes()
    return {name: replace(manifest, name=name) for name in sorted(names)}


NAMES = st.sets(st.text(min_size=1, max_size=6), min_size=1, max_size=9)


@settings(max_examples=40, deadline=None)
@given(NAMES, st.integers(1, 10))
def test_indexes_and_models_page_by_page_are_the_whole_list(
    client: TestClient, service: Service, names: set[str], limit: int
) -> None:
    found = named(service, names)
    with patch.object(service, "indexed", lambda: found):
        whole, models = client.get("/v1/indexes").json(), client.get("/v1/models").json()
        assert [one["name"] for one in whole] == sorted(names)
        assert pages(client, "/v1/indexes", limit) == whole
        assert models == {"object": "list", "data": models["data"], "has_more": False, "next": None}
        assert [one["id"] for one in models["data"]] == [f"hansang/{name}" for name in sorted(names)]
        assert pages(client, "/v1/models", limit, "data") == models["data"]


@settings(max_examples=40, deadline=None)
@given(NAMES, NAMES, st.integers(1, 4))
def test_indexes_that_stay_are_seen_once_while_others_come_and_go(
    client: TestClient, service: Service, before: set[str], after: set[str], limit: int
) -> None:
    there = chain([named(service, before)], repeat(named(service, after)))
    with patch.object(service, "indexed", side_effect=there):
        page, seen = client.get("/v1/indexes", params={"limit": limit}).json(), []
        while True:
            seen += [one["name"] for one in page["items"]]
            if page["next"] is None:
                break
            page = client.get("/v1/indexes", params={"limit": limit, "cursor": page["next"]}).json()
    assert seen == sorted(set(seen))
    assert before & after <= set(seen) <= before | after


@given(st.sets(st.text(max_size=4)), st.integers(1, 9))
def test_pages_of_names_put_together_are_all_of_them(found: set[str], size: int) -> None:
    names, seen, more = sorted(found), [], ""
    while more is not None:
        shown, more = page_of("names", names, place_of(more, "names", str), size)
        assert len(shown) == size or more is None
        seen += shown
    assert seen == names


def test_a_page_is_for_whoever_names_one(client: TestClient) -> None:
    (whole,) = client.get("/v1/indexes").json()
    for params in ({"limit": 1}, {"cursor": ""}, {"limit": 1, "cursor": ""}):
        assert client.get("/v1/indexes", params=params).json() == {"items": [whole], "next": None}
    assert client.get("/v1/indexes", params={"other": 1}).json() == [whole]
    past = {"cursor": cursor_of("indexes", "demo")}
    assert client.get("/v1/indexes", params=past).json() == {"items": [], "next": None}
    assert client.get("/v1/models", params={"cursor": cursor_of("models", "demo")}).json()["data"] == []


def test_a_copied_index_folder_is_on_one_page_as_well(tmp_path: Path) -> None:
    home = Home(tmp_path)
    build(home, name="b")
    for name in ("a", "c"):  # their manifests call them b
        shutil.copytree(home.indexes / "b", home.indexes / name)
    service = Service(home, SETTINGS)
    with TestClient(create_api(service)) as client:
        assert len(client.get("/v1/indexes").json()) == len(pages(client, "/v1/indexes", 1)) == 3
        assert len(pages(client, "/v1/models", 2, "data")) == 3
    service.close()


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/restaurants", "/v1/runs", "/v1/jobs", "/v1/indexes", "/v1/models"])
def test_pages_that_there_are_not(client: TestClient, path: str) -> None:
    own = path.removeprefix("/v1/")
    kinds = {"traces": [str, str], "jobs": [int]}.get(own, [str])
    others = [cursor_of(each, *(kind(7) for kind in kinds)) for each in ("traces", "runs", "jobs") if each != own]
    bad = [cursor_of(own, *place) for place in ([True], [-1], ["a", "b", "c"], ["\ud800"], ["a", "\ud800"], [])]
    for cursor in ("x", "!!", "가", *others, *bad):
        assert_problem(client.get(path, params={"cursor": cursor}), 422, "bad-cursor")
    for limit in (0, -1, 1_001, "many"):
        assert_problem(client.get(path, params={"limit": limit}), 422, "malformed-request")
    assert_problem(client.get(path, params={"limit": 61}), 422, "page-too-long")


@given(st.lists(st.text() | st.integers(0, 2**63 - 1), min_size=1, max_size=4))
def test_a_cursor_comes_back_as_the_place_it_was_made_of(place: list[str | int]) -> None:
    cursor = cursor_of("list", *place)
    assert cursor.isascii()
    assert place_of(cursor, "list", *map(type, place)) == place
    with pytest.raises(BadCursor):
        place_of(cursor, "another", *map(type, place))


@given(st.text())
def test_whatever_comes_as_a_cursor_is_a_place_or_refused(cursor: str) -> None:
    try:
        found = place_of(cursor, "list", str, int)
    except BadCursor:
        return
    assert found is None or [type(part) for part in found] == [str, int]


def alike(one: Any, other: Any) -> bool:
    """Whether JSON values are the same but for the digits that depend on how many reviews are analysed at once."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) < 1e-3
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)


def test_a_restaurant_is_what_the_library_makes_of_it(client: TestClient, service: Service) -> None:
    ground = open_ground(Index(current_folder(service.home.indexes, "demo")), embedded_classifier(), None)
    wanted = summarise(ground.table("숯골갈비"), ground.space)
    found = client.get(f"/v1/restaurants/{quote('숯골갈비')}/summary").json()
    assert alike(found, json.loads(json.dumps(asdict(wanted))))
    assert not alike(found, {**found, "reviews": 4})
    strengths = client.get(f"/v1/restaurants/{quote('숯골')}/strengths", params={"sign": "negative"}).json()
    assert (strengths["restaurant"], strengths["sign"]) == ("숯골갈비", "negative")


def test_a_summary_is_worded_by_the_profiles_language_model_or_says_why_not(service: Service) -> None:
    def answer(body: dict[str, Any]) -> str | int:
        draft = json.loads(body["messages"][1]["content"].rpartition("초안:\n")[2])["sentences"]
        rows = [{**row, "text": f"요컨대 {row['text']}"} for row in draft]
        return 500 if len(asked) > 1 else json.dumps({"sentences": rows}, ensure_ascii=False)

    where = f"/v1/restaurants/{quote('숯골갈비')}/summary"
    with model(answer) as (url, asked):
        llm = {"generator": "openai", "llm.url": url, "llm.model": "fake"}
        opened = Service(service.home, with_overrides(SETTINGS, llm))
        with TestClient(create_api(opened)) as client:
            counted = client.get(where, params={"wording": "counted"}).json()
            assert (counted["writer"], asked) == ("embedded", [])
            written = client.get(where).json()
            assert written["writer"] == "llm-fake"
            for old, new in zip(counted["overall"], written["overall"], strict=True):
                assert new == {**old, "text": f"요컨대 {old['text']}"}
            failed = client.get(f"/v1/restaurants/{quote('연탄집')}/summary").json()
            assert (failed["writer"], "500" in failed["problem"]) == ("embedded", True)
            assert_problem(client.get(where, params={"wording": "x"}), 422, "malformed-request")
        opened.close()


@pytest.mark.parametrize("what", ["summary", "strengths"])
def test_restaurants_that_are_not_there(client: TestClient, what: str) -> None:
    for name in ("없는집", "a%2Fb", "a/b", "%00"):
        assert_problem(client.get(f"/v1/restaurants/{name}/{what}"), 404, "restaurant-not-found")
    assert_problem(client.get(f"/v1/restaurants/x/{what}", params={"index": "nope"}), 404, "index-not-found")
    assert_problem(client.get("/v1/restaurants/x/strengths", params={"kind": "best"}), 422, "malformed-request")


def test_a_run_with_its_summary(client: TestClient, service: Service) -> None:
    run = client.get("/v1/runs/base").json()
    assert (run["done"], run["questions"], run["finished"]) == (2, 2, True)
    assert run["summary"] == json.loads((service.home.runs / "base" / "summary.json").read_text())
    (service.home.runs / "base" / "summary.json").unlink()
    unfinished = client.get("/v1/runs/base").json()
    assert (unfinished["done"], unfinished["finished"], unfinished["summary"]) == (2, False, None)
    assert_problem(client.get("/v1/runs/nope"), 404, "run-not-found")
    assert_problem(client.get("/v1/runs/.x"), 422, "bad-run-name")


def test_one_review_and_many(client: TestClient) -> None:
    review = "음식은 정말 맛있는데 웨이팅이 너무 길어서 힘들었어요."
    (one,) = client.post("/v1/analyze", json={"text": review}).json()["results"]
    many = client.post("/v1/analyze", json={"texts": ["정말 맛있고 친절해요!", review, " "]}).json()["results"]
    assert many[1] == {**one, "id": "2"}
    assert many[0]["sentiment"] == "positive"
    assert many[2]["error"]["code"] == "empty-text"
    assert {opinion["label"] for opinion in one["opinions"]} >= {"food"}
    (bare,) = client.post("/v1/analyze", json={"text": review, "aspects": False}).json()["results"]
    assert "opinions" not in bare


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"texts": ["좋아요"] * 4}, "batch-too-large"),
        ({"texts": ["좋아요", "가" * 301]}, "review-too-long"),
        ({"text": "가" * 301}, "review-too-long"),
        ({"texts": []}, "malformed-request"),
        ({}, "malformed-request"),
        ({"text": "a", "texts": ["b"]}, "malformed-request"),
        ({"text": 3}, "malformed-request"),
        ({"text": "a", "aspects": "yes"}, "malformed-request"),
        ({"text": "a", "classifier": "llm"}, "unknown-field"),
    ],
)
def test_what_can_not_be_analysed(client: TestClient, body: dict, code: str) -> None:
    assert_problem(client.post("/v1/analyze", json=body), 422, code)


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/search", "/v1/explain?passage=r1", "/v1/replay", "/v1/robustness"])
def test_questions_over_the_limit(client: TestClient, path: str) -> None:
    body = {"question": "가" * 21, **({"passage_ids": ["r1"]} if path == "/v1/robustness" else {})}
    said = assert_problem(client.post(path, json=body), 422, "question-too-long")
    assert "20자" in said["detail"]


def test_bodies_over_the_limit_are_refused_announced_or_not(client: TestClient) -> None:
    body = json.dumps({"question": "주차", "without": ["x" * 3_000]}).encode()
    pieces = (body[at : at + 500] for at in range(0, len(body), 500))
    for content in (body, pieces):
        said = assert_problem(
            client.post("/v1/ask", content=content, headers={"content-type": "application/json"}), 413, "body-too-large"
        )
        assert "2,000" in said["detail"]
        assert "service.body_bytes" in said["detail"]
    assert client.put("/v1/uploads/x.csv", content=b"x" * 3_000).status_code == 200  # its limit is another
    client.delete("/v1/uploads/x.csv")


def test_the_chat_behind_the_api_is_sent_no_more_than_a_page_sends(service: Service) -> None:
    api, chat = create_api(service), FastAPI()

    @chat.post("/gradio_api/queue/join")
    async def join(request: Request) -> int:
        return len(await request.body())

    api.mount("/", chat)
    with TestClient(api) as client:
        for size, status in ((PAGE_BYTES, 200), (PAGE_BYTES + 1, 413)):
            pieces = (b"x" * min(65_536, size - at) for at in range(0, size, 65_536))
            for content in (b"x" * size, pieces):
                assert client.post("/gradio_api/queue/join", content=content).status_code == status
    assert SETTINGS.service.body_bytes < PAGE_BYTES  # which is the API's, and too little for a page


def test_an_upload_over_the_limit_leaves_nothing(service: Service) -> None:
    narrow = Service(service.home, with_overrides(Settings(), {"service.upload_bytes": 1_024}))
    with TestClient(create_api(narrow)) as client:
        for content in (b"x" * 1_025, (b"x" * 100 for _ in range(11))):
            assert_problem(client.put("/v1/uploads/x.csv", content=content), 413, "body-too-large")
        assert client.get("/v1/uploads").json() == []
        assert not list((service.home.root / "uploads").iterdir())
    narrow.close()


@pytest.mark.parametrize("name", ["llm.url", "llm.model", "service.page", "labels.daily_goal"])
def test_what_is_the_servers_is_not_a_questions(client: TestClient, name: str) -> None:
    value = next(option.value for option in options(Settings()) if option.name == name)
    for path, body in (
        ("/v1/ask", {"question": "주차", "set": {name: value}}),
        ("/v1/search", {"question": "주차", "set": {name: value}}),
        ("/v1/replay", {"question": "주차", "overrides": {name: value}}),
        ("/v1/robustness", {"question": "주차", "passage_ids": ["r1"], "overrides": {name: value}}),
        (
            "/v1/chat/completions",
            {"model": "demo", "messages": [{"role": "user", "content": "주차"}], "hansang": {"set": {name: value}}},
        ),
    ):
        assert_problem(client.post(path, json=body), 422, "setting-not-open")


@pytest.mark.parametrize(
    "name", ["milvus.uri", "models.encoder", "models.scores", "llm.url", "service.page", "access.per_caller"]
)
def test_what_is_the_servers_is_not_an_indexs(client: TestClient, name: str) -> None:
    """Else whoever may build an index has the server send its token to any address."""
    value = next(option.value for option in options(Settings()) if option.name == name)
    client.put("/v1/uploads/own.csv", content="text\n주차가 편해요\n".encode())
    body = {"name": "own", "files": ["own.csv"], "set": {"retrieval.store": "milvus", name: value}}
    assert_problem(client.post("/v1/indexes", json=body), 422, "setting-not-open")
    body["set"] = {"retrieval.k": 7}
    assert (
        "indexing.k1" in assert_problem(client.post("/v1/indexes", json=body), 422, "setting-not-of-indexes")["detail"]
    )
    body["set"] = {"encoder": "없는것"}
    assert_problem(client.post("/v1/indexes", json=body), 422, "backend-not-found")
    assert client.get("/v1/jobs").json()["items"] == []
    client.delete("/v1/uploads/own.csv")


def test_a_name_that_came_in_parts_is_the_same_name(client: TestClient, service: Service) -> None:
    """As macOS gives the names of files."""
    (manifest,) = service.indexes()
    parts, whole = unicodedata.normalize("NFD", "부산맛집"), "부산맛집"
    folder = service.home.indexes / whole
    shutil.copytree(service.home.indexes / "demo", folder)
    try:
        question = {"question": "주차 되나요?", "index": parts}
        assert client.post("/v1/ask", json=question).status_code == 200
        assert client.get(f"/v1/indexes/{quote(parts)}").status_code == 200
        messages = [{"role": "user", "content": "주차 되나요?"}]
        assert client.post("/v1/chat/completions", json={"model": f"hansang/{parts}", "messages": messages}).is_success
        name = quote(unicodedata.normalize("NFD", "숯골갈비"))
        assert client.get(f"/v1/restaurants/{name}/summary", params={"index": parts}).status_code == 200
        version = {"version": manifest.version}
        assert client.put(f"/v1/indexes/{quote(parts)}/current", json=version).status_code == 200
        assert client.delete(f"/v1/indexes/{quote(parts)}").status_code == 204
        assert not folder.exists()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_an_upload_that_is_cut_off_is_said_to_be_and_leaves_nothing(service: Service) -> None:
    """Sent to the application itself: a client that has gone hears nothing of it, but the log does."""
    sent = list[Any]()
    coming = iter([{"type": "http.request", "body": b"text\n", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(coming)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "PUT", "path": "/v1/uploads/cut.csv", "raw_path": b"/v1/uploads/cut.csv",
        "query_string": b"", "headers": [], "server": ("127.0.0.1", 80), "http_version": "1.1", "scheme": "http",
    }  # fmt: skip
    asyncio.run(create_api(service)(scope, receive, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 422
    assert "upload-cut" in sent[1]["body"].decode()
    assert not list((service.home.root / "uploads").glob("*cut*"))


def test_no_address_name_of_a_model_or_limit_is_open() -> None:
    closed = {option.name for option in options(Settings()) if not is_open(option.name)}
    for option in options(Settings()):
        group = option.name.partition(".")[0]
        if group in ("service", "labels", "models", "batching") or option.name in ("llm.url", "llm.model", "profile"):
            assert option.name in closed, option.name


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/ask", {"question": "주차\ud800 되나요"}),
        ("/v1/ask", {"question": "주차", "set": {"\ud800": "\ud800"}}),
        ("/v1/ask", {"question": "주차", "index": "\ud800"}),
        ("/v1/ask", {"question": "주차", "without": ["\ud800"]}),
        ("/v1/feedback", {"trace": "\ud800", "vote": "up", "reason": "\ud800"}),
        ("/v1/analyze", {"text": "맛있어요 \ud800"}),
        ("/v1/analyze", {"texts": ["맛있어요 \ud800"]}),
        ("/v1/replay", {"trace": "\ud800"}),
        ("/v1/replay", {"question": "주차", "index": "\ud800", "drop": ["\ud800"]}),
        ("/v1/robustness", {"question": "주차", "passage_ids": ["\ud800"]}),
        ("/v1/indexes", {"name": "\ud800", "files": ["\ud800"]}),
        ("/v1/chat/completions", {"model": "demo", "messages": [{"role": "user", "content": "주차 \ud800"}]}),
    ],
)
def test_halves_of_characters_break_nothing(client: TestClient, path: str, body: dict) -> None:
    reply = client.post(path, content=json.dumps(body).encode(), headers={"content-type": "application/json"})
    assert reply.status_code in (200, 404, 422)
    reply.json()

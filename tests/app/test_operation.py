"""Staying up: who is let in, what is said to the others, what a hanging stage or a full disk does, how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response
from starlette.testclient import TestClient

from annotations.accounts.audit import audit_log
from annotations.keeping.backup import backup, restore
from annotations.storage.contention import turn_file
from annotations.storage.migrations import MIGRATIONS
from annotations.storage.writer import Writer
from app.api.application import create_api
from app.operation import worker
from app.operation.disk import MB, DiskWatch
from app.operation.draining import QUIET, Drain
from app.operation.errands import Outcome
from app.operation.front import Front, outcome_of
from app.operation.health import PARTS, unreadable
from app.operation.keeping import Keeper
from app.operation.logs import Log
from app.operation.metrics import Metrics
from app.operation.operating import Doors, Operation
from app.operation.refusals import AllStalled, DiskLow, StageStalled
from app.operation.requests import request_id
from app.operation.staging import MOST
from app.operation.turns import InTurn
from app.operation.turnstile import Turnstile
from app.server import create_app, warm_up
from pipeline.checksums import SUMS
from pipeline.config import with_overrides
from pipeline.errors.base import HansangError
from pipeline.errors.questions import TraceNotFound
from pipeline.index import current_folder
from pipeline.pipelines import Pipelines
from pipeline.restaurants.opinions import IndexOpinions
from pipeline.service import Home, Request
from pipeline.settings import Settings
from pipeline.traces import TraceStore
from pipeline.types import Question, Trace
from tests.pipeline.corpora import build

QUESTION = {"question": "웨이팅은 얼마나 되나요?", "index": "small"}
PATIENCE = 60


def made(folder: Path, **service: object) -> Operation:
    """A server over the small index."""
    home = Home(folder)
    if not home.indexes.exists():
        build(home)
    return Operation(home, with_overrides(Settings(), {f"service.{name}": value for name, value in service.items()}))


@pytest.fixture
def operation(tmp_path: Path) -> Iterator[Operation]:
    one = made(tmp_path)
    yield one
    one.close()


@pytest.fixture
def client(operation: Operation) -> Iterator[TestClient]:
    with TestClient(opened(operation)) as inside:
        yield inside


@contextlib.contextmanager
def without_root() -> Iterator[None]:
    """As a user who isn't root, to whom the system refuses nothing."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65_001)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def opened(operation: Operation) -> Front:
    """The application without the chat."""
    return operation.around(Doors(operation.in_turn(create_api(operation.service)), operation))


def door(app: Any, folder: Path, turnstile: Turnstile, metrics: Metrics | None = None, seconds: float = 9) -> Front:
    """An application with nothing before it but a turnstile."""
    counted = metrics or Metrics()
    return Front(InTurn(app, turnstile, counted, 99, seconds), counted, Log(folder, megabytes=1, files=0))


def lines(operation: Operation) -> list[dict[str, Any]]:
    """The log."""
    return [json.loads(line) for line in operation.log.path.read_text(encoding="utf-8").splitlines()]


class TestRequests:
    def test_every_reply_has_an_id_and_a_line_in_the_log(self, operation: Operation, client: TestClient) -> None:
        reply = client.post("/v1/ask", json=QUESTION, headers={"X-Request-Id": "mine-1"})
        assert reply.headers["X-Request-Id"] == "mine-1"
        question, request = lines(operation)[-2:]
        assert question["kind"] == "question"
        assert question["trace_id"] == request["trace_id"] == reply.json()["id"]
        assert request["request_id"] == question["request_id"] == "mine-1"
        assert (request["route"], request["status"], request["outcome"]) == ("/v1/ask", 200, "ok")
        assert QUESTION["question"] not in operation.log.path.read_text(encoding="utf-8")

    def test_a_streamed_question_is_logged_with_its_request(self, operation: Operation, client: TestClient) -> None:
        client.post("/v1/ask", json={**QUESTION, "stream": True}, headers={"X-Request-Id": "mine-2"})
        question, request = lines(operation)[-2:]
        assert (question["kind"], request["kind"]) == ("question", "request")
        assert question["request_id"] == request["request_id"] == "mine-2"
        assert question["trace_id"] == request["trace_id"]

    def test_the_question_is_logged_where_a_setting_says_so(self, tmp_path: Path) -> None:
        operation = made(tmp_path, log_questions="yes")
        with TestClient(opened(operation)) as client:
            client.post("/v1/search", json=QUESTION)
        assert lines(operation)[0]["question"] == QUESTION["question"]
        operation.close()

    def test_paths_that_users_make_up_are_one_route(self, operation: Operation, client: TestClient) -> None:
        for number in range(3):
            assert client.get(f"/v1/made-up-{number}").status_code == 404
        assert len({line["route"] for line in lines(operation)}) == 1

    @given(st.binary(max_size=80))
    def test_an_id_is_always_plain(self, given_id: bytes) -> None:
        found = request_id(given_id)
        assert 1 <= len(found) <= 64
        assert all(c.isascii() and (c.isalnum() or c in "._-") for c in found)

    @pytest.mark.parametrize("bad", [None, b"", b"a b", b"x" * 65, b"a\nb", "한".encode()])
    def test_an_id_that_could_break_a_log_is_replaced(self, bad: bytes | None) -> None:
        assert request_id(bad) != (bad or b"").decode("utf-8", "replace")

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [(0, "abandoned"), (200, "ok"), (303, "ok"), (404, "client_error"), (429, "refused"), (500, "server_error"),
         (503, "refused"), (507, "server_error")],
    )  # fmt: skip
    def test_outcomes(self, status: int, outcome: str) -> None:
        assert outcome_of(status) == outcome


class TestHealth:
    def test_ready_only_once_the_models_are_loaded(self, operation: Operation, client: TestClient) -> None:
        assert client.get("/livez").status_code == 200
        before = client.get("/readyz")
        assert before.status_code == 503
        warm_up(operation)
        after = client.get("/readyz")
        assert after.status_code == 200, after.text
        assert [check["name"] for check in after.json()["checks"]] == list(PARTS)

    @pytest.mark.parametrize("beside", [False, True], ids=["server", "worker"])
    def test_no_first_question_waits_for_what_is_loaded(
        self, operation: Operation, monkeypatch: pytest.MonkeyPatch, *, beside: bool
    ) -> None:
        opened_at = list[Path]()
        open_ = IndexOpinions.open

        def noted(opinions: IndexOpinions) -> None:
            open_(opinions)
            opened_at.append(opinions._index.folder)

        monkeypatch.setattr(IndexOpinions, "open", noted)
        if beside:
            worker.warm_up(Pipelines(operation.service.home.indexes, operation.service.settings))
        else:
            warm_up(operation)
        assert opened_at == [current_folder(operation.service.home.indexes, "small")]

    @pytest.mark.parametrize("beside", [False, True], ids=["server", "worker"])
    def test_an_index_whose_file_is_garbled_keeps_no_other_from_being_ready(
        self, operation: Operation, *, beside: bool
    ) -> None:
        root = operation.service.home.indexes
        shutil.copytree(root / "small", root / "garbled")
        (file,) = (root / "garbled").glob("*/passages.arrow")
        file.write_bytes(b"\xff" * file.stat().st_size)
        file.with_name(SUMS).unlink()  # an index of an earlier version, where only reading tells
        if beside:
            worker.warm_up(Pipelines(root, operation.service.settings))
            return
        warm_up(operation)
        assert operation.warmth.done
        assert operation.warmth.loaded == ("small",)
        models = next(check for check in operation.checks() if check.name == "models")
        assert (models.status, "깨졌습니다" in models.ko) == ("warn", True)

    def test_a_worker_leaves_to_the_server_what_is_the_servers(
        self, operation: Operation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(worker, "work", lambda *_: Outcome())  # an index with a model behind it
        monkeypatch.setattr(Pipelines, "rag", lambda *_: pytest.fail("it would load the model a second time"))
        worker.warm_up(Pipelines(operation.service.home.indexes, operation.service.settings))

    def reasons(self, client: TestClient, part: str) -> tuple[str, str]:
        (check,) = [check for check in client.get("/readyz").json()["checks"] if check["name"] == part]
        return check["status"], check["ko"]

    def test_a_broken_manifest_is_told_and_the_open_index_answers_on(
        self, operation: Operation, client: TestClient
    ) -> None:
        warm_up(operation)
        (manifest,) = operation.service.home.indexes.glob("small/*/manifest.json")
        whole = manifest.read_bytes()
        manifest.write_bytes(b"{")
        status, said = self.reasons(client, "index")
        assert status == "warn"
        assert "hansang index" in said
        assert "계속 답합니다" in said
        assert client.get("/readyz").status_code == 200  # else the only server that answers would be taken out
        assert client.post("/v1/search", json=QUESTION).status_code == 200
        operation.service.release()  # as after a restart
        status, said = self.reasons(client, "index")
        assert status == "fail"
        assert "hansang index" in said
        assert "계속 답합니다" not in said
        manifest.write_bytes(whole)
        assert self.reasons(client, "index")[0] == "ok"

    def test_an_index_that_is_gone_since_it_was_loaded_is_only_missed(
        self, operation: Operation, client: TestClient
    ) -> None:
        warm_up(operation)
        assert client.delete("/v1/indexes/small").status_code < 300
        reply = client.get("/readyz")
        assert reply.status_code == 503
        assert "색인이 없습니다" in self.reasons(client, "index")[1]
        assert self.reasons(client, "llm")[0] == "ok"

    def test_without_an_index_it_is_not_ready_and_says_the_cure(self, tmp_path: Path) -> None:
        operation = Operation(Home(tmp_path), Settings())
        warm_up(operation)
        index = operation.checks()[0]
        assert index.status == "fail"
        assert "hansang index" in index.ko
        operation.close()

    def test_a_home_with_odd_characters_is_looked_at_where_it_is(self, tmp_path: Path) -> None:
        folder = tmp_path / "a#b?c%25"
        folder.mkdir()
        (folder / "labels.db").write_bytes(b"not a database, surely" * 100)
        assert "not a database" in unreadable(folder / "labels.db")
        assert [path.name for path in tmp_path.iterdir()] == ["a#b?c%25"]

    def test_a_broken_database_is_told(self, operation: Operation, client: TestClient) -> None:
        operation.service.home.labels.write_bytes(b"not a database, surely" * 100)
        assert self.reasons(client, "database")[0] == "warn"
        assert unreadable(operation.service.home.labels)
        assert not unreadable(operation.service.home.traces)
        assert not unreadable(operation.service.home.root / "none.db")

    def test_labels_that_were_replaced_under_the_server_are_told(
        self, operation: Operation, client: TestClient, tmp_path: Path
    ) -> None:
        labels = operation.service.home.labels
        Writer(labels, MIGRATIONS).close()
        assert self.reasons(client, "database")[0] == "ok"  # made since the server was started
        backup(labels, tmp_path / "copy.db")
        restore(tmp_path / "copy.db", labels)
        status, said = self.reasons(client, "database")
        assert status == "warn"
        assert "다시 켜세요" in said
        assert client.get("/readyz").json()["checks"][PARTS.index("database")]["en"].endswith("restart the server.")

    @pytest.mark.parametrize("name", ["labels.db", "traces.db"])
    def test_a_database_that_may_not_be_written_is_told(self, name: str) -> None:
        with tempfile.TemporaryDirectory() as folder:  # not tmp_path, into which only its owner may look
            operation = made(Path(folder))
            Writer(operation.service.home.labels, MIGRATIONS).close()
            (Path(folder) / name).chmod(0o444)
            for path in (Path(folder), *Path(folder).glob("*.db")):
                path.chmod(
                    path.stat().st_mode | 0o444 | (0o777 if path.is_dir() else 0o222 if path.name != name else 0)
                )
            with without_root():
                database = operation.checks()[PARTS.index("database")]
            operation.close()
        assert database.status == "warn"
        assert name in database.ko
        assert "chown" in database.ko
        assert name in database.en

    def test_little_disk_is_a_warning(self, tmp_path: Path) -> None:
        operation = made(tmp_path, disk_mb=1_000_000)
        with TestClient(opened(operation)) as client:
            assert self.reasons(client, "disk")[0] == "warn"
        operation.close()

    def test_metrics_can_be_scraped(self, client: TestClient) -> None:
        client.post("/v1/search", json=QUESTION)
        reply = client.get("/metrics")
        assert reply.headers["content-type"].startswith("text/plain")
        assert 'hansang_http_requests_total{method="POST",outcome="ok",route="/v1/search"} 1.0' in reply.text
        assert client.post("/metrics").status_code != 200


class TestDisk:
    def test_answers_go_on_while_there_is_no_room_and_are_stored_afterwards(self, operation: Operation) -> None:
        free = [0]
        operation.store._disk = DiskWatch(operation.disk.folder, 10, lambda path: free[0])
        *_, trace = operation.service.ask(Request(QUESTION["question"], "small"))
        assert trace.state == "done"
        assert operation.service.trace(trace.id) == trace  # it can be looked at and followed up
        with pytest.raises(DiskLow, match="디스크가 거의"):
            operation.service.add_feedback(trace.id, "up")
        assert operation.store.unsaved == 1
        free[0] = 100 * MB
        assert operation.service.add_feedback(trace.id, "up").vote == "up"
        assert operation.store.unsaved == 0

    def test_a_disk_that_is_full_all_of_a_sudden(self, operation: Operation) -> None:
        *_, kept = operation.service.ask(Request(QUESTION["question"], "small"))
        database = operation.store._database
        pages = database.execute("PRAGMA page_count").fetchone()[0]
        database.execute(f"PRAGMA max_page_count = {pages}")
        *_, trace = operation.service.ask(Request("주차 되나요?", "small"))
        assert trace.state == "done"
        assert operation.store.unsaved == 1
        assert operation.service.trace(kept.id).answer == kept.answer
        with pytest.raises(DiskLow):
            operation.service.add_feedback(trace.id, "down")
        database.execute("PRAGMA max_page_count = 1073741823")
        assert operation.service.add_feedback(trace.id, "down").vote == "down"

    def test_a_file_that_is_garbled_keeps_nobody_from_an_answer(self, operation: Operation, client: TestClient) -> None:
        failing = "UPDATE OF nothing"  # any statement that SQLite refuses
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(TraceStore, "save", lambda *_: operation.store._database.execute(failing))
            reply = client.post("/v1/ask", json=QUESTION)
            assert (reply.status_code, reply.json()["state"]) == (200, "done")
            assert client.get(f"/v1/traces/{reply.json()['id']}").status_code == 200  # from memory
            check = next(check for check in operation.checks() if check.name == "database")
            assert (check.status, "저장하지 못합니다" in check.ko) == ("warn", True)
        assert client.post("/v1/ask", json=QUESTION).status_code == 200
        assert operation.store.unsaved == 0
        assert next(check for check in operation.checks() if check.name == "database").status == "ok"

    def test_an_unknown_answer_stays_unknown(self, operation: Operation) -> None:
        with pytest.raises(TraceNotFound):
            operation.service.add_feedback("nothing", "up")


class TestWriting:
    def test_answers_that_come_together_are_written_together_and_a_bad_one_spoils_none(self, tmp_path: Path) -> None:
        store, errors = TraceStore(tmp_path / "traces.db"), list[str]()

        def save(id_: str, text: Any) -> None:
            try:
                store.save(Trace(id_, Question(id_, text), "demo", {}, "done", created="2026-01-01T00:00:00.000+00:00"))
            except sqlite3.IntegrityError:
                errors.append(id_)

        texts = {"a": "하나", "b": None, "c": "셋", "d": "넷"}  # a question must have a text
        threads = [threading.Thread(target=save, args=item) for item in texts.items()]
        with store._lock:  # the file is busy
            for thread in threads:
                thread.start()
            wait_until(lambda: len(store._queue) == len(texts))
        for thread in threads:
            thread.join()
        assert errors == ["b"]
        assert [store.get(id_).question.text for id_ in "acd"] == ["하나", "셋", "넷"]
        with pytest.raises(TraceNotFound):
            store.get("b")
        store.close()


class TestStalls:
    @pytest.fixture
    def stalled(self, tmp_path: Path) -> Iterator[tuple[Operation, threading.Event]]:
        """A server whose reranker hangs until the event is set."""
        operation, go = made(tmp_path, stage_s=0.5), threading.Event()
        reranker = type(operation.service.rag("small").reranker)
        with pytest.MonkeyPatch.context() as patch:
            rerank = reranker.rerank

            def slowly(self: Any, *given: Any) -> Any:
                go.wait(PATIENCE)
                return rerank(self, *given)

            patch.setattr(reranker, "rerank", slowly)
            yield operation, go
            go.set()
        operation.close()

    def test_whoever_asked_is_told_and_has_what_was_found(self, stalled: tuple[Operation, threading.Event]) -> None:
        operation, go = stalled
        seen: list[Trace] = []
        with pytest.raises(StageStalled, match="끝나지 않아"):
            seen.extend(operation.service.ask(Request(QUESTION["question"], "small")))
        assert seen[-1].state == "retrieved"
        assert seen[-1].candidates
        assert operation.service.hanging == 1
        assert operation.service.trace(seen[-1].id).state == "retrieved"  # it is among the failures of the day
        go.set()
        wait_until(lambda: operation.service.active == 0)
        assert operation.service.hanging == 0

    def test_over_http_it_is_a_problem_document(self, stalled: tuple[Operation, threading.Event]) -> None:
        operation, _ = stalled
        with TestClient(opened(operation)) as client:
            reply = client.post("/v1/search", json=QUESTION)
            assert reply.status_code == 504
            assert reply.json()["type"] == "urn:hansang:stage-stalled"
            (models,) = [c for c in client.get("/readyz").json()["checks"] if c["name"] == "models"]
            assert models["status"] != "ok"
            said = client.post("/v1/ask", json={**QUESTION, "stream": True}).text
            assert "event: retrieved" in said  # the contexts were there before
            assert "stage-stalled" in said

    def test_nothing_is_begun_while_too_many_hang(self, operation: Operation) -> None:
        operation.service.active = MOST
        with pytest.raises(AllStalled):
            operation.service.ask(Request(QUESTION["question"], "small"))
        operation.service.active = 0

    def test_an_answer_that_is_left_is_stored_as_far_as_it_was(self, operation: Operation) -> None:
        traces = operation.service.ask(Request(QUESTION["question"], "small"))
        first = next(traces)
        traces.close()  # type: ignore[attr-defined]
        wait_until(lambda: operation.service.active == 0)
        assert first.id


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens in another thread."""
    event = threading.Event()
    for _ in range(PATIENCE * 20):
        if condition():
            return
        event.wait(0.05)
    raise AssertionError("it did not happen")


class TestOverload:
    def ask(self, front: Front, sent: list[dict[str, Any]], method: str = "POST", path: str = "/v1/ask") -> Any:
        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": method, "path": path, "headers": []}
        return front(scope, receive, send)

    @pytest.mark.parametrize(
        ("method", "path", "waits"),
        [("POST", "/v1/ask", True), ("POST", "/v1/search", True), ("POST", "/v1/chat/completions", True),
         ("POST", "/v1/analyze", True), ("GET", "/v1/restaurants/길남이네국밥/summary", True),
         ("GET", "/v1/restaurants/a/b/strengths", True), ("GET", "/v1/restaurants", False),
         ("GET", "/v1/indexes", False), ("POST", "/v1/feedback", False), ("GET", "/v1/traces/x", False)],
    )  # fmt: skip
    def test_whatever_takes_long_waits_for_its_turn(self, tmp_path: Path, method: str, path: str, waits: bool) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        turnstile, metrics = Turnstile(1, 0), Metrics()
        turnstile.running = 1
        front, sent = door(app, tmp_path, turnstile, metrics), list[dict[str, Any]]()
        asyncio.run(self.ask(front, sent, method, path))
        assert sent[0]["status"] == (429 if waits else 200)
        labels = {sample.labels["route"] for each in metrics.registry.collect() for sample in each.samples
                  if each.name == "hansang_http_requests"}  # fmt: skip
        assert not any("국밥" in label or "/a/b" in label for label in labels)

    def test_too_many_are_turned_away_at_once_with_a_problem_document(self, tmp_path: Path) -> None:
        async def run() -> tuple[list[list[dict[str, Any]]], int]:
            hold = asyncio.Event()

            async def app(scope: Any, receive: Any, send: Any) -> None:
                await hold.wait()
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b""})

            turnstile = Turnstile(2, 1)
            front = door(app, tmp_path, turnstile)
            replies: list[list[dict[str, Any]]] = [[] for _ in range(5)]
            tasks = [asyncio.create_task(self.ask(front, sent)) for sent in replies]
            await asyncio.wait(tasks[3:])
            waiting = turnstile.waiting
            hold.set()
            await asyncio.gather(*tasks)
            return replies, waiting

        replies, waiting = asyncio.run(run())
        assert waiting == 1
        assert [sent[0]["status"] for sent in replies] == [200, 200, 200, 429, 429]
        headers = dict(replies[4][0]["headers"])
        assert int(headers[b"retry-after"]) >= 1
        problem = json.loads(replies[4][1]["body"])
        assert problem["type"] == "urn:hansang:overloaded"
        assert problem["request_id"] == headers[b"x-request-id"].decode()
        assert "다시" in problem["detail"]
        assert headers[b"x-content-type-options"] == b"nosniff"

    @pytest.mark.parametrize("size", [3, 500])
    def test_half_a_question_holds_no_place(self, tmp_path: Path, size: int) -> None:
        """Whoever sends the rest later is asked with the whole of it; whoever doesn't is told so."""

        async def run(rest: bool) -> tuple[list[dict[str, Any]], bytes, int]:
            came, sent, read, places = asyncio.Event(), list[dict[str, Any]](), b"", list[int]()

            async def app(scope: Any, receive: Any, send: Any) -> None:
                nonlocal read
                places.append(turnstile.running)
                while True:
                    message = await receive()
                    read += message["body"]
                    if not message["more_body"]:
                        break
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b""})

            parts = iter([b"{" * size, b"}"])

            async def receive() -> Any:
                part = next(parts)
                if part == b"}":
                    places.append(turnstile.running)
                    await came.wait()
                return {"type": "http.request", "body": part, "more_body": part != b"}"}

            async def send(message: Any) -> None:
                sent.append(message)

            turnstile = Turnstile(1, 0)
            front = door(app, tmp_path, turnstile, seconds=9 if rest else 0.05)
            scope = {"type": "http", "method": "POST", "path": "/v1/ask", "headers": []}
            asking = asyncio.create_task(front(scope, receive, send))
            await asyncio.sleep(0.1)
            if rest:
                came.set()
            await asyncio.wait_for(asking, 9)
            assert turnstile.running == 0
            return sent, read, places[0]

        sent, read, held = asyncio.run(run(rest=True))
        assert (sent[0]["status"], read) == (200, b"{" * size + b"}")
        if size < 99:  # more than a question may be isn't waited for: the limit of bodies tells
            assert held == 0
            sent, *_ = asyncio.run(run(rest=False))
            assert sent[0]["status"] == 408
            assert "다시 보내" in json.loads(sent[1]["body"])["detail"]

    def test_a_stranger_is_told_to_sign_in_before_there_is_a_turn(
        self, operation: Operation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.server.mount", lambda api, service: api)  # without the chat

        async def refusing(scope: Any, receive: Any, send: Any) -> None:
            await Response("", 401)(scope, receive, send)

        operation.turnstile.running, operation.turnstile.queue = operation.turnstile.room, 0
        assert TestClient(create_app(operation)).post("/v1/search", json=QUESTION).status_code == 429
        guarded = create_app(operation, lambda app: refusing)
        assert TestClient(guarded).post("/v1/search", json=QUESTION).status_code == 401

    def test_a_client_of_the_openai_api_is_told_where_it_looks(self, tmp_path: Path) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            raise AssertionError("nobody is let in")

        turnstile = Turnstile(1, 0)
        turnstile.running = 1
        front, sent = door(app, tmp_path, turnstile), list[dict[str, Any]]()
        asyncio.run(self.ask(front, sent, path="/v1/chat/completions"))
        assert json.loads(sent[1]["body"])["error"]["code"] == "overloaded"

    def test_those_turned_away_do_not_make_a_crowd_look_quick(self, tmp_path: Path) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        turnstile, metrics = Turnstile(1, 0), Metrics()
        front = door(app, tmp_path, turnstile, metrics)
        asyncio.run(self.ask(front, []))
        turnstile.running = 1
        asyncio.run(self.ask(front, []))
        assert metrics.registry.get_sample_value(
            "hansang_http_requests_total", {"route": "/v1/ask", "method": "POST", "outcome": "refused"}
        ) == 1  # fmt: skip
        timed = "hansang_http_request_duration_seconds_count"
        assert metrics.registry.get_sample_value(timed, {"route": "/v1/ask"}) == 1

    def test_while_draining_only_those_who_watch_are_answered(self, operation: Operation, client: TestClient) -> None:
        operation.drain()
        reply = client.post("/v1/ask", json=QUESTION)
        assert reply.status_code == 503
        assert reply.json()["title"] == "draining"
        assert int(reply.headers["Retry-After"]) > 0
        assert client.get("/livez").status_code == 200
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "draining")
        assert "hansang_draining 1.0" in client.get("/metrics").text


class TestDraining:
    def test_it_is_over_once_nobody_waits(self) -> None:
        def never() -> None:
            raise AssertionError("all was done in time")

        busy, begun = [True], list[int]()
        drain = Drain(lambda: begun.append(1), lambda: busy[0], never, 30, lambda: 0.0)
        assert not drain.over()
        assert not drain.begun
        drain.begin()
        assert begun == [1]
        assert not any(drain.over() for _ in range(100))
        busy[0] = False
        assert [drain.over() for _ in range(QUIET)] == [False] * (QUIET - 1) + [True]

    def test_it_is_over_when_its_time_has_come(self) -> None:
        now, cut = [0.0], list[int]()
        drain = Drain(lambda: None, lambda: True, lambda: cut.append(1), 30, lambda: now[0])
        drain.begin()
        now[0] = 29.9
        assert not drain.over()
        assert cut == []
        now[0] = 30.0
        assert drain.over()
        assert cut == [1]

    @pytest.mark.parametrize("stream", [False, True])
    def test_whoever_still_waits_then_is_told_and_keeps_nothing_open(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: bool
    ) -> None:
        hold = threading.Event()
        operation, said = made(tmp_path), list[Any]()
        reranker = type(operation.service.rag("small").reranker)
        monkeypatch.setattr(reranker, "rerank", lambda *_: hold.wait(PATIENCE))
        try:
            with TestClient(opened(operation)) as client:
                body = {**QUESTION, "stream": stream}
                asking = threading.Thread(target=lambda: said.append(client.post("/v1/ask", json=body)))
                asking.start()
                wait_until(lambda: operation.service.active == 1)
                operation.cut()
                asking.join(PATIENCE / 2)
                assert not asking.is_alive()
            assert "draining" in said[0].text
            if not stream:
                assert said[0].status_code == 503
                assert int(said[0].headers["retry-after"]) > 0
        finally:
            hold.set()
            operation.close()


class TestLog:
    def test_files_are_rotated(self, tmp_path: Path) -> None:
        log = Log(tmp_path, megabytes=0.001, files=2)
        for number in range(100):
            log.write("test", number=number)
        log.close()
        files = sorted(tmp_path.iterdir())
        assert [file.name for file in files] == ["server.jsonl", "server.jsonl.1", "server.jsonl.2"]
        assert all(file.stat().st_size <= 1_000 for file in files)
        kept = [json.loads(line)["number"] for file in reversed(files) for line in file.read_text().splitlines()]
        assert kept == list(range(kept[0], 100))  # in order, none lost but the oldest

    def test_no_log_where_none_is_wanted(self, tmp_path: Path) -> None:
        log = Log(tmp_path / "logs", megabytes=1, files=0)
        log.write("test")
        log.close()
        assert not (tmp_path / "logs").exists()

    def test_lines_that_a_full_disk_swallowed_are_counted(self, tmp_path: Path) -> None:
        log = Log(tmp_path, megabytes=1, files=1)
        assert log._files
        log.write("first")
        log._files.stream.close()
        with contextlib.suppress(OSError), Path("/dev/full").open("w", encoding="utf-8") as full:
            log._files.stream = full
            log.write("lost", question="x" * 10)
        log._files.stream = None  # opened anew with the next line
        log.write("after")
        log.write("later")
        log.close()
        said = [json.loads(line) for line in log.path.read_text(encoding="utf-8").splitlines()]
        assert [line["kind"] for line in said] == ["first", "after", "later"]
        assert said[1]["lines_lost_before"] == 1
        assert "lines_lost_before" not in said[2]


def backups_of(metrics: Metrics, outcome: str) -> float:
    return metrics.registry.get_sample_value("hansang_backups_total", {"outcome": outcome}) or 0.0


class TestBackups:
    def keeper(
        self, folder: Path, now: list[float], *, hours: float = 1, free: int = 1000, log: Log | None = None,
        metrics: Metrics | None = None,
    ) -> Keeper:  # fmt: skip
        return Keeper(
            folder, folder / "backups", hours=hours, keep=2,
            disk=DiskWatch(folder, 10, lambda path: free * MB), metrics=metrics or Metrics(),
            log=log or Log(folder, megabytes=1, files=0), now=lambda: now[0],
        )  # fmt: skip

    def test_the_newest_are_kept_and_each_is_whole(self, tmp_path: Path) -> None:
        from annotations.desk import Desk
        from annotations.keeping.home_backup import check_backup, restore_home

        Desk(tmp_path / "labels.db").close()
        now = [1_800_000_000.0]
        keeper = self.keeper(tmp_path, now)
        mine = tmp_path / "backups" / "20260801"
        for _ in range(4):
            now[0] += 3_600
            assert keeper.once()
        mine.mkdir()
        now[0] += 3_600
        keeper.once()
        assert len(keeper.backups()) == 2
        for path in keeper.backups():
            found = check_backup(path).labels
            assert found is not None
            assert found.whole
        assert mine.exists()
        restore_home(keeper.backups()[-1], tmp_path / "other")
        assert (tmp_path / "other" / "labels.db").exists()

    def test_when_the_next_is_due(self, tmp_path: Path) -> None:
        made_at = tmp_path / "backups" / "auto-20260101-000000"
        now = [0.0]
        keeper = self.keeper(tmp_path, now)
        assert (keeper.due_seconds(), keeper.age_seconds()) == (0, None)
        made_at.mkdir(parents=True)
        now[0] = made_at.stat().st_mtime + 600
        assert keeper.due_seconds() == pytest.approx(3_000)
        assert keeper.age_seconds() == pytest.approx(600)

    def test_what_can_not_be_backed_up_is_an_error_and_leaves_the_older_ones(self, tmp_path: Path) -> None:
        now = [1_800_000_000.0]
        assert self.keeper(tmp_path, now).once() is None  # no labels yet
        (tmp_path / "labels.db").write_bytes(b"broken" * 1_000)
        with pytest.raises(HansangError, match="labels"):
            self.keeper(tmp_path, now).once()
        with pytest.raises(DiskLow):
            self.keeper(tmp_path, now, free=1).once()
        assert not self.keeper(tmp_path, now).backups()

    def test_each_is_in_the_log_of_acts_once_it_is_checked(self, tmp_path: Path) -> None:
        from annotations.desk import Desk
        from annotations.keeping.home_backup import check_backup, contents

        now = [1_800_000_000.0]
        keeper, made = self.keeper(tmp_path, now), list[Path]()
        with Desk(tmp_path / "labels.db") as desk:  # the annotation app has it open
            for _ in range(3):
                now[0] += 3_600
                made.append(keeper.once() or tmp_path)
            entries = audit_log(desk.writer)
        assert [(entry.kind, entry.by, entry.what) for entry in entries] == [
            ("backup", "server", str(path)) for path in reversed(made)
        ]
        for entry, path in list(zip(entries, reversed(made), strict=True))[:2]:  # the first has made room
            assert entry.detail == contents(path)
            assert check_backup(path).labels
        copy = Writer(made[-1] / "labels.db", MIGRATIONS)
        assert [entry.what for entry in audit_log(copy)] == [str(path) for path in reversed(made[:-1])]
        copy.close()

    def test_one_that_cannot_be_noted_is_none_the_less(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        from annotations.desk import Desk
        from annotations.keeping.home_backup import check_backup

        Desk(tmp_path / "labels.db").close()
        turn_file(tmp_path / "labels.db").unlink()
        turn_file(tmp_path / "labels.db").mkdir()
        log = Log(tmp_path / "logs", megabytes=1, files=1)
        keeper = self.keeper(tmp_path, [1_800_000_000.0], log=log)
        made = keeper.once()
        log.close()
        assert made
        assert check_backup(made).labels
        (line,) = [json.loads(text) for text in log.path.read_text(encoding="utf-8").splitlines()]
        assert (line["kind"], line["outcome"], line["file"], line["code"]) == (
            "backup", "unrecorded", made.name, "not-writable",
        )  # fmt: skip
        assert made.name in caplog.text

    def test_the_thread_backs_up_and_ends(self, tmp_path: Path) -> None:
        from annotations.desk import Desk

        Desk(tmp_path / "labels.db").close()
        keeper = self.keeper(tmp_path, [1_800_000_000.0])
        keeper.start()
        wait_until(lambda: bool(keeper.backups()))
        keeper.stop()

    def test_the_thread_outlives_whatever_goes_wrong(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        from annotations.desk import Desk

        Desk(tmp_path / "labels.db").close()
        metrics = Metrics()
        keeper = self.keeper(tmp_path, [1_800_000_000.0], metrics=metrics)
        monkeypatch.setattr("app.operation.keeping.AGAIN_SECONDS", 0.05)
        with monkeypatch.context() as patched:
            patched.setattr("app.operation.keeping.backup_home", lambda *_: 1 // 0)
            keeper.start()
            wait_until(lambda: backups_of(metrics, "failed") > 2)
        wait_until(lambda: bool(keeper.backups()))
        keeper.stop()
        assert "ZeroDivisionError" in caplog.text
        wait_until(lambda: backups_of(metrics, "ok") == 1)

    def test_only_folders_make_room_and_one_that_does_not_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        from annotations.desk import Desk

        Desk(tmp_path / "labels.db").close()
        now = [1_800_000_000.0]
        keeper = self.keeper(tmp_path, now)
        strays = [tmp_path / "backups" / name for name in ("auto-0", "auto-zip.zip", "auto-link")]
        strays[0].parent.mkdir()
        strays[0].touch()
        strays[1].touch()
        strays[2].symlink_to(tmp_path)
        made = list[Path]()
        for _ in range(3):
            now[0] += 3_600
            made.append(keeper.once() or tmp_path)
        assert keeper.backups() == made[1:]

        remove = shutil.rmtree

        def stuck(path: Path, **how: Any) -> None:
            if path == made[1]:
                raise PermissionError(13, "Permission denied", str(path))
            remove(path, **how)

        monkeypatch.setattr("app.operation.keeping.shutil.rmtree", stuck)
        now[0] += 3_600
        assert keeper.once()
        assert made[1].name in caplog.text
        assert all(path.exists() for path in strays)

    def test_where_there_is_none_yet_it_is_as_old_as_the_wish_for_one(self, tmp_path: Path) -> None:
        now = [1_800_000_000.0]
        keeper = self.keeper(tmp_path, now, free=1)
        assert keeper.once() is None
        assert keeper.age_seconds() is None
        (tmp_path / "labels.db").write_bytes(b"labels")
        for _ in range(2):
            with pytest.raises(DiskLow):
                keeper.once()
            assert keeper.due_seconds() == 0
            now[0] += 3_600
        assert keeper.age_seconds() == 7_200

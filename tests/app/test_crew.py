"""Worker processes beside a server: they answer as it does itself, and what happens to them is nobody's trouble."""

from __future__ import annotations

import datetime
import json
import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from starlette.testclient import TestClient

from app.operation import crew as crew_module
from app.operation import refusals
from app.operation.crew import Crew, open_crew
from app.operation.errands import BEGUN, Begin, Outcome, embedded, unfit, work
from app.operation.member import Gone, Member, Silent
from app.operation.metrics import Metrics
from app.operation.operating import Operation
from app.operation.refusals import WorkerLost, WorkersAway, WorkersUnfit
from app.server import warm_up
from pipeline.config import with_overrides
from pipeline.errors.base import HansangError, UnexpectedFault
from pipeline.errors.indexes import IndexNotFound
from pipeline.errors.questions import QuestionEmpty, TraceNotFound
from pipeline.errors.settings import BackendNotFound, BadSetting, UnknownSetting
from pipeline.index_versions import put_in_use, versions_of
from pipeline.pipelines import Asked, Pipelines
from pipeline.service import Request, Service
from pipeline.settings import Settings
from pipeline.storing import drop_index
from pipeline.trace_json import from_json
from tests.app.cli_runs import wait_for
from tests.app.faulty import PATIENCE, server
from tests.app.served import until
from tests.app.test_operation import QUESTION, lines, made, opened, wait_until
from tests.pipeline.corpora import REVIEWS, build, documents
from tests.pipeline.test_errors import defined

DEMO = Path(__file__).parents[2] / "data" / "demo" / "questions.jsonl"
ASKED = QUESTION["question"]
TODAY = datetime.date(2026, 11, 1)
EACH_ITS_OWN = ("id", "created", "timings_ms")


@pytest.fixture(scope="module")
def operation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operation]:
    """A server with one worker, shared: whatever ends the worker, another is started."""
    one = made(tmp_path_factory.mktemp("crew"), processes=1)
    warm_up(one)
    yield one
    one.close()


def crew_of(operation: Operation) -> Crew:
    assert operation.service.crew
    return operation.service.crew


@pytest.fixture
def crew(operation: Operation) -> Crew:
    """Its worker is ready."""
    wait_for(lambda: crew_of(operation).pids, PATIENCE)
    return crew_of(operation)


def plain(body: bytes | dict[str, Any]) -> dict[str, Any]:
    value = json.loads(body) if isinstance(body, bytes) else body
    return {name: field for name, field in value.items() if name not in EACH_ITS_OWN}


class TestAnswers:
    def test_they_are_those_of_a_server_by_itself_to_the_byte(self, operation: Operation, crew: Crew) -> None:
        itself = Service(operation.service.home, operation.service.settings)
        texts = [json.loads(line)["question"] for line in DEMO.read_text(encoding="utf-8").splitlines()]
        assert len(texts) > 100
        for number, text in enumerate([*texts, "안녕하세요", "고마워요"]):
            request = Request(text, "small", answer=bool(number % 3), keep=False)
            beside, here = operation.service.whole(request), itself.whole(request)
            assert plain(beside.text) == plain(here.text), text
            assert list(json.loads(beside.text)) == list(json.loads(here.text))
            assert plain(json.loads(beside.text)) == plain(here.text)
            assert beside.trace() == from_json(json.loads(beside.text))
        itself.close()

    def test_what_a_question_brings_goes_with_it(self, operation: Operation, crew: Crew) -> None:
        first = operation.service.whole(Request("마포 고깃집 주차 되나요?", "small")).trace()
        with TestClient(opened(operation)) as client:
            body: dict[str, Any] = {
                **QUESTION, "previous": first.id, "set": {"retrieval.k": 2, "answer.threshold": 0},
                "without": [chip.id for chip in first.understanding.chips] if first.understanding else [],
            }  # fmt: skip
            reply = client.post("/v1/ask", json=body).json()
            assert reply["previous"] == first.id
            assert reply["settings"]["retrieval.k"] == 2
            stored = client.get(f"/v1/traces/{reply['id']}").json()
            assert stored == reply
        itself = Service(operation.service.home, operation.service.settings)
        request = Request(body["question"], "small", body["set"], first.id, body["without"], keep=False)
        assert plain(itself.whole(request).text) == plain(reply)
        itself.close()

    def test_every_door_for_whole_answers_leads_to_it(self, operation: Operation, crew: Crew) -> None:
        asked = list[Asked]()
        with pytest.MonkeyPatch.context() as patch, TestClient(opened(operation)) as client:
            ask = crew.ask

            def noted(one: Asked) -> Outcome:
                asked.append(one)
                return ask(one)

            patch.setattr(crew, "ask", noted)
            chat = {"model": "hansang/small", "messages": [{"role": "user", "content": ASKED}]}
            search = client.post("/v1/search", json=QUESTION).json()
            answer = client.post("/v1/ask", json=QUESTION).json()
            completion = client.post("/v1/chat/completions", json=chat).json()
            assert [one.answer for one in asked] == [False, True, True]
            assert search["answer"] is None
            assert completion["choices"][0]["message"]["content"].startswith(answer["answer"]["text"])
            assert [context["passage_id"] for context in completion["hansang"]["contexts"]]
            assert client.post("/v1/ask", json={**QUESTION, "stream": True}).status_code == 200
            assert len(asked) == 3  # what is streamed stays in the server

    def test_a_question_is_counted_logged_and_stored_once(self, operation: Operation, crew: Crew) -> None:
        before = len(operation.service.traces(None, 1_000))
        with TestClient(opened(operation)) as client:
            reply = client.post("/v1/ask", json=QUESTION, headers={"X-Request-Id": "beside-1"})
        question, request = lines(operation)[-2:]
        assert question["trace_id"] == request["trace_id"] == reply.json()["id"]
        assert question["request_id"] == "beside-1"
        assert len(operation.service.traces(None, 1_000)) == before + 1
        assert operation.service.active == 0

    def test_without_room_on_the_disk_the_whole_trace_stays_in_memory(
        self, operation: Operation, crew: Crew, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(operation.store._disk, "_free", lambda _: 0)
        whole = operation.service.whole(Request(ASKED, "small"))
        assert operation.store.unsaved == 1
        assert operation.service.trace(whole.head.id) == whole.trace()
        assert whole.trace().candidates
        monkeypatch.undo()
        operation.service.whole(Request(ASKED, "small"))
        assert operation.store.unsaved == 0


class TestErrors:
    @pytest.mark.parametrize(
        ("request_", "error"),
        [
            (Request(ASKED, "없는색인"), IndexNotFound),
            (Request(ASKED, "small", {"no.such": 1}), UnknownSetting),
            (Request(ASKED, "small", previous="none"), TraceNotFound),
            (Request(ASKED, "small", {"reranker": "made-up"}), BackendNotFound),
            (Request(ASKED, "small", {"service.waiting": 1}), BadSetting),
            (Request(" ", "small"), QuestionEmpty),
        ],
    )
    def test_they_are_those_of_a_server_by_itself(
        self, operation: Operation, crew: Crew, request_: Request, error: type[HansangError]
    ) -> None:
        with pytest.raises(error) as beside:
            operation.service.whole(request_)
        with pytest.raises(error) as here:
            list(operation.service.ask(request_))
        assert str(beside.value) == str(here.value)
        assert len(crew.pids) == 1  # it lives on

    def test_each_kind_of_error_survives_the_way(self) -> None:
        own = [kind for kind in vars(refusals).values() if isinstance(kind, type) and issubclass(kind, HansangError)]
        assert len(own) > 5
        for kind in (*defined(), *own):
            error = kind(**dict.fromkeys(fields_of(kind.ko) | fields_of(kind.en), 7))
            back = pickle.loads(pickle.dumps(error))
            assert (type(back), back.code, back.status) == (kind, error.code, error.status)
            assert (back.korean, back.english) == (error.korean, error.english)

    def test_a_fault_is_told_as_one_and_keeps_what_was_found(
        self, operation: Operation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        pipelines = Pipelines(operation.service.home.indexes, Settings())
        rag = pipelines.rag("small")

        def broken(self: object, *given: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(type(rag.reranker), "rerank", broken)
        states = list[str]()
        outcome = work(Asked(ASKED, "small", TODAY), pipelines, states.append)
        assert isinstance(outcome.error, UnexpectedFault)
        assert outcome.whole
        assert outcome.whole.head.state == states[-1] == "retrieved"
        assert outcome.whole.trace().candidates
        assert "ZeroDivisionError" in caplog.text


def fields_of(sentence: str) -> set[str]:
    import string

    return {name.split("!")[0] for _, name, _, _ in string.Formatter().parse(sentence) if name}


class TestTrouble:
    def test_a_question_whose_worker_is_killed_is_answered_by_the_next(self, operation: Operation, crew: Crew) -> None:
        (pid,) = crew.pids
        os.kill(pid, signal.SIGSTOP)  # so that the question is under way for as long as it takes
        found = list[Any]()
        asking = threading.Thread(target=lambda: found.append(operation.service.whole(Request(ASKED, "small"))))
        asking.start()
        wait_until(lambda: operation.service.active == 1)
        os.kill(pid, signal.SIGKILL)
        asking.join(PATIENCE)
        assert found[0].head.state == "done"
        assert pid not in crew.pids
        assert ended(operation, "died") >= 1

    def test_one_that_dies_idle_is_replaced_before_anybody_asks(self, operation: Operation, crew: Crew) -> None:
        (pid,) = crew.pids
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: crew.pids not in ((), (pid,)), PATIENCE)
        assert operation.service.whole(Request(ASKED, "small")).head.state == "done"

    def test_one_that_hangs_is_ended_and_whoever_asked_is_told(
        self, operation: Operation, crew: Crew, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(crew, "_seconds", 0.3)
        (pid,) = crew.pids
        os.kill(pid, signal.SIGSTOP)
        with TestClient(opened(operation)) as client:
            reply = client.post("/v1/search", json=QUESTION)
            assert (reply.status_code, reply.json()["title"]) == (504, "stage-stalled")
        assert BEGUN in reply.json()["detail"]
        (newest,) = operation.store.recent(None, 1)
        assert (newest.question, newest.state == "done") == (ASKED, False)  # it is among the failures of the day
        assert not psutil.pid_exists(pid)
        assert operation.service.active == operation.service.hanging == 0  # nothing is left that hangs
        monkeypatch.undo()
        wait_for(lambda: len(crew.pids) == 1, PATIENCE)
        assert ended(operation, "stalled") >= 1
        assert operation.service.whole(Request(ASKED, "small")).head.state == "done"

    def test_a_question_that_ends_every_worker_isnt_asked_for_ever(
        self, operation: Operation, crew: Crew, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tried = list[Member]()

        def dies(member: Member, *given: object) -> None:
            tried.append(member)
            raise Gone

        monkeypatch.setattr(Member, "ask", dies)
        with pytest.raises(WorkerLost, match="메모리"):
            operation.service.whole(Request(ASKED, "small"))
        assert len(tried) == 2

    def test_readiness_says_how_many_there_are(
        self, operation: Operation, crew: Crew, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert models(operation) == ("ok", "정상")
        monkeypatch.setattr(crew, "size", 3)
        status, said = models(operation)
        assert status == "warn"
        assert "3개 가운데 1개" in said
        monkeypatch.setattr(crew, "_members", ())
        monkeypatch.setattr(crew, "trouble", WorkersAway(reason="까닭", reason_en="reason"))
        status, said = models(operation)
        assert status == "fail"
        assert "까닭" in said

    def test_workers_that_cant_be_started_are_told_of_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(crew_module, "Member", partial(Member, command=(sys.executable, "-c", "")))
        one = Crew(Begin(Path("none"), Settings()), 1, Metrics(), stage_s=60)
        with pytest.raises(WorkersAway, match="켜지지 않습니다"):
            one.ask(Asked(ASKED, "small", TODAY))
        one.close()

    def test_none_is_left_when_the_server_stops(self, tmp_path: Path) -> None:
        one = Crew(Begin(tmp_path, Settings()), 2, Metrics(), stage_s=60)
        one.wait()
        wait_for(lambda: len(one.pids) == 2, PATIENCE)
        pids = one.pids
        assert len(pids) == 2
        one.close()
        assert not any(psutil.pid_exists(pid) for pid in pids)
        with pytest.raises(WorkersAway):
            one.ask(Asked(ASKED, "small", TODAY))

    def test_a_stage_that_hangs_is_told_by_its_name(self) -> None:
        says = "line.send('ready'); line.send('retrieved'); line.recv(); sys.stdin.read(); line.recv()"
        with playing(says) as member:
            member.wait(PATIENCE)
            wait_until(lambda: member._line.poll(0))
            with pytest.raises(Silent) as silent:
                member.ask(Asked(ASKED, "small", TODAY), 0.3)
            assert silent.value.state == "retrieved"

    @pytest.mark.parametrize("says", ["0", "line.send_bytes(b'no pickle')", "line.send('nonsense')"])
    def test_one_that_isnt_ready_is_gone(self, says: str) -> None:
        with playing(says) as member, pytest.raises(Gone):
            member.wait(PATIENCE)


class playing:  # noqa: N801  (a context manager)
    """A process that plays a worker."""

    def __init__(self, says: str) -> None:
        line = "import sys, multiprocessing.connection as c; line = c.Connection(int(sys.argv[1])); line.recv()"
        program = f"{line}; {says}"
        self._member = Member(Begin(Path("none"), Settings()), (sys.executable, "-c", program))

    def __enter__(self) -> Member:
        return self._member

    def __exit__(self, *given: object) -> None:
        self._member.kill()


def models(operation: Operation) -> tuple[str, str]:
    (check,) = [check for check in operation.checks() if check.name == "models"]
    return check.status, check.ko


def ended(operation: Operation, reason: str) -> float:
    return operation.metrics.registry.get_sample_value("hansang_workers_ended_total", {"reason": reason}) or 0.0


class TestIndexes:
    def test_another_version_answers_at_once_and_is_named(self, operation: Operation, crew: Crew) -> None:
        home = operation.service.home
        build(home, name="swapped")
        first = operation.service.whole(Request(ASKED, "swapped")).head.versions["index"]
        build(home, documents(REVIEWS[:5]), name="swapped")
        second = operation.service.whole(Request(ASKED, "swapped")).trace()
        assert second.versions["index"] == versions_of(home.indexes, "swapped")[0] != first
        assert len(second.candidates) <= 5
        put_in_use(home.indexes, "swapped", first)
        assert operation.service.whole(Request(ASKED, "swapped")).head.versions["index"] == first

    def test_what_is_dropped_is_let_go(self, operation: Operation, crew: Crew) -> None:
        home = operation.service.home
        folder = home.indexes / build(home, name="gone").name
        (pid,) = crew.pids
        operation.service.whole(Request(ASKED, "gone"))
        assert str(folder) in mapped(pid)
        drop_index(home.indexes, "gone")
        operation.service.forget("gone")
        wait_until(lambda: str(folder) not in mapped(pid))
        with pytest.raises(IndexNotFound):
            operation.service.whole(Request(ASKED, "gone"))
        operation.service.release()
        wait_until(lambda: str(home.indexes) not in mapped(pid))
        assert operation.service.whole(Request(ASKED, "small")).head.state == "done"


def mapped(pid: int) -> str:
    """What a process has in its memory of files."""
    return Path(f"/proc/{pid}/maps").read_text()


class TestSettings:
    @pytest.mark.parametrize(
        ("name", "value"),
        [("generator", "openai"), ("reranker", "cross_encoder"), ("encoder", "bge_m3"), ("retrieval.store", "milvus"),
         ("tokenizer", "okt")],
    )  # fmt: skip
    def test_models_and_servers_go_with_no_workers(self, name: str, value: str) -> None:
        settings = with_overrides(Settings(), {name: value, "service.processes": 1}, indexing=True)
        with pytest.raises(WorkersUnfit, match=f"{name}={value}.*service.processes=0"):
            open_crew(Begin(Path("none"), settings), Metrics())
        assert open_crew(Begin(Path("none"), with_overrides(settings, {"service.processes": 0})), Metrics()) is None

    def test_a_question_for_another_part_is_answered_by_the_server(self, operation: Operation, crew: Crew) -> None:
        pipelines = Pipelines(operation.service.home.indexes, Settings())
        manifest = pipelines.index("small").manifest
        assert embedded(manifest)
        assert not embedded(replace(manifest, encoder="bge_m3"))
        assert not embedded(replace(manifest, settings={**manifest.settings, "retrieval.store": "milvus"}))
        assert unfit(with_overrides(Settings(), {"tokenizer": "okt"})) == "tokenizer"
        asked = Asked(ASKED, "small", TODAY, {"generator": "openai"})
        assert work(asked, pipelines, lambda _: None).whole is None
        whole = operation.service.whole(Request(ASKED, "small", {"generator": "openai"}, keep=False))
        assert whole.head.answer
        assert whole.head.answer.trouble  # nobody runs a language model here, and that was found out


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_server_however_that_ends(
    tmp_path_factory: pytest.TempPathFactory, operation: Operation, stop: signal.Signals
) -> None:
    home = tmp_path_factory.mktemp("ending")
    (home / "index").symlink_to(operation.service.home.indexes)
    with server(home, "service.processes=1") as (process, url):
        until(lambda: httpx.get(f"{url}/readyz", timeout=60).status_code == 200, 1.5)  # it loads when nobody asks
        (worker,) = psutil.Process(process.pid).children()
        assert httpx.post(f"{url}/v1/search", json=QUESTION, timeout=60).status_code == 200
        process.send_signal(stop)
        process.wait(PATIENCE)
        wait_until(lambda: not worker.is_running())
        assert process.stderr
        assert "worker" not in process.stderr.read()  # Ctrl-C is the server's alone

"""Streams over a real connection: signs of life in a long stage, and an end when the other side has gone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.api.application import create_api
from app.api.streaming import HEARTBEAT
from pipeline.config import with_overrides
from pipeline.errors.questions import TraceNotFound
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.types import Trace
from tests.app.served import DEADLINE, serving, until
from tests.pipeline.corpora import build

QUIET = with_overrides(Settings(), {"service.heartbeat_s": 0.05})
BODY = {"question": "숯골갈비 주차 무료인가요?", "stream": True}


class Slow(Service):
    """A service whose pipeline stands still before one state until it is let go on; it notes what it got to."""

    before = "reranked"
    breaks = False

    def __init__(self, home: Home, settings: Settings) -> None:
        super().__init__(home, settings)
        self.go = threading.Event()
        self.seen: list[str] = []
        self.ids: list[str] = []
        self.closed = threading.Event()

    def ask(self, request: Request) -> Iterator[Trace]:
        return self._slowly(super().ask(request))

    def _slowly(self, traces: Iterator[Trace]) -> Iterator[Trace]:
        try:
            for trace in traces:
                if trace.state == self.before:
                    if self.breaks:
                        raise ZeroDivisionError("비밀")
                    assert self.go.wait(DEADLINE)
                self.seen.append(trace.state)
                self.ids.append(trace.id)
                yield trace
        finally:
            traces.close()  # type: ignore[attr-defined]
            self.closed.set()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = Home(tmp_path_factory.mktemp("home"))
    build(made, name="demo")
    return made


@pytest.fixture
def slow(home: Home) -> Iterator[Slow]:
    service = Slow(home, QUIET)
    yield service
    service.go.set()
    service.close()


def test_a_long_stage_gives_signs_of_life(slow: Slow) -> None:
    with (
        serving(create_api(slow)) as server,
        httpx.stream("POST", f"{server.address}/v1/ask", json=BODY, timeout=60) as reply,
    ):
        assert reply.headers["content-type"].startswith("text/event-stream")
        beats, events = 0, []
        for line in reply.iter_lines():
            if f"{line}\n\n" == HEARTBEAT:
                beats += 1
                if beats == 3:
                    slow.go.set()
            elif line.startswith("event: "):
                events.append(line.removeprefix("event: "))
    assert beats >= 3
    assert events[0] == "understood"
    assert events[-1] == "done"


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions"])
def test_who_leaves_stops_the_work_and_what_there_is_is_stored(slow: Slow, path: str) -> None:
    chat = {"model": "demo", "stream": True, "messages": [{"role": "user", "content": BODY["question"]}]}
    body = BODY if path == "/v1/ask" else chat
    with serving(create_api(slow)) as server:
        with httpx.stream("POST", f"{server.address}{path}", json=body, timeout=60) as reply:
            for line in reply.iter_lines():
                if line.startswith(":"):  # it stands still before the reranker
                    break
        until(lambda: not server.busy())  # it has noticed
        slow.go.set()
        assert slow.closed.wait(DEADLINE)
    assert "done" not in slow.seen
    assert slow.trace(slow.ids[0]).state in ("retrieved", "reranked")


def test_whoever_stays_has_it_stored_to_the_end(slow: Slow) -> None:
    slow.go.set()
    with serving(create_api(slow)) as server:
        reply = httpx.post(f"{server.address}/v1/ask", json=BODY, timeout=60)
    assert slow.trace(slow.ids[0]).state == "done"
    assert reply.text.count("event: done") == 1


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions"])
def test_a_fault_in_mid_stream_is_told_without_its_words(
    slow: Slow, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    slow.breaks = True
    chat = {"model": "demo", "stream": True, "messages": [{"role": "user", "content": BODY["question"]}]}
    with serving(create_api(slow)) as server:
        reply = httpx.post(f"{server.address}{path}", json=BODY if path == "/v1/ask" else chat, timeout=60)
    assert reply.status_code == 200
    last = json.loads([line for line in reply.text.splitlines() if line.startswith("data: ")][-1][6:])
    said = last.get("error", last)
    assert said["code"] == "internal"
    assert "비밀" not in reply.text
    assert "ZeroDivisionError" in caplog.text


def test_nothing_is_stored_of_what_was_never_found(home: Home, tmp_path: Path) -> None:
    service = Slow(home, QUIET)
    service.before = "understood"
    service.breaks = True
    with serving(create_api(service)) as server:
        assert "internal" in httpx.post(f"{server.address}/v1/ask", json=BODY, timeout=60).text
    with pytest.raises(TraceNotFound):
        service.trace("nope")
    service.close()

"""The load bench: figures from what came back, and a client that copes with a server that refuses or goes away."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.load import Running, ask_first, problem_of
from app.serve_bench import MIB, Tally, _put, cpu_seconds, family, load_of, request, scratch
from pipeline.errors.machine import BackendUnavailable
from tests.app.cli_runs import failure, run

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def put(handle: Handler, users: int, seconds: float, pause: float) -> Tally:
    """A load on a server that does as told."""

    async def go() -> Tally:
        listening = await asyncio.start_server(handle, "127.0.0.1", 0)
        host, port = listening.sockets[0].getsockname()[:2]
        server = Running(f"http://{host}:{port}", os.getpid())
        body = request("/v1/search", server, b"{}")
        async with listening:
            tally, _ = await _put(server, [body], users, seconds, pause)
        return tally

    return asyncio.run(go())


async def reply(writer: asyncio.StreamWriter, status: str) -> None:
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
    await writer.drain()


def test_every_question_is_asked_at_its_time_over_one_connection_each() -> None:
    connections, paths = [0], set[str]()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections[0] += 1
        while head := await reader.read(10_000):
            paths.add(head.split(b" ")[1].decode())
            assert b"Content-Length: 2\r\n\r\n{}" in head
            await reply(writer, "200 OK")
        writer.close()

    tally = put(handle, users=4, seconds=0.5, pause=0.1)
    assert tally.statuses == Counter({200: 20})
    assert len(tally.accepted) == 20
    assert connections[0] == 4
    assert paths == {"/v1/search"}
    assert tally.memory


def test_the_processors_time_is_the_servers() -> None:
    worked: list[float] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10_000)
        begun = cpu_seconds(os.getpid())
        while cpu_seconds(os.getpid()) < begun + 0.03:  # the system counts hundredths
            worked.append(begun)
        await reply(writer, "200 OK")
        writer.close()

    tally = put(handle, users=1, seconds=0.1, pause=0.1)
    assert worked
    assert tally.cpu_s >= 0.029


def test_refusals_and_broken_connections_are_told_apart() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10_000)
        await reply(writer, "503 Service Unavailable")
        await reader.read(10_000)
        writer.close()  # without a word

    tally = put(handle, users=1, seconds=0.4, pause=0.1)
    assert tally.statuses == Counter({503: 2, 0: 2})
    load = load_of(tally, 1, 0.4, 0.1)
    assert (load.requests, load.refused, load.errors, load.p99) == (4, 2, 2, 0.0)
    assert load_of(Tally(statuses=Counter({200: 9, 503: 1, 0: 2})), 1, 1, 1).trouble.startswith("2 × — 연결이")
    assert load_of(Tally(statuses=Counter({200: 9})), 1, 1, 1).trouble == ""


def test_why_most_were_not_answered_is_told() -> None:
    document = json.dumps({"detail": "색인이 오래되었습니다. 다시 만드세요."}, ensure_ascii=False).encode()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(10_000):
            head = f"HTTP/1.1 409 Conflict\r\nContent-Length: {len(document)}\r\n\r\n"
            writer.write(head.encode() + document)
            await writer.drain()
        writer.close()

    load = load_of(put(handle, users=1, seconds=0.2, pause=0.1), 1, 0.2, 0.1)
    assert load.trouble == "2 × 409 색인이 오래되었습니다. 다시 만드세요."


class Refusing(BaseHTTPRequestHandler):
    """A server that has loaded everything and answers nothing."""

    def do_GET(self) -> None:
        self._say(503, {"checks": [{"name": "index", "status": "fail"}, {"name": "models", "status": "ok"}]})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say(409, {"detail": "색인이 오래되었습니다. 다시 만드세요."})

    def _say(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given: object) -> None:
        pass


def test_a_server_that_answers_nothing_isnt_measured_but_quoted() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as refusing:
        threading.Thread(target=refusing.serve_forever, daemon=True).start()
        try:
            with pytest.raises(BackendUnavailable, match="409: 색인이 오래되었습니다"):
                ask_first(f"http://127.0.0.1:{refusing.server_address[1]}", "demo", ["하나", "둘"])
        finally:
            refusing.shutdown()


def test_the_processes_of_a_server_are_counted_too() -> None:
    before = len(family(os.getpid()))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        found = [process.pid for process in family(os.getpid())]
        child.communicate(b"\n")
    assert len(found) == before + 1
    assert child.pid in found


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'"a"', b"{}", b"\xff"])
def test_what_is_no_problem_document_says_nothing(body: bytes) -> None:
    assert problem_of(body) == ""


def test_figures() -> None:
    times = [float(n) for n in range(1, 101)]
    tally = Tally(times, Counter({200: 100, 429: 5, 500: 1}), [MIB, 2 * MIB, 2 * MIB, 2 * MIB, 3 * MIB], 0.53)
    load = load_of(tally, users=50, took=10.0, pause=0.5)
    assert (load.offered_per_second, load.per_second) == (100, 10)
    assert load.p50 == pytest.approx(50, abs=1)
    assert load.p99 == pytest.approx(99, abs=1)
    assert (load.refused, load.errors) == (5, 1)
    assert load.cpu_ms == pytest.approx(5)  # of 106 requests, the refused ones too
    assert load.growth == pytest.approx(0.5)  # from when it had settled


def test_the_record_of_the_home_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "traces.db").write_text("precious")
    with scratch(tmp_path) as place:
        assert (place / "index").resolve() == (tmp_path / "index").resolve()
        assert not (place / "traces.db").exists()
    assert not place.exists()
    assert (tmp_path / "index").is_dir()


@pytest.mark.parametrize(
    "options", [("--what", "nothing"), ("--users", "0"), ("--users", "a"), ("--set", "service.no=1")]
)
def test_impossible_loads_are_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    assert options[1].partition("=")[0] in failure(run(tmp_path, "bench", "serve", *options), 2)

"""Connections that bring half of something are told so and closed; who works or waits for us is left alone."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
from fastapi import FastAPI, Request, WebSocket
from websockets.sync.client import connect

from app.operation.connection import GRACE_S, limited
from tests.app.served import DEADLINE, Served, serving, until

SECONDS = 0.5
MOST = 8_192
LONGER = 3 * (SECONDS + GRACE_S)
HALF = b"POST /count HTTP/1.1\r\nHost: here\r\n"


def application() -> FastAPI:
    api = FastAPI()

    @api.post("/count")
    async def count(request: Request) -> int:
        return len(await request.body())

    @api.get("/long")
    async def long() -> str:
        await asyncio.sleep(LONGER)
        return "done"

    @api.websocket("/socket")
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())

    return api


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(application(), limited(SECONDS, MOST)) as running:
        yield running


def talk(served: Served, *parts: bytes, pause_s: float = 0.0) -> bytes:
    """What comes back until the server closes the connection, after some parts were sent."""
    url = httpx.URL(served.address)
    with socket.create_connection((url.host, url.port or 0), timeout=DEADLINE) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # it was closed in between
            for part in parts:
                connection.sendall(part)
                time.sleep(pause_s)
        came = b""
        while more := connection.recv(65_536):
            came += more
        return came


def refusal(reply: bytes) -> tuple[int, str, str]:
    """Status, code and ``Connection`` of a problem document on the wire."""
    head, _, body = reply.partition(b"\r\n\r\n")
    status, *lines = head.decode("ascii").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert headers["content-type"] == "application/problem+json"
    assert int(headers["content-length"]) == len(body)
    return int(status.split()[1]), json.loads(body)["title"], headers["connection"]


def test_who_says_nothing_is_told_nothing(served: Served) -> None:
    assert talk(served) == b""


@pytest.mark.parametrize("part", [b"G", b"\r\n", HALF, HALF + b"Content-Length: 4\r\n\r\n", b"GET / HTTP/1.1\r\nX:"])
def test_half_a_request_is_refused(served: Served, part: bytes) -> None:
    assert refusal(talk(served, part)) == (408, "too-slow", "close")


def test_the_half_that_comes_after_a_whole_one_is_refused(served: Served) -> None:
    whole = HALF + b"Content-Length: 2\r\n\r\nab"
    first, _, second = talk(served, whole + HALF).partition(b"HTTP/1.1 408")
    assert first.startswith(b"HTTP/1.1 200 OK")
    assert first.endswith(b"\r\n\r\n2")
    assert b"too-slow" in second


def test_a_head_has_a_length_and_a_time(served: Served) -> None:
    assert refusal(talk(served, HALF, b"X: " + b"x" * MOST)) == (431, "head-too-long", "close")
    late = (HALF, *[b"a"] * 8)  # a letter at a time is no excuse
    assert refusal(talk(served, *late, pause_s=SECONDS / 4)) == (408, "too-slow", "close")


def test_a_body_may_take_long_as_long_as_something_comes(served: Served) -> None:
    length = 12
    parts = [HALF + f"Content-Length: {length}\r\nConnection: close\r\n\r\n".encode(), *[b"a"] * length]
    assert talk(served, *parts, pause_s=(SECONDS + GRACE_S) / 6).endswith(b"\r\n\r\n12")


def test_long_heads_under_the_limit_and_long_bodies_pass(served: Served) -> None:
    for size in (0, 1, MOST, 3_000_000):
        reply = httpx.post(f"{served.address}/count", content=b"b" * size, headers={"X-Long": "x" * (MOST // 2)})
        assert reply.json() == size


def test_work_may_take_longer_than_a_head(served: Served) -> None:
    assert httpx.get(f"{served.address}/long", timeout=DEADLINE).json() == "done"
    with connect(f"{served.address.replace('http', 'ws')}/socket") as page:
        time.sleep(LONGER)
        page.send("아직")
        assert page.recv() == "아직"


def test_nothing_is_left_of_who_was_refused(served: Served) -> None:
    for part in (b"", HALF, HALF + b"Content-Length: 4\r\n\r\nab"):
        talk(served, part)
    until(lambda: not served.busy())
    assert not served.server.server_state.connections

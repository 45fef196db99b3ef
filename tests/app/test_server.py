"""The server's ticks: when it has time to warm up, and when it ends."""

from __future__ import annotations

import asyncio
import resource
import signal

import httptools
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.operation.connection import limited
from app.operation.draining import Drain
from app.server import BUSY_TICKS, QUIET_TICKS, _Server, take_files


class Ticking:
    """A server of which only the ticks run, ten of them to a second."""

    def __init__(self) -> None:
        self.idle = 0
        self.over = False
        config = uvicorn.Config(FastAPI(), log_level="warning")
        config.load()
        self.busy = True
        drain = Drain(lambda: None, lambda: self.busy, lambda: None, 30, lambda: 0.0)
        self.server = _Server(config, lambda: None, lambda: self.over, self._called, drain)

    def _called(self) -> None:
        self.idle += 1

    def pass_ticks(self, number: int, *, requests: int = 0) -> bool:
        """Let ticks pass, each after so many requests; whether the last one would end the server."""
        ends = False
        for _ in range(number):
            self.server.server_state.total_requests += requests
            ends = asyncio.run(self.server.on_tick(1))
        return ends


def test_it_takes_as_many_files_as_it_may() -> None:
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(before, 512), most))
        take_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))


def test_requests_are_read_by_the_quick_parser_and_the_quick_loop() -> None:
    config = uvicorn.Config(FastAPI(), http=limited(20, 65_536), log_level="warning")
    config.load()
    assert issubclass(config.http_protocol_class, HttpToolsProtocol)
    assert httptools.HttpRequestParser
    loop = config.get_loop_factory()
    assert loop is not None
    assert loop.__module__.startswith("uvloop")


def test_it_warms_up_once_nobody_has_asked_for_anything_for_a_while() -> None:
    ticking = Ticking()
    ticking.pass_ticks(QUIET_TICKS - 1)
    ticking.pass_ticks(1, requests=3)  # somebody opens the page: it comes first
    ticking.pass_ticks(QUIET_TICKS - 1)
    assert ticking.idle == 0
    ticking.pass_ticks(1)
    assert ticking.idle == 1
    ticking.pass_ticks(2 * BUSY_TICKS)
    assert ticking.idle == 1


def test_it_warms_up_in_the_end_though_everybody_keeps_asking() -> None:
    ticking = Ticking()
    ticking.pass_ticks(BUSY_TICKS - 1, requests=1)
    assert ticking.idle == 0
    ticking.pass_ticks(BUSY_TICKS, requests=1)
    assert ticking.idle == 1


def test_it_ends_when_it_is_told_that_it_is_over() -> None:
    ticking = Ticking()
    assert not ticking.pass_ticks(1)
    ticking.over = True  # the annotation app has ended by itself
    assert not ticking.pass_ticks(50)  # somebody waits for an answer
    ticking.busy = False
    assert ticking.pass_ticks(10)


def test_a_first_sigterm_lets_what_is_under_way_end() -> None:
    ticking = Ticking()
    ticking.server.handle_exit(signal.SIGTERM, None)
    ticking.over = True  # the annotation app was told to end, too, and has nothing to finish
    assert not ticking.pass_ticks(50)
    ticking.busy = False
    assert ticking.pass_ticks(10)


def test_a_second_sigterm_or_ctrl_c_does_not_wait() -> None:
    for second in (signal.SIGTERM, signal.SIGINT):
        ticking = Ticking()
        ticking.server.handle_exit(signal.SIGTERM, None)
        ticking.server.handle_exit(second, None)
        assert ticking.pass_ticks(1)

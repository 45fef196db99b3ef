"""The API on a port of its own, for what only a real connection shows."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

DEADLINE = 200  # seconds; what is waited for takes a fraction of one


@dataclass(frozen=True)
class Served:
    """A running server: its address, and whether a request is being worked on."""

    address: str
    server: uvicorn.Server

    def busy(self) -> bool:
        return bool(self.server.server_state.tasks)


@contextmanager
def serving(app: ASGIApp, http: type[asyncio.Protocol] | Literal["auto"] = "auto") -> Iterator[Served]:
    """A server while the block runs. ``http`` is what uvicorn makes of each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, http=http, log_level="warning", timeout_graceful_shutdown=3))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        until(lambda: server.started or not thread.is_alive())
        assert server.started
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", server)
        server.should_exit = True
        thread.join(DEADLINE)
        assert not thread.is_alive()


def until(true: Callable[[], object], every_s: float = 0.01) -> None:
    """Wait until something is true; what costs something to look at is looked at less often."""
    end = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(every_s)

"""The process of the annotation app: ``python -m pages.serving --home var --port 8501``.

Started by ``hansang demo`` and ``hansang serve``, which it tells when it is ready, and with which it ends: with
``--tied`` it stops as soon as nobody holds the other end of its standard input. It then begins when a line comes from
there, so that it can load while the other looks at the labels.
"""

from __future__ import annotations

import argparse
import json
import logging
import socket
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from streamlit.web.bootstrap import load_config_options

from annotations.accounts.proxies import NOBODY, forwarding
from annotations.storage.contention import app_lock
from annotations.types import DeskSettings
from pages.files import Files
from pages.guard import Guard
from pages.look import theme
from pages.place import LABELS, LOOPBACK, close_place, open_place, place
from pages.routes import SignIn
from pages.session import tell
from pipeline.errors.base import HansangError
from pipeline.storage import locked

READY = "ready"
GRACE_SECONDS = 3  # for runs under way; an open page holds its connection for ever and must not hold up the end
ENTRY = Path(__file__).with_name("index.py")
SETTINGS = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "runner.magicEnabled": False,
    "runner.postScriptGC": False,  # it would stop everybody for as long as a page takes; Python collects by itself
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.maxUploadSize": 50,
    "server.showEmailPrompt": False,
}


def create_app() -> st.App:
    """The app over the place that this process has open; closes it when it ends."""
    load_config_options(SETTINGS | theme())

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        close_place()

    return st.App(
        ENTRY,
        routes=SignIn().routes(),
        middleware=[Middleware(Guard), Middleware(Files)],
        lifespan=lifespan,
        secrets=place().secrets,
        on_script_error=tell,
    )


class Server(uvicorn.Server):
    """uvicorn that says when it accepts connections, and doesn't complain of pages that are open when it ends."""

    def __init__(self, app: st.App, host: str, port: int, trusted_proxies: str) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                log_level="warning",
                access_log=False,
                ws="websockets-sansio",
                timeout_graceful_shutdown=GRACE_SECONDS,
                **forwarding(trusted_proxies),
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(READY + "\n")
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


def main() -> int:
    """Serve until told to stop."""
    given = _arguments()
    if given.tied and not sys.stdin.readline():
        return 0
    logging.basicConfig(level=logging.WARNING)
    try:
        with locked(app_lock(given.home / LABELS), shared=True):
            _serve(given)
    except HansangError as error:
        sys.stderr.write(f"{error.korean}\n{error.english}\n")
        return error.exit_code
    return 0


def _serve(given: argparse.Namespace) -> None:
    open_place(
        given.home,
        chat=given.chat,
        chat_host=given.chat_host,
        chat_url=given.chat_url,
        demo=given.demo,
        settings=DeskSettings(**json.loads(given.settings)),
    )
    server = Server(create_app(), given.host, given.port, given.trusted_proxies)
    if given.tied:
        threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
    server.run()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="pages.serving")
    parser.add_argument("--home", type=Path, required=True, help="folder of all state")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--chat", type=int, default=0, help="port of the chat")
    parser.add_argument("--chat-host", default=LOOPBACK, help="host by which this machine reaches the chat")
    parser.add_argument("--chat-url", default="", help="address by which people reach the chat, if not by its port")
    parser.add_argument("--trusted-proxies", default=NOBODY, help="the setting access.trusted_proxies")
    parser.add_argument("--settings", default="{}", help="the settings labels.* as JSON")
    parser.add_argument("--demo", action="store_true", help="let demo accounts in")
    parser.add_argument("--tied", action="store_true", help="begin with a line of standard input, stop at its end")
    return parser.parse_args()


def _end_with_input(server: uvicorn.Server) -> None:
    sys.stdin.buffer.read()
    server.should_exit = True


if __name__ == "__main__":
    sys.exit(main())

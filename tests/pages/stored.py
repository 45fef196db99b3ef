"""Two small runs on disk, a server over the same home, and the pages about runs as scripts of their own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from streamlit.testing.v1 import AppTest

from app.api.application import create_api
from pages.place import LOOPBACK, close_place, open_place
from pipeline.evaluation.running import Evaluation, evaluate
from pipeline.service import Home, Service
from pipeline.settings import Settings
from tests.pipeline.corpora import build
from tests.pipeline.evaluation.questions import SAMPLES

PATIENCE = 60  # seconds for a run of a page


def two_runs(folder: Path) -> Service:
    """A home with the small index and the runs ``base`` and ``narrow`` (k = 1, seldom sure), the latter made last."""
    home = Home(folder)
    build(home)
    service = Service(home, Settings())
    evaluate(service, SAMPLES, Evaluation("base", "small"))
    evaluate(service, SAMPLES, Evaluation("narrow", "small", {"retrieval.k": 1, "answer.threshold": 0.99}))
    return service


@contextmanager
def serving(service: Service, host: str = LOOPBACK) -> Iterator[int]:
    """The API over a service, on one address; gives its port."""
    with socket.create_server((host, 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_api(service), log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.02)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(20)


@contextmanager
def looking(home: Path, chat: int = 0, host: str = LOOPBACK, chat_url: str = "") -> Iterator[None]:
    """The annotation app's place over a home, with the server at a port."""
    open_place(home, chat=chat, chat_host=host, chat_url=chat_url)
    try:
        yield
    finally:
        close_place()


def opened(page: str, lang: str = "ko", **parameters: str) -> AppTest:
    """A page of an administrator, run once."""

    def script(page: str) -> None:
        import importlib

        from annotations.types import Account
        from pages.place import place

        importlib.import_module(f"pages.{page}").render(place().desk, Account(1, "boss", "admin"))

    at = AppTest.from_function(script, args=(page,), default_timeout=PATIENCE)
    at.session_state["hs-language"] = lang
    for name, value in parameters.items():
        at.query_params[name] = value
    return run(at)


def run(at: AppTest) -> AppTest:
    """Run the page again; nothing may go wrong."""
    at.run()
    assert not at.exception, at.exception
    return at


def html(at: AppTest) -> str:
    """All HTML of the page."""
    return "\n".join(element.proto.body for element in at.get("html"))

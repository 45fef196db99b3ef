"""A real annotation app in a process of its own, and pages in a real browser that are signed in to it.

``labels`` is one app for a test module: its home holds accounts and no tasks; bring tasks in with ``labels.desk()``.
``sign_in(browser, labels, ANNOTATOR)`` gives a signed-in page; ``watch`` and ``Seen`` tell what else a page did.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request

from annotations.accounts.accounts import Accounts
from annotations.accounts.sessions import Sessions
from annotations.desk import Desk
from pages.session import COOKIE

ROOT = Path(__file__).parents[2]
PASSWORD = "조용한 레몬 사천팔백이십일"
ANNOTATOR, SECOND, ADJUDICATOR, ADMIN = "annotator", "second", "adjudicator", "admin"
ROLES = {ANNOTATOR: "annotator", SECOND: "annotator", ADJUDICATOR: "adjudicator", ADMIN: "admin"}
READY = 60  # seconds
WAIT = 30_000  # milliseconds
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@dataclass
class Labels:
    """The app under test. It can be stopped or killed and started again over the same home and port."""

    home: Path
    port: int
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[str] | None = None
    said: Path = field(default_factory=Path)

    @property
    def address(self) -> str:
        """Without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it can be opened."""
        self.said = self.home / "stderr.txt"
        command = [sys.executable, "-m", "pages.serving", "--home", str(self.home), "--port", str(self.port)]
        with self.said.open("a") as said:
            self.process = subprocess.Popen(
                [*command, *self.arguments], stdout=subprocess.DEVNULL, stderr=said, text=True, cwd=ROOT
            )
        end = time.monotonic() + READY
        while True:
            assert self.process.poll() is None, self.said.read_text()
            assert time.monotonic() < end, self.said.read_text()
            try:
                assert httpx.get(f"{self.address}/signin").status_code == 200
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        """End it as Ctrl-C does; it must end cleanly."""
        assert self.process
        self.process.terminate()
        self.process.wait(30)
        said = self.said.read_text()
        assert "Traceback" not in said, said

    def kill(self) -> None:
        """End it without a chance to finish anything."""
        assert self.process
        self.process.kill()
        self.process.wait(30)

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """A desk over the same file, in this process."""
        with Desk(self.home / "labels.db") as desk:
            yield desk

    def token(self, name: str) -> str:
        """A new session of an account."""
        with self.desk() as desk:
            return Sessions(desk.writer).sign_in(name, PASSWORD)[1]


@contextmanager
def running(home: Path, *arguments: str, prepare: Callable[[Labels], object] = lambda app: None) -> Iterator[Labels]:
    """An app over a home with the accounts of ``ROLES``, all with the one ``PASSWORD``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        app = Labels(home, probe.getsockname()[1], arguments)
    with app.desk() as desk:
        accounts = Accounts(desk.writer)
        for name, role in ROLES.items():
            accounts.add(name, role, PASSWORD, "test")  # type: ignore[arg-type]
    prepare(app)
    app.start()
    try:
        yield app
    finally:
        if app.process and app.process.poll() is None:
            app.kill()


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Labels]:
    """The app of a test module."""
    with running(tmp_path_factory.mktemp("labels")) as app:
        yield app


@dataclass
class Seen:
    """What a page did besides being looked at. The browser's own note of a refused request is no error of ours."""

    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


def watch(page: Page, address: str) -> Seen:
    """Note dialogs, failing scripts, what the policy forbade, and requests to anywhere but the app."""
    seen = Seen()

    def dialog(opened: Dialog) -> None:
        seen.dialogs.append(opened.message)
        opened.dismiss()

    def request(sent: Request) -> None:
        if not sent.url.startswith((address, "data:", "blob:")):
            seen.outside.append(sent.url)

    page.on("dialog", dialog)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("console", lambda said: seen.errors.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", request)
    return seen


def browse(browser: Browser, **options: Any) -> BrowserContext:
    """A browser of its own for one person, 1280 px wide unless told."""
    context = browser.new_context(**({"viewport": WIDE} | options))
    context.set_default_timeout(WAIT)
    return context


def sign_in(browser: Browser, labels: Labels, name: str, path: str = "/", **options: Any) -> Page:
    """A page of somebody who is signed in, opened at ``path``. Close it by ``page.context.close()``."""
    context = browse(browser, **options)
    cookie: Any = {"name": COOKIE, "value": labels.token(name), "url": labels.address, "sameSite": "Strict"}
    context.add_cookies([cookie | {"httpOnly": True}])
    page = context.new_page()
    page.goto(labels.address + path)
    settled(page)
    return page


def settled(page: Page) -> None:
    """Wait until Streamlit has drawn the page."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_selector(".st-key-hs-header, [data-testid=stAlert]")

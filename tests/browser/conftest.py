"""A real server over the demo data and a real browser before it. Skipped where there is no Chromium, but not in CI."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Dialog, Page, Request, expect, sync_playwright

from app.api.application import create_api
from app.chat.blocks import mount
from pipeline.config import load_profile
from pipeline.corpus.reader import read_corpus
from pipeline.indexing import Job, build_index
from pipeline.service import Home, Service
from pipeline.types import Document, Reject, Source
from tests.browser.labels import labels  # noqa: F401  (a fixture)

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
DEMO = Path(__file__).parents[2] / "data" / "demo"
HOSTILE = (
    "<script>window.hacked=1;alert(1)</script> 해커네식당 와이파이 비밀번호는 벽에 있어요."
    ' <img src=x onerror="window.hacked=2">',
    "해커네식당 [와이파이](javascript:window.hacked=3) {{value}} ${window.hacked=4} `x` **굵게** 잘 됩니다.",
    "해커네식당 와이파이 \u202e다니립느\u202c <a href=javascript:alert(1)>링크</a> &lt;b&gt;",
)
WAIT = 30_000  # milliseconds
QUESTION = "불티연탄구이 주차 되나요?"
BOX = "#hs-box textarea"


@dataclass
class Seen:
    """What a page did besides being looked at."""

    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


@dataclass
class Site:
    """The server under test."""

    address: str
    service: Service


def _documents() -> Iterator[Document | Reject]:
    yield from read_corpus([DEMO / "reviews.jsonl"], restaurants=DEMO / "restaurants.jsonl")
    for number, text in enumerate(HOSTILE):
        source = Source(
            f"x{number}", 0, len(text), restaurant="해커네식당", district="마포", category="고깃집", rating=1.0
        )
        yield Document(text, source)


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The chat and the API over the demo index and a restaurant whose reviews attack the page."""
    home, settings = Home(tmp_path_factory.mktemp("home")), load_profile("embedded")
    build_index(Job(home.indexes, "demo", settings, ("kiwi",), home.cache), _documents())
    service = Service(home, settings)
    app = create_api(service)
    mount(app, service)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}/", service)
    server.should_exit = True
    thread.join(20)
    listener.close()
    service.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Not for the session: Playwright keeps an event loop running under all that comes after it."""
    if not CHROMIUM.exists():
        message = f"no {CHROMIUM}: apt-get install chromium fonts-nanum"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def seen() -> Seen:
    return Seen()


def _open(browser: Browser, site: Site, seen: Seen, **options: Any) -> Page:
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(WAIT)

    def dialog(opened: Dialog) -> None:
        seen.dialogs.append(opened.message)
        opened.dismiss()

    def request(sent: Request) -> None:
        if not sent.url.startswith((site.address, "data:", "blob:")):
            seen.outside.append(sent.url)

    page.on("dialog", dialog)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("request", request)
    page.goto(site.address)
    ready(page)
    return page


def ready(page: Page) -> None:
    """Wait until the server has begun the session."""
    page.wait_for_selector("#hs-talk .welcome")
    page.wait_for_selector("#hs-header [data-act=lang]")


@pytest.fixture
def page(browser: Browser, site: Site, seen: Seen) -> Iterator[Page]:
    """The chat at 1280 px. Whatever a test does: no dialog, no failing script, no request to outside."""
    wide, clipboard = {"width": 1280, "height": 800}, ["clipboard-read", "clipboard-write"]
    opened = _open(browser, site, seen, viewport=wide, permissions=clipboard)
    yield opened
    opened.context.close()
    assert seen == Seen()


@pytest.fixture
def phone(browser: Browser, site: Site, seen: Seen) -> Iterator[Page]:
    """The same at 390 px, dark, with a touch screen."""
    opened = _open(browser, site, seen, viewport={"width": 390, "height": 844}, has_touch=True, color_scheme="dark")
    yield opened
    opened.context.close()
    assert seen == Seen()


def ask(page: Page, question: str = QUESTION) -> None:
    """Type a question, press Enter, wait for the whole answer."""
    page.fill(BOX, question)
    page.press(BOX, "Enter")
    expect(page.locator(".turn").last.locator(".question")).to_have_text(question)
    finished(page)


def finished(page: Page) -> None:
    """Wait until the last turn is answered."""
    page.wait_for_function(
        "() => { const t = document.querySelector('.turn:last-child');"
        " return t && t.querySelector('.acts') && !t.querySelector('.working') }"
    )


def trace_id(page: Page) -> str:
    """The id of the last answer."""
    return page.locator(".turn").last.get_attribute("data-trace") or ""

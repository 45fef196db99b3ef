"""How long the label page takes to be ready in a real browser, with many tasks waiting; for ``hansang bench page``."""

from __future__ import annotations

import socket
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotations.accounts.accounts import Accounts
from annotations.accounts.sessions import Sessions
from annotations.desk import Desk
from annotations.types import DeskSettings, NewTask
from app.access.sessions import LABELS_COOKIE
from app.cli.labelling import Labelling, running
from pipeline.errors.machine import BackendUnavailable

if TYPE_CHECKING:
    from playwright.sync_api import Page

HOST = "127.0.0.1"
NAME, PASSWORD = "bench", "재는 동안에만 쓰는 긴 비밀번호"  # of an account in a folder that is removed at the end
TEXT = "{n}번째 후기. 맛은 있는데 웨이팅이 두 시간이라 다시는 못 갈 듯 ㅠㅠ 그래도 불맛은 인정"
KEYS = ("1", "Shift+Digit4", "q")  # positive, intensity 4, joy
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
UNDECIDED_S = 0.45  # a new task takes Enter only then: an Enter meant for the task before must not answer it

Step = Callable[[str, int], None]
"""Called with what was done and how often."""


def _silent(what: str, times: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class PageTimes:
    """Milliseconds: from the address to a task that can be answered, and from Enter to the next one, receipt shown.

    ``first`` is the first page after the app started, ``opened`` are pages of browsers that have nothing of it yet,
    ``again`` those of one that has.
    """

    tasks: int
    first: float
    opened: tuple[float, ...]
    again: tuple[float, ...]
    next: tuple[float, ...]

    @property
    def summary(self) -> dict[str, float]:
        """Medians and the slowest of each."""
        return {
            "opened_median": statistics.median(self.opened),
            "opened_most": max(self.opened),
            "again_median": statistics.median(self.again),
            "again_most": max(self.again),
            "next_median": statistics.median(self.next),
            "next_most": max(self.next),
        }


def bench_page(tasks: int, times: int, browser: Path, step: Step = _silent) -> PageTimes:
    """Fill a desk, open the real app over it, and work on it by keyboard in a headless browser.

    Raises:
        BackendUnavailable: there is no browser, or nothing to drive it with.
    """
    check_browser(browser)
    with tempfile.TemporaryDirectory(prefix="hansang-bench-") as folder:
        home = Path(folder)
        with Desk(home / "labels.db", DeskSettings(gold_rate=0, repeat_rate=0)) as desk:
            Accounts(desk.writer).add(NAME, "annotator", PASSWORD, "bench")
            desk.add_tasks((NewTask(f"r{n}", "review", 1, TEXT.format(n=n)) for n in range(tasks)), "bench")
            token = Sessions(desk.writer).sign_in(NAME, PASSWORD)[1]
        port = _free_port()
        with running(Labelling(home, HOST, port, port + 1)) as app:
            app.wait_until_ready()
            return _watch(f"http://{HOST}:{port}", token, tasks, times, browser, step)


def check_browser(browser: Path) -> None:
    """Make sure that a browser can be driven.

    Raises:
        BackendUnavailable: it can't.
    """
    from importlib.util import find_spec

    if find_spec("playwright") is None:
        raise BackendUnavailable(
            name="bench page", reason="playwright가 없습니다", cure="`make test`가 설치하는 시험 환경에서 실행하세요"
        )
    if not browser.is_file():
        raise BackendUnavailable(
            name="bench page",
            reason=f"브라우저 {browser}가 없습니다",
            cure="`apt-get install chromium`으로 설치하거나 --browser로 알려 주세요",
        )


def _watch(address: str, token: str, tasks: int, times: int, browser: Path, step: Step) -> PageTimes:
    from playwright.sync_api import sync_playwright  # of the test environment only

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(browser), args=list(FLAGS))
        opened = []
        for _ in range(times + 1):
            context = chromium.new_context(viewport={"width": 1280, "height": 800})
            context.add_cookies([_cookie(token, address)])
            opened.append(_open(context.new_page(), address, step))
            if len(opened) <= times:
                context.close()
        page = context.pages[0]
        again = [_open(page, address, step) for _ in range(times)]
        following = [_next(page, step) for _ in range(times)]
        chromium.close()
    return PageTimes(tasks, opened[0], tuple(opened[1:]), tuple(again), tuple(following))


def _cookie(token: str, address: str) -> Any:
    return {"name": LABELS_COOKIE, "value": token, "url": address, "sameSite": "Strict", "httpOnly": True}


def _open(page: Page, address: str, step: Step) -> float:
    start = time.perf_counter()
    page.goto(f"{address}/label?scheme=review")
    page.wait_for_selector(".form .reading", timeout=60_000)
    step("open", 1)
    return (time.perf_counter() - start) * 1000


def _next(page: Page, step: Step) -> float:
    text = page.locator(".form .reading").inner_text()
    page.wait_for_timeout(UNDECIDED_S * 1000)
    for key in KEYS:
        page.keyboard.press(key)
    start = time.perf_counter()
    page.keyboard.press("Enter")
    page.locator(".form .reading").filter(has_not_text=text).wait_for(timeout=60_000)
    step("next", 1)
    return (time.perf_counter() - start) * 1000


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port

"""The quality page with its plots in a real browser, under the page's own policy, on a screen and on a phone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from annotations.desk import Desk
from annotations.types import NewTask, Submission
from tests.annotations.filled import PLAIN, grades
from tests.annotations.worked_weeks import PEOPLE, work
from tests.browser.labels import ADJUDICATOR, ADMIN, PHONE, WAIT, WIDE, Labels, running, settled, sign_in, watch

pytestmark = pytest.mark.browser

TABS = ("일치도", "엇갈림", "흐름", "사람", "제안")
PAIR = [{"id": "a", "text": "지하에 댈 수 있습니다."}, {"id": "b", "text": "잘 모르겠습니다."}]


def prepare(app: Labels) -> None:
    """Weeks of work on reviews, and two answers compared by two people; one task flagged, one skipped."""
    work(app.home / "labels.db", tasks=24)
    with Desk(app.home / "labels.db", PLAIN) as desk:
        context = {"question": "주차 되나요?", "passages": [], "alternatives": PAIR}
        desk.add_tasks([NewTask(f"p{n}", "answer", 1, "됩니다", context, 2) for n in range(3)], "test")
        desk.add_tasks([NewTask("odd", "review", 1, "<b>광고</b> 같은 글", {}, 2, priority=9)], "test")
        for who in PEOPLE:
            for _ in range(3):
                lease = desk.take(who, "answer")
                if lease:
                    desk.save(who, Submission(f"{who}-{lease.task.id}", lease.task.id, grades(4, 5, 5, chosen="b")))
        first, second, _ = PEOPLE
        lease = desk.take(first, "review")
        assert lease
        desk.save(first, Submission("odd", lease.task.id, {}, lease.token, "unjudgeable", flag="광고인 듯"))
        lease = desk.take(second, "review")
        assert lease
        desk.skip(second, lease.token, "음식점 이야기가 아님")


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Labels]:
    with running(tmp_path_factory.mktemp("quality"), prepare=prepare) as app:
        yield app


def open_page(browser: Browser, app: Labels, name: str, scheme: str, **options: object) -> Page:
    page = sign_in(browser, app, name, f"/quality?scheme={scheme}", **options)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=WAIT)
    return page


def keep(page: Page, name: str) -> None:
    """A picture for whoever wants to look (``SHOTS`` names the folder)."""
    if shots := os.environ.get("SHOTS"):
        page.screenshot(path=Path(shots) / f"{name}.png", full_page=True)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize(
    ("role", "size"), [(ADMIN, WIDE), (ADJUDICATOR, PHONE)], ids=["admin-screen", "adjudicator-phone"]
)
def test_every_section_is_drawn_for_each_role(
    browser: Browser, worked: Labels, role: str, size: dict[str, int]
) -> None:
    page = open_page(browser, worked, role, "review", viewport=size)
    seen = watch(page, worked.address)
    for name in TABS:
        page.get_by_role("tab", name=name).click()
        panel = page.get_by_role("tabpanel").filter(visible=True)
        expect(panel.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=WAIT)
        keep(page, f"quality-{role}-{name}")
        assert fits(page)
    page.get_by_role("tab", name="살펴볼 것").click()
    panel = page.get_by_role("tabpanel").filter(visible=True)
    expect(panel.locator("table")).to_contain_text("광고인 듯")
    expect(panel.locator("table")).to_contain_text("<b>광고</b> 같은 글")
    expect(panel).to_contain_text("건너뛴 이유: 음식점 이야기가 아님 1")
    panel.locator("table").scroll_into_view_if_needed()
    keep(page, f"quality-{role}-살펴볼 것")
    assert fits(page)
    there = page.locator("[data-testid=stMain]").inner_text()
    assert any(name in there for name in PEOPLE) == (role == ADMIN)
    page.context.close()
    assert (seen.dialogs, seen.errors, seen.outside) == ([], [], [])


def test_answers_that_were_compared_say_whether_the_place_decided(browser: Browser, worked: Labels) -> None:
    page = open_page(browser, worked, ADMIN, "answer")
    expect(page.get_by_role("heading", name="왼쪽에 놓인 답이 선호된 비율")).to_be_visible(timeout=WAIT)
    settled(page)
    expect(page.locator("[data-testid=stException], [data-testid=stAlertContentError]")).to_have_count(0)
    keep(page, "quality-preferences")
    page.context.close()

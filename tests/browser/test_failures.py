"""The pages about runs in a real browser: a verdict filters, a slider replays on the server, two runs are compared."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.labels import ADJUDICATOR, ANNOTATOR, WAIT, Labels, running, settled, sign_in, watch
from tests.pages.stored import serving, two_runs

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Labels]:
    home = tmp_path_factory.mktemp("failures")
    service = two_runs(home)
    with serving(service) as port, running(home, "--chat", str(port)) as app:
        yield app
    service.close()


@pytest.fixture
def page(browser: Browser, app: Labels) -> Iterator[Page]:
    opened = sign_in(browser, app, ADJUDICATOR, "/failures?run=base")
    seen = watch(opened, app.address)
    yield opened
    opened.context.close()
    assert (seen.dialogs, seen.errors, seen.outside) == ([], [], [])


def keep(page: Page, name: str) -> None:
    """A picture for whoever wants to look (``SHOTS`` names the folder)."""
    if shots := os.environ.get("SHOTS"):
        page.screenshot(path=Path(shots) / f"{name}.png", full_page=True)


def test_a_question_is_found_opened_and_replayed(page: Page) -> None:
    expect(page.locator(".js-plotly-plot .sankey-node").first).to_be_visible(timeout=WAIT)
    expect(page.locator("#hs-failure-facts")).to_contain_text("숯골갈비 주차 무료예요?")
    keep(page, "failures")
    page.get_by_role("button", name="정답", exact=False).first.click()
    expect(page.locator(".stMarkdown", has_text="번째 질문").first).not_to_contain_text("/ 10번째")
    settled(page)
    page.get_by_role("button", name="다음 질문").click()
    expect(page.locator("#hs-failure-facts")).not_to_contain_text("숯골갈비 주차 무료예요?")
    settled(page)
    slider = page.get_by_role("slider", name="프롬프트에 넣는 수")
    slider.focus()
    slider.press("ArrowLeft")
    expect(page.locator(".hs-moves")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("다시 한 일")).to_be_visible()
    keep(page, "replayed")


def test_two_runs_are_compared(page: Page, app: Labels) -> None:
    page.goto(f"{app.address}/runs")
    expect(page.locator("#hs-runs-verdict")).to_contain_text("만 맞힌 질문은", timeout=WAIT)
    expect(page.locator(".js-plotly-plot .bars").first).to_be_visible(timeout=WAIT)
    keep(page, "runs")


def test_annotators_are_kept_out(browser: Browser, app: Labels) -> None:
    page = sign_in(browser, app, ANNOTATOR, "/failures")
    expect(page.get_by_text("조정자부터 볼 수 있습니다")).to_be_visible()
    page.context.close()

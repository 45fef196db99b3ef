"""The pages about runs in a real browser: filters, replays, notes and tags, two runs compared, the regression set."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline.evaluation.notes import FILE, Notes
from pipeline.evaluation.regression import FILE as SET
from pipeline.evaluation.regression import add_case, case_of
from pipeline.evaluation.runs import read_records
from tests.browser.labels import ADJUDICATOR, ANNOTATOR, PHONE, WAIT, Labels, running, settled, sign_in, watch
from tests.pages.stored import serving, two_runs

pytestmark = pytest.mark.browser
AT = "2026-11-22T10:00:00+00:00"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Labels]:
    home = tmp_path_factory.mktemp("failures")
    service = two_runs(home)
    for record in read_records(home / "runs" / "base")[1:7]:
        add_case(home / SET, case_of(record, "small", "base", "k를 줄이면 잘림", "kim", AT))
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
    expect(page.locator("#hs-failure-facts")).to_contain_text("숯골갈비 주차 무료예요?", timeout=WAIT)
    expect(page.locator("[class*=st-key-hs-failure-flow-base] svg text").first).to_be_visible(timeout=WAIT)
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


def test_the_open_question_is_marked_in_the_table_however_it_was_come_to(page: Page) -> None:
    table = page.locator("[class*=st-key-hs-failure-table]")
    marked = table.locator("[role=row][aria-selected=true]")
    place = page.locator(".stMarkdown", has_text="번째 질문").first
    expect(place).to_contain_text("1 / 10번째", timeout=WAIT)
    expect(marked).to_have_attribute("aria-rowindex", "2", timeout=WAIT)  # under the titles
    page.get_by_role("button", name="다음 질문").click()
    expect(place).to_contain_text("2 / 10번째", timeout=WAIT)
    expect(marked).to_have_attribute("aria-rowindex", "3", timeout=WAIT)
    settled(page)
    keep(page, "marked")
    box = table.locator("canvas").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 12, box["y"] + 35 * 6 + 18)  # the sixth row's mark
    expect(place).to_contain_text("6 / 10번째", timeout=WAIT)
    expect(marked).to_have_attribute("aria-rowindex", "7", timeout=WAIT)


def test_a_verdict_is_clicked_in_the_flow(page: Page) -> None:
    place = page.locator(".stMarkdown", has_text="번째 질문").first
    expect(place).to_contain_text("/ 10번째", timeout=WAIT)
    flow = page.locator("[class*=st-key-hs-failure-flow-base] svg")
    flow.locator("text", has_text="색인에 없음").click()
    expect(place).to_contain_text("/ 1번째", timeout=WAIT)
    expect(page.locator("#hs-failure-facts")).to_contain_text("없는 후기를 묻는 질문입니다")
    settled(page)
    keep(page, "flow-clicked")
    flow.locator("text", has_text="색인에 없음").click()  # once more lets go
    expect(place).to_contain_text("/ 10번째", timeout=WAIT)
    settled(page)
    flow.locator("text", has_text="답변").click()
    expect(place).not_to_contain_text("/ 10번째", timeout=WAIT)


def test_two_runs_are_compared(page: Page, app: Labels) -> None:
    page.goto(f"{app.address}/runs")
    expect(page.locator("#hs-runs-verdict")).to_contain_text("만 맞힌 질문은", timeout=WAIT)
    expect(page.locator(".js-plotly-plot .bars").first).to_be_visible(timeout=WAIT)
    keep(page, "runs")


def test_questions_are_asked_otherwise(page: Page, app: Labels) -> None:
    page.goto(f"{app.address}/robustness")
    page.get_by_role("button", name="질문으로 재기").click()
    expect(page.get_by_role("heading", name="변형별 요약")).to_be_visible(timeout=WAIT)
    settled(page)
    keep(page, "robustness")


def test_annotators_are_kept_out(browser: Browser, app: Labels) -> None:
    page = sign_in(browser, app, ANNOTATOR, "/failures")
    expect(page.get_by_text("조정자부터 볼 수 있습니다")).to_be_visible()
    page.context.close()


def test_a_question_is_noted_tagged_watched_and_sent(page: Page, app: Labels) -> None:
    page.goto(f"{app.address}/failures?run=base&question=q1")
    note = page.get_by_label("메모", exact=True)
    said = "조사를 떼고 찾아야"
    note.press_sequentially(said)  # nobody leaves the field
    expect(page.locator("#hs-failure-kept")).to_have_attribute("data-letters", str(len(said)), timeout=WAIT)
    page.reload()
    expect(note).to_have_value(said, timeout=WAIT)
    page.get_by_role("button", name="메모 남기기").click()
    expect(page.locator("#hs-failure-notes")).to_contain_text(said, timeout=WAIT)
    expect(note).to_have_value("")
    tags = page.locator(".st-key-hs-failure-tools [data-testid=stMultiSelect] input")
    tags.fill("조사")
    tags.press("Enter")
    expect(page.locator("[class*=st-key-hs-failure-tag-base]")).to_be_visible(timeout=WAIT)
    settled(page)
    page.get_by_role("button", name="회귀 세트에 넣기").click()
    expect(page.locator("#hs-failure-in-set")).to_contain_text(said, timeout=WAIT)
    page.get_by_role("button", name="채점자에게 보내기").click()
    expect(page.locator("#hs-failure-sent")).to_contain_text("과제 #1", timeout=WAIT)
    keep(page, "tools")
    assert Notes(app.home / FILE).tags("base") == {"q1": ("조사",)}


def test_the_xray_is_opened(page: Page) -> None:
    settled(page)
    page.locator(".st-key-hs-xray-on label").click()
    expect(page.locator("#hs-xray")).to_contain_text("맞는 단락", timeout=WAIT)
    expect(page.locator(".hs-terms")).to_contain_text("BM25 합")
    keep(page, "xray")


def test_the_history_leads_back_to_the_question(page: Page, app: Labels) -> None:
    page.goto(f"{app.address}/regression")
    expect(page.locator("#hs-regression-newest")).to_contain_text("narrow", timeout=WAIT)
    settled(page)
    keep(page, "regression")
    page.locator("#hs-regression-matrix a", has_text="연탄집 사장님 친절해요?").click()
    expect(page).to_have_url(f"{app.address}/failures?run=narrow&question=q2", timeout=WAIT)
    expect(page.locator("#hs-failure-facts")).to_contain_text("연탄집 사장님 친절해요?", timeout=WAIT)


def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, app: Labels) -> None:
    page = sign_in(browser, app, ADJUDICATOR, "/regression", viewport=PHONE, has_touch=True)
    for path, there in (
        ("/regression", "#hs-regression-matrix"),
        ("/failures?run=base", "#hs-failure-facts"),
        ("/runs", "#hs-runs-verdict"),
        ("/robustness", ".st-key-hs-robust-go"),
    ):
        page.goto(app.address + path)
        expect(page.locator(there)).to_be_visible(timeout=WAIT)
        settled(page)
        keep(page, f"phone{path.partition('?')[0].replace('/', '-')}")
        page.wait_for_function(
            "() => { const main = document.querySelector('.stMain'); return main.scrollWidth <= main.clientWidth + 1 }"
        )
    page.context.close()

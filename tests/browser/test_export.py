"""Exporting in the annotation app: made in the background, downloaded, checked again; for administrators only."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.annotations.filled import give, new_review, review
from tests.browser.labels import ADJUDICATOR, ADMIN, PHONE, WAIT, Labels, settled, sign_in, watch

pytestmark = pytest.mark.browser

HOSTILE = '<img src=x onerror="window.hacked=1"> =HYPERLINK("http://x") [링크](javascript:alert(1))'


@pytest.fixture(scope="module")
def filled(labels: Labels) -> Labels:
    with labels.desk() as desk:
        desk.add_tasks([new_review(key, seats=2) for key in ("r1", "r2")], "test")
        for who in ("annotator", "second"):
            give(desk, who, "r1", review(note=HOSTILE))
        desk.add_tasks([new_review(HOSTILE, seats=1)], "test")
    return labels


@pytest.fixture
def page(browser: Browser, filled: Labels) -> Iterator[Page]:
    opened = sign_in(browser, filled, ADMIN, "/export", accept_downloads=True)
    seen = watch(opened, filled.address)
    yield opened
    opened.context.close()
    assert (seen.dialogs, seen.errors, seen.outside) == ([], [], [])


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).first.click()
    page.get_by_role("option", name=option).click()
    settled(page)


def make(page: Page) -> None:
    page.locator(".st-key-hs-export-make button").click()
    expect(page.get_by_text("다시 읽어 확인했습니다")).to_be_visible(timeout=WAIT)


def test_an_administrator_exports_downloads_and_checks(page: Page) -> None:
    expect(page.get_by_text("아직 내보낸 것이 없습니다")).to_be_visible()
    choose(page, "체계", "리뷰 라벨링")
    choose(page, "형식", "csv")
    make(page)
    expect(page.get_by_text("기록 1 · 항목 1 · 답 2")).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("button", name="zip 받기").first.click()
    with zipfile.ZipFile(started.value.path()) as packed:
        names = {name.partition("/")[2] for name in packed.namelist()}
        assert names == {"items.csv", "answers.csv", "dropped.jsonl", "manifest.json"}
        (answers,) = [name for name in packed.namelist() if name.endswith("answers.csv")]
        rows = list(csv.DictReader(io.StringIO(packed.read(answers).decode("utf-8-sig"))))
    assert {row["labels.note"] for row in rows} == {HOSTILE}
    assert not any("second" in row["annotator"] for row in rows)
    page.get_by_role("button", name="파일 확인").first.click()
    expect(page.get_by_text("모든 파일이 내보낼 때와 같습니다")).to_be_visible()
    page.get_by_text("뺀 것 2").first.click()
    expect(page.get_by_text("unanswered 2")).to_be_visible()
    assert page.evaluate("window.hacked") is None


def test_what_can_t_be_exported_says_why(page: Page) -> None:
    choose(page, "어떤 답으로", "제안을 본 뒤의 답")
    page.locator(".st-key-hs-export-make button").click()
    expect(page.get_by_text("내보낼 것이 없습니다")).to_be_visible(timeout=WAIT)


def test_only_forms_that_fit_the_scheme_are_offered(page: Page) -> None:
    choose(page, "체계", "리뷰 라벨링")
    page.get_by_label("형식", exact=True).first.click()
    expect(page.get_by_role("option", name="hf")).to_be_visible()
    expect(page.get_by_role("option", name="dpo")).to_have_count(0)


def test_a_phone_has_no_sideways_scrolling(browser: Browser, filled: Labels) -> None:
    opened = sign_in(browser, filled, ADMIN, "/export", viewport=PHONE)
    make(opened)
    assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    opened.context.close()


def test_an_adjudicator_may_not_export(browser: Browser, filled: Labels) -> None:
    opened = sign_in(browser, filled, ADJUDICATOR, "/export")
    expect(opened.get_by_text("이 페이지는 관리자부터 볼 수 있습니다")).to_be_visible()
    expect(opened.locator(".st-key-hs-export-make")).to_have_count(0)
    opened.context.close()

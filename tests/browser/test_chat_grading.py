"""From a 👎 in the chat to the graders' queue with one click, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from annotations.desk import Desk
from annotations.intake.overview import find
from tests.browser.conftest import WAIT, Site, ask, trace_id

pytestmark = pytest.mark.browser


def test_an_answer_is_one_click_from_the_graders(page: Page, site: Site) -> None:
    ask(page)
    turn = page.locator(".turn").last
    expect(turn.locator("[data-act=grade]")).to_have_count(0)
    turn.locator(".acts [data-form=reasons]").click()
    turn.get_by_label("빠진 내용").check()
    turn.locator("[data-act=down]").click()
    turn.get_by_role("button", name="채점 대기열에 넣기").click()
    told = turn.get_by_text(re.compile(r"대기열에 넣었습니다 #\d+"))
    expect(told).to_be_visible(timeout=WAIT)
    with Desk(site.service.home.labels) as desk:
        task = find(desk, "answer", trace_id(page))
    assert task is not None
    assert told.inner_text().endswith(f"#{task.id}")
    assert task.context["reason"] == "빠진 내용"

"""The tabs for one review and for one restaurant, as people use them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

TEXT = "맛은 있는데 직원이 불친절해요 <img src=x onerror=window.hacked=1>"


def analyse(page: Page, text: str = TEXT) -> None:
    page.get_by_role("tab", name="리뷰 분석").click()
    page.fill("#hs-review textarea", text)
    page.get_by_role("button", name="분석", exact=True).click()
    expect(page.locator(".analysed .review")).to_have_text(text)


def test_a_review_is_analysed_in_its_own_words(page: Page) -> None:
    analyse(page)
    expect(page.locator(".analysed mark.negative").first).to_be_visible()
    expect(page.locator(".analysed .share.on").first).to_contain_text("✓")
    assert page.evaluate("window.hacked") is None
    page.fill("#hs-review textarea", "쓰다 만 글")
    page.locator("[data-act=lang][data-lang=en]").click()
    expect(page.get_by_role("tab", name="One review")).to_be_visible()
    expect(page.locator("#hs-review textarea")).to_have_value("쓰다 만 글")
    expect(page.locator(".analysed .review")).to_have_text(TEXT)


def test_a_restaurant_is_portrayed_down_to_its_reviews(page: Page) -> None:
    page.get_by_role("tab", name="식당").click()
    page.locator("#hs-restaurant select").select_option("길남이네국밥")
    drawn = page.locator(".drawn[data-restaurant='길남이네국밥']")
    expect(drawn).to_contain_text(re.compile(r"후기 \d+건 가운데"))
    drawn.locator(".strengths summary").first.click()
    expect(drawn.locator(".strengths .review mark").first).to_be_visible()
    expect(page.locator("#hs-months .js-plotly-plot .bars .point").first).to_be_attached()
    expect(page.locator("#hs-feelings .js-plotly-plot .hm").first).to_be_attached()
    page.locator("#hs-restaurant select").select_option("")
    expect(page.locator(".drawn")).to_have_count(0)


def test_both_fit_a_phone(phone: Page) -> None:
    phone.locator("#hs-open").click()
    analyse(phone)
    phone.get_by_role("tab", name="식당").click()
    phone.locator("#hs-restaurant select").select_option("길남이네국밥")
    expect(phone.locator(".drawn")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")

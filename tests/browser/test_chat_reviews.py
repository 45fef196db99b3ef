"""The tabs for one review and for one restaurant, as people use them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

SLOW = 60_000  # milliseconds: the classifier is loaded, a restaurant's reviews and those of its kind are analysed
TEXT = "맛은 있는데 직원이 불친절해요 <img src=x onerror=window.hacked=1>"


def analyse(page: Page, text: str = TEXT) -> None:
    page.get_by_role("tab", name="리뷰 분석").click()
    page.fill("#hs-review textarea", text)
    page.get_by_role("button", name="분석", exact=True).click()
    expect(page.locator(".analysed .review")).to_have_text(text, timeout=SLOW)


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
    expect(drawn).to_contain_text(re.compile(r"후기 \d+건 가운데"), timeout=SLOW)
    drawn.locator(".strengths summary").first.click()
    expect(drawn.locator(".strengths .review mark").first).to_be_visible()
    expect(page.locator("#hs-months .js-plotly-plot .bars .point").first).to_be_attached(timeout=SLOW)
    expect(page.locator("#hs-feelings .js-plotly-plot .hm").first).to_be_attached(timeout=SLOW)
    page.locator("#hs-restaurant select").select_option("")
    expect(page.locator(".drawn")).to_have_count(0)


def test_both_fit_a_phone(phone: Page) -> None:
    phone.locator("#hs-open").click()
    analyse(phone)
    phone.get_by_role("tab", name="식당").click()
    phone.locator("#hs-restaurant select").select_option("길남이네국밥")
    expect(phone.locator(".drawn")).to_be_visible(timeout=SLOW)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


def press(page: Page, figure: str, mark: str) -> None:
    """Point at the middle of a mark of a figure until Plotly has noticed it, then click, as a person would."""
    target = page.locator(f"{figure} {mark}").first
    target.scroll_into_view_if_needed()
    for step in range(200):  # far longer than it takes: no assertion rests on the time
        box = target.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2 - step % 2, box["y"] + box["height"] / 2)
        if page.locator(f"{figure} .hoverlayer .hovertext").count():
            break
        page.wait_for_timeout(200)
    page.mouse.down()
    page.mouse.up()


def test_a_click_in_a_figure_shows_the_reviews_behind_it(page: Page) -> None:
    page.get_by_role("tab", name="식당").click()
    page.locator("#hs-restaurant select").select_option("길남이네국밥")
    panel = page.locator("#hs-picked .picked")
    expect(panel).to_contain_text("그림에서 골라", timeout=SLOW)
    for figure in ("aspects", "months", "feelings"):  # drawn above one another: none may still grow
        expect(page.locator(f"#hs-{figure} .js-plotly-plot .main-svg").first).to_be_visible(timeout=SLOW)
    press(page, "#hs-months", ".bars .point path")
    expect(page.locator(".picked[data-picked^='month:']")).to_be_attached(timeout=SLOW)
    expect(panel.locator(".behind .review").first).to_be_visible()
    press(page, "#hs-aspects", ".scatterlayer .point >> nth=1")
    expect(page.locator(".picked[data-picked^='aspect:']")).to_be_attached(timeout=SLOW)
    expect(panel.locator(".behind mark").first).to_be_visible()
    other = panel.locator("button[aria-pressed=false]").first
    name = other.inner_text().split()[0]
    other.click()
    pressed = panel.get_by_role("button", name=re.compile(f"^✓ {re.escape(name)}"))
    expect(pressed).to_have_attribute("aria-pressed", "true", timeout=SLOW)
    panel.get_by_role("button", name="✕ 닫기").click()
    expect(panel.locator(".behind")).to_have_count(0, timeout=SLOW)


def test_what_is_open_stays_open_when_a_portrait_is_drawn_anew(page: Page) -> None:
    page.get_by_role("tab", name="식당").click()
    page.locator("#hs-restaurant select").select_option("길남이네국밥")
    drawn = page.locator(".drawn[data-restaurant='길남이네국밥']")
    drawn.locator("details summary").nth(1).click(timeout=SLOW)
    expect(drawn.locator("details").nth(1)).to_have_attribute("open", "")
    page.locator("[data-act=lang][data-lang=en]").click()  # draws it anew, as a language model's words do
    expect(drawn).to_contain_text("Strengths", timeout=SLOW)
    expect(drawn.locator("details").nth(1)).to_have_attribute("open", "")
    expect(drawn.locator("details[open]")).to_have_count(1)
    page.locator("#hs-restaurant select").select_option("장작과밀")
    expect(page.locator(".drawn[data-restaurant='장작과밀'] details").first).to_be_visible(timeout=SLOW)
    expect(page.locator(".drawn details[open]")).to_have_count(0)


def test_a_place_without_reviews_is_told_so_and_a_near_name_is_a_click_away(page: Page) -> None:
    page.fill("#hs-box textarea", "길남네국밥 서비스 어때?")
    page.locator("#hs-send").click()
    none = page.locator(".answer.abstention")
    expect(none.locator(".said")).to_contain_text("이 색인에 없습니다", timeout=SLOW)
    expect(page.locator(".chip")).to_contain_text("길남네국밥(후기에 없음)")
    none.get_by_role("button", name="‘길남이네국밥’에 대해 묻기").click()
    expect(page.locator(".answer.aspects .said")).to_contain_text("길남이네국밥의 서비스는", timeout=SLOW)
    page.locator(".chip button.off").first.click()
    expect(page.locator(".chip.gone")).to_contain_text("길남네국밥", timeout=SLOW)
    expect(none).to_have_count(0, timeout=SLOW)


def test_a_question_about_an_aspect_is_answered_with_counts_and_quotes(page: Page) -> None:
    page.fill("#hs-box textarea", "무쇠언덕 서비스 어때?")
    page.locator("#hs-send").click()
    answer = page.locator(".answer.aspects")
    expect(answer.locator(".said")).to_contain_text(
        re.compile(r"무쇠언덕의 서비스는 .*후기 \d+건 가운데"), timeout=SLOW
    )
    expect(answer.locator(".kind")).to_have_text("후기 집계")
    answer.locator("button.cite").last.click()
    expect(page.locator(".evidence .card.here .quote").first).to_be_visible(timeout=SLOW)

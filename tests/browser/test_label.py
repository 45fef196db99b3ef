"""Labelling as people do it, in a real browser against the real app."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.labelling import EMOJI, PLAIN, TEXTS, answer, at_work, bring, settle_down, somebody
from tests.browser.labels import PHONE, Labels

pytestmark = pytest.mark.browser


def test_ten_are_labelled_by_keyboard_alone(browser: Browser, labels: Labels) -> None:
    texts = [f"{n + 1}번째 후기. {TEXTS[n % 3]}" for n in range(10)]
    bring(labels, texts)
    with at_work(browser, labels, somebody(labels)) as kim:
        for number, text in enumerate(texts):
            kim.see(text)
            settle_down(kim)
            kim.press("1", "ArrowRight", "ArrowRight", "q", "q")
            expect(kim.chosen("intensity")).to_have_attribute("data-answer", "4")
            kim.press("Enter")
            expect(kim.form.locator(".progress")).to_contain_text(f"내 답{number + 1}")
        stored = kim.answers()
    assert len(stored) == 10
    assert all(each.labels == PLAIN for each in stored)
    assert all(each.stage == "blind" and each.revision == 1 for each in stored)


def test_keys_work_with_the_hangul_layout_and_not_while_composing(browser: Browser, labels: Labels) -> None:
    bring(labels, TEXTS[:1])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        down = (
            "([key, code, extra]) => document.body.dispatchEvent("
            "new KeyboardEvent('keydown', {key, code, bubbles: true, composed: true, ...extra}))"
        )
        kim.page.evaluate(down, ["ㅂ", "KeyQ", {"isComposing": True}])
        kim.page.evaluate(down, ["Process", "KeyQ", {"keyCode": 229}])
        kim.page.evaluate(down, ["ㅈ", "KeyW", {}])
        expect(kim.chosen("emotions")).to_have_count(1)
        expect(kim.chosen("emotions")).to_have_attribute("data-answer", "disappointment")


def test_a_wrong_key_does_nothing(browser: Browser, labels: Labels) -> None:
    bring(labels, TEXTS[:1])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        kim.press("r", "c", "z", "9", "m", "Escape", "F2", "Tab", "Escape", "Shift+9", "Backspace", "Delete")
        kim.form.locator("h3").first.click()
        kim.press("Alt+1", "Control+1", "1")
        expect(kim.chosen("sentiment")).to_have_count(1)
        expect(kim.form.locator(".chosen, .veil")).to_have_count(0)
        expect(kim.page.get_by_role("dialog")).to_have_count(0)
        kim.see(TEXTS[0])


def test_the_same_key_raises_the_strength_and_then_takes_back(browser: Browser, labels: Labels) -> None:
    bring(labels, TEXTS[:1])
    with at_work(browser, labels, somebody(labels)) as kim:
        joy = kim.form.locator("[data-field=emotions] [data-answer=joy]")
        for strength in (1, 2, 3):
            kim.press("q")
            expect(joy).to_have_attribute("aria-label", f"만족/기쁨, 세기 {strength}")
        kim.press("q")
        expect(joy).to_have_attribute("aria-pressed", "false")
        kim.press("q", "l")
        expect(kim.chosen("emotions")).to_have_attribute("data-answer", "none")
        kim.press("w")
        expect(kim.chosen("emotions")).to_have_attribute("data-answer", "disappointment")


def test_initial_consonants_find_a_label(browser: Browser, labels: Labels) -> None:
    bring(labels, TEXTS[:1])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        kim.press("/")
        box = kim.form.get_by_role("combobox")
        expect(box).to_be_focused()
        box.press_sequentially("ㅉㅈ")
        expect(kim.form.get_by_role("option")).to_have_text([re.compile("불만/짜증")])
        kim.press("Enter")
        expect(kim.chosen("emotions")).to_have_attribute("data-answer", "annoyance")
        kim.press("?")
        expect(kim.form.get_by_role("dialog")).to_contain_text("한글 자판이 켜져 있어도")
        kim.press("Escape")
        expect(kim.form.get_by_role("dialog")).to_have_count(0)


def test_words_are_marked_by_keyboard(browser: Browser, labels: Labels) -> None:
    bring(labels, [EMOJI])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(EMOJI)
        kim.press("1", "Shift+Digit5", "q")
        kim.press("g", "ArrowRight", "ArrowRight", "Shift+ArrowRight")
        expect(kim.form.locator(".chosen")).to_have_text(["👨‍👩‍👧‍👦", " ", "가족"])
        kim.press("Enter")
        expect(kim.form.locator(".mark-item q")).to_have_text("👨‍👩‍👧‍👦 가족")
        kim.press("a", "a", "a", "End", "Enter")
        expect(kim.form.locator(".mark-item")).to_have_count(2)
        kim.press("Enter")
        expect(kim.saved()).to_be_visible()
        (stored,) = kim.answers()
    family, last = stored.labels["aspects"]  # type: ignore[misc]
    start = EMOJI.index("👨")
    assert family == {
        "label": "service", "polarity": "positive", "start": start, "end": start + 10, "quote": "👨‍👩‍👧‍👦 가족",
    }  # fmt: skip
    assert last == {
        "label": "food", "polarity": "negative", "start": EMOJI.index("만족"), "end": len(EMOJI), "quote": "만족했어요",
    }  # fmt: skip


def test_words_are_marked_by_mouse_whole_emoji_at_a_time(browser: Browser, labels: Labels) -> None:
    bring(labels, [EMOJI])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(EMOJI)
        thumb, end = (
            kim.form.locator(".reading span", has_text="👍🏽"),
            kim.form.locator(".reading span", has_text="만족했어요"),
        )
        box, last = thumb.bounding_box(), end.bounding_box()
        assert box
        assert last
        kim.page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2)
        kim.page.mouse.down()
        kim.page.mouse.move(last["x"] + last["width"] * 0.3, last["y"] + last["height"] / 2, steps=6)
        kim.page.mouse.up()
        kim.form.locator("[data-field=aspects] [data-answer=ambience]").click()
        expect(kim.form.locator(".mark-item q")).to_have_text("👍🏽 만족")
        kim.form.locator("[data-field=aspects] [data-answer=food]").click()
        kim.form.locator(".reading span", has_text="최고").click()
        expect(kim.form.locator(".mark-item q")).to_have_text(["최고", "👍🏽 만족"])
        kim.form.locator(".mark-item .polarity").first.click()
        expect(kim.form.locator(".mark-item .polarity").first).to_have_text("0 중립")
        kim.form.locator(".mark-item .drop").first.click()
        expect(kim.form.locator(".mark-item")).to_have_count(1)


def test_what_is_missing_is_said_and_nothing_is_saved(browser: Browser, labels: Labels) -> None:
    bring(labels, TEXTS[:1])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        settle_down(kim)
        kim.press("1", "Enter")
        expect(kim.form.get_by_role("alert")).to_contain_text("강도")
        expect(kim.form.locator("[data-field=intensity]")).to_have_class(re.compile("lacking"))
        assert kim.answers() == []


def test_undo_takes_back_a_change_then_reopens_the_last_answer(browser: Browser, labels: Labels) -> None:
    bring(labels, TEXTS[:2])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        settle_down(kim)
        kim.press("1", "Shift+Digit4", "q", "Enter")
        kim.see(TEXTS[1])
        kim.press("3", "Control+z")
        expect(kim.chosen("sentiment")).to_have_count(0)
        kim.see(TEXTS[1])
        kim.press("Control+z")
        kim.see(TEXTS[0])
        expect(kim.chosen("sentiment")).to_have_attribute("data-answer", "positive")
        settle_down(kim)
        kim.press("3", "Enter")
        kim.see(TEXTS[1])
        (stored,) = kim.answers()
    assert (stored.revision, stored.stage, stored.labels["sentiment"]) == (2, "edited", "negative")


def test_skip_needs_a_reason_and_flag_and_unjudgeable_are_kept(browser: Browser, labels: Labels) -> None:
    first, second = bring(labels, TEXTS[:2])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        kim.press("s")
        expect(kim.form.get_by_role("button", name="건너뛰기", exact=True).last).to_be_disabled()
        kim.press("Escape", "s", "2", "Enter")
        kim.see(TEXTS[1])
        settle_down(kim)
        kim.press("f")
        kim.form.get_by_label("무엇이 이상한가요?").fill("광고 같음")
        kim.press("Enter", "0")
        expect(kim.form.get_by_role("button", name="판단 불가")).to_have_attribute("aria-pressed", "true")
        kim.press("Enter")
        expect(kim.saved()).to_be_visible()
        (stored,) = kim.answers()
    assert (stored.task_id, stored.outcome, stored.flag, stored.labels) == (second, "unjudgeable", "광고 같음", {})
    with labels.desk() as desk:
        assert [(each.task_id, each.reason) for each in desk.snapshot("review").skips if each.task_id == first] == [
            (first, "음식점 이야기가 아님")
        ]


def test_the_model_is_seen_only_after_the_answer(browser: Browser, labels: Labels) -> None:
    first, _, _ = bring(labels, TEXTS)
    with labels.desk() as desk:
        desk.add_suggestion(
            first,
            "모델",
            {"sentiment": "mixed", "intensity": 3, "emotions": [{"label": "joy", "strength": 1}]},
            {"sentiment": 0.71},
        )
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(TEXTS[0])
        expect(kim.page.get_by_text("모델은")).to_have_count(0)
        settle_down(kim)
        kim.press("1", "Shift+Digit4", "q", "Enter")
        kim.see(TEXTS[1])
        expect(kim.form.locator(".suggestion")).to_contain_text("복합 .71")
        kim.press("]")
        kim.see(TEXTS[0])
        settle_down(kim)
        kim.press("4", "Enter")
        kim.see(TEXTS[1])
        expect(kim.form.locator(".decided")).to_have_text("✓ 고쳤습니다")
        stored = kim.answers()[0]
    assert (stored.stage, stored.revision, stored.labels["sentiment"]) == ("assisted", 2, "mixed")
    with labels.desk() as desk:
        seen = [each for each in desk.snapshot("review").seen if each.task_id == first]
    assert [each.kept for each in seen] == [False]
    assert seen[0].annotation_id == stored.base


def test_a_suggestion_that_is_left_alone_counts_as_kept(browser: Browser, labels: Labels) -> None:
    ids = bring(labels, TEXTS)
    with labels.desk() as desk:
        for id in ids[:2]:
            desk.add_suggestion(id, "모델", PLAIN, {})
    with at_work(browser, labels, somebody(labels)) as kim:
        for text, following in pairwise(TEXTS):
            kim.see(text)
            settle_down(kim)
            kim.press("1", "Shift+Digit4", "q", "q", "Enter")
            kim.see(following)
        kim.press("[")
        expect(kim.form.locator(".decided")).to_have_text("✓ 그대로 두었습니다")
    with labels.desk() as desk:
        assert {(each.task_id, each.kept) for each in desk.snapshot("review").seen if each.task_id in ids} == {
            (ids[0], True),
            (ids[1], True),
        }


def test_one_s_own_last_answers_can_be_opened_and_revised(browser: Browser, labels: Labels) -> None:
    first, second = bring(labels, TEXTS[:2])
    name = somebody(labels)
    answer(labels, name, first)
    answer(labels, name, second)
    with at_work(browser, labels, name, "/mine?scheme=review") as kim:
        expect(kim.form.locator(".answer")).to_have_count(2)
        expect(kim.form.locator(".answer").first).to_contain_text("만족/기쁨 ●●")
        kim.form.locator(".answer").last.click()
        kim.see(TEXTS[0])
        settle_down(kim)
        kim.press("3", "Enter")
        expect(kim.form.locator(".answer").first).to_contain_text("부정")
        stored = kim.answers()[0]
    assert (stored.task_id, stored.stage, stored.revision) == (first, "edited", 2)


def test_the_page_is_comfortable_on_a_phone(browser: Browser, labels: Labels) -> None:
    bring(labels, TEXTS[:2])
    phone = {"viewport": PHONE, "has_touch": True, "is_mobile": True, "color_scheme": "dark"}
    with at_work(browser, labels, somebody(labels), **phone) as kim:
        kim.see(TEXTS[0])
        assert kim.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        heights = kim.form.locator(".choice, .acts button").evaluate_all("all => all.map(e => e.offsetHeight)")
        assert min(heights) >= 44
        kim.form.locator("[data-field=sentiment] [data-answer=mixed]").tap()
        kim.form.locator("[data-field=intensity] [data-answer='3']").tap()
        kim.form.locator("[data-field=emotions] [data-answer=joy]").tap()
        kim.form.locator("[data-field=aspects] [data-answer=food]").tap()
        expect(kim.form.locator(".reading")).to_be_in_viewport()
        kim.form.locator(".reading span", has_text="불맛은").tap()
        expect(kim.form.locator(".mark-item q")).to_have_text("불맛은")
        expect(kim.form.locator(".reading")).to_be_in_viewport()
        kim.form.locator(".save").tap()
        kim.see(TEXTS[1])
        expect(kim.saved()).to_be_visible()

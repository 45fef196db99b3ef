"""Settling disputes in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from annotations.types import Labels as Given
from tests.browser.labelling import PLAIN, TEXTS, answer, at_work, bring, settle_down, somebody
from tests.browser.labels import Labels

pytestmark = pytest.mark.browser

OTHER: Given = {
    "sentiment": "mixed",
    "intensity": 3,
    "emotions": [{"label": "disappointment", "strength": 2}],
    "aspects": [{"label": "waiting", "polarity": "negative", "start": 6, "end": 16, "quote": TEXTS[0][6:16]}],
}


def dispute(labels: Labels, texts: list[str]) -> list[int]:
    """Tasks on which two people don't agree."""
    ids = bring(labels, texts, seats=2)
    for labelled in (PLAIN, OTHER):
        name = somebody(labels)
        for id, text in zip(ids, texts, strict=True):
            fits = labelled if text == TEXTS[0] else {**labelled, "aspects": []}
            answer(labels, name, id, fits)
    return ids


def test_one_key_takes_either_answer(browser: Browser, labels: Labels) -> None:
    first, second = dispute(labels, [TEXTS[0], TEXTS[1]])
    with at_work(browser, labels, somebody(labels, "adjudicator"), "/adjudicate?scheme=review") as park:
        park.see(TEXTS[0])
        expect(park.form.locator("tr.differs")).to_have_count(4)
        expect(park.form.locator(".sides thead")).to_contain_text("답 A")
        assert "annotator" not in (park.form.text_content() or "").replace("조정", "")
        mixed = park.form.locator(".sides td", has_text="복합").get_attribute("data-column") or ""
        settle_down(park)
        park.press(mixed.lower())
        park.see(TEXTS[1])
        expect(park.saved()).to_be_visible()
        expect(park.form.locator(".progress")).to_contain_text("이번에 정한 것1")
        settle_down(park)
        park.press("e")
        expect(park.form.locator("[data-field=sentiment]")).to_be_visible()
        park.press("2", "Shift+Digit3", "l", "Enter")
        expect(park.form.locator(".progress")).to_contain_text("이번에 정한 것2")
    with labels.desk() as desk:
        found = desk.snapshot("review")
    settled = {each.id: each for each in found.annotations if each.id in found.settled.values()}
    assert settled[found.settled[first]].labels["sentiment"] == "mixed"
    assert settled[found.settled[second]].labels["sentiment"] == "neutral"
    assert {each.stage for each in settled.values()} == {"adjudicated"}


def test_a_settled_task_is_shown_as_a_precedent_after_the_answer(browser: Browser, labels: Labels) -> None:
    text = "웨이팅이 두 시간이라 다시는 못 가겠어요. 그래도 불맛은 인정"
    (id,) = dispute(labels, [TEXTS[0]])
    with at_work(browser, labels, somebody(labels, "adjudicator"), "/adjudicate?scheme=review") as park:
        expect(park.form.locator(".sides")).to_be_visible()
        settle_down(park)
        park.press("a")
        expect(park.saved()).to_be_visible()
    with labels.desk() as desk:
        assert desk.task(id).status == "settled"
    bring(labels, [text])
    with at_work(browser, labels, somebody(labels)) as kim:
        kim.see(text)
        expect(kim.form.locator(".precedents")).to_have_count(0)
        settle_down(kim)
        kim.press("4", "Shift+Digit2", "w", "Enter")
        kim.form.locator(".precedents summary").click()
        expect(kim.form.locator(".precedents li").first).to_contain_text("웨이팅이 두 시간이라")

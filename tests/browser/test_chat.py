"""The chat as people use it, in a real browser against a real server with the demo index."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pipeline.trace_json import from_json
from tests.browser.conftest import BOX, HOSTILE, WAIT, Site, ask, finished, trace_id

pytestmark = pytest.mark.browser


def test_a_question_is_answered_with_evidence_scores_and_times(page: Page, site: Site) -> None:
    ask(page, "불티연탄구이 와인 콜키지 얼마예요?")
    trace = site.service.trace(trace_id(page))
    assert trace.answer is not None
    used = [c for c in trace.candidates if c.in_prompt]
    expect(page.locator(".evidence .card")).to_have_count(len(used))
    first = page.locator(".evidence .card").first
    for stage in ("BM25", "벡터", "문장", "융합", "리랭커"):
        expect(first.locator(".stages")).to_contain_text(stage)
    expect(page.locator(".evidence mark").first).to_be_visible()
    expect(page.locator(".facts")).to_have_text(re.compile(r"근거 \d+곳 · 후보 \d+ · [\d,]+ ms"))
    expect(page.locator(BOX)).to_have_value("")
    page.get_by_role("tab", name="순위").click()
    expect(page.locator("#hs-ranks .js-plotly-plot .legendtext").first).to_be_visible()
    page.get_by_role("tab", name="시간").click()
    expect(page.locator("#hs-times .js-plotly-plot .bars .point").first).to_be_attached()
    page.get_by_role("tab", name="형태소").click()
    expect(page.locator(".xray .m.match").first).to_be_visible()
    page.locator(".xray select").select_option(index=len(trace.candidates) - 1)
    expect(page.locator(".xray .why li").first).to_be_visible()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"title": "draining", "detail": "서버를 다시 시작하는 중입니다.", "detail_en": "It is being restarted."},
         {"ko": "서버를 다시 시작하는 중입니다.", "en": "It is being restarted."}),
        ({"detail": "Queue is full. Max size is 64 and size is 64."},
         {"ko": "지금 묻는 사람이 많습니다", "en": "Too many people"}),
    ],
    ids=["ours", "gradio's"],
)  # fmt: skip
def test_who_can_t_be_answered_now_is_told_why_in_their_language(page: Page, said: dict, shown: dict) -> None:
    page.route("**/gradio_api/queue/join*", lambda route: route.fulfill(status=503, json=said))
    page.fill(BOX, "주차 되나요?")
    for lang, sentence in shown.items():
        page.evaluate("lang => { document.documentElement.lang = lang; }", lang)
        page.keyboard.press("Enter")
        expect(page.locator(".toast-body", has_text=sentence).first).to_be_visible()
    expect(page.get_by_text("currently busy")).to_have_count(0)


def test_a_citation_and_its_evidence_light_up_together(page: Page) -> None:
    ask(page)
    page.locator(".answer .cite").first.focus()
    expect(page.locator(".evidence .quote.lit").first).to_be_visible()
    page.keyboard.press("Enter")
    card = page.locator(".evidence .card.here")
    expect(card).to_be_focused()
    expect(card.locator(".quote.lit").first).to_be_in_viewport()
    page.mouse.move(5, 5)
    page.locator(BOX).focus()
    expect(page.locator(".lit")).to_have_count(0)
    page.locator(".evidence .quote").first.hover()
    expect(page.locator(".answer .sentence.lit").first).to_be_visible()


def test_the_evidence_of_an_older_answer_comes_back_with_its_citation(page: Page) -> None:
    ask(page)
    older = trace_id(page)
    ask(page, "거기 대기는 길어?")
    expect(page.locator(".evidence")).to_have_attribute("data-trace", trace_id(page))
    page.locator(".turn").first.locator(".cite").first.click()
    expect(page.locator(".evidence")).to_have_attribute("data-trace", older)
    expect(page.locator(".evidence .card.here .quote.lit").first).to_be_visible()


def test_all_candidates_are_shown_on_request(page: Page, site: Site) -> None:
    ask(page)
    page.locator("[data-act=expand]").click()
    expect(page.locator(".evidence .card")).to_have_count(len(site.service.trace(trace_id(page)).candidates))


def test_a_complaint_with_its_reasons_is_stored(page: Page, site: Site) -> None:
    ask(page)
    page.get_by_role("button", name="도움이 안 됐어요").click()
    page.get_by_label("빠진 내용").check()
    page.fill(".reasons textarea", "주차 시간이 빠졌어요")
    page.get_by_role("button", name="의견 저장").click()
    saved = page.locator(".saved")
    expect(saved).to_have_text(re.compile(r"의견 저장됨 #\d+"))
    stored = site.service.feedback(trace_id(page))[-1]
    assert (stored.vote, stored.reason) == ("down", "빠진 내용; 주차 시간이 빠졌어요")
    assert saved.inner_text().endswith(f"#{stored.id}")


def test_the_link_opens_exactly_the_stored_answer(page: Page, site: Site) -> None:
    ask(page)
    id_, said = trace_id(page), page.locator(".said").inner_text()
    expect(page.locator(".evidence .review").first).to_be_visible()
    cards = page.locator(".evidence .review").all_inner_texts()
    page.get_by_role("button", name="링크 복사").click()
    expect(page.locator("#hs-status")).to_contain_text("링크를 복사했습니다")
    address = page.evaluate("navigator.clipboard.readText()")
    assert address == f"{site.address}?trace={id_}"
    page.goto(address)
    expect(page.locator(".banner")).to_contain_text("저장된 답변")
    expect(page.locator(".evidence .review")).to_have_count(len(cards))
    expect(page.locator(".turn").last).to_have_attribute("data-trace", id_)
    expect(page.locator(".said")).to_have_text(said, use_inner_text=True)
    expect(page.locator(".evidence .review")).to_have_text(cards, use_inner_text=True)


def test_the_download_is_the_stored_answer(page: Page, site: Site) -> None:
    ask(page)
    with page.expect_download() as started:
        page.get_by_role("link", name="JSON 받기").click()
    assert started.value.suggested_filename == f"hansang-{trace_id(page)}.json"
    found = json.loads(Path(started.value.path()).read_text(encoding="utf-8"))
    assert from_json(found) == site.service.trace(trace_id(page))


def test_an_unknown_link_says_so(page: Page, site: Site) -> None:
    page.goto(f"{site.address}?trace=nothing")
    expect(page.locator(".error")).to_contain_text("'nothing' 답변 기록이 없습니다")


def test_enter_while_a_syllable_is_composed_does_not_send(page: Page) -> None:
    page.fill(BOX, "주차 되나")
    page.evaluate(
        """(selector) => {
          const box = document.querySelector(selector);
          const press = (type, more) => box.dispatchEvent(
            new KeyboardEvent(type, {key: 'Enter', code: 'Enter', bubbles: true, cancelable: true, ...more}));
          box.dispatchEvent(new CompositionEvent('compositionstart', {bubbles: true}));
          press('keydown', {isComposing: true, keyCode: 229}); press('keypress', {isComposing: true, keyCode: 13});
          press('keyup', {isComposing: true, keyCode: 13});
          box.dispatchEvent(new CompositionEvent('compositionend', {bubbles: true, data: '나'}));
          press('keydown', {keyCode: 229}); press('keypress', {keyCode: 13}); press('keyup', {keyCode: 13});
        }""",
        BOX,
    )
    page.wait_for_timeout(700)
    assert page.locator(".turn").count() == 0
    expect(page.locator(BOX)).to_have_value("주차 되나")
    page.press(BOX, "Shift+Enter")
    expect(page.locator(BOX)).to_have_value("주차 되나\n")
    page.press(BOX, "Enter")
    finished(page)
    expect(page.locator(".question")).to_have_text("주차 되나")


def test_hangul_through_the_browsers_own_input_method_does_not_send(page: Page) -> None:
    page.locator(BOX).focus()
    devtools = page.context.new_cdp_session(page)
    devtools.send("Input.imeSetComposition", {"text": "주", "selectionStart": 1, "selectionEnd": 1})
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    devtools.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": "\r", **enter})
    devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    page.wait_for_timeout(700)
    assert page.locator(".turn").count() == 0
    devtools.send("Input.insertText", {"text": "주차 되나요"})
    page.press(BOX, "Enter")
    finished(page)
    expect(page.locator(".question")).to_have_text("주차 되나요")


def test_what_a_review_writes_is_shown_as_typed_and_never_runs(page: Page) -> None:
    ask(page, "해커네식당 와이파이 비밀번호")
    expect(page.locator(".evidence .card").first).to_be_visible()
    page.locator("[data-act=expand]").click() if page.locator("[data-act=expand]").count() else None
    reviews = page.locator(".evidence .review")
    expect(reviews.filter(has_text="<script>window.hacked=1;alert(1)</script>").first).to_be_visible()
    shown = reviews.all_text_contents()
    assert HOSTILE[0] in shown
    assert HOSTILE[1] in shown
    assert HOSTILE[2].replace("\u202e", "\ufffd").replace("\u202c", "\ufffd") in shown
    for tab in ("순위", "형태소"):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_timeout(800)
    assert page.evaluate("window.hacked") is None
    assert page.locator("#hs-talk :is(script, img), #hs-panel :is(script, img)").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0


def test_a_question_that_is_markup_is_shown_as_typed(page: Page) -> None:
    question = "<img src=x onerror=window.hacked=5> {{value}} ${1+1} 주차"
    ask(page, question)
    expect(page.locator(".question")).to_have_text(question)
    assert page.evaluate("window.hacked") is None


def test_chips_are_taken_off_and_put_back(page: Page) -> None:
    ask(page)
    before = page.locator(".facts").inner_text()
    page.locator(".chip.filter .off").first.click()
    expect(page.locator(".chip.gone s")).to_have_count(1)
    finished(page)
    expect(page.locator(".turn")).to_have_count(1)
    expect(page.locator(".facts")).not_to_have_text(before, use_inner_text=True)
    page.get_by_role("button", name="되돌리기").click()
    expect(page.locator(".chip.gone")).to_have_count(0)


def test_an_error_is_said_in_korean_and_the_question_stays(page: Page) -> None:
    page.fill(BOX, "???")
    page.get_by_role("button", name="보내기").click()
    expect(page.locator(".error")).to_contain_text("질문에 글자가 없습니다")
    expect(page.locator(BOX)).to_have_value("???")
    page.locator("[data-act=lang][data-lang=en]").click()
    expect(page.locator(".error")).to_contain_text("The question has no words")
    ask(page)
    expect(page.locator(".error")).to_have_count(0)


def test_everything_turns_english_and_back(page: Page) -> None:
    ask(page)
    page.locator("[data-act=lang][data-lang=en]").click()
    expect(page.get_by_role("tab", name="Evidence")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(page.locator(BOX)).to_have_attribute("placeholder", "Ask in Korean")
    expect(page.locator(".facts")).to_contain_text("candidates")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("[data-act=lang][data-lang=ko]").click()
    expect(page.get_by_role("tab", name="근거")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "ko")


def test_a_reload_keeps_the_language_and_the_conversation(page: Page, site: Site) -> None:
    ask(page)
    ask(page, "거기 대기는 길어?")
    newest = trace_id(page)
    page.locator("[data-act=lang][data-lang=en]").click()
    expect(page.get_by_role("tab", name="Evidence")).to_be_visible()
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.get_by_role("tab", name="Evidence")).to_be_visible()
    expect(page.locator(".evidence")).to_have_attribute("data-trace", newest)
    ask(page, "주차는?")
    trace = site.service.trace(trace_id(page))
    assert trace.previous == newest
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".welcome")).to_be_visible()
    page.reload()
    expect(page.get_by_role("tab", name="Evidence")).to_be_visible()
    expect(page.locator(".turn")).to_have_count(0)


def test_a_very_long_question_leaves_its_error_in_sight(page: Page) -> None:
    page.fill(BOX, "주차 되나요 " * 3_000)
    page.get_by_role("button", name="보내기").click()
    expect(page.locator(".error")).to_be_in_viewport(timeout=WAIT)


def test_two_settings_are_compared_side_by_side(page: Page) -> None:
    ask(page)
    page.get_by_role("button", name="설정 바꿔 비교").click()
    page.locator(".box [name='fusion.weight']").fill("0.9")
    page.locator(".box [name='retrieval.k']").fill("3")
    page.locator(".box [name=reranker]").uncheck()
    page.get_by_role("button", name="비교하기").click()
    expect(page.locator(".side")).to_have_count(2)
    expect(page.locator(".moves .gone").first).to_contain_text("빠짐")
    left, right = (page.locator(".side").nth(n).bounding_box() for n in (0, 1))
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] <= right["x"]
    page.get_by_role("button", name="비교 닫기").click()
    expect(page.locator(".side")).to_have_count(0)


def test_settings_are_checked_at_once_listed_and_reset(page: Page, site: Site) -> None:
    page.get_by_role("tab", name="설정").click()
    number = page.locator("#hs-settings [name='retrieval.k']")
    number.fill("99")
    number.press("Tab")
    expect(page.locator("#hs-settings .error")).to_contain_text("'99'")
    number.fill("2")
    number.press("Tab")
    expect(page.locator("#hs-settings .changed")).to_contain_text("5 → 2")
    expect(page.locator("#hs-settings .error")).to_have_count(0)
    ask(page)
    assert site.service.trace(trace_id(page)).settings["retrieval.k"] == 2
    page.get_by_role("button", name="기본값으로").click()
    expect(number).to_have_value("5")


def test_an_example_is_asked_by_a_click(page: Page) -> None:
    expect(page.locator(".example")).to_have_count(6)
    question = page.locator(".example").first.inner_text()
    page.locator(".example").first.click()
    finished(page)
    expect(page.locator(".question")).to_have_text(question)

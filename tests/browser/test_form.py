"""The form in a real browser with its real Python side, without Streamlit between: schemes, parity, small parts."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from annotations.desk import Desk
from annotations.schemes.graphemes import boundaries
from annotations.schemes.hangul import matches
from annotations.schemes.scheme import load_scheme, schemes
from annotations.types import DeskSettings, NewTask
from pages.form.messages import Exchange
from pages.label import Labelling
from tests.browser.conftest import DEMO
from tests.browser.labelling import EMOJI

pytestmark = pytest.mark.browser

ASSETS = Path(__file__).parents[2] / "pages" / "form" / "assets"
ORIGIN = "http://form.test"
TYPES = {".js": "text/javascript", ".css": "text/css"}
LOOK = "<style>:root { --hs-bg: #fff; --hs-card: #fff; --hs-ink: #111; --hs-line: #ccc; --hs-accent: #00558a; }</style>"
START = """async (lang) => {
  const { default: form } = await import('/form.js');
  const host = document.body.appendChild(document.createElement('div'));
  const root = host.attachShadow({ mode: 'open' });
  const sheet = root.appendChild(document.createElement('link'));
  Object.assign(sheet, { rel: 'stylesheet', href: '/form.css' });
  const give = (data) => form({
    data: { ...data, lang, schemes: [] }, parentElement: root,
    setTriggerValue: async (name, messages) => give(JSON.parse(await window.python(JSON.stringify(messages)))),
  });
  give(JSON.parse(await window.python('[]')));
}"""
TOY = """
id = "menu"
version = 1
title = { ko = "메뉴판", en = "Menu" }

[[fields]]
id = "spice"
kind = "scale"
title = { ko = "매운맛", en = "Heat" }
options = [{ id = "0", ko = "안 매움", en = "none" }, { id = "1", ko = "매움", en = "hot" }]

[[fields]]
id = "kinds"
kind = "multi"
title = { ko = "종류", en = "Kinds" }
optional = true
options = [{ id = "soup", ko = "국물", en = "soup" }, { id = "grill", ko = "구이", en = "grill" }]

[[fields]]
id = "dish"
kind = "spans"
title = { ko = "음식 이름", en = "Dish" }
optional = true
options = [{ id = "name", ko = "이름", en = "name", key = "D" }]
"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that can import the form's modules."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))

    def serve(route: Route) -> None:
        file = ASSETS / Path(route.request.url).name
        if file.suffix in TYPES:
            route.fulfill(body=file.read_text("utf-8"), content_type=f"{TYPES[file.suffix]}; charset=utf-8")
        else:
            route.fulfill(body=f"<!doctype html><html lang=ko>{LOOK}<body>", content_type="text/html")

    opened.route(f"{ORIGIN}/**", serve)
    opened.goto(ORIGIN)
    yield opened
    context.close()
    assert errors == []


@dataclass
class Form:
    """A form before a desk of its own."""

    page: Page
    desk: Desk

    def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            self.page.keyboard.press(key)


def open_form(page: Page, desk: Desk, scheme: str, lang: str = "ko") -> Form:
    """The form of a labelling session."""
    exchange = Exchange(Labelling(desk, "kim", scheme))

    def python(messages: str) -> str:
        exchange.receive(json.loads(messages))
        return json.dumps(exchange.data())

    page.expose_function("python", python)
    page.evaluate(START, lang)
    expect(page.locator(".form .card")).to_be_visible()
    page.wait_for_timeout(450)
    return Form(page, desk)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path / "labels.db", DeskSettings(gold_rate=0, repeat_rate=0)) as opened:
        yield opened


@pytest.mark.slow
def test_search_by_initial_consonants_is_the_same_on_both_sides(page: Page) -> None:
    options = [option for id in schemes() for field in load_scheme(id).fields for option in field.options]
    names = [name for option in options for name in (option.ko, option.en)]
    drawn = random.Random(3)
    letters = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㄳㄵㄶㄺㄻㅄ짜증맛닭달분노ㅏ a/E·"
    queries = ["ㅉㅈ", "짜", "짲", "ㅂㄴ", "닭", "달", "", "ㄶ", "JOY", "음식 맛"]
    queries += ["".join(drawn.choices(letters, k=drawn.randint(1, 3))) for _ in range(150)]
    queries += [name[at : at + 2] for name in names for at in range(0, len(name), 2)]
    queries += ["\u1112\u1161\u11ab", "ß", "İ"]
    pairs = [(query, name) for query in queries for name in names]
    run = (
        "async (all) => { const { matches } = await import('/search.js'); return all.map((each) => matches(...each)); }"
    )
    found: list[bool] = page.evaluate(run, pairs)
    assert [pair for pair, here in zip(pairs, found, strict=True) if here != matches(*pair)] == []
    assert 0 < sum(found) < len(found)


def test_clusters_are_the_same_on_both_sides_and_counted_in_code_points(page: Page) -> None:
    texts = [json.loads(line)["text"] for line in (DEMO / "reviews.jsonl").read_text("utf-8").splitlines()]
    texts += [EMOJI, "\u1112\u1161\u11ab글 각\r\n끝", "🇰🇷🇯🇵 é e\u0301 1️⃣ ☕️", "", " ", "\u202e뒤\u202c"]
    run = (
        "async (texts) => { const { read } = await import('/text.js');"
        " return texts.map((text) => read(text).clusters.map((each) => each.end)); }"
    )
    for text, ends in zip(texts, page.evaluate(run, texts), strict=True):
        assert {0, *ends} == boundaries(text), text


def test_time_is_counted_without_idle_and_hidden_time(page: Page) -> None:
    run = (
        "async (all) => { const { counted } = await import('/clock.js'); return all.map((each) => counted(...each)); }"
    )
    given = [
        [0, 1000, 0, True],
        [0, 60_000, 0, True],
        [40_000, 60_000, 0, True],
        [0, 1000, 0, False],
        [0, 31_000, 5000, True],
    ]
    assert page.evaluate(run, given) == [1000, 30_000, 0, 0, 31_000]


def test_every_sentence_has_its_english() -> None:
    english = (ASSETS / "english.js").read_text("utf-8")
    known = dict(re.findall(r'^  "(.+?)":\s+"(.+)",$', english, re.MULTILINE))
    code = {file.name: file.read_text("utf-8") for file in ASSETS.glob("*.js") if file.name != "english.js"}
    sentences = {
        each
        for source in code.values()
        for line in source.splitlines()
        if not line.strip().startswith(("//", "*", "/**"))
        for each in re.findall(r'"([^"]*[가-힣][^"]*)"', line.split(" // ")[0])
    }
    assert len(sentences) > 60
    assert sorted(each for each in sentences if each not in known and each != "ㅉㅈ → 짜증") == []
    for korean, translated in known.items():
        assert sorted(re.findall(r"\{\w+\}", korean)) == sorted(re.findall(r"\{\w+\}", translated)), korean
    assert sorted(each for each in known if each not in sentences) == []


def test_the_page_speaks_english_too(page: Page, desk: Desk) -> None:
    desk.add_tasks([NewTask("t", "review", 1, "맛있어요", {})], "test")
    form = open_form(page, desk, "review", "en")
    expect(form.page.get_by_role("button", name="Save and next")).to_be_visible()
    expect(form.page.locator("[data-field=sentiment]")).to_contain_text("positive")
    form.press("?")
    expect(form.page.get_by_role("dialog")).to_contain_text("Hangul layout")


def test_a_scheme_of_ones_own_needs_only_its_file(
    page: Page, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "schemes"
    folder.mkdir()
    (folder / "menu.toml").write_text(TOY, "utf-8")
    (folder / "menu.md").write_text("# 메뉴판 지침\n\n- **국물**과 `구이`\n\n<b>그대로</b>\n", "utf-8")
    monkeypatch.setattr(load_scheme, "__defaults__", (None, folder))
    desk.add_tasks([NewTask("t", "menu", 1, "청양 해물탕 12,000원", {})], "test")
    form = open_form(page, desk, "menu")
    expect(form.page.locator(".prose li")).to_contain_text("국물과 구이")
    expect(form.page.locator(".prose")).to_contain_text("<b>그대로</b>")
    form.press("2", "ArrowDown", "1", "d", "ArrowRight", "Enter")
    expect(form.page.locator(".mark-item q")).to_have_text("해물탕")
    form.press("Enter")
    expect(form.page.locator(".card.empty")).to_be_visible()
    stored = desk.mine("kim", "menu")[0][1]
    assert stored.labels == {
        "spice": 1, "kinds": [{"label": "soup"}], "dish": [{"label": "name", "start": 3, "end": 6, "quote": "해물탕"}],
    }  # fmt: skip


def test_an_answer_is_graded_on_the_same_form(page: Page, desk: Desk) -> None:
    text = "지하에 2시간 무료로 댈 수 있습니다. 발레파킹도 됩니다."
    context: dict[str, Any] = {
        "question": "숯골갈비 주차 되나요?",
        "passages": [
            {"id": "p1", "text": "건물 지하에 주차 2시간 무료", "restaurant": "숯골갈비"},
            {"id": "p2", "text": "주말엔 붐벼요", "restaurant": "숯골갈비"},
        ],
        "citations": [{"sentence": 0, "passage_id": "p1", "start": 0, "end": 6}],
        "alternatives": [{"id": "m1", "text": "됩니다"}, {"id": "m2", "text": "모릅니다"}],
    }
    desk.add_tasks([NewTask("a", "answer", 1, text, context)], "test")
    form = open_form(page, desk, "answer")
    expect(form.page.locator(".asked")).to_contain_text("숯골갈비 주차 되나요?")
    expect(form.page.locator(".source.used .cited")).to_have_text(["건물", " ", "지하에"])
    first = form.page.locator(".pair article p").first.text_content()
    form.press("3", "t")
    expect(form.page.locator(".help")).to_contain_text("모두 근거에 있고")
    form.press("m", "u", "d", "End", "Shift+ArrowLeft", "Enter", "6")
    better = form.page.get_by_role("textbox", name="더 나은 답변")
    better.fill("지하에 2시간 무료로 댈 수 있습니다.")
    form.press("Control+Enter")
    expect(form.page.locator(".card.empty")).to_be_visible()
    labels: Any = desk.mine("kim", "answer")[0][1].labels
    assert (labels["correctness"], labels["faithfulness"], labels["relevance"]) == (3, 4, 5)
    assert labels["errors"] == [{"label": "unsupported"}]
    assert labels["unsupported"] == [
        {"label": "sentence", "start": text.index("발레"), "end": len(text), "quote": "발레파킹도 됩니다."}
    ]
    assert labels["preference"]["chosen"] == {"됩니다": "m1", "모릅니다": "m2"}[first or ""]
    assert labels["better"].startswith("지하에")


def test_everything_is_reached_by_tab_with_roles_and_a_visible_focus(page: Page, desk: Desk) -> None:
    desk.add_tasks([NewTask("t", "review", 1, "맛있어요", {})], "test")
    form = open_form(page, desk, "review")
    radios = form.page.get_by_role("radiogroup", name="감성").get_by_role("radio")
    radios.first.focus()
    form.press("ArrowRight")
    expect(radios.nth(1)).to_be_checked()
    expect(radios.nth(1)).to_be_focused()
    assert radios.nth(1).evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    form.press("Tab")
    expect(form.page.get_by_role("radiogroup", name="강도").get_by_role("radio").first).to_be_focused()
    for _ in range(40):
        form.press("Tab")
        if form.page.get_by_role("button", name="저장하고 다음").evaluate("e => e.matches(':focus')"):
            break
    else:
        pytest.fail("the button that saves is not reached by Tab")

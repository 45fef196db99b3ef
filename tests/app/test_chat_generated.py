"""How the chat and the terminal show a language model's answer: what is doubted, what went wrong, what it took."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from app.chat.answer import answer_block, cited_text, facts, places
from app.chat.header import header
from app.chat.words import word
from app.cli.answers import show_answer
from pipeline.config import with_overrides
from pipeline.settings import Settings
from pipeline.types import Answer, Citation, Doubt, Trace, Trouble, Usage
from tests.app.chat_traces import make_trace
from tests.app.test_chat_text import HOSTILE, read

SAID = "주차는 5시간 무료입니다."
OTHER = "추천합니다."
ANSWER = Answer(
    f"{SAID} {OTHER}",
    (Citation(SAID, "p1", 0, 19),),
    kind="generated",
    confidence=0.9,
    doubts=(Doubt(SAID, "number", "5"), Doubt(SAID, "unknown-source", "[9]"), Doubt(OTHER, "uncited")),
    usage=Usage("some/model", 1_234, 56, 78.9),
)
DOWN = Trouble("llm-down", "서버에 연결하지 못했습니다.", "The server could not be reached.")


def trace_of(answer: Answer) -> Trace:
    return replace(make_trace(), answer=answer)


def test_what_is_not_borne_out_is_underlined_and_said_in_words() -> None:
    html = answer_block(trace_of(ANSWER), "ko")
    assert html.count('class="sentence doubted"') == 1
    assert f'<span class="doubted">{OTHER}</span>' in html
    said = read(html).text
    assert "⚠ 근거에 없는 숫자: 5 · 없는 근거를 댐: [9]" in said
    assert "⚠ 근거를 대지 않음" in said
    assert said.index("5시간") < said.index("근거에 없는 숫자") < said.index(OTHER) < said.index("근거를 대지 않음")


def test_an_answer_borne_out_has_no_mark() -> None:
    html = answer_block(trace_of(replace(ANSWER, doubts=())), "ko")
    assert "doubt" not in html
    assert "⚠" not in html


def test_the_same_sentence_twice_is_marked_twice_and_the_text_is_whole() -> None:
    text = f"{OTHER} 그리고 {OTHER}"
    html = cited_text(Answer(text, kind="generated", doubts=(Doubt(OTHER, "uncited"),)), {}, "en")
    assert html.count('class="doubted"') == 2
    assert read(html).text.replace("⚠ names no source", "") == text


@pytest.mark.parametrize(("lang", "said"), [("ko", DOWN.ko), ("en", DOWN.en)])
def test_no_answer_says_why_and_shows_the_nearest_reviews(lang: str, said: str) -> None:
    html = answer_block(trace_of(Answer("", kind="generated", trouble=DOWN)), lang)  # type: ignore[arg-type]
    assert said in html
    assert word("trouble_silent", lang) in html  # type: ignore[arg-type]
    assert html.count("data-go=") == 3
    assert "발췌" not in html


def test_half_an_answer_keeps_its_text_beside_what_went_wrong() -> None:
    html = answer_block(trace_of(replace(ANSWER, trouble=DOWN)), "ko")
    assert DOWN.ko in html
    assert SAID in read(html).text
    assert word("trouble", "ko") in html


def test_until_something_comes_there_is_no_empty_box() -> None:
    assert answer_block(trace_of(Answer("", kind="generated")), "ko") == ""


def test_model_and_tokens_stand_small_under_the_answer() -> None:
    assert read(facts(trace_of(ANSWER), "ko")).text.endswith("some/model · 토큰 1,234 → 56 · 첫 토큰 79 ms")
    guessed = replace(ANSWER, usage=Usage("m", 10, 2, estimated=True))
    assert read(facts(trace_of(guessed), "en")).text.endswith("m · tokens ~10 → ~2")


def test_extracts_are_called_extracts_and_nothing_else_is() -> None:
    assert "발췌" in answer_block(trace_of(replace(ANSWER, kind="extract")), "ko")
    assert "발췌" not in answer_block(trace_of(ANSWER), "ko")
    assert "생성" in answer_block(trace_of(ANSWER), "ko")
    assert "발췌" not in header([], with_overrides(Settings(), {"generator": "openai"}), "", "ko")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_a_model_or_its_server_says_adds_no_tag(hostile: str) -> None:
    def page(text: str) -> list[str]:
        answer = replace(
            ANSWER,
            text=f"{text} {SAID}",
            doubts=(Doubt(text, "uncited"), Doubt(SAID, "name", text)),
            trouble=Trouble("x", text, text),
            usage=Usage(text),
        )
        return read(answer_block(trace_of(answer), "ko") + facts(trace_of(answer), "ko")).tags

    assert page(hostile) == page("그냥 글")


def test_the_terminal_says_all_of_it() -> None:
    out = Console(file=io.StringIO(), width=200)
    show_answer(out, trace_of(replace(ANSWER, trouble=DOWN)))
    assert isinstance(out.file, io.StringIO)
    said = out.file.getvalue()
    for part in ("근거에 없는 숫자: 5", "없는 근거를 댐: [9]", DOWN.ko, DOWN.en, "some/model", "1,234"):
        assert part in said


def test_numbers_of_citations_are_those_of_the_cards() -> None:
    assert ">[1]</button>" in cited_text(ANSWER, places(make_trace()), "ko")

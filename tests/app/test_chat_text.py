"""The escaping law: whatever others wrote is text in the page, never a tag, an attribute or a template."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat.marks import marked_text, word_spans
from app.chat.text import attributes, escape, excerpt, plain

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "[클릭](javascript:alert(1)) **굵게** # 제목",
    "{{value}} ${1+1} `x` {{{raw}}}",
    "&lt;b&gt; &amp; &#x202e;",
    "\u202e꾸로거\u202c \u2066\u2069 \x00\x1b[31m",
)
# html.parser reads what a browser reads, but for the characters below U+0020 that it strips around nothing of ours
TEXTS = st.one_of(st.text(), st.sampled_from(HOSTILE), st.lists(st.sampled_from(HOSTILE)).map("".join))


class Reader(HTMLParser):
    """Collects tags, attribute values and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.values: list[str | None] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.values += [value for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.tags.append("!--")

    def handle_decl(self, decl: str) -> None:
        self.tags.append("!")


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


@given(TEXTS)
def test_escaped_text_has_no_tag_and_reads_back(text: str) -> None:
    reader = read(escape(text))
    assert reader.tags == []
    assert reader.text == plain(text)


@given(TEXTS)
def test_nothing_of_a_template_is_left(text: str) -> None:
    assert not set("{}$`<>\"'") & set(escape(text))


@given(TEXTS)
def test_an_attribute_holds_the_text_and_nothing_else(text: str) -> None:
    reader = read(f"<i{attributes(data_x=text)}>")
    assert reader.tags == ["i"]
    assert reader.values == [plain(text)]


@given(TEXTS)
def test_plain_keeps_the_length_and_no_character_that_turns_text_around(text: str) -> None:
    shown = plain(text)
    assert len(shown) == len(text)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\x00\x1b")


SPANS = st.tuples(st.integers(-3, 60), st.integers(-3, 60))


@given(TEXTS, st.lists(SPANS), st.dictionaries(st.integers(0, 5), SPANS, max_size=4))
def test_marks_add_only_their_own_tags_and_lose_no_character(
    text: str, matched: list[tuple[int, int]], cites: dict[int, tuple[int, int]]
) -> None:
    reader = read(marked_text(text, matched, cites))
    assert set(reader.tags) <= {"mark", "span"}
    assert reader.text == plain(text)


def test_overlapping_marks_and_citations_share_the_characters() -> None:
    assert marked_text("주차 무료", [(0, 2)], {0: (0, 5)}) == (
        '<span class="quote" data-cites="0"><mark>주차</mark></span><span class="quote" data-cites="0"> 무료</span>'
    )


def test_words_are_found_as_typed() -> None:
    assert word_spans("주차 (무료)?", "무료 주차") == [(0, 2), (3, 5)]
    assert word_spans("?", "무료") == []


@pytest.mark.parametrize(
    ("text", "limit", "expected"), [("가 나\n다", 10, "가 나 다"), ("가나다라", 3, "가나…"), ("가나다", 3, "가나다")]
)
def test_an_excerpt_is_one_line_and_short(text: str, limit: int, expected: str) -> None:
    assert excerpt(text, limit) == expected

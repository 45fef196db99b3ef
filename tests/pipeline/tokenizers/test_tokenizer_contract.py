"""What every analyser must do, whoever wrote it."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import backends
from pipeline.protocols import Tokenizer

HARD = [
    "마포에서 주차 편한 고깃집 있나요?",
    "  앞뒤 공백과   겹친 공백  ",
    "ㅋㅋㅋㅋㅋ ㅠㅠ",
    "Wi-Fi 비번이 뭐예요? 3.5점 / 13,000원",
    "사진🍜보다 맛은 별로👎🏽 #맛집",
    "줄\n바꿈\t탭",
    "",
    "<script>alert(1)</script> {{x}}",
    "İstanbul ﬁn 조합형",
]


@pytest.fixture(params=backends.available("tokenizer"))
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return backends.load("tokenizer", request.param).load()


def test_keeps_number_and_order_of_texts(tokenizer: Tokenizer) -> None:
    assert [analysed.text for analysed in tokenizer.analyse(HARD)] == HARD


def test_is_lazy(tokenizer: Tokenizer) -> None:
    def endless():
        while True:
            yield "맛있어요"

    assert next(iter(tokenizer.analyse(endless()))).morphemes


@pytest.mark.parametrize("text", HARD)
def test_offsets_are_ordered_and_inside(tokenizer: Tokenizer, text: str) -> None:
    (analysed,) = tokenizer.analyse([text])
    for morpheme in analysed.morphemes:
        assert 0 <= morpheme.start <= morpheme.end <= len(text)
        assert morpheme.form == morpheme.form.lower()
    starts = [m.start for m in analysed.morphemes]
    assert starts == sorted(starts)
    assert list(analysed.sentences) == sorted(analysed.sentences)


WHITE = [character for character in map(chr, range(sys.maxunicode + 1)) if character.isspace()]


@pytest.mark.parametrize("white", WHITE, ids=[f"U+{ord(character):04X}" for character in WHITE])
def test_no_morpheme_begins_or_ends_with_white_space(tokenizer: Tokenizer, white: str) -> None:
    texts = [f'맛있어요{white}"{white}', f"{white * 4}친절해요", f"!\x01{white}{white}! a{white}b"]
    for analysed in tokenizer.analyse(texts):
        assert analysed.morphemes
        parts = [analysed.text[m.start : m.end] for m in analysed.morphemes]
        assert [part for part in parts if part != part.strip()] == []


def test_nouns_stand_where_they_say(tokenizer: Tokenizer) -> None:
    (analysed,) = tokenizer.analyse(["사진🍜 보다 주차가 편해요"])
    (noun,) = [m for m in analysed.morphemes if m.form == "주차"]
    assert analysed.text[noun.start : noun.end] == "주차"
    assert noun.content


def test_particles_and_endings_are_not_content(tokenizer: Tokenizer) -> None:
    (analysed,) = tokenizer.analyse(["주차가 편해요"])
    assert {m.form for m in analysed.morphemes if m.content} <= {"주차", "편하", "편하다"}


def test_same_text_same_analysis(tokenizer: Tokenizer) -> None:
    first, second = (list(tokenizer.analyse(HARD)) for _ in range(2))
    assert first == second


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60).filter(lambda t: not any(0xD800 <= ord(c) <= 0xDFFF for c in t)))
def test_any_text_is_analysed(text: str) -> None:
    for name in backends.available("tokenizer"):
        (analysed,) = backends.load("tokenizer", name).load().analyse([text])
        assert analysed.text == text
        assert all(0 <= m.start <= m.end <= len(text) for m in analysed.morphemes)

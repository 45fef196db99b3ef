"""Search by initial consonants."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.schemes.hangul import matches, search
from annotations.schemes.scheme import Option, load_scheme

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
syllables = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=6)


def initials(text: str) -> str:
    return "".join(INITIALS[(ord(letter) - 0xAC00) // 588] for letter in text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("ㅉㅈ", "짜증"),
        ("ㅉㅈ", "불만/짜증"),
        ("ㅂㅁㅉㅈ", "불만/짜증"),
        ("짜ㅈ", "불만/짜증"),
        ("ㅉ증", "불만/짜증"),
        ("불만짜증", "불만/짜증"),
        ("불만 / 짜증", "불만/짜증"),
        ("음식맛", "음식·맛"),
        ("ㅇㅅㅁ", "음식·맛"),
        ("ㄱㄱㅎㅇㅇㅎ", "기권했어야 함"),
        ("qㅂ", "BBQ 분식"),
        ("bbq", "BBQ 분식"),
        ("JOY", "joy"),
        ("10ㄴ", "10년 단골"),
        ("ㅋㅋ", "ㅋㅋ"),
        ("", "무엇이든"),
    ],
)
def test_what_is_found(query: str, text: str) -> None:
    assert matches(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("ㅈㅉ", "불만/짜증"),
        ("ㅉㅈㅇ", "불만/짜증"),
        ("짜ㅉ", "불만/짜증"),
        ("짱", "짜증"),
        ("증ㅂ", "불만/짜증"),
        ("ㅏ", "가"),
        ("q", "ㅂ"),
        ("ㅈ", "joy"),
        ("x", ""),
    ],
)
def test_what_is_not_found(query: str, text: str) -> None:
    assert not matches(query, text)


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        (["ㅉ", "짜", "짲", "짜즈", "짜증"], "짜증"),
        (["ㅇ", "으", "의", "읫", "의시", "의심"], "의심"),
        (["ㅇ", "우", "위", "윗", "위새", "위생"], "위생"),
        (["ㄷ", "다", "달", "닭", "달갸", "달걀"], "달걀"),
        (["ㄷ", "다", "달", "닭"], "닭"),
        (["ㅇ", "오", "와", "왜"], "왜"),
    ],
)
def test_every_state_of_the_input_method_finds_the_word(typed: list[str], word: str) -> None:
    assert [state for state in typed if not matches(state, f"앞/{word}")] == []


def test_consonants_that_an_input_method_puts_together_are_taken_apart() -> None:
    assert matches("ㄳ", "감사")
    assert matches("ㅄ", "반성")
    assert not matches("ㄳ", "값")


def test_decomposed_hangul_is_the_same() -> None:
    apart = unicodedata.normalize("NFD", "불만/짜증")
    assert apart != "불만/짜증"
    assert matches("ㅉㅈ", apart)
    assert matches(unicodedata.normalize("NFD", "짜증"), "불만/짜증")


@given(syllables)
def test_a_word_is_found_by_itself_and_by_its_initials(word: str) -> None:
    assert matches(word, f"앞 {word}·뒤")
    assert matches(initials(word), f"앞 {word}·뒤")


@given(syllables, st.data())
def test_a_word_is_found_by_any_mixture_of_both(word: str, data: st.DataObject) -> None:
    mixed = "".join(data.draw(st.sampled_from([letter, initials(letter)])) for letter in word)
    assert matches(mixed, word)


@given(st.text(max_size=8), st.text(max_size=20))
def test_nothing_typed_breaks_it(query: str, text: str) -> None:
    assert matches(query, text) in (True, False)


def emotions() -> tuple[Option, ...]:
    field = load_scheme("review").field("emotions")
    assert field is not None
    return field.options


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ㅉㅈ", ["annoyance"]),
        ("ㄱ", ["interest", "admiration", "affection", "joy", "gratitude"]),
        ("ㄱㅁㅇ", ["gratitude"]),
        ("ang", ["anger"]),
        ("없", ["none", "anger"]),
        ("퉤", []),
    ],
)
def test_the_best_match_comes_first(query: str, found: list[str]) -> None:
    assert [option.id for option in search(query, emotions())] == found


def test_an_empty_query_leaves_all_as_they_are() -> None:
    assert search("", emotions()) == list(emotions())
    assert search(" / ", emotions()) == list(emotions())

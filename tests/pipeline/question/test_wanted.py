"""How many a question wants, and words that only look like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.question.wanted import MOST, placed, wanted


@pytest.mark.parametrize(
    ("text", "number", "rest"),
    [
        ("서비스 좋은 식당 TOP 3", 3, "서비스 좋은 식당"),
        ("top10 식당", 10, "식당"),
        ("톱 5 알려줘", 5, "알려줘"),
        ("식당 3곳 추천", 3, "식당 추천"),
        ("다섯 군데만 알려줘", 5, "알려줘"),
        ("개선점 3가지", 3, "개선점"),
        ("상위 7위까지", 7, ""),
        ("식당 500곳", 0, "식당 500곳"),
        ("식당 99곳", MOST, "식당"),
        ("별점 3점 식당", 0, "별점 3점 식당"),
        ("3시에 여는 곳", 0, "3시에 여는 곳"),
        ("10개월 전 후기", 0, "10개월 전 후기"),
        ("3가지맛 순대", 0, "3가지맛 순대"),
        ("세 명이 갈 곳", 0, "세 명이 갈 곳"),
    ],
)
def test_the_number_and_the_rest(text: str, number: int, rest: str) -> None:
    found, left = wanted(text)
    assert (found, " ".join(left.split())) == (number, rest)


@given(st.text(alphabet="톱top 3곳개가지다섯 ", max_size=20))
def test_any_text_is_read(text: str) -> None:
    number, rest = wanted(text)
    assert 0 <= number <= MOST
    assert number or rest == text


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("1위 식당 단점 알려줘", 1, "1위 식당"),
        ("2위는 어때?", 2, "2위"),
        ("첫 번째 집 주차 돼?", 1, "첫 번째 집"),
        ("세번째 카페는?", 3, "세번째 카페"),
        ("12위", 12, "12위"),
    ],
)
def test_a_place_of_a_ranking(text: str, place: int, said: str) -> None:
    found = placed(text)
    assert found is not None
    assert (found[0], text[slice(*found[1])]) == (place, said)


@pytest.mark.parametrize("text", ["3위까지 보여줘", "단위가 뭐야?", "두 번 갔어", "5위 안에 드는 곳"])
def test_what_is_no_place_of_a_ranking(text: str) -> None:
    assert placed(text) is None

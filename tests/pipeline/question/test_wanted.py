"""How many a question wants, and words that only look like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.question.wanted import MOST, wanted


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

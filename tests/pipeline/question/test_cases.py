"""Which questions want complaints or praise themselves, and which only have such a word in them."""

from __future__ import annotations

from typing import Literal

import pytest

from pipeline.question.cases import about_cases
from pipeline.question.mentions import chip_of
from pipeline.types import Chip, Understanding

CASES = [
    ("위생 불만 보여줘", ["hygiene"], "complaints"),
    ("위생 관련 컴플레인 모아줘", ["hygiene"], "complaints"),
    ("직원 응대 불만 사례", ["service"], "complaints"),
    ("알바생 태도 문제", ["service"], "complaints"),
    ("주차 불만 있어?", ["location"], "complaints"),
    ("가격 불만은?", ["value"], "complaints"),
    ("서비스 불만 왜 많아?", ["service"], "complaints"),
    ("최근 서비스 불만 정리해줘", ["service"], "complaints"),
    ("위생이랑 서비스 민원", ["hygiene", "service"], "complaints"),
    ("서비스 칭찬 후기 알려줘", ["service"], "praise"),
    ("분위기 호평", ["ambience"], "praise"),
    ("불친절하다는 후기 보여줘", ["service"], "complaints"),
    ("웨이팅 길다는 리뷰", ["waiting"], "complaints"),
    ("비싸다는 후기", ["value"], "complaints"),
    ("직원 친절하다는 평", ["service"], "praise"),
    ("친절하지 않다는 후기 있어?", ["service"], "complaints"),
    ("위생 불만 건수", ["hygiene"], "complaints"),
    ("서비스 불만 비율은?", ["service"], "complaints"),
    ("서비스 장단점", ["service"], "whole"),
    ("주차 장단점 알려줘", ["location"], "whole"),
]
NO_CASES = [
    "주차 문제 있어?",
    "위생 불만 없어?",
    "위생 불만 없는 곳",
    "서비스 불만이 제일 많은 식당",
    "서비스 칭찬과 불만",
    "주차 된다는 후기",
    "친절하다는 후기 많은 곳",
    "화장실 더럽다는 후기",
    "냉장고 위생 불만",
    "서비스 어때?",
    "서비스 별로야?",
    "장단점",
    "서비스 좋은 장단점",
    "룸 장단점",
]


def of(
    text: str, shape: Literal["fact", "count", "list"] = "fact", chips: tuple[Chip, ...] = ()
) -> Understanding | None:
    return about_cases(Understanding(text, chips, shape), text)


@pytest.mark.parametrize(("text", "aspects", "overview"), CASES)
def test_complaints_and_praise_themselves(text: str, aspects: list[str], overview: str) -> None:
    found = of(text)
    assert found is not None
    assert ([one.aspect for one in found.aspects], found.overview, found.seeks) == (aspects, overview, "")


@pytest.mark.parametrize("text", NO_CASES)
def test_other_questions_are_for_none(text: str) -> None:
    assert of(text) is None


def test_how_many_there_are_is_counted_by_what_classifies_and_not_by_words() -> None:
    found = of("서비스 불만 몇 건이야?", "count")
    assert found is not None
    assert found.overview == "complaints"
    assert of("웨이팅 길다는 리뷰 몇 개야?", "count") is None  # that is what reviews say word by word


def test_conditions_are_kept_and_a_named_restaurant_is_told_of_with_both_sides() -> None:
    kind = chip_of("category", ("카페",), span=None)
    found = of("서비스 불만", chips=(kind,))
    assert found is not None
    assert found.chips == (kind,)
    assert of("서비스 불만", chips=(chip_of("restaurant", ("숯골갈비",), span=None),)) is None
    assert of("서비스 불만", chips=(chip_of("dish", ("갈비",), span=None),)) is None
    assert of("서비스 불만", "list") is None

"""Questions about reviews altogether, and questions that only look like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.labels import ASPECTS
from pipeline.protocols import Tokenizer
from pipeline.question.lexicon import Lexicon
from pipeline.question.mentions import chip_of
from pipeline.question.overview import EVERY, WHOLE, about_everything
from pipeline.types import Understanding
from tests.pipeline.question.reading import altogether

OF_REVIEWS = [
    ("숯골갈비 어때?", "whole"),
    ("숯골갈비는 어떤가요", "whole"),
    ("숯골갈비 괜찮아?", "whole"),
    ("숯골갈비 평 어때요", "whole"),
    ("숯골갈비 평판이 궁금해요", "whole"),
    ("숯골갈비 후기 요약해줘", "whole"),
    ("숯골갈비 리뷰 좀 정리해 주세요", "whole"),
    ("숯골갈비 장단점", "whole"),
    ("숯골갈비 좋은 점이랑 나쁜 점 알려줘", "whole"),
    ("숯골갈비랑 연탄집 비교해줘", "whole"),
    ("숯골갈비랑 연탄집 중에 어디가 나아?", "whole"),
    ("숯골갈비 요즘 어때?", "whole"),
    ("숯골갈비 장점이 뭐야?", "praise"),
    ("숯골갈비의 강점은?", "praise"),
    ("숯골갈비 좋았던 점 알려줘", "praise"),
    ("숯골갈비 사람들이 제일 많이 칭찬하는 게 뭐야", "praise"),
    ("숯골갈비 단점 알려줘", "complaints"),
    ("숯골갈비의 아쉬운 점은?", "complaints"),
    ("숯골갈비 개선할 점", "complaints"),
    ("숯골갈비 고쳐야 할 점이 뭔가요", "complaints"),
    ("숯골갈비 불만 뭐가 많아?", "complaints"),
    ("숯골갈비 뭐가 문제야?", ""),  # a fact may be meant
    ("별점 1점 리뷰에서 가장 많은 불만은?", "complaints"),
    ("작년 12월 리뷰 요약해줘", "whole"),
    ("고깃집들 불만이 뭐야", "complaints"),
    ("마포 식당들 평 어때?", "whole"),
    ("사람들이 제일 많이 불평하는 게 뭐야?", "complaints"),
    ("손님들이 주로 칭찬하는 건 뭔가요?", "praise"),
    ("전체 리뷰 요약", "whole"),
    ("요즘 불만이 뭐야", "complaints"),
    ("숯골갈비 개선점 3가지", "complaints"),
    ("숯골갈비 긍정 부정 비율은?", "whole"),
    ("부정 리뷰 비율은?", "whole"),
    ("긍정 리뷰가 몇 개야?", "whole"),
    ("부정적인 리뷰 보여줘", "complaints"),
    ("숯골갈비 긍정 리뷰만 보여줘", "praise"),
    ("숯골갈비 감정 분석 해줘", "whole"),
    ("숯골갈비 왜 인기 있어?", "praise"),
    ("숯골갈비 사람들이 왜 좋아해?", "praise"),
    ("숯골갈비 왜 평이 안 좋아?", "complaints"),
    ("숯골갈비 별점이 왜 낮아?", "complaints"),
    ("고깃집은 왜 불만이 많아?", "complaints"),
    ("별점 1점인 이유가 뭐야?", "complaints"),
    ("별점 2점인 이유", "complaints"),
    ("별점 5점인 이유는?", "praise"),
]
OF_RESTAURANTS = [
    ("괜찮은 고깃집 있어?", "positive"),
    ("평 좋은 고깃집", "positive"),
    ("좋은 식당 추천해줘", "positive"),
    ("맛집 추천해줘", "positive"),
    ("마포 맛집", "positive"),
    ("고깃집 추천", "positive"),
    ("갈 만한 식당 세 곳만 골라 추천해주세요", "positive"),
    ("어디가 제일 좋아?", "positive"),
    ("칭찬 많은 식당", "positive"),
    ("긍정 리뷰 비율이 높은 곳", "positive"),
    ("별로인 식당 어디야", "negative"),
    ("불만 많은 곳 어디야?", "negative"),
    ("최악의 식당", "negative"),
    ("평이 안 좋은 집", "negative"),
]
CHANGED = [
    ("요즘 평이 나빠진 식당 있어?", "negative"),
    ("최근에 평이 안 좋아진 곳 알려줘", "negative"),
    ("예전보다 평이 떨어진 집", "negative"),
    ("평이 나빠진 고깃집 식당은?", "negative"),
    ("작년보다 좋아진 식당은?", "positive"),
    ("예전보다 나아진 곳은 어디야?", "positive"),
]
UNCHANGED = [
    "좋아하는 식당",
    "맛이 변한 식당 있어?",
    "가격이 오른 식당",
    "요즘 서비스가 나빠진 식당",
    "좋아지지 않은 식당",
    "좋아진 곳도 있고 나빠진 곳도 있어?",
    "숯골갈비보다 좋아진 식당",
]
NOT_OURS = [
    "숯골갈비 후기 보여줘",
    "숯골갈비 최근 리뷰 보여줘",
    "숯골갈비 뭐가 맛있어?",
    "숯골갈비 주차 돼?",
    "숯골갈비 서비스 어때?",
    "숯골갈비 갈비탕 어때?",
    "숯골갈비는 몇 시에 열어?",
    "숯골갈비 왜 이렇게 늦게 나와?",
    "숯골갈비 왜?",
    "왜 인기 있어?",
    "별점 3점인 이유",
    "숯골갈비 왜 비싸?",
    "어때?",
    "뭐가 좋아?",
    "요즘 어때?",
    "후기가 제일 많은 식당은?",
    "추천하지 않는 식당",
    "맛집 아닌 곳",
    "추천해줘",
    "추천 메뉴 있는 식당",
    "고깃집 메뉴 추천",
    "숯골갈비 추천해?",
    "별점 높은 식당",
    "별점 낮은 후기 보여줘",
    "위생 문제 있는 곳",
    "주차 문제 없는 곳",
    "사람 많은 곳",
    "좋은 자리 있어?",
    "매력적인 식당",
    "배달 불만 있어?",
    "칭찬하는 사람 몇 명이야?",
    "가격이 싼 식당",
    "좋지 않은 식당은 아닌 곳",
    "숯골갈비 말고 다른 데 있어?",
    "아이랑 가기 좋은 식당",
    "좋은 와인 있는 곳",
    "고마워",
    "불만 접수 번호",
]


@pytest.mark.parametrize(("question", "overview"), OF_REVIEWS)
def test_what_reviews_come_to(question: str, overview: str, kiwi: Tokenizer, lexicon: Lexicon) -> None:
    found = altogether(question, kiwi, lexicon)
    assert (found.overview, found.aspects) == (overview, ())


@pytest.mark.parametrize(("question", "side"), OF_RESTAURANTS)
def test_which_restaurants_are_spoken_of_best(question: str, side: str, kiwi: Tokenizer, lexicon: Lexicon) -> None:
    found = altogether(question, kiwi, lexicon)
    assert (found.overview, found.aspects, found.seeks) == ("", (WHOLE,), side)


@pytest.mark.parametrize(("question", "side"), CHANGED)
def test_which_restaurants_have_changed(question: str, side: str, kiwi: Tokenizer, lexicon: Lexicon) -> None:
    found = altogether(question, kiwi, lexicon)
    assert (found.overview, found.seeks) == ("change", side)


@pytest.mark.parametrize("question", UNCHANGED)
def test_what_is_no_change_of_what_is_said(question: str, kiwi: Tokenizer, lexicon: Lexicon) -> None:
    assert altogether(question, kiwi, lexicon).overview != "change"


@pytest.mark.parametrize("question", NOT_OURS)
def test_ordinary_questions_are_left_alone(question: str, kiwi: Tokenizer, lexicon: Lexicon) -> None:
    found = altogether(question, kiwi, lexicon)
    assert not found.overview
    assert WHOLE not in found.aspects


def test_a_followup_asks_the_same_of_another_restaurant(kiwi: Tokenizer, lexicon: Lexicon) -> None:
    first = altogether("숯골갈비 단점 알려줘", kiwi, lexicon)
    second = altogether("연탄집은?", kiwi, lexicon, previous=first)
    assert second.overview == "complaints"
    assert [chip.values for chip in second.chips] == [("연탄집",)]
    parking = altogether("숯골갈비 주차 돼?", kiwi, lexicon)
    assert not altogether("연탄집은?", kiwi, lexicon, previous=parking).overview  # of its parking


def test_the_aspects_are_those_of_the_label_scheme() -> None:
    assert tuple(one.aspect for one in EVERY) == tuple(ASPECTS)
    assert not {one.concept for one in EVERY} - {""}


WORDS = st.sampled_from(
    "어때 장점 단점 요약해줘 좋은 점 식당 곳 후기 많은 제일 별로인 불만 비교해줘 뭐야 그리고".split()
)


@given(
    st.lists(WORDS, max_size=5),
    st.integers(0, 5),
    st.sampled_from(["김치찌개", "몇시", "어째서", "주차", "와이파이", "저렴한"]),
)
def test_a_word_that_asks_for_more_is_never_passed_over(words: list[str], place: int, more: str) -> None:
    named = chip_of("restaurant", ("숯골갈비",), span=None)
    question = " ".join([*words[:place], more, *words[place:]])
    found = about_everything(Understanding(question, (named,)), question)
    assert not found.overview
    assert not found.aspects

"""Questions about ratings and numbers of reviews, and questions that only look like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import Tokenizer
from pipeline.question.figures import about_figures
from pipeline.question.lexicon import Lexicon
from pipeline.question.wanted import MOST
from pipeline.types import Figures, Understanding
from tests.pipeline.question.reading import altogether
from tests.pipeline.question.test_overview import OF_RESTAURANTS, OF_REVIEWS

RATING, REVIEWS, RESTAURANTS = Figures("rating"), Figures("reviews"), Figures("restaurants")
DISHES = Figures("dishes", "most")
HIGHEST, LOWEST = Figures("rating", "most"), Figures("rating", "least")
ASKED = [
    ("숯골갈비 평균 별점은?", RATING),
    ("숯골갈비 별점 어때?", RATING),
    ("숯골갈비는 몇 점이야?", RATING),
    ("숯골갈비랑 연탄집 평점 비교해줘", RATING),
    ("전체 평균 별점이 얼마야", RATING),
    ("고깃집 평균 평점 알려줘", RATING),
    ("별점 분포 보여줘", RATING),
    ("평균 별점이 제일 높은 식당은?", HIGHEST),
    ("별점 높은 식당 알려줘", HIGHEST),
    ("평점 좋은 고깃집", HIGHEST),
    ("어디가 별점이 가장 높아?", HIGHEST),
    ("식당 별점 순위", HIGHEST),
    ("별점 높은 식당 TOP 3", HIGHEST),
    ("별점 낮은 가게 10곳", LOWEST),
    ("별점이 제일 낮은 곳은 어디야?", LOWEST),
    ("평점 안 좋은 식당", LOWEST),
    ("후기 몇 개야?", REVIEWS),
    ("전체 리뷰 수는?", REVIEWS),
    ("숯골갈비 리뷰가 몇 건이나 있어?", REVIEWS),
    ("별점 1점 리뷰 몇 건이야?", REVIEWS),
    ("별점 높은 후기는 몇 개야?", REVIEWS),
    ("작년 12월 후기 몇 건?", REVIEWS),
    ("후기가 가장 많은 식당은 어디야?", Figures("reviews", "most")),
    ("리뷰 적은 고깃집", Figures("reviews", "least")),
    ("별점 1점 리뷰가 제일 많은 식당", Figures("reviews", "most")),
    ("식당이 몇 곳이야?", RESTAURANTS),
    ("어떤 식당들이 있어?", RESTAURANTS),
    ("식당 목록 보여줘", RESTAURANTS),
    ("마포에 식당 몇 군데 있어?", RESTAURANTS),
    ("고깃집은 몇 곳이야?", RESTAURANTS),
    ("별점 1점 비율은?", Figures("share")),
    ("월별 리뷰 수 알려줘", Figures("reviews", by="month")),
    ("숯골갈비 월별 후기 수", Figures("reviews", by="month")),
    ("별점 추이 보여줘", Figures("rating", by="month")),
    ("숯골갈비 평균 별점 변화는?", Figures("rating", by="month")),
    ("식당별 평균 별점", Figures("rating", by="restaurant")),
    ("업종별 평점 알려줘", Figures("rating", by="category")),
    ("지역별 리뷰 수", Figures("reviews", by="district")),
    ("숯골갈비랑 연탄집 중에 어디 평점이 더 높아?", RATING),
    ("별점 1점 준 사람 몇 명이야?", REVIEWS),
    ("별점 5점 준 손님은 몇 명?", REVIEWS),
    ("요즘 별점 높은 식당", HIGHEST),
    ("최근 평균 별점은?", RATING),
    ("별점 높은 식당 추천해줘", HIGHEST),
    ("별점 4점 이상 식당 알려줘", Figures("rating", "most", bounds=(">=4",))),
    ("별점 2점 이하인 식당은 몇 곳이야?", Figures("rating", "least", bounds=("<=2",))),
    ("고깃집이랑 국밥집 평균 별점 비교해줘", RATING),
    ("숯골갈비 5점 리뷰 비율", Figures("share")),
    ("인기 메뉴 알려줘", DISHES),
    ("숯골갈비 대표메뉴", DISHES),
    ("숯골갈비 메뉴 뭐 있어?", DISHES),
    ("숯골갈비에서 제일 잘 나가는 메뉴가 뭔가요?", DISHES),
    ("사람들이 많이 시키는 메뉴", DISHES),
    ("마포 고깃집에서 인기 있는 메뉴는?", DISHES),
    ("요즘 인기 있는 음식은?", DISHES),
    ("숯골갈비 뭐가 제일 맛있어?", DISHES),
    ("숯골갈비는 뭐 먹어야 돼?", DISHES),
    ("메뉴별 평점", DISHES),
    ("숯골갈비 메뉴별 평균 별점 어때?", DISHES),
]
NOT_OURS = [
    "별점 높은 후기 보여줘",
    "별점 1점 후기 보여줘",
    "별점 1점인 이유가 뭐야?",
    "숯골갈비 후기 보여줘",
    "웨이팅 길다는 리뷰 몇 개야?",
    "주차되는 곳 몇 군데야?",
    "친절하다는 후기 많은 곳",
    "좋은 후기 많은 식당",
    "불만 리뷰가 많은 식당",
    "숯골갈비 메뉴 몇 개야?",
    "숯골갈비 룸 몇 개 있어?",
    "숯골갈비 갈비탕은 몇 점이야?",
    "숯골갈비는 몇 시에 열어?",
    "별점 높은 식당은 왜 인기 있어?",
    "별점 높은데 친절한 식당",
    "평점 관리는 어떻게 해?",
    "사람 많은 곳",
    "자리 많은 식당",
    "어떤 식당이 좋아?",
    "어느 식당이 제일 싸?",
    "점심 평균 가격은?",
    "별이 보이는 식당",
    "비율이 좋은 칵테일",
    "어때?",
    "고마워",
    "메뉴 변화가 있어?",
    "별점 4점 이상 후기 보여줘",
    "별점 1점 식당 알려줘",
    "어떤 식당 추천해?",
    "숯골갈비 별점 4점 이상 후기",
    "사람 몇 명이야?",
    "손님 많은 식당",
    "요즘 친절한 식당",
    "월별 메뉴 알려줘",
    "맛의 변화가 느껴져?",
    "안 매운 메뉴 추천",
    "아이 메뉴 있어?",
    "점심 메뉴 추천",
    "대표 메뉴 있는 식당",
    "메뉴 많은 집",
    "음식 어때?",
    "숯골갈비 음식은 어떤지 궁금해요",
    "숯골갈비 사람들이 뭐라고 해?",
    "음식이 맛있어요.",
    "음식 이름",
    "맛있는 집",
    "뭐가 그렇게 비싸?",
]


def read(question: str, kiwi: Tokenizer, lexicon: Lexicon, previous: Understanding | None = None) -> Understanding:
    return about_figures(altogether(question, kiwi, lexicon, previous), question)


@pytest.mark.parametrize(("question", "figures"), ASKED)
def test_what_is_asked_of_them(question: str, figures: Figures, kiwi: Tokenizer, lexicon: Lexicon) -> None:
    found = read(question, kiwi, lexicon)
    assert found.figures == figures
    assert (found.aspects, found.overview, found.seeks) == ((), "", "")


@pytest.mark.parametrize("question", [*NOT_OURS, *(question for question, _ in (*OF_REVIEWS, *OF_RESTAURANTS))])
def test_other_questions_are_left_alone(question: str, kiwi: Tokenizer, lexicon: Lexicon) -> None:
    assert read(question, kiwi, lexicon).figures is None


def test_a_rating_without_a_number_orders_restaurants_and_filters_reviews(kiwi: Tokenizer, lexicon: Lexicon) -> None:
    assert read("별점 높은 식당 알려줘", kiwi, lexicon).chips == ()
    for question in ("별점 높은 후기는 몇 개야?", "별점 높은 후기 보여줘", "별점 5점 리뷰가 제일 많은 식당"):
        assert [chip.kind for chip in read(question, kiwi, lexicon).chips] == ["rating"]


def test_a_followup_asks_the_same_of_another_restaurant(kiwi: Tokenizer, lexicon: Lexicon) -> None:
    first = read("숯골갈비 평균 별점은?", kiwi, lexicon)
    second = read("연탄집은?", kiwi, lexicon, previous=first)
    assert second.figures == RATING
    assert [chip.values for chip in second.chips] == [("연탄집",)]
    third = read("후기는 몇 건이야?", kiwi, lexicon, previous=second)
    assert third.figures == REVIEWS


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("별점 높은 식당 TOP 3", 3),
        ("별점 낮은 가게 10곳", 10),
        ("별점 높은 식당 99곳", MOST),
        ("별점 낮은 식당 세 곳만 알려줘", 3),
        ("별점 높은 식당 알려줘", 0),
    ],
)
def test_how_many_are_wanted(question: str, first: int, kiwi: Tokenizer, lexicon: Lexicon) -> None:
    found = read(question, kiwi, lexicon)
    assert found.figures is not None
    assert found.first == first


WORDS = st.sampled_from(
    "별점 평균 높은 낮은 제일 식당 후기 많은 몇 개야 건 곳 어디 알려줘 TOP 3 비율 목록 추이 주차 왜".split()
)


@given(words=st.lists(WORDS, min_size=1, max_size=7))
def test_any_words_are_read_and_whatever_is_not_ours_decides(
    words: list[str], kiwi: Tokenizer, lexicon: Lexicon
) -> None:
    question = " ".join(words)
    found = read(question, kiwi, lexicon)
    if {"주차", "왜"} & set(words):
        assert found.figures is None
    assert found == read(question, kiwi, lexicon)

"""What a remark is about."""

from __future__ import annotations

import pytest

from pipeline.protocols import Tokenizer
from pipeline.restaurants.remarks import Remark
from pipeline.strengths.facets import Dishes, dishes_in, topic_of
from pipeline.strengths.types import Topic
from pipeline.types import AnalysedText, Polarity

NONE = Dishes({}, {})


def remark(aspect: str, polarity: Polarity, quote: str, context: str = "") -> Remark:
    return Remark("r", aspect, polarity, (0, len(quote)), quote, context or quote, (0, 1), None, "", 0, 0)


@pytest.mark.parametrize(
    ("aspect", "polarity", "quote", "name"),
    [
        ("service", "positive", "계란 하나 더 깨주시면서", "덤"),
        ("service", "positive", "유아의자도 넉넉하고", "아이 배려"),
        ("service", "negative", "직원분들은 무뚝뚝하고", "친절함"),
        ("service", "negative", "벨을 눌러도 함흥차사고", "응대 속도"),
        ("service", "positive", "인사도 잘하시고 좋아요", "친절함"),
        ("service", "negative", "그냥 그래요", "손님맞이"),
        ("value", "positive", "콜키지 한 병은 공짜", "콜키지"),
        ("value", "positive", "소면은 모자란다고 하면 더 줌", "리필"),
        ("value", "negative", "갈비 17,000→19,000 올랐고", "값 오름"),
        ("value", "negative", "양이 창렬", "양"),
        ("value", "positive", "8천원에 그 정성이면 절하고 먹어야죠", "값"),
        ("ambience", "negative", "계단이 엄청 가파르고", "드나들기"),
        ("ambience", "positive", "창밖으로 바다가 쫙 보이니까", "전망"),
        ("ambience", "positive", "혼자 와도 눈치 안 보임", "혼밥"),
        ("hygiene", "negative", "국에서 머리카락 나옴", "이물질"),
        ("hygiene", "positive", "화장실 깨끗해요", "화장실 위생"),
        ("waiting", "negative", "50분 섰는데", "대기"),
        ("waiting", "negative", "예약이 너무 어려워요", "예약"),
        ("location", "negative", "발렛비 5,000원", "주차"),
        ("location", "positive", "걸어서 5분이면 됨", "가는 길"),
        ("food", "negative", "당근케익 또 품절", "품절"),
        ("unheard-of", "positive", "좋아요", "unheard-of"),
    ],
)
def test_facets_go_by_the_words_of_the_quote(aspect: str, polarity: Polarity, quote: str, name: str) -> None:
    if aspect == "food":
        assert topic_of(remark(aspect, polarity, quote), (), NONE).name == name
    else:
        assert topic_of(remark(aspect, polarity, quote), (), NONE) == Topic(aspect, name)


def test_where_the_quote_names_nothing_its_sentence_does() -> None:
    bare = remark("location", "negative", "40분 걸림", "공영주차장 들어가는 데 40분 걸림")
    assert topic_of(bare, (), NONE).name == "주차"
    assert topic_of(remark("location", "negative", "40분 걸림"), (), NONE).name == "위치"


def test_food_goes_by_dish_then_by_part(kiwi: Tokenizer) -> None:
    texts = ["돼지국밥 국물이 진해요. 수육은 부드럽고요.", "국물이 시원해요. 김치도 좋아요.", "돼지국밥 또 먹고 싶다"]
    analysed: list[AnalysedText] = list(kiwi.analyse(texts))
    dishes = dishes_in(dict(enumerate(analysed)), {"돼지국밥", "수육"})
    assert dishes.named == {0: ("돼지국밥", "수육"), 1: (), 2: ("돼지국밥",)}

    def of(quote: str, context: str) -> Topic:
        (words,) = kiwi.analyse([quote])
        return topic_of(remark("food", "positive", quote, context), words.morphemes, dishes)

    assert of("수육은 부드럽고요", texts[0]) == Topic("food", "수육", "수육")
    assert of("국물이 진해요", "돼지국밥 국물이 진해요.") == Topic("food", "국물", "돼지국밥")
    assert of("국물이 시원해요", texts[1]) == Topic("food", "국물")
    assert of("맛있어요", "맛있어요") == Topic("food", "맛")
    assert of("쫄면은 새콤하고", "쫄면은 새콤하고 수육은 부드럽고요.") == Topic("food", "쫄면", "쫄면")
    assert of("솥도 크고", "솥도 크고 수육은 부드럽고요.") == Topic("food", "맛")
    assert of("최고예요", "수육은 최고예요.") == Topic("food", "수육", "수육")
    assert dishes.of_part("국물", 1) == "돼지국밥"  # the soup that the house is known for
    assert dishes.of_part("고기", 2) == "돼지국밥"  # the only dish beside it
    assert dishes.of_part("고기", 0) == ""  # one of two
    assert dishes.of_part("김치", 1) == ""


def test_a_house_has_a_dish_of_its_own_where_no_other_is_named_half_as_often() -> None:
    assert Dishes({}, {"갈비": 4, "냉면": 2}).of_part("양념", 0) == "갈비"
    assert Dishes({}, {"갈비": 4, "냉면": 3}).of_part("양념", 0) == ""
    assert Dishes({}, {"갈비": 2}).of_part("양념", 0) == ""
    assert Dishes({}, {"갈비": 4, "냉면": 1}).of_part("육수", 0) == ""  # grilled meat has no broth
    assert Dishes({}, {"갈비": 4, "냉면": 2}).of_part("육수", 0) == "냉면"

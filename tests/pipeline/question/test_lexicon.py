"""What an index's own reviews and metadata teach it."""

from __future__ import annotations

import json

import pytest

from pipeline.protocols import Tokenizer
from pipeline.question.categories import category_words
from pipeline.question.hangul import letters_of, typo_distance
from pipeline.question.lexicon import Lexicon, build_lexicon, district_words
from pipeline.question.names import made_of, without_branch
from pipeline.types import Source

REVIEWS = [
    ("숯골갈비", "물냉면 시원하고 갈비탕 13,000원 인데 양 많음"),
    ("숯골갈비", "갈비탕이랑 물냉면 먹었어요. 반면 된장찌개는 별로"),
    ("연탄집", "된장찌개 서비스로 주심. 오전에 가면 화면으로 야구 봄"),
    ("연탄집", "오전엔 한산해요. 반면 저녁엔 화면 소리 시끄러움. 통오징어 9,000원"),
    ("연탄집", "통오징어 9,000원 이면 싸죠. 주차 2,000원 주차 2,000원"),
]


@pytest.fixture(scope="module")
def lexicon(kiwi: Tokenizer) -> Lexicon:
    sources = [
        Source(
            f"d{n}",
            restaurant=name,
            category="고깃집",
            district="마포",
            price_band=n % 2 + 1,
            rating=4,
            date=f"2026-0{n + 1}-01",
        )
        for n, (name, _) in enumerate(REVIEWS)
    ]
    return build_lexicon(sources, kiwi.analyse(text for _, text in REVIEWS))


def test_metadata(lexicon: Lexicon) -> None:
    assert lexicon.restaurants == ("숯골갈비", "연탄집")
    assert (lexicon.districts, lexicon.categories) == (("마포",), ("고깃집",))
    assert lexicon.price_bands == (1, 2)
    assert lexicon.dates == ("2026-01-01", "2026-05-01")
    assert lexicon.rating_top == 5


def test_dishes_are_what_reviews_name_twice(lexicon: Lexicon) -> None:
    assert {"물냉면", "갈비탕", "된장찌개", "통오징어"} <= set(lexicon.dishes)
    assert not {"반면", "오전", "화면", "주차", "숯골갈비"} & set(lexicon.dishes)


def test_json(lexicon: Lexicon) -> None:
    assert Lexicon.from_json(json.loads(json.dumps(lexicon.to_json()))) == lexicon
    with pytest.raises(ValueError, match="no lexicon"):
        Lexicon.from_json({"restaurants": []})


def test_articles_have_an_empty_lexicon(kiwi: Tokenizer) -> None:
    texts = ["서울의 냉면과 냉면", "냉면은 1989년 2월에"] * 3
    assert build_lexicon([Source("d", title="냉면")], kiwi.analyse(texts)) == Lexicon()


def test_a_name_that_others_use_as_a_word_needs_quotation_marks(kiwi: Tokenizer) -> None:
    texts = [
        "하늘이 예뻐요",
        "하늘은 맑고 하늘색 벽",
        "하늘 보면서 식사",
        "하늘이 잘 보임",
        "하늘도 파랗고",
        "하늘 아래 정원",
    ]
    found = build_lexicon([Source("a", restaurant="하늘"), Source("b", restaurant="가온누리")], kiwi.analyse(texts))
    assert found.ordinary == ("하늘",)
    assert "하늘" in found.names.weak


@pytest.mark.parametrize(("rating", "top"), [(5, 5), (5.5, 10), (10, 10), (87, 100), (None, None)])
def test_rating_scale(rating: float | None, top: float | None) -> None:
    assert build_lexicon([Source("d", rating=rating)], []).rating_top == top


def test_district_words() -> None:
    words = district_words(["마포", "서울 강남구", "수영구", "부산", "중구"])
    assert words["마포구"] == ("마포",)
    assert words["강남"] == words["서울강남구"] == words["서울시"] == ("서울 강남구",)
    assert "수영" not in words
    assert "중" not in words
    assert words["부산시"] == ("부산",)


def test_category_words() -> None:
    words = category_words(["고깃집", "음식점 > 양식", "카페", "한식", "치킨", "기타", "술/안주"])
    assert words["고기집"].values == ("고깃집",)
    assert (words["삼겹살집"].values, words["삼겹살집"].narrower) == (("고깃집",), True)
    assert words["파스타집"].values == ("음식점 > 양식",)
    assert words["치킨집"].values == ("치킨",)
    assert words["국밥집"].values == ("한식",)
    assert not {"치킨", "기타", "안주", "음식점", "분식집"} & set(words)


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("숯골갈비 홍대점", "숯골갈비"),
        ("한우마을 본점", "한우마을"),
        ("이모네집(홍대점)", "이모네집"),
        ("엄마 음식점", ""),
        ("국밥 전문점", ""),
        ("청년 별관", ""),
    ],
)
def test_branches(name: str, base: str) -> None:
    assert without_branch(name) == base


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [
        ("숯골", "숫골", 1),
        ("숯불", "숯골", None),
        ("먹을집", "머글집", 1),
        ("돈까스", "돈가스", 1),
        ("가", "가나", None),
        ("연탄집", "연탄집", 0),
    ],
)
def test_typos(left: str, right: str, distance: int | None) -> None:
    assert typo_distance(left, right) == typo_distance(right, left) == distance


def test_letters_lead_back_to_the_text() -> None:
    letters = letters_of("숯골 갈비, 'Cafe'?")
    assert letters.text == "숯골갈비cafe"
    assert letters.span(0, 4) == (0, 5)
    assert letters.phrase_stops[0] == 4
    assert letters.tail(1) == "골"


def test_made_of() -> None:
    assert made_of("동네국밥", {"동네", "국밥"})
    assert not made_of("숯골국밥", {"동네", "국밥"})

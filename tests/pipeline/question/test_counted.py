"""Where restaurants are ranked or counted a price decides which; where reviews are searched it is only preferred."""

from __future__ import annotations

import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import Tokenizer
from pipeline.question.bounds import BANDS, holds, told_price, widened
from pipeline.question.counted import Meets, about_counts
from pipeline.question.lexicon import Lexicon
from pipeline.question.overview import WHOLE
from pipeline.question.understanding import allowed, understand
from pipeline.types import AskedAspect, Source, Understanding
from tests.pipeline.question.reading import SOURCES, TODAY

FOOD, VALUE = AskedAspect("food", "음식·맛"), AskedAspect("value", "가성비")
RANKED = [
    ("2만원 이하 식당 추천해줘", (WHOLE,), "<=2", "가격대 1인 25,000원까지"),
    ("만원 이하 식당", (WHOLE,), "<=1", "가격대 1인 10,000원까지"),
    ("만원 이하인 곳 추천", (WHOLE,), "<=1", "가격대 1인 10,000원까지"),
    ("1만원대 식당 추천", (WHOLE,), ">=2 <=2", "가격대 1인 10,000–25,000원"),
    ("2만원 이하의 국밥집", (WHOLE,), "<=2", "가격대 1인 25,000원까지"),
    ("저렴한 식당 추천해줘", (WHOLE,), "<=1", "가격대 1인 10,000원까지"),
    ("가격이 저렴한 곳", (WHOLE,), "<=1", "가격대 1인 10,000원까지"),
    ("값싼 국밥집", (WHOLE,), "<=1", "가격대 1인 10,000원까지"),
    ("싸고 맛있는 집", (FOOD,), "<=1", "가격대 1인 10,000원까지"),
    ("저렴한데 맛있는 곳", (FOOD,), "<=1", "가격대 1인 10,000원까지"),
    ("비싼 식당 추천", (WHOLE,), ">=2", "가격대 1인 10,000원 넘게"),
]
PREFERRED = [
    "2만원 이하로 회식하기 좋은 룸 있는 곳",
    "저렴한 주차장 있는 식당",
    "만원 이하 메뉴 추천",
    "가격 착한 점심 특선",
    "싼 와인 있는 곳",
]


def read(question: str, kiwi: Tokenizer, lexicon: Lexicon, meets: Meets = lambda _: True) -> Understanding:
    """The understanding with whatever is counted."""
    found = understand(question, next(iter(kiwi.analyse([question]))), lexicon, today=TODAY)
    return about_counts(found, question, meets, opinions=True, dishes=True)


def there(understanding: Understanding) -> bool:
    """Whether one of the three restaurants' reviews meets all conditions."""
    return any(allowed(understanding, source) for source in SOURCES)


@pytest.mark.parametrize(("question", "aspects", "bounds", "label"), RANKED)
def test_of_restaurants_a_price_decides(
    question: str, aspects: tuple[AskedAspect, ...], bounds: str, label: str, kiwi: Tokenizer, lexicon: Lexicon
) -> None:
    found = read(question, kiwi, lexicon)
    (price,) = [chip for chip in found.chips if chip.kind == "price"]
    assert (found.aspects, found.seeks) == (aspects, "positive")
    assert (price.mode, " ".join(price.values), price.label) == ("filter", bounds, label)


@pytest.mark.parametrize("question", PREFERRED)
def test_of_reviews_it_is_only_preferred(question: str, kiwi: Tokenizer, lexicon: Lexicon) -> None:
    found = read(question, kiwi, lexicon)
    assert [chip.mode for chip in found.chips if chip.kind == "price"] == ["boost"]
    assert (found.aspects, found.overview, found.figures) == ((), "", None)


def test_restaurants_of_a_price_can_be_listed(kiwi: Tokenizer, lexicon: Lexicon) -> None:
    found = read("2만원 이하 식당은 몇 곳이야?", kiwi, lexicon)
    assert found.figures
    assert found.figures.of == "restaurants"
    assert [chip.mode for chip in found.chips] == ["filter"]


@pytest.mark.parametrize("question", ["가성비 좋은 식당 추천", "가성비 맛집", "가성비 좋은 국밥집"])
def test_what_a_meal_is_worth_reviews_say(question: str, kiwi: Tokenizer, lexicon: Lexicon) -> None:
    found = read(question, kiwi, lexicon)
    assert found.aspects == (VALUE,)
    assert not [chip for chip in found.chips if chip.kind == "price"]


def test_what_is_cheap_depends_on_what_else_is_looked_for(kiwi: Tokenizer, lexicon: Lexicon) -> None:
    assert [chip.label for chip in read("저렴한 고깃집 추천", kiwi, lexicon, there).chips] == [
        "가격대 1인 25,000원까지", "업종 고깃집",
    ]  # fmt: skip
    assert [chip.label for chip in read("저렴한 국밥집 추천", kiwi, lexicon, there).chips] == [
        "가격대 1인 10,000원까지", "업종 국밥",
    ]  # fmt: skip
    said = read("만원 이하 고깃집 추천", kiwi, lexicon, there)  # whoever names a sum means it
    assert [chip.label for chip in said.chips] == ["가격대 1인 10,000원까지", "업종 고깃집"]


def test_what_is_searched_for_stays_as_it_was_said(kiwi: Tokenizer, lexicon: Lexicon) -> None:
    assert read("싸고 맛있는 집", kiwi, lexicon).search_text == "싸고 맛있는 집"


def test_a_taken_off_price_is_none(kiwi: Tokenizer, lexicon: Lexicon) -> None:
    question = "저렴한 식당 추천해줘"
    (price,) = read(question, kiwi, lexicon).chips
    analysed = next(iter(kiwi.analyse([question])))
    found = understand(question, analysed, lexicon, today=datetime.date(2026, 10, 1), removed=(price.id,))
    assert not about_counts(found, question, there, opinions=True, dishes=True).chips


@given(st.sampled_from(["<=", ">="]), st.integers(1, 9))
def test_wider_bounds_hold_for_more_until_they_would_for_all(sign: str, band: int) -> None:
    ways = widened((f"{sign}{band}",))
    assert ways[0] == (f"{sign}{band}",)
    known = range(1, len(BANDS) + 2)
    held = [{one for one in known if all(holds(bound, one) for bound in way)} for way in ways]
    assert all(fewer < more or not fewer for fewer, more in pairwise(held))
    assert len(ways) == 1 or all(len(one) < len(known) for one in held)


@given(st.integers(1, 9), st.integers(1, 9))
def test_every_price_can_be_told(low: int, high: int) -> None:
    assert told_price((f">={low}",))
    assert told_price((f"<={high}",))


def test_the_sources_have_what_is_tested() -> None:
    assert {source.category: source.price_band for source in SOURCES} == {"고깃집": 2, "국밥": 1}
    assert isinstance(SOURCES[0], Source)

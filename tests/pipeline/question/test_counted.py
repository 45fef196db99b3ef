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
from pipeline.question.lexicon import Lexicon, build_lexicon
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


@pytest.fixture(scope="module")
def eaten(kiwi: Tokenizer) -> Lexicon:
    """The lexicon with dishes that two reviews each name."""
    return build_lexicon(SOURCES, kiwi.analyse(["갈비와 냉면, 국밥을 먹었어요", "갈비가 좋고 냉면이랑 국밥은 별로"]))


def read(question: str, kiwi: Tokenizer, lexicon: Lexicon, meets: Meets = lambda _: True) -> Understanding:
    """The understanding with whatever is counted."""
    found = understand(question, next(iter(kiwi.analyse([question]))), lexicon, today=TODAY)
    return about_counts(found, question, lexicon, meets, opinions=True)


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


@pytest.mark.parametrize(
    ("question", "dish", "side", "chips"),
    [
        ("갈비 맛집", "갈비", "positive", ["메뉴 갈비"]),
        ("갈비맛집 추천해줘", "갈비", "positive", ["메뉴 갈비"]),
        ("마포 갈비 맛집", "갈비", "positive", ["지역 마포", "메뉴 갈비"]),
        ("마포에서 갈비 맛있는 집 알려줘", "갈비", "positive", ["지역 마포", "메뉴 갈비"]),
        ("냉면 잘하는 집", "냉면", "positive", ["메뉴 냉면"]),
        ("냉면 유명한 고깃집", "냉면", "positive", ["업종 고깃집", "메뉴 냉면"]),
        ("냉면 맛없는 집", "냉면", "negative", ["메뉴 냉면"]),
        ("저렴한 갈비 맛집", "갈비", "positive", ["가격대 1인 10,000원까지", "메뉴 갈비"]),
    ],
)
def test_the_places_that_are_good_at_a_dish(
    question: str, dish: str, side: str, chips: list[str], kiwi: Tokenizer, eaten: Lexicon
) -> None:
    found = read(question, kiwi, eaten)
    assert found.aspects == (AskedAspect("food", dish, dish=dish),)
    assert (found.seeks, [chip.label for chip in found.chips]) == (side, chips)


@pytest.mark.parametrize(
    "question",
    [
        "갈비 맛집은 주차 돼?",
        "갈비 있는 집",
        "갈비 추천해줘",
        "갈비 어때?",
        "갈비랑 냉면 맛집",
        "냉면 분위기 좋은 집",
        "숯골갈비 냉면 맛있어?",
        "갈비 굽기 좋은 집",
    ],
)
def test_other_questions_about_a_dish_are_searched_for(question: str, kiwi: Tokenizer, eaten: Lexicon) -> None:
    assert not any(one.dish for one in read(question, kiwi, eaten).aspects)


@pytest.mark.parametrize(
    ("question", "overview"),
    [("냉면 불만 보여줘", "complaints"), ("냉면 칭찬 후기", "praise"), ("냉면 평 요약", "whole")],
)
def test_what_is_said_of_a_dish(question: str, overview: str, kiwi: Tokenizer, eaten: Lexicon) -> None:
    found = read(question, kiwi, eaten)
    assert found.aspects == (AskedAspect("food", "냉면", dish="냉면"),)
    assert (found.overview, found.seeks) == (overview, "")


def test_a_kind_of_restaurant_is_good_at_what_it_is_called_by(kiwi: Tokenizer, eaten: Lexicon) -> None:
    for question in ("국밥 맛집", "국밥 맛집 추천"):
        found = read(question, kiwi, eaten)
        assert (found.aspects, found.seeks) == ((WHOLE,), "positive")
        assert [chip.label for chip in found.chips] == ["업종 국밥"]


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
    assert not about_counts(found, question, lexicon, there, opinions=True).chips


SAID = tuple(
    "만원 이하|2만원대|저렴한|싸고|비싼|가성비|갈비|냉면|국밥|맛집|맛있는|맛없는|잘하는|불만|칭찬|위생|서비스|좋은데|"
    "나쁜|식당|집|곳|추천해줘|보여줘|마포에서|고깃집|숯골갈비|별점 4점|최근|주차|몇 곳|어때?|3곳|왜|말고".split("|")
)


@given(words=st.lists(st.sampled_from(SAID), max_size=6))
def test_whatever_is_asked_conditions_are_kept(words: list[str], kiwi: Tokenizer, eaten: Lexicon) -> None:
    question = " ".join(words)
    plain = understand(question, next(iter(kiwi.analyse([question]))), eaten, today=TODAY)
    found = about_counts(plain, question, eaten, there, opinions=True)
    assert found.search_text == plain.search_text
    before, after = {chip.span: chip for chip in plain.chips}, {chip.span: chip for chip in found.chips}
    assert after.keys() <= before.keys()
    for span, chip in after.items():
        assert chip == before[span] or chip.kind in ("price", "dish")
    gone = {before[span].kind for span in before.keys() - after.keys()}
    assert gone <= {"price", "rating"}  # 가성비 is no price, 별점 높은 orders by it
    assert not (found.figures and (found.aspects or found.overview))


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

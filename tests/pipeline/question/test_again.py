"""A short question asks the same of something else, and nothing else does."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.protocols import Tokenizer
from pipeline.question.counted import about_counts
from pipeline.question.lexicon import Lexicon, build_lexicon
from pipeline.question.understanding import understand
from pipeline.types import Understanding
from tests.pipeline.question.reading import SOURCES, TODAY


@pytest.fixture(scope="module")
def eaten(kiwi: Tokenizer) -> Lexicon:
    """The lexicon with dishes that two reviews each name."""
    return build_lexicon(SOURCES, kiwi.analyse(["갈비와 냉면을 먹었어요", "갈비가 좋고 냉면은 별로"]))


def talk(questions: Sequence[str], kiwi: Tokenizer, lexicon: Lexicon) -> Understanding:
    """What the last of some questions asks."""
    last: Understanding | None = None
    for question in questions:
        found = understand(question, next(iter(kiwi.analyse([question]))), lexicon, today=TODAY, previous=last)
        last = about_counts(found, question, lexicon, lambda _: True, opinions=True, previous=last)
    assert last is not None
    return last


@pytest.mark.parametrize(
    ("questions", "names", "overview", "seeks"),
    [
        (["위생 불만 보여줘", "서비스는?"], ["서비스"], "complaints", ""),
        (["위생 불만 보여줘", "그럼 서비스는요?"], ["서비스"], "complaints", ""),
        (["위생 불만 보여줘", "주차는?"], ["주차"], "complaints", ""),
        (["위생 불만 보여줘", "칭찬은?"], ["위생"], "praise", ""),
        (["위생 불만 보여줘", "칭찬은?", "맛이랑 분위기는?"], ["음식·맛", "분위기"], "praise", ""),
        (["별점 1점에서 가장 많은 불만은?", "서비스는?"], ["서비스"], "complaints", ""),
        (["위생 불만 보여줘", "고깃집만"], ["위생"], "complaints", ""),
        (["분위기 좋은 곳", "서비스는?"], ["서비스"], "", "positive"),
        (["불친절한 식당 3곳", "위생은?"], ["위생"], "", "negative"),
        (["갈비 맛집", "냉면은?"], ["냉면"], "", "positive"),
        (["갈비 불만 보여줘", "냉면도?"], ["냉면"], "complaints", ""),
        (["2만원 이하 식당 추천", "분위기는?"], ["분위기"], "", "positive"),
    ],
)
def test_the_same_is_asked_of_something_else(
    questions: list[str], names: list[str], overview: str, seeks: str, kiwi: Tokenizer, eaten: Lexicon
) -> None:
    found = talk(questions, kiwi, eaten)
    assert ([one.name for one in found.aspects], found.overview, found.seeks) == (names, overview, seeks)


@pytest.mark.parametrize(
    "questions",
    [
        ["서비스는?"],
        ["주차 되는 곳 있어?", "서비스는?"],
        ["분위기 좋은 곳", "주차는?"],
        ["분위기 좋은 곳", "칭찬은?"],
        ["위생 불만 보여줘", "서비스 알려줘"],
        ["위생 불만 보여줘", "몇 시에 여는지는?"],
        ["위생 불만 보여줘", "냉면은?"],
        ["갈비 맛집", "냉면 가격은?"],
        ["맛은 있는데 불친절한 곳", "위생은?"],
    ],
)
def test_nothing_is_taken_over_by_anything_else(questions: list[str], kiwi: Tokenizer, eaten: Lexicon) -> None:
    found = talk(questions, kiwi, eaten)
    alone = talk(questions[-1:], kiwi, eaten)
    assert (found.aspects, found.overview, found.seeks) == (alone.aspects, alone.overview, alone.seeks)


def test_conditions_and_how_many_stay(kiwi: Tokenizer, eaten: Lexicon) -> None:
    found = talk(["마포에서 불친절한 식당 3곳", "위생은?"], kiwi, eaten)
    assert ([chip.label for chip in found.chips], found.first) == (["지역 마포"], 3)


def test_of_a_named_restaurant_both_sides_are_told(kiwi: Tokenizer, eaten: Lexicon) -> None:
    found = talk(["위생 불만 보여줘", "숯골갈비 서비스는?"], kiwi, eaten)
    assert ([one.name for one in found.aspects], found.overview) == (["서비스"], "")

"""What a remark is about, more narrowly than its aspect: the facets of ``facets.toml``; of food, dish and part."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.question.concepts import pattern
from pipeline.question.dishes import dish_like, dishes_of
from pipeline.question.hangul import PARTICLE
from pipeline.restaurants.remarks import Remark
from pipeline.strengths.types import Sign, Topic
from pipeline.types import AnalysedText, Morpheme

TABLE = Path(__file__).with_name("facets.toml")
FOOD = "food"
PLAIN = "맛"  # the topic of praise of the food that names nothing more

# What food is made of and served with: by itself no dish.
PARTS = frozenset(
    "국물 육수 고기 면 면발 떡 속살 껍질 튀김옷 도우 소스 양념 반찬 밥 빵 회 생선 재료 육즙 불향 김치 깍두기 나물 두부 "
    "향 크림 콩물 반죽 조개 해물 새우 커피 디저트 음료 술 안주 쌀밥 장 콩가루 메밀향 숯향 차슈 고명 건더기 간 맛 뒷맛 "
    "식감".split()
)
_NOUNS = ("NNG", "NNP")
_SAYING = frozenset(
    "음식 메뉴 집 곳 여기 최고 인정 추천 스타일 취향 대박 존맛 강추 한입 인생 만족 감동 필수 예술 일품".split()
)
OWN = 3  # passages that name a dish, and twice as many as name any other: it is the house's own
_BROTHS = frozenset({"국물", "육수"})
_SOUP = re.compile("(?:국밥|국|탕|찌개|전골|짬뽕|라멘|면|국수|우동|수제비|샤브샤브|나베|소바)$")


@dataclass(frozen=True, slots=True)
class Facet:
    """A row of the table. ``words`` is None where it takes what is left of its aspect; a claim may be missing.

    ``many`` are its claims where it takes several facets together, with a place for their names.
    """

    aspect: str
    name: str
    words: re.Pattern[str] | None
    claims: Mapping[Sign, str]
    many: Mapping[Sign, str]


@cache
def facets(path: Path = TABLE) -> tuple[Facet, ...]:
    """The table that is shipped, read once.

    Raises:
        KeyError, ValueError: it is not such a table.
    """
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["facet"]
    signs: tuple[Sign, ...] = ("positive", "negative")
    return tuple(
        Facet(
            row["aspect"],
            row["name"],
            re.compile(pattern(row["words"])) if "words" in row else None,
            {sign: row[sign] for sign in signs if sign in row},
            row.get("many", {}),
        )
        for row in rows
    )


@cache
def _of_aspect(aspect: str) -> tuple[Facet, ...]:
    return tuple(facet for facet in facets() if facet.aspect == aspect)


def facet_of(topic: Topic) -> Facet | None:
    """The row of a topic; food has none."""
    return next((facet for facet in _of_aspect(topic.aspect) if facet.name == topic.name), None)


def rest_of(aspect: str) -> str:
    """The topic that takes what is left of an aspect."""
    return PLAIN if aspect == FOOD else next((f.name for f in _of_aspect(aspect) if not f.words), aspect)


def topic_of(remark: Remark, morphemes: Sequence[Morpheme], known: Dishes) -> Topic:
    """What a remark is about. Its own words decide; where they name nothing, the sentence around them."""
    sign: Sign = "negative" if remark.polarity == "negative" else "positive"
    for text in (remark.quote, remark.context) if remark.aspect != FOOD else (remark.quote,):
        for facet in _of_aspect(remark.aspect):
            if facet.words and sign in facet.claims and facet.words.search(text):
                return Topic(remark.aspect, facet.name)
    return _food(remark, morphemes, known) if remark.aspect == FOOD else Topic(remark.aspect, rest_of(remark.aspect))


@dataclass(frozen=True, slots=True)
class Dishes:
    """The dishes that a restaurant's reviews name: by passage, in order, and how many passages name each."""

    named: Mapping[int, tuple[str, ...]]
    counts: Mapping[str, int]

    def of_part(self, part: str, row: int) -> str:
        """The dish that a part named without one belongs to: the only one of its passage, else the house's own dish.

        A broth is a soup's, and the house's own is then the soup that is named most. Empty where it is unclear.
        """
        fits = {dish: count for dish, count in self.counts.items() if part not in _BROTHS or _SOUP.search(dish)}
        near = {dish for dish in self.named.get(row, ()) if dish in fits}
        if len(near) == 1:
            return near.pop()
        order = sorted(fits, key=lambda dish: (-fits[dish], dish))
        if not order or fits[order[0]] < (2 if part in _BROTHS else OWN):
            return ""
        rival = fits[order[1]] if len(order) > 1 and part not in _BROTHS else 0
        return order[0] if fits[order[0]] >= 2 * rival else ""


def dishes_in(texts: Mapping[int, AnalysedText], known: Collection[str]) -> Dishes:
    """The dishes of a restaurant's passages, of those that the index knows."""
    named = {row: tuple(dish for dish in dishes_of(text) if dish in known) for row, text in texts.items()}
    return Dishes(named, Counter(dish for found in named.values() for dish in set(found)))


def _food(remark: Remark, morphemes: Sequence[Morpheme], known: Dishes) -> Topic:
    """By the dish that the quote names, else by the part of one; the dish of a part is looked for around it."""
    here = known.named.get(remark.row, ())
    inside = [dish for dish in here if dish in remark.quote.lower()]
    if inside:
        return Topic(FOOD, inside[0], inside[0])
    nouns = [m.form for m in morphemes if m.tag.startswith(_NOUNS)]
    if unknown := _dish_in(remark.quote):
        return Topic(FOOD, unknown, unknown)
    elsewhere = any(noun not in PARTS and noun not in _SAYING for noun in nouns)  # it speaks of something of its own
    around = "" if elsewhere else next((dish for dish in here if dish in remark.context.lower()), "")
    part = next((noun for noun in nouns if noun in PARTS and noun != PLAIN), "")
    if part:
        return Topic(FOOD, part, around)
    return Topic(FOOD, around or PLAIN, around)


def _dish_in(quote: str) -> str:
    """A word that ends as dishes do, particles taken off, though the index knows no such dish; empty without one."""
    for eojeol in quote.lower().split():
        for end in range(len(eojeol), 1, -1):
            if eojeol[:end] not in PARTS and dish_like(eojeol[:end]) and PARTICLE.fullmatch(eojeol[end:]):
                return eojeol[:end]
    return ""

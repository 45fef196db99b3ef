"""What one index knows of restaurants: names, places, kinds, dishes, days, stars. Built once, stored beside the index.

A corpus without restaurants (articles) has an empty lexicon, by which every question is understood as it stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from pipeline.question.categories import CategoryWord, category_words
from pipeline.question.dishes import HEADS, SINGLE, dish_like, find_dishes, noun_runs
from pipeline.question.everyday import EVERYDAY
from pipeline.question.hangul import PARTICLE, key_of
from pipeline.question.names import NameIndex, build_names, near_names
from pipeline.types import AnalysedText, Source

PROVINCES = frozenset("서울 부산 대구 인천 광주 대전 울산 세종 경기 강원 충북 충남 전북 전남 경북 경남 제주".split())
_PROVINCE_ENDINGS = ("특별자치시", "특별자치도", "특별시", "광역시", "도", "시")
_DISTRICT_ENDINGS = ("구", "시", "군", "동", "읍", "면")
# Districts that without their ending are words of everyday talk (수영구, 이동면).
_NO_SHORT_FORM = frozenset(
    "수영 사상 기장 이동 대신 도시 시대 공정 남원 대화 신기 조리 상대 방이 이문 사직 고기 회기 정자 자연 "
    "가정 부평면".split()
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The names that one index knows, sorted, and the tables that questions are looked up in (derived, not stored).

    ``dates`` are the first and last ISO date, ``rating_top`` the top of the rating scale (5, 10 or 100); None when no
    source has any. ``ordinary`` are words of the corpus that are spelled like a name, or nearly, without being one.
    """

    restaurants: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    dishes: tuple[str, ...] = ()
    price_bands: tuple[int, ...] = ()
    dates: tuple[str, str] | None = None
    rating_top: float | None = None
    ordinary: tuple[str, ...] = ()
    names: NameIndex = field(init=False, repr=False, compare=False)
    district_words: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    category_words: Mapping[str, CategoryWord] = field(init=False, repr=False, compare=False)
    dish_words: Mapping[str, str] = field(init=False, repr=False, compare=False)
    known: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        derive = object.__setattr__  # the class is frozen for everybody else
        derive(self, "district_words", district_words(self.districts))
        derive(self, "category_words", category_words(self.categories))
        derive(self, "dish_words", {key_of(dish): dish for dish in self.dishes})
        derive(self, "known", frozenset({*self.district_words, *self.category_words, *self.dish_words}))
        derive(self, "names", build_names(self.restaurants, _everyday(self), frozenset(self.ordinary)))

    @property
    def empty(self) -> bool:
        """Whether there is nothing that a question could name, as of articles."""
        return not any((self.restaurants, self.districts, self.categories, self.dishes, self.price_bands, self.dates,
                        self.rating_top))  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """The stored fields, as ``json`` writes them."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.init}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Lexicon:
        """The lexicon that ``to_json`` gave, after ``json`` wrote and read it.

        Raises:
            ValueError: the fields are not a lexicon's.
        """
        known = {item.name for item in fields(cls) if item.init}
        if set(value) != known:
            raise ValueError(f"no lexicon: expected the fields {sorted(known)}, found {sorted(value)}")
        stored: dict[str, Any] = {name: tuple(part) if isinstance(part, list) else part for name, part in value.items()}
        return cls(**stored)


def _everyday(lexicon: Lexicon) -> set[str]:
    serves = {key for key in lexicon.dish_words if dish_like(key)}
    return {*lexicon.district_words, *lexicon.category_words, *serves, *HEADS, *SINGLE}


def build_lexicon(sources: Iterable[Source], texts: Iterable[AnalysedText]) -> Lexicon:
    """The lexicon of an index, in one pass over the sources of its passages and one over their analysed texts.

    The two need not go in step. Time is linear in the morphemes; memory in the distinct names and dishes.
    """
    seen: dict[str, Counter[str]] = {"restaurant": Counter(), "district": Counter(), "category": Counter()}
    bands: set[int] = set()
    dates: set[str] = set()
    highest: float | None = None
    for source in sources:
        for kind, counter in seen.items():
            if value := getattr(source, kind).strip():
                counter[value] += 1
        if source.price_band is not None:
            bands.add(source.price_band)
        if re.match(r"\d{4}", source.date):
            dates.add(source.date[:10])
        if source.rating is not None:
            highest = max(source.rating, highest or 0)
    lexicon = Lexicon(
        restaurants=tuple(sorted(seen["restaurant"])),
        districts=tuple(sorted(seen["district"])),
        categories=tuple(sorted(seen["category"])),
        price_bands=tuple(sorted(bands)),
        dates=(min(dates), max(dates)) if dates else None,
        rating_top=None if highest is None else next((top for top in (5.0, 10.0, 100.0) if highest <= top), highest),
    )
    return _with_words(lexicon, texts, seen["restaurant"]) if lexicon.restaurants else lexicon


def _with_words(lexicon: Lexicon, texts: Iterable[AnalysedText], passages: Mapping[str, int]) -> Lexicon:
    """The lexicon with what only the texts tell: dishes, and ordinary words that look like names."""
    used: Counter[str] = Counter()
    short = {key: max(passages[name] for name in found) for key, found in lexicon.names.exact.items() if len(key) <= 4}

    def watched() -> Iterator[AnalysedText]:
        for text in texts:
            used.update(_words_of(text, short, lexicon.names.loose_lengths))
            yield text

    taken = {key_of(name) for name in (*lexicon.restaurants, *lexicon.districts)}
    dishes = find_dishes(watched(), taken)
    # A name of everyday words is used in more texts than its restaurant can have; a misspelling is rarely repeated.
    ordinary = {
        word
        for word, count in used.items()
        if (count > 2 * short[word] + 3 if word in short else count > 2 and near_names(word, lexicon.names))
    }
    return replace(lexicon, dishes=dishes, ordinary=tuple(sorted(ordinary)))


def _words_of(text: AnalysedText, short: Collection[str], lengths: Collection[int]) -> set[str]:
    """Words of a text that could be, or be mistaken for, a name."""
    found = {
        word
        for run, _ in noun_runs(text)
        if len(word := text.text[run[0].start : run[-1].end].lower()) in lengths and word not in short
    }
    for eojeol in text.text.lower().split():
        for end in range(1, min(4, len(eojeol)) + 1):
            if eojeol[:end] in short and PARTICLE.fullmatch(eojeol[end:].rstrip("?!.,~^ㅋㅎㅠ")):
                found.add(eojeol[:end])
    return found


def district_words(values: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Keys of the words that name districts: in full, without 구 or 동, with or without the province in front."""
    words: dict[str, set[str]] = {}
    for value in values:
        parts = value.split()
        if not parts:
            continue
        spoken = {key_of(value)}
        for place, part in enumerate(parts):
            spoken |= _spoken_forms(part) if place or len(parts) == 1 else _province_forms(part)
        if len(parts) > 1:
            spoken |= {first + last for first in _province_forms(parts[0]) for last in _spoken_forms(parts[-1])}
        elif key_of(value) in PROVINCES:
            spoken |= _province_forms(value)
        for word in spoken:
            if len(word) > 1 and word not in EVERYDAY:
                words.setdefault(word, set()).add(value)
    return {word: tuple(sorted(found)) for word, found in words.items()}


def _spoken_forms(part: str) -> set[str]:
    word = key_of(part)
    ending = next((ending for ending in _DISTRICT_ENDINGS if word.endswith(ending) and len(word) > len(ending) + 1), "")
    if ending:
        short = word.removesuffix(ending)
        return {word} if short in _NO_SHORT_FORM else {word, short}
    return {word, *(word + ending for ending in ("구", "시", "동", "역"))} if len(word) > 1 else {word}


def _province_forms(part: str) -> set[str]:
    word = key_of(part)
    short = next(
        (word.removesuffix(end) for end in _PROVINCE_ENDINGS if word.endswith(end) and len(word) > len(end) + 1), word
    )
    return {word, short, *(short + end for end in ("시", "도"))}

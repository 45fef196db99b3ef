"""Everything a question says about metadata, each as a chip, before anything is inherited or taken off."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from pipeline.question.bounds import BoundMention, find_newest, find_price, find_stars
from pipeline.question.dates import find_dates
from pipeline.question.dishes import SINGLE
from pipeline.question.hangul import NOUNS, PARTICLE, Letters, key_of, letters_of
from pipeline.question.lexicon import PROVINCES, Lexicon
from pipeline.question.names import find_names
from pipeline.types import AnalysedText, Chip, ChipKind, Span

_LABELS: Mapping[ChipKind, str] = {"restaurant": "가게", "district": "지역", "category": "업종", "dish": "메뉴"}
_CLOSE = len("이랑 ") + 1
_OTHER_THAN = re.compile(r"\s*(?:말고|빼고|제외|아닌|이?\s?외에|은\s*말고)")
_AROUND = re.compile(
    r"(?:역|구)?(?:쪽|근처|인근|주변|부근|지역|일대|동네|시내|시|권)?(?:\d번)?(?:출구)?(?P<rest>.*)", re.DOTALL
)
# "서울에서 온 사람", "부산 사투리", "제주 흑돼지": the place somebody or something is from, not where to look.
_FROM = re.compile(
    r"\s*(?:에서\s*(?:온|오는|왔|올라|내려|출발|택시|차로|지하철)|사람|사투리|출신|식\s|스타일|흑돼지|까지|부터|산\s)"
)
# "카페 같은 분위기": a likeness, not a kind of restaurant to look for.
_LIKENESS = re.compile(r"\s*(?:같은|같이|처럼|느낌|분위기|스타일|메뉴|음식|감성|못지않|나\s?다름)")
_FARMED = re.compile(r"자연산|광어|우럭|장어|전복|굴\b|양식장")


def find_mentions(question: str, analysed: AnalysedText, lexicon: Lexicon, today: datetime.date) -> list[Chip]:
    """One chip for each mention, in the order of the question; spans never overlap. ``merge`` makes chips of them."""
    if lexicon.empty:
        return []
    letters = letters_of(question)
    chips = list(_restaurants(letters, analysed, lexicon))
    named = any(chip.mode == "filter" for chip in chips)
    chips += _free(chips, _dates_and_stars(question, lexicon, today))
    dishes = _free(chips, _dishes(letters, analysed, lexicon))
    districts = _free(chips, _districts(letters, analysed, lexicon, dishes))
    chips += districts
    if not named:
        chips += _free(chips, _categories(letters, question, lexicon))
        if lexicon.price_bands and (price := find_price(question, lexicon.price_bands)):
            chips += _free(chips, [_bound("price", price)])
    chips += _free(chips, dishes)
    if lexicon.dates and not any(chip.kind == "date" for chip in chips) and (newest := find_newest(question)):
        chips += _free(chips, [_bound("order", newest)])
    return sorted(chips, key=lambda chip: chip.span or (0, 0))


def merge(mentions: list[Chip]) -> tuple[Chip, ...]:
    """One chip of each kind and mode for names, its values alternatives; each dish stays a chip of its own.

    A chip's span runs over all its mentions when only a word like 랑 stands between them, else over the first.
    """
    chips: dict[str, Chip] = {}
    for mention in mentions:
        key = mention.id if mention.kind == "dish" else f"{mention.kind}:{mention.mode}"
        chips[key] = _joined(chips[key], mention) if key in chips else mention
    return tuple(chips.values())


def _joined(chip: Chip, mention: Chip) -> Chip:
    values = tuple(dict.fromkeys((*chip.values, *mention.values)))
    span = chip.span
    if span and mention.span and mention.span[0] - span[1] <= _CLOSE:
        span = (span[0], mention.span[1])
    if chip.kind not in _LABELS:
        return replace(chip, span=span)
    unknown, near = (*chip.unknown, *mention.unknown), (*chip.near, *mention.near)
    joined = chip_of(chip.kind, values, span=span, exclude=chip.mode == "exclude", unknown=unknown)
    return replace(joined, approximate=chip.approximate or mention.approximate, near=near)


def _free(taken: list[Chip], more: list[Chip] | Iterator[Chip]) -> list[Chip]:
    """Those chips whose words no chip has taken."""
    spans = [chip.span for chip in taken if chip.span]
    return [
        chip for chip in more if chip.span and all(chip.span[1] <= start or end <= chip.span[0] for start, end in spans)
    ]


def chip_of(
    kind: ChipKind,
    values: tuple[str, ...],
    *,
    span: Span | None,
    exclude: bool = False,
    approximate: bool = False,
    unknown: tuple[str, ...] = (),
) -> Chip:
    """A chip for names; dishes are boosts. Of those that are unknown it says so."""
    names = "·".join(f"{value}(후기에 없음)" if value in unknown else value for value in values)
    return Chip(
        id=f"{kind}:{'!' if exclude else ''}{'|'.join(values)}",
        kind=kind,
        values=values,
        label=f"{_LABELS[kind]} {names}{' 제외' if exclude else ''}",
        mode="exclude" if exclude else "boost" if kind == "dish" else "filter",
        span=span,
        approximate=approximate,
        unknown=unknown,
    )


def _bound(kind: ChipKind, found: BoundMention) -> Chip:
    return Chip(
        f"{kind}:{','.join(found.bounds)}", kind, found.bounds, found.label, found.mode, (found.start, found.end)
    )


def _restaurants(letters: Letters, analysed: AnalysedText, lexicon: Lexicon) -> Iterator[Chip]:
    matches = find_names(
        letters, analysed, lexicon.names, is_district=lexicon.district_words.__contains__, known=lexicon.known
    )
    for match in matches:
        span = letters.span(match.start, match.end)
        exclude = bool(_OTHER_THAN.match(analysed.text, span[1]))
        yield chip_of("restaurant", match.values, span=span, exclude=exclude, approximate=match.approximate)


def _dates_and_stars(question: str, lexicon: Lexicon, today: datetime.date) -> Iterator[Chip]:
    if lexicon.dates and (found := find_dates(question, today, lexicon.dates)):
        span = (found.start, found.end)
        mode: Literal["filter", "boost"] = "filter" if found.strict else "boost"
        yield Chip(f"date:{','.join(found.bounds)}", "date", found.bounds, found.label, mode, span)
    if lexicon.rating_top and (stars := find_stars(question, lexicon.rating_top)):
        yield _bound("rating", stars)


def _longest(letters: Letters, start: int, words: Mapping[str, object], reach: int) -> int:
    """Where the longest word that begins at an eojeol's start ends, or ``start``. It may go on into further ones."""
    end = min(letters.phrase_stops[start], start + reach)
    while end > start and letters.text[start:end] not in words:
        end -= 1
    return end


def _districts(letters: Letters, analysed: AnalysedText, lexicon: Lexicon, dishes: list[Chip]) -> Iterator[Chip]:
    reach = max(map(len, lexicon.district_words), default=0)
    compounds = [chip.span for chip in dishes if chip.span and chip.span[1] - chip.span[0] > 2]
    question = analysed.text
    predicates = {morpheme.start for morpheme in analysed.morphemes if morpheme.tag.startswith(("V", "Adj"))}
    for start in _starts(letters):
        if letters.positions[start] in predicates:  # "뒤돌아 서면" is no 서면
            continue
        end = _longest(letters, start, lexicon.district_words, reach)
        while end > start and not _place_ends(letters, end, lexicon):
            end = _longest(letters, start, lexicon.district_words, end - start - 1)
        if end == start or _leads_on(letters, start, end, lexicon):
            continue
        span = letters.span(_with_province(letters, start), end)
        if _FROM.match(question, span[1]) or any(left <= span[0] < right for left, right in compounds):
            continue
        values = lexicon.district_words[letters.text[start:end]]
        yield chip_of("district", values, span=span, exclude=bool(_OTHER_THAN.match(question, span[1])))


def _starts(letters: Letters) -> Iterator[int]:
    return (start for start in range(len(letters.text)) if letters.at_start(start))


def _place_ends(letters: Letters, end: int, lexicon: Lexicon) -> bool:
    tail = letters.tail(end)
    around = _AROUND.fullmatch(tail)
    rest = around["rest"] if around else tail
    return bool(PARTICLE.fullmatch(rest)) or rest in lexicon.category_words or rest.startswith(("맛집", "에서", "에있"))


def _leads_on(letters: Letters, start: int, end: int, lexicon: Lexicon) -> bool:
    """Whether a province only leads on to the district behind it (서울 마포구)."""
    if not _is_province(letters.text[start:end]) or end >= letters.phrase_stops[start] or not letters.at_start(end):
        return False
    reach = max(map(len, lexicon.district_words))
    return _longest(letters, end, lexicon.district_words, reach) > end


def _is_province(word: str) -> bool:
    return word in PROVINCES or (
        word[:2] in PROVINCES and word[2:] in ("시", "도", "특별시", "광역시", "특별자치도", "특별자치시")
    )


def _with_province(letters: Letters, start: int) -> int:
    before = letters.begins[start - 1] if start else 0
    return before if start and _is_province(letters.text[before:start]) else start


def _categories(letters: Letters, question: str, lexicon: Lexicon) -> Iterator[Chip]:
    words = lexicon.category_words
    reach = max(map(len, words), default=0)
    for start in _starts(letters):
        end = _longest(letters, start, words, reach)
        while end > start and not _kind_ends(letters, start, end):
            end = _longest(letters, start, words, end - start - 1)
        if end == start:
            continue
        span = letters.span(start, end)
        word = letters.text[start:end]
        if _LIKENESS.match(question, span[1]) or (word == "양식" and _FARMED.search(question)):
            continue
        yield chip_of("category", words[word].values, span=span, exclude=bool(_OTHER_THAN.match(question, span[1])))


def _kind_ends(letters: Letters, start: int, end: int) -> bool:
    tail = letters.tail(end)
    # "치킨 집에서 먹게": only longer words than 집 may stand apart from what they sell.
    apart = letters.spaced(start, end) and letters.begins[end - 1] == end - 1
    return not apart and bool(PARTICLE.fullmatch(tail.removeprefix("맛집")))


def says_more(mention: Chip, question: str, lexicon: Lexicon) -> bool:
    """Whether the word says more than the chip (삼겹살집 of 고깃집), so that it must still be searched for."""
    if mention.kind != "category" or mention.span is None:
        return False
    word = lexicon.category_words.get(key_of(question[slice(*mention.span)]))
    return word is not None and word.narrower


def _dishes(letters: Letters, analysed: AnalysedText, lexicon: Lexicon) -> list[Chip]:
    reach = max(map(len, lexicon.dish_words), default=0)
    places = {position: index for index, position in enumerate(letters.positions)}
    ends = {morpheme.end for morpheme in analysed.morphemes}
    chips: list[Chip] = []
    after = 0
    for morpheme in analysed.morphemes:
        start = places.get(morpheme.start, -1)
        if start < after or not morpheme.tag.startswith(NOUNS):
            continue
        limit = min(start + reach, letters.stops[start])
        for end in range(limit, start, -1):
            word = letters.text[start:end]
            if word not in lexicon.dish_words or letters.positions[end - 1] + 1 not in ends:
                continue
            if word in SINGLE and not (letters.at_start(start) and PARTICLE.fullmatch(letters.tail(end))):
                continue
            chips.append(chip_of("dish", (lexicon.dish_words[word],), span=letters.span(start, end)))
            after = end
            break
    return chips

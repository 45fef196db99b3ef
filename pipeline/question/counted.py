"""What a question asks to be counted: opinions on aspects, reviews altogether, or figures that the reviews carry.

Where reviews are searched a price is only preferred, for few reviews are bad because their restaurant is dear. Where
restaurants are counted or ranked it decides which they are. A dish, too, is only preferred there; where the places that
are good at it are looked for, what is said of it is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from pipeline.question.again import asked_again
from pipeline.question.aspects import about_aspects
from pipeline.question.bounds import WORTH, told_price, widened
from pipeline.question.cases import about_cases
from pipeline.question.figures import about_figures
from pipeline.question.hangul import PARTICLE, key_of
from pipeline.question.lexicon import Lexicon
from pipeline.question.mentions import chip_of
from pipeline.question.overview import WHOLE, about_everything
from pipeline.question.wording import WORD, outside
from pipeline.types import AskedAspect, Chip, Side, Understanding

_WON, _BEST = "원", "맛집"
_GOOD_AT = re.compile(r"(?<![가-힣])(?:잘\s?하는|유명한|잘하기로|잘한다는)(?![가-힣])")


Meets = Callable[[Understanding], bool]
"""Whether there are reviews that meet all conditions of an understanding."""


def about_counts(
    understanding: Understanding,
    question: str,
    lexicon: Lexicon,
    meets: Meets,
    *,
    opinions: bool,
    previous: Understanding | None = None,
) -> Understanding:
    """The understanding with what ``question`` asks to be counted, where it asks nothing else.

    Args:
        opinions: whether what reviews think is known.
        previous: of the question before, whose counting a short one may take over.
    """
    if opinions and (again := asked_again(understanding, question, previous)):
        return again
    strict, text = understanding, question
    prices = [chip for chip in understanding.chips if chip.kind == "price" and chip.mode == "boost"]
    for price in prices:
        strict, text = _decided(strict, text, price, meets)
    found = _about_dish(strict, text, lexicon) if opinions else None
    if found is None:
        found = _read(understanding, question, lexicon, opinions=opinions)
        if prices and not _counts(found):
            read = _read(strict, text, lexicon, opinions=opinions)
            dishes = read.figures is not None and read.figures.of == "dishes"  # what they cost isn't known
            found = read if _counts(read) and not dishes else found
    return replace(found, search_text=understanding.search_text)


def _about_dish(understanding: Understanding, question: str, lexicon: Lexicon) -> Understanding | None:
    """The understanding of a question for restaurants that are good at a dish, or for what is said of it; else None."""
    meant = _dish(understanding, question, lexicon)
    if meant is None:
        return None
    dish, said = meant
    chips = tuple(chip for chip in understanding.chips if chip.span != dish.span)
    searched = understanding.search_text
    if searched == question:  # it says conditions only
        searched = outside(question, [chip for chip in chips if chip.mode == "filter"])
    elif said not in searched:
        searched = f"{_BEST} {searched}"
    text = _GOOD_AT.sub("맛있는", _blanked(searched, said))
    asked = replace(understanding, chips=chips, search_text=text, shape="fact")
    found = _opinions(asked, question)
    said_of_it = found.overview in ("whole", "praise", "complaints")  # 짬뽕 불만
    if [one.aspect for one in found.aspects] not in (["food"], [WHOLE.aspect], [] if said_of_it else ["food"]):
        return None
    aspect = AskedAspect("food", dish.values[0], dish=dish.values[0])
    seeks: Side = "" if said_of_it else found.seeks or "positive"
    return replace(found, chips=(*chips, dish), aspects=(aspect,), seeks=seeks)


def _dish(understanding: Understanding, question: str, lexicon: Lexicon) -> tuple[Chip, str] | None:
    """The one dish of a question that names no restaurant, and its word: 만두 맛집 is of whatever kind."""
    if any(chip.kind == "restaurant" and chip.mode == "filter" for chip in understanding.chips):
        return None
    said = [(chip, question[slice(*chip.span)]) for chip in understanding.chips if chip.span]
    if dishes := [(chip, words) for chip, words in said if chip.kind == "dish"]:
        return dishes[0] if len(dishes) == 1 else None
    for chip, words in said:
        word = words.removesuffix(_BEST).rstrip()
        name = lexicon.dish_words.get(key_of(word))
        kind = chip.kind == "category" and chip.mode == "filter" and words.endswith(_BEST)
        if kind and name and not any(name in value for value in chip.values):  # 국밥집 are good at 국밥
            return chip_of("dish", (name,), span=chip.span), word
    return None


def _read(understanding: Understanding, question: str, lexicon: Lexicon, *, opinions: bool) -> Understanding:
    if opinions:
        understanding = _opinions(understanding, question)
    counted = about_figures(understanding, question)
    unknown = counted.figures and counted.figures.of == "dishes" and not lexicon.dishes
    return understanding if unknown else counted


def _opinions(understanding: Understanding, question: str) -> Understanding:
    text = understanding.search_text
    return about_cases(understanding, text) or about_everything(about_aspects(understanding, text), question)


def _counts(understanding: Understanding) -> bool:
    return bool(understanding.aspects or understanding.overview or understanding.figures)


def _decided(understanding: Understanding, question: str, price: Chip, meets: Meets) -> tuple[Understanding, str]:
    """The understanding and the question with a price as a condition like others: its words say nothing else.

    What is cheap depends on what else is looked for: where none of that is, the next price band is cheap. Blanks stand
    for the words, so that whatever is known of places in the texts stays true.
    """
    said = question[slice(*price.span)] if price.span else ""
    if WORTH in said:
        return replace(understanding, chips=tuple(chip for chip in understanding.chips if chip != price)), question
    ways = [_with_price(understanding, price, bounds) for bounds in widened(price.values)]
    found = ways[0] if _WON in said else next((way for way in ways if meets(way)), ways[0])
    if not said:
        return found, question
    return replace(found, search_text=_blanked(found.search_text, said)), _blanked(question, said)


def _with_price(understanding: Understanding, price: Chip, bounds: tuple[str, ...]) -> Understanding:
    strict = replace(price, mode="filter", values=bounds, label=told_price(bounds))
    return replace(understanding, chips=tuple(strict if chip == price else chip for chip in understanding.chips))


def _blanked(text: str, said: str) -> str:
    """The text with blanks in the place of some words and the particle behind them."""
    start = text.find(said)
    if start < 0:
        return text
    end = start + len(said)
    tail = WORD.match(text, end)
    if tail and (tail.group() == "인" or PARTICLE.fullmatch(tail.group())):
        end = tail.end()
    return f"{text[:start]}{' ' * (end - start)}{text[end:]}"

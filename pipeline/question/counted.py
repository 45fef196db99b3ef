"""What a question asks to be counted: opinions on aspects, reviews altogether, or figures that the reviews carry.

Where reviews are searched a price is only preferred, for few reviews are bad because their restaurant is dear. Where
restaurants are counted or ranked it decides which they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pipeline.question.aspects import about_aspects
from pipeline.question.bounds import WORTH, told_price, widened
from pipeline.question.figures import about_figures
from pipeline.question.hangul import PARTICLE
from pipeline.question.overview import about_everything
from pipeline.question.wording import WORD
from pipeline.types import Chip, Understanding

_WON = "원"


Meets = Callable[[Understanding], bool]
"""Whether there are reviews that meet all conditions of an understanding."""


def about_counts(
    understanding: Understanding, question: str, meets: Meets, *, opinions: bool, dishes: bool
) -> Understanding:
    """The understanding with what ``question`` asks to be counted, where it asks nothing else.

    Args:
        opinions: whether what reviews think is known.
        dishes: whether the index knows dishes.
    """
    found = _read(understanding, question, opinions=opinions, dishes=dishes)
    prices = [chip for chip in understanding.chips if chip.kind == "price" and chip.mode == "boost"]
    if _counts(found) or not prices:
        return found
    strict = _read(*_decided(understanding, question, prices[0], meets), opinions=opinions, dishes=False)
    return replace(strict, search_text=understanding.search_text) if _counts(strict) else found


def _read(understanding: Understanding, question: str, *, opinions: bool, dishes: bool) -> Understanding:
    if opinions:
        understanding = about_everything(about_aspects(understanding, understanding.search_text), question)
    counted = about_figures(understanding, question)
    unknown = counted.figures and counted.figures.of == "dishes" and not dishes
    return understanding if unknown else counted


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

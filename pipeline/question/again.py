"""A short question that asks the same of something else: 서비스는? after 위생 불만 보여줘, 냉면은? after 만두 맛집."""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.question.aspect_words import CASE, judging, told_by
from pipeline.question.wording import is_particle, outside, words_of
from pipeline.types import AskedAspect, Chip, Overview, Understanding

_SHORT = re.compile(r"[은는도]요?\s*[?？!.~]*\s*$")
_TURNED: dict[str, Overview] = {"positive": "praise", "negative": "complaints"}


def asked_again(understanding: Understanding, question: str, previous: Understanding | None) -> Understanding | None:
    """The understanding with the counting of the question before, of what this one names; None where it is none.

    A named restaurant is told of by itself. Of places that are ranked, a fact (주차는?) may be meant, not their order.
    """
    named = any(chip.kind == "restaurant" and chip.mode == "filter" for chip in understanding.chips)
    if previous is None or named or not _SHORT.search(question) or any(one.side for one in previous.aspects):
        return None
    if not (previous.aspects or previous.overview in ("praise", "complaints")):
        return None
    dishes = [chip for chip in understanding.chips if chip.kind == "dish" and chip.span]
    text = outside(question, dishes) if dishes else understanding.search_text
    words = [word for word in words_of(text) if not is_particle(word)]
    if len(words) == 1 and not dishes and CASE.fullmatch(words[0]):
        told = judging(words[0])
        turned = _TURNED.get(told.side, "") if told else ""
        return replace(understanding, aspects=previous.aspects, overview=turned) if previous.overview else None
    aspects = _dish(dishes, previous) if dishes and not words else _topics(words, previous)
    if not aspects:
        return None
    seeks, overview = previous.seeks, previous.overview
    return replace(understanding, aspects=aspects, seeks=seeks, overview=overview, first=previous.first)


def _dish(dishes: list[Chip], previous: Understanding) -> tuple[AskedAspect, ...]:
    """The dish in the place of the one before."""
    name = dishes[0].values[0]
    before = any(one.dish for one in previous.aspects)
    return (AskedAspect("food", name, dish=name),) if before and len(dishes) == 1 else ()


def _topics(words: list[str], previous: Understanding) -> tuple[AskedAspect, ...]:
    """The aspects that the words are; none where one says anything else."""
    told = [told_by(word) for word in words]
    if any(one is None or one.side or one.judges or one.there or one.negates for one in told):
        return ()
    topics = [topic for one in told if one for topic in one.topics[:1]]
    factual = any(topic.factual for topic in topics) and not previous.overview
    return () if factual else tuple(dict.fromkeys(topic.asked for topic in topics))

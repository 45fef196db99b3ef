"""Whether a question asks what reviews come to on aspects of restaurants (서비스 어때?) and on nothing more specific.

Every word of it must be an aspect, a judgement, or a way of asking: whatever is left over asks for more than shares can
tell (김치찌개, 왜, 몇 시).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.question.aspect_words import CASE, LACKING, PLACE, Told, judged_of, plainly, told_by
from pipeline.question.occasions import is_occasion
from pipeline.question.wanted import wanted
from pipeline.question.wording import WORD
from pipeline.types import AskedAspect, Chip, Side, Understanding

_EXCLUDING = re.compile(
    rf"(?<=[가-힣])\s+{PLACE}들?[은는을를]?\s*(?:빼고|빼고는|빼|말고|말고는|제외하고|제외한|제외|피하고)(?![가-힣])"
)
SEEKING = re.compile(rf"비교|추천|맛집|어디|어느|제일|가장|순위|베스트|(?:[은한인는운쁜싼린진긴])\s*{PLACE}")


def about_aspects(understanding: Understanding, text: str) -> Understanding:
    """The understanding with the aspects that ``text``, what is searched for, asks an opinion of, where it does.

    A question that names no restaurant must look for one (추천, 어디, 비교, 좋은 집), or name a district or a kind.
    """
    if understanding.shape not in ("fact", "comparison") or not fits(understanding.chips):
        return understanding
    named = any(chip.kind == "restaurant" and chip.mode == "filter" for chip in understanding.chips)
    first, text = (0, text) if named else wanted(text)
    reading = read(text, occasions=not named)
    if reading is None or (named and any(is_occasion(word) for word in text.split())):
        return understanding
    kinds = {chip.kind for chip in understanding.chips if chip.mode == "filter"}
    bare = " ".join(word for word in text.split() if not is_occasion(word))  # 좋은 데이트 식당
    if not (kinds & {"restaurant", "district", "category"} or SEEKING.search(bare) or first):
        return understanding
    return replace(understanding, aspects=reading.asked, seeks=reading.side, first=first)


def asked_aspects(text: str) -> tuple[AskedAspect, ...]:
    """The aspects that an opinion is asked of by words which ask of nothing else; none where a word is none of ours."""
    reading = read(text)
    return reading.asked if reading else ()


def says_of_aspects(word: str) -> bool:
    """Whether a word is one that questions about aspects are made of."""
    return told_by(word) is not None


def fits(chips: Sequence[Chip]) -> bool:
    """Whether all conditions are such that reviews can be counted under them: a dish or 최근 only prefers."""
    return all(chip.mode != "boost" for chip in chips)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text asks of: aspects, and the side that is looked for."""

    asked: tuple[AskedAspect, ...]
    side: Side

    @property
    def mixed(self) -> bool:
        """Whether each aspect has a side of its own."""
        return any(one.side for one in self.asked)


def read(text: str, *, occasions: bool = False) -> Reading | None:
    """What the words come to; None where a word is none of ours, or where a fact may be asked for.

    With ``occasions`` words for these are ours.
    """
    text, excluding = _EXCLUDING.subn(" ", plainly(text))  # 불친절한 곳은 빼고: those that are not
    told = _each_word(WORD.findall(text), occasions=occasions)
    if told is None:
        return None
    topics = [topic for one in told for topic in one.topics]
    sides = [one.side for one in told if one.side]
    whole = {topic.asked.aspect for topic in topics if not topic.asked.concept}
    asked = tuple(dict.fromkeys(t.asked for t in topics if not t.asked.concept or t.asked.aspect not in whole))
    factual, judged = any(topic.factual for topic in topics), any(one.judges or one.side for one in told)
    there = any(one.there for one in told) and not any(map(CASE.fullmatch, WORD.findall(text)))  # 주차 불만 있어?
    if not asked or (factual and (there or not judged)):
        return None
    negated = sum(one.negates for one in told) % 2 == 1
    if len(set(sides)) > 1:
        return None if negated or excluding else _both_sides(told)
    side: Side = sides[0] if sides else ""
    if excluding and sides != ["negative"]:
        return None
    if negated != bool(excluding):
        side = {"positive": "negative", "negative": "positive"}.get(side, "")  # type: ignore[assignment]
    return Reading(asked, side)


def _each_word(words: Sequence[str], *, occasions: bool) -> list[Told] | None:
    """What each word says; None where one is none of ours."""
    found = [Told()]
    for word in words:
        topics = [topic for one in found for topic in one.topics]
        told = judged_of(word, topics) or told_by(word)
        if found[-1].side and LACKING.fullmatch(word):  # 불만 없는
            told = Told(negates=True)
        if told is not None:
            found.append(told)
        elif not (occasions and is_occasion(word)):
            return None
    return found


def _both_sides(told: Sequence[Told]) -> Reading | None:
    """Aspects of which each is looked for at a side of its own, by the judgement in its word or behind it.

    None where one has both, or none.
    """
    found: list[AskedAspect] = []
    waiting: list[AskedAspect] = []
    for one in told:
        waiting += [topic.asked for topic in one.topics]
        if one.side and not waiting and found[-1:] and found[-1].side != one.side:  # 서비스 좋고 나쁜 점
            return None
        if one.side:
            found += [replace(asked, side=one.side) for asked in waiting]
            waiting = []
    if waiting or len({asked.aspect for asked in found}) < len(found):
        return None
    return Reading(tuple(found), "positive")

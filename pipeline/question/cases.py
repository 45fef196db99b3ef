"""Whether a question wants complaints or praise of an aspect themselves (위생 불만 보여줘), whoever they are of.

Also those of the last months, why there are any, how many, and reviews that say so (불친절하다는 후기).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.question.aspect_words import CASE, TOPICS, judging
from pipeline.question.aspects import SEEKING, Reading, fits, read
from pipeline.question.bounds import find_newest
from pipeline.question.wording import WORD, noun
from pipeline.types import Overview, Side, Understanding

_SAYING = re.compile(r"[가-힣](?:다는|단|라는|란|다고\s*하는|다고\s*한)\s*(?:후기|리뷰|평|말|글|의견|얘기|이야기|소리)")
_PROBLEM = re.compile(noun("문제|문제점"))
_BOTH = re.compile(noun("장단점|호불호"))
_BESIDE = re.compile(noun("왜|이유|까닭|총|모두|얼마나|몇|몇건|몇개|몇명|건|개|명|건수|개수|갯수|수|비율|비중|퍼센트"))
"""Why there are any, and how many: both stand in the answer."""

_FACTUAL = frozenset(topic.asked for topic in TOPICS if topic.factual)
_TOLD: Mapping[Side, Overview] = {"positive": "praise", "negative": "complaints"}


def about_cases(understanding: Understanding, text: str) -> Understanding | None:
    """The understanding with the aspects that complaints, praise or both are wanted of; None where they aren't.

    A named restaurant is told of with both sides, as in any question about its aspects.
    """
    chips = understanding.chips
    if any(chip.kind == "restaurant" and chip.mode == "filter" for chip in chips) or SEEKING.search(text):
        return None
    if understanding.shape not in ("fact", "comparison", "count") or understanding.counted == "restaurants":
        return None
    if not fits([chip for chip in chips if chip.kind != "order"]):
        return None
    if newest := find_newest(text):
        text = f"{text[: newest.start]} {text[newest.end :]}"
    words = [word for word in WORD.findall(text) if not _BESIDE.fullmatch(word)]
    if understanding.shape == "count" and not any(CASE.fullmatch(word) for word in words):
        return None  # how many say that the wait is long
    if any(_BOTH.fullmatch(word) for word in words):
        asked = read(" ".join([*(word for word in words if not _BOTH.fullmatch(word)), "어때"]))
        whole = asked is not None and not asked.side
        return replace(understanding, aspects=asked.asked, overview="whole") if asked and whole else None
    reading = _one_side(words, text)
    return replace(understanding, aspects=reading.asked, overview=_TOLD[reading.side]) if reading else None


def _one_side(words: Sequence[str], text: str) -> Reading | None:
    """What complaints, or praise, are wanted of; 주차 문제 may be anything."""
    said = [word for word in words if CASE.fullmatch(word) or _PROBLEM.fullmatch(word)]
    saying = _SAYING.search(text) is not None
    reading = read(" ".join(words)) if said or saying else None
    if reading is None or not reading.side or reading.mixed:
        return None
    vague = not saying and not any(CASE.fullmatch(word) for word in said)
    against = any(one.side != reading.side for one in map(judging, said) if one)  # 불만 없는
    return None if against or (vague and not _FACTUAL.isdisjoint(reading.asked)) else reading

"""A question's words as the readers of questions about aspects, reviews altogether and figures take them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.question.hangul import PARTICLE
from pipeline.types import Chip, Span

_SYLLABLES = (
    "가거건걸게겐겠고구군기까나난냐네느는니다단답더던데도된됐든라란래러려련로록릴립만며면믄봐보봤서세셔셨소수숨습시신실싶"
    "아았야어었여였예와왔요운울워웠으은을음의이인일임입있자잖적져졌주준줄줘지진질죠쥬드됩되돼하한할함합해했"
)
ENDING = rf"[{_SYLLABLES}]*"
"""What may follow a verb's stem: endings and auxiliaries, told by their syllables.

A noun that only begins as a stem does has others (해물 and 해, 순대 and 순): it is what somebody wants to eat.
"""
_RUN_ON = (
    "인|일까|일지|이었|였|하|한|할|함|해|했|합|된|되|돼|됐|받|많|적|있|없|뭐|뭔|뭘|무엇|어때|어떤|어떻|어떰|알려|말해|보여|추천|정리|요약|비교|평가"
    "|분석|줘|주세|좀|좋|괜찮|나쁘|나쁜|스러|스럽|스런|위주|별|나오|나온|궁금|높|낮|부탁"
)

PLACES = frozenset("식당 음식점 가게 맛집 밥집 매장 업소".split())
"""What restaurants are called in general."""

WORD = re.compile(r"[^\s?!.,~·/&'\"“”‘’()]+")
_NOT_GOOD = re.compile(r"(?<!\S)안\s+좋")


def verb(stems: str) -> str:
    """The pattern of words that are forms of one of the stems."""
    return rf"(?:{stems}){ENDING}"


def noun(words: str) -> str:
    """The pattern of nouns with their particle, also where what is said of them is written in one (단점알려줘)."""
    return rf"(?:{words})(?:{PARTICLE.pattern})(?:(?:{_RUN_ON}){ENDING})?"


def outside(question: str, chips: Sequence[Chip]) -> str:
    """The question without the words of its chips; the particles behind these stay."""
    spans: list[Span] = sorted(chip.span for chip in chips if chip.span)
    pieces, after = [], 0
    for start, end in spans:
        pieces.append(question[after:start])
        after = max(after, end)
    return " ".join([*pieces, question[after:]])


def joined(text: str) -> str:
    """The text with what is one word but written as two as one: 안 좋은."""
    return _NOT_GOOD.sub("안좋", text)


def words_of(text: str) -> list[str]:
    """Its words without punctuation, after ``joined``."""
    return WORD.findall(joined(text))


def is_particle(word: str) -> bool:
    """Whether a word is a particle only, left over where its noun was taken out; 라면 is no 이라면 but noodles."""
    return word != "라면" and PARTICLE.fullmatch(word) is not None


def says(word: str, *patterns: re.Pattern[str]) -> bool:
    """Whether a word is of a pattern, with or without a particle behind it."""
    return any(
        pattern.fullmatch(word[:end]) and PARTICLE.fullmatch(word[end:])
        for pattern in patterns
        for end in range(len(word), 0, -1)
    )

"""A question's words as the readers of questions about aspects, reviews altogether and figures take them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.question.hangul import PARTICLE
from pipeline.types import Chip, Span

WORD = re.compile(r"[^\s?!.,~·/&'\"“”‘’()]+")
_NOT_GOOD = re.compile(r"(?<!\S)안\s+좋")


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


def says(word: str, *patterns: re.Pattern[str]) -> bool:
    """Whether a word is of a pattern, with or without a particle behind it."""
    return any(
        pattern.fullmatch(word[:end]) and PARTICLE.fullmatch(word[end:])
        for pattern in patterns
        for end in range(len(word), 0, -1)
    )

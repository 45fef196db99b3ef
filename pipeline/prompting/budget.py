"""Which sources a prompt has room for: the best ones, each whole. Counting is the caller's, or by the estimate here."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

HANGUL, LETTERS, SPACE, OTHER = 1.5, 0.5, 0.25, 3.0
"""Tokens of a character by the estimate. Vocabularies made with Korean in mind need .4–.8 for a syllable (Llama 3,
Qwen, Gemma, EXAONE); 1.5 leaves room for worse ones, 3 bytes for what a vocabulary may not have at all."""

_TURN = 8  # tokens around each turn in the chat templates that we know
_KINDS = re.compile(r"(?P<hangul>[가-힣])|(?P<letters>[A-Za-z])|(?P<space>[ \n\t])|(?P<ascii>[!-~])|(?P<other>.)", re.S)
_WEIGHTS = {"hangul": HANGUL, "letters": LETTERS, "space": SPACE, "ascii": 1.0, "other": OTHER}


def estimated(text: str) -> int:
    """Tokens of a text, rather too many than too few. A model with a vocabulary of bytes needs up to twice as many."""
    return math.ceil(sum(_WEIGHTS[hit.lastgroup or "other"] for hit in _KINDS.finditer(text)))


def estimated_turns(turns: Sequence[Mapping[str, str]]) -> int:
    """Tokens of a conversation, by ``estimated``."""
    return sum(estimated(turn["content"]) + _TURN for turn in turns)


def fitting(sources: Sequence[T], room: int, count: Callable[[Sequence[T]], int]) -> list[T]:
    """The sources that go into the prompt, in their order, the best first.

    One that has no room is left out whole, and those after it that do fit still come in.

    Args:
        room: tokens of the whole prompt.
        count: tokens of a prompt over some of the sources.
    """
    if count(sources) <= room:  # nearly always, and then it was one count
        return list(sources)
    kept: list[T] = []
    for source in sources:
        if count([*kept, source]) <= room:
            kept.append(source)
    return kept

"""What is unusual of a text: nothing in it, no words, another language, orders. Says so; guesses nothing."""

from __future__ import annotations

import unicodedata

import regex

from pipeline.analysis.orders import has_orders
from pipeline.types import Unanalysed

_WORD = regex.compile(r"[\p{L}\p{N}--[ㄱ-ㅎㅏ-ㅣ]]", regex.V1)  # lone jamo (ㅋㅋ, ㅠㅠ) are no words
_SYLLABLE = regex.compile(r"[가-힣]")
_LETTER = regex.compile(r"\p{L}")
_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Cs", "Cn"})
_LOOKED_AT = 2_000  # characters; what stands behind doesn't make a text another language
_KOREAN = 0.1  # share of letters that are Hangul, below which a text is in another language


def refused(text: str, classifier: str) -> Unanalysed | None:
    """Why nothing can be made of a text: there is nothing to see in it. None where there is."""
    if any(unicodedata.category(letter) not in _INVISIBLE for letter in text):
        return None
    return Unanalysed(classifier, "empty-text", "글이 비어 있습니다", "The text is empty")


def note_of(text: str) -> str:
    """``orders``, ``no-words``, ``not-korean`` or nothing; see Analysis."""
    if has_orders(text):
        return "orders"
    beginning = text[:_LOOKED_AT]
    if not _WORD.search(beginning):
        return "no-words"
    korean, letters = len(_SYLLABLE.findall(beginning)), len(_LETTER.findall(beginning))
    return "" if korean and korean >= _KOREAN * letters else "not-korean"

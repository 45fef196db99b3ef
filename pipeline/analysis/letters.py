"""Texts as one array of code points, all at once: lower case, white space and long runs made short. No words.

Everything that is counted in a text afterwards is counted in this array, so that Python looks at a batch, not at its
characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]
Positions = NDArray[np.int64]
Flags = NDArray[np.bool_]

END = 0  # stands between two texts; no text has it
SPACE = 32
RUN = 3  # ㅋㅋㅋㅋㅋㅋ says no more than ㅋㅋㅋ
_NEWLINE = 10
_SPACES = (*range(9, 14), 133, 160, 0x1680, *range(0x2000, 0x200C), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF)
_BLANK = np.array(_SPACES, dtype=np.uint32)
_FIRST, _LAST = 0xAC00, 0xD7A3  # Hangul syllables
_TAILS, _VOWELS = 28, 21
_LEAD, _VOWEL, _TAIL = 0x1100, 0x1161, 0x11A7  # conjoining jamo; the tail 0 is no letter


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters of a batch of texts.

    ``codes`` are code points: each text with one space before and after it, then ``END``. ``bounds`` says where texts
    begin; its last entry is the length of all. ``left`` is how many letters there are from here to the next ``END``,
    ``origin`` which character of its own text a letter is (-1 for the space before), ``lines`` where a line begins.

    *Shape:* ``(letters,)`` each, but ``bounds`` ``(texts + 1,)``.
    """

    codes: Codes
    bounds: Positions
    left: Positions
    origin: Positions
    lines: Flags


def letters(texts: Sequence[str]) -> Letters:
    """The letters of some texts. Half a surrogate pair counts as a letter like others.

    ``origin`` is exact for texts in NFC whose lower case has their length, which is all but a few.
    """
    joined = "".join(f" {plain(text)} \0" for text in texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lines = np.zeros(len(codes), dtype=bool)
    if _has_blank(codes):
        lines[1:] = codes[:-1] == _NEWLINE
        codes = np.where(np.isin(codes, _BLANK), np.uint32(SPACE), codes)
    ends = np.flatnonzero(codes == END)
    begins = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    origin = np.arange(len(codes)) - np.repeat(begins, ends + 1 - begins) - 1
    kept = ~_repeated(codes)
    lines = _carried(lines, kept)
    codes = codes[kept]
    ends = np.flatnonzero(codes == END)
    return Letters(codes, np.concatenate(([0], ends + 1)), _left(codes, ends), origin[kept], lines)


def plain(text: str) -> str:
    """A text as letters are taken from it: composed, in lower case, without the character that ends texts."""
    text = text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
    return text.lower().replace("\0", " ")


def _has_blank(codes: Codes) -> bool:
    return bool((((codes < SPACE) & (codes != END)) | (codes >= _SPACES[5])).any())


def _repeated(codes: Codes) -> Flags:
    """What is left out: white space after white space, and what goes on in a run after ``RUN`` letters."""
    same = np.zeros(len(codes), dtype=bool)
    same[1:] = codes[1:] == codes[:-1]
    run = same.copy()
    for step in range(1, RUN):
        run[step:] &= same[:-step]
        run[:step] = False
    out: Flags = run | (same & (codes == SPACE))
    return out


def _carried(lines: Flags, kept: Flags) -> Flags:
    """The beginnings of lines, each carried to the next letter that was kept."""
    places = np.flatnonzero(kept)
    begun = np.zeros(len(places), dtype=bool)
    at = np.searchsorted(places, np.flatnonzero(lines))
    begun[at[at < len(places)]] = True
    return begun


def _left(codes: Codes, ends: Positions) -> Positions:
    sizes = np.diff(np.concatenate(([-1], ends)))
    left: Positions = np.repeat(ends, sizes) - np.arange(len(codes))
    return left


def jamo(found: Letters) -> tuple[Codes, Positions, Positions]:
    """Every syllable taken apart: 맛 is ㅁㅏㅅ, 이 is ㅇㅣ; other letters stay as they are.

    Gives the code points, how many there are to the next ``END``, and which letter each belongs to.
    """
    codes = found.codes
    syllable = (codes >= _FIRST) & (codes <= _LAST)
    index = np.where(syllable, codes - np.uint32(_FIRST), np.uint32(0))
    tail = index % np.uint32(_TAILS)
    parts = np.empty((len(codes), 3), dtype=np.uint32)
    parts[:, 0] = np.where(syllable, np.uint32(_LEAD) + index // np.uint32(_TAILS * _VOWELS), codes)
    parts[:, 1] = np.uint32(_VOWEL) + index // np.uint32(_TAILS) % np.uint32(_VOWELS)
    parts[:, 2] = np.uint32(_TAIL) + tail
    kept = np.empty(parts.shape, dtype=bool)
    kept[:, 0] = True
    kept[:, 1] = syllable
    kept[:, 2] = syllable & (tail > 0)
    apart = parts[kept]
    owner = np.repeat(np.arange(len(codes)), kept.sum(axis=1))
    return apart, _left(apart, np.flatnonzero(apart == END)), owner

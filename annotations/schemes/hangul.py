"""Search by initial consonants, as on a Korean phone: ㅉㅈ finds 짜증, and 불만/짜증 as well.

What is typed is compared letter by letter with what stands there. A consonant matches every syllable that begins with
it; a syllable matches itself, and the last one also what an input method may still make of it (짜 and 짲 on the way to
짜증, 으 to 의심). Spaces, · and / count for nothing, nor does the case of Latin letters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from annotations.schemes.scheme import Option

_FIRST, _LAST = 0xAC00, 0xD7A3
_VOWELS, _FINALS = 21, 28
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FINAL_LETTERS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
# Two consonants typed in a row come out of an input method as one letter: ㄱㅅ as ㄳ.
_CLUSTERS = dict(
    zip("ㄳㄵㄶㄺㄻㄼㄽㄾㄿㅀㅄ", "ㄱㅅ ㄴㅈ ㄴㅎ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ ㅂㅅ".split(), strict=True)
)
_APART = str.maketrans(_CLUSTERS)
# Vowels, as numbers, that others become while they are typed: ㅗ ㅘㅙㅚ, ㅘ ㅙ, ㅜ ㅝㅞㅟ, ㅝ ㅞ, ㅡ ㅢ.
_GROWN = {8: (9, 10, 11), 9: (10,), 13: (14, 15, 16), 14: (15,), 18: (19,)}
_IGNORED = frozenset(" ·/\t\n\u00a0ㆍ‧・")


def matches(query: str, text: str) -> bool:
    """Whether what was typed occurs in ``text``. An empty query occurs everywhere."""
    return _rank(query, text) is not None


def search(query: str, options: Iterable[Option]) -> list[Option]:
    """The options whose Korean or English name holds the query, best first.

    A match at the beginning of a name goes before one at the beginning of a part of it (불만/짜증), that before one
    inside; among equals the scheme's order stays.
    """
    ranked = []
    for number, option in enumerate(options):
        ranks = [rank for name in (option.ko, option.en) if (rank := _rank(query, name)) is not None]
        if ranks:
            ranked.append((min(ranks), number, option))
    return [option for _, _, option in sorted(ranked, key=lambda each: each[:2])]


def _rank(query: str, text: str) -> int | None:
    """0 for a match at the beginning, 1 at the beginning of a part, 2 inside, None for none."""
    letters, begins = _letters(text)
    best: int | None = None
    for typed, unfinished in _readings(query):
        for start in range(len(letters) - len(typed) + 1):
            last = start + len(typed) - 1
            if all(
                _fits(each, letters[place], unfinished and place == last)
                for place, each in enumerate(typed, start=start)
            ):
                rank = 0 if start == 0 else 1 if start in begins else 2
                best = rank if best is None else min(best, rank)
    return best


def _letters(text: str) -> tuple[str, frozenset[int]]:
    """``text`` as it is compared, and where its parts begin."""
    kept: list[str] = []
    begins = set()
    apart = True
    for letter in unicodedata.normalize("NFC", text).casefold():
        if letter in _IGNORED:
            apart = True
            continue
        if apart:
            begins.add(len(kept))
        kept.append(letter)
        apart = False
    return "".join(kept), frozenset(begins)


def _readings(query: str) -> list[tuple[str, bool]]:
    """What a query may mean, each with whether its last letter may be unfinished.

    짲 may be on the way to 짜증, 닭 to 달걀: the last final may belong to the next syllable.
    """
    typed = _letters(query)[0].translate(_APART)
    if not typed or not _is_syllable(typed[-1]):
        return [(typed, False)]
    head, last = typed[:-1], typed[-1]
    initial, vowel, final = _parts(last)
    if not final:
        return [(typed, True)]
    ending = _FINAL_LETTERS[final]
    *kept, moved = _CLUSTERS.get(ending, ending)
    opened = _syllable(initial, vowel, _FINAL_LETTERS.index("".join(kept)))
    return [(typed, True), (head + opened + moved, False)]


def _fits(typed: str, letter: str, unfinished: bool) -> bool:
    if typed == letter:
        return True
    if not _is_syllable(letter):
        return False
    initial, vowel, final = _parts(letter)
    if typed in _INITIALS:
        return _INITIALS[initial] == typed
    if not unfinished or not _is_syllable(typed):
        return False
    begun, begun_vowel, begun_final = _parts(typed)
    if begun != initial:
        return False
    if begun_final:
        # 달 may become 닭.
        grown = _CLUSTERS.get(_FINAL_LETTERS[final], "")
        return vowel == begun_vowel and grown.startswith(_FINAL_LETTERS[begun_final])
    return vowel == begun_vowel or vowel in _GROWN.get(begun_vowel, ())


def _is_syllable(letter: str) -> bool:
    return _FIRST <= ord(letter) <= _LAST


def _parts(syllable: str) -> tuple[int, int, int]:
    """Initial, vowel and final of a syllable as numbers; the final is 0 when there is none."""
    initial, rest = divmod(ord(syllable) - _FIRST, _VOWELS * _FINALS)
    return (initial, *divmod(rest, _FINALS))


def _syllable(initial: int, vowel: int, final: int) -> str:
    return chr(_FIRST + (initial * _VOWELS + vowel) * _FINALS + final)

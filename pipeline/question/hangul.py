"""Hangul below the syllable, and a text as bare letters. Knows nothing about restaurants or analysers."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FIRST, _LAST = 0xAC00, 0xD7A3
_VOWELS, _FINALS = 21, 28

# Marks that end a phrase: a name is never continued behind one. Other marks ("돈&밥", "카페-온") may stand inside a
# name.
_HARD = frozenset('?!,;/|~…\n\t()[]{}<>"“”‘’「」『』')
QUOTES = frozenset("'\"“”‘’「」『』《》<>")

NOUNS = ("NNG", "NNP", "SL", "XPN", "XR", "Noun", "Alpha")
"""Beginnings of Kiwi's and Okt's tags for nouns."""

PARTICLE = re.compile(
    r"(?:(?:으로|로|이랑|랑|하고|에서|에게|한테|에|께서)?(?:은|는|도|만|의|요|나)?"
    r"|이|가|을|를|은요|는요|과|와|과는|와는|의|이나|보다|보다는|보단|처럼|까지|까지는|부터|이고|이며|이야|야|이요|예요|이에요|입니다|입니까"
    r"|인가|인가요|인데|인데요|인지|이란|란|이라는|라는|이라고|라고|이면|이라면|라면|이든|든|엔|에선|이서|서|네|네는|들|들은|들이|들도|들만|들의|들중에"
    r"|중에|중에서|쪽은|쪽이|이지|지|이죠|죠|말고|말고는|말고도|빼고|대신)"
)
"""What may follow a noun in its eojeol: particles and forms of 이다. The empty string matches too."""


def syllable_parts(letter: str) -> tuple[int, int, int]:
    """Initial, vowel and final of a syllable as numbers; any other letter is ``(-code, 0, 0)``."""
    code = ord(letter)
    if not _FIRST <= code <= _LAST:
        return (-code, 0, 0)
    first, rest = divmod(code - _FIRST, _VOWELS * _FINALS)
    return (first, *divmod(rest, _FINALS))


# Finals by the initial they become before a vowel; compound finals do not move over whole.
_FINAL_AS_INITIAL = {
    1: 0, 2: 1, 4: 2, 7: 3, 8: 5, 16: 6, 17: 7, 19: 9, 20: 10, 22: 12, 23: 14, 24: 15, 25: 16, 26: 17, 27: 18
}  # fmt: skip
_SILENT = 11
# Initials (ㄱㄲㅋ ㄷㄸㅌ ㅂㅃㅍ ㅅㅆ ㅈㅉㅊ), vowels (ㅐㅔ ㅒㅖ ㅙㅚㅞ ㅢㅣ ㅗㅜ) and finals (ㄱ ㄷ ㅂ by sound, each
# also left out; ㄴㅁㅇ) that are
# taken for one another.
_ALIKE: tuple[tuple[frozenset[int], ...], ...] = (
    tuple(map(frozenset, ([0, 1, 15], [3, 4, 16], [7, 8, 17], [9, 10], [12, 13, 14]))),
    tuple(map(frozenset, ([1, 5], [3, 7], [10, 11, 15], [19, 20], [8, 13]))),
    tuple(
        map(frozenset, ([0, 1, 2, 3, 9, 24], [0, 7, 19, 20, 22, 23, 25, 27], [0, 17, 18, 26], [4, 16, 21], [8, 11, 15]))
    ),
)


def typo_distance(left: str, right: str, *, alike: bool = False) -> int | None:
    """Jamo edits between words of equally many syllables, or None when one syllable differs in more than one jamo.

    Two edits in a single syllable make another syllable (불/골), not a slip of the finger. A final written as the next
    syllable's initial (먹을/머글) counts as one edit. With ``alike`` only jamo that sound alike may differ (ㅐ/ㅔ,
    ㄱ/ㄲ,
    most finals).
    """
    if len(left) != len(right):
        return None
    edits = 0
    position = 0
    while position < len(left):
        if left[position] == right[position]:
            position += 1
            continue
        if position + 1 < len(left) and moved_over(left[position : position + 2], right[position : position + 2]):
            edits += 1
            position += 2
            continue
        one, two = syllable_parts(left[position]), syllable_parts(right[position])
        if sum(a != b for a, b in zip(one, two, strict=True)) > 1 or min(one[0], two[0]) < 0 <= max(one[0], two[0]):
            return None
        if alike and not any(
            a != b and {a, b} <= sounds for a, b, kin in zip(one, two, _ALIKE, strict=True) for sounds in kin
        ):
            return None
        edits += 1
        position += 1
    return edits


def moved_over(left: str, right: str) -> bool:
    """Whether two syllables differ only by a final written as the next initial, in either direction."""
    (a1, a2), (b1, b2) = (tuple(map(syllable_parts, pair)) for pair in (left, right))
    if not a1[2]:
        (a1, a2), (b1, b2) = (b1, b2), (a1, a2)
    return (
        a1[:2] == b1[:2]
        and not b1[2]
        and a2[0] == _SILENT
        and a2[1:] == b2[1:]
        and _FINAL_AS_INITIAL.get(a1[2]) == b2[0]
    )


def has_final(word: str) -> bool:
    """Whether the last letter is a syllable with a final consonant."""
    return bool(word) and syllable_parts(word[-1])[2] > 0


def key_of(name: str) -> str:
    """A name as it is compared: letters and digits only, case folded."""
    return letters_of(name).text


@dataclass(frozen=True, slots=True)
class Letters:
    """A text without anything but letters and digits, and the way back to it.

    *Shape:* ``positions``, ``begins``, ``stops`` and ``phrase_stops`` have one entry a letter: where it stands in the
    text, where its eojeol begins and ends, and where its phrase ends (the last three count letters, ends exclusive).
    """

    text: str
    positions: tuple[int, ...]
    begins: tuple[int, ...]
    stops: tuple[int, ...]
    phrase_stops: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Characters of the original text from letter ``start`` up to letter ``end``."""
        return self.positions[start], self.positions[end - 1] + 1

    def tail(self, end: int) -> str:
        """What follows letter ``end - 1`` in its eojeol."""
        return self.text[end : self.stops[end - 1]]

    def at_start(self, index: int) -> bool:
        """Whether an eojeol begins with letter ``index``."""
        return self.begins[index] == index

    def spaced(self, start: int, end: int) -> bool:
        """Whether a gap lies between the letters from ``start`` up to ``end``."""
        return self.begins[end - 1] > start


def letters_of(text: str) -> Letters:
    """The letters and digits of a text with their places."""
    kept: list[str] = []
    positions: list[int] = []
    begins: list[int] = []
    cuts: list[int] = []
    for position, character in enumerate(text):
        if not character.isalnum():
            if character in _HARD:
                cuts.append(len(kept))
            continue
        joined = positions and positions[-1] == position - 1
        begins.append(begins[-1] if joined else len(kept))
        folded = character.casefold()
        kept.append(folded if len(folded) == 1 else character)
        positions.append(position)
    return Letters("".join(kept), tuple(positions), tuple(begins), _ends(begins), _phrases(len(kept), cuts))


def _ends(begins: list[int]) -> tuple[int, ...]:
    ends = [len(begins)] * len(begins)
    for index in range(len(begins) - 2, -1, -1):
        ends[index] = ends[index + 1] if begins[index + 1] == begins[index] else index + 1
    return tuple(ends)


def _phrases(length: int, cuts: list[int]) -> tuple[int, ...]:
    ends = [length] * length
    for before, after in zip([0, *cuts], [*cuts, length], strict=True):
        ends[before:after] = [after] * (after - before)
    return tuple(ends)

"""Finding restaurants' names in a question, loosely spelled ones too, by tables built once. Knows no other metadata.

A wrongly found name hides every other restaurant's reviews, a missed one only leaves the search wider: so each rule
prefers to miss.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from pipeline.question.everyday import EVERYDAY
from pipeline.question.hangul import PARTICLE, QUOTES, Letters, key_of, typo_distance
from pipeline.types import AnalysedText

_BRANCH = re.compile(
    r"^(?P<base>.+?)(?:\s+\S*[^\s음식전문백화편의매반정주상]점|\s*\(?(?:본점|직영점|별관|신관|\d+호점)\)?|\s*\([^)]*점\))$"
)
# Beginnings of Kiwi's and Okt's tags for words that no name is made of when it is written in pieces, or slightly wrong.
_WORDS = ("V", "NP", "M", "NR", "NNB", "IC", "E", "J", "Ad", "Determiner", "Number")
_SHORT, _PLAIN_LENGTH, _TWO_EDITS = 3, 4, 5
_LONGEST_PAIRS = 12


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A name in a question: letters ``start`` to ``end``, what it may mean, whether spelling was forgiven."""

    start: int
    end: int
    values: tuple[str, ...]
    approximate: bool


@dataclass(frozen=True, slots=True)
class NameIndex:
    """Tables from spellings to names.

    ``exact`` and ``bases`` (without the branch, or without what they serve) map keys to names. ``stems`` are bases of
    the latter kind (길남이네 of 길남이네국밥), believed only where they are no word. ``loose`` maps a key with one or
    two letters blanked to keys; ``thirds`` are parts of those keys, one of which a misspelling keeps. ``weak`` keys
    need quotation marks; ``plain`` ones must be written rightly and in one piece.
    """

    exact: Mapping[str, tuple[str, ...]]
    bases: Mapping[str, tuple[str, ...]]
    stems: frozenset[str]
    loose: Mapping[str, tuple[str, ...]]
    thirds: frozenset[str]
    weak: frozenset[str]
    plain: frozenset[str]
    lengths: tuple[int, ...]
    loose_lengths: tuple[int, ...]


def without_branch(name: str) -> str:
    """The name without the branch it ends in (숯골갈비 마포점 → 숯골갈비), or empty when it names no branch."""
    found = _BRANCH.match(name.strip())
    base = found["base"].strip() if found else ""
    return base if len(key_of(base)) >= _SHORT else ""


def build_names(names: Iterable[str], everyday: Collection[str], ordinary: Collection[str]) -> NameIndex:
    """Tables over the names. ``everyday`` are words that names may be put together from without becoming one
    (districts, categories, dishes); ``ordinary`` are spellings that this corpus uses as plain words.
    """
    exact: defaultdict[str, set[str]] = defaultdict(set)
    bases: defaultdict[str, set[str]] = defaultdict(set)
    for name in names:
        exact[key_of(name)].add(name)
        bases[key_of(without_branch(name))].add(name)
    words = {*EVERYDAY, *(key_of(word) for word in everyday)}
    stems: defaultdict[str, set[str]] = defaultdict(set)
    for key, found in [*exact.items(), *bases.items()]:
        stems[_stem(key, words)] |= found
    stems = defaultdict(set, {key: found for key, found in stems.items() if key not in exact and key not in bases})
    for table in (exact, bases, stems):
        table.pop("", None)
    bases.update(stems)
    keys = {*exact, *bases}
    plain = {key for key in keys if made_of(key, words)}
    weak = {key for key in keys if len(key) == 1 or key in EVERYDAY or key in ordinary or key.isdecimal()}
    loose: defaultdict[str, set[str]] = defaultdict(set)
    for key in keys - plain - weak - stems.keys():
        for blank in blanks(key):
            loose[blank].add(key)
    return NameIndex(
        exact=_frozen(exact),
        bases=_frozen({key: found for key, found in bases.items() if key not in exact}),
        stems=frozenset(stems),
        loose=_frozen(loose),
        thirds=frozenset(part for found in loose.values() for key in found for part in thirds(key)),
        weak=frozenset(weak),
        plain=frozenset(plain),
        lengths=tuple(sorted({len(key) for key in keys}, reverse=True)),
        loose_lengths=tuple(sorted({len(key) for found in loose.values() for key in found}, reverse=True)),
    )


def _stem(key: str, words: Collection[str]) -> str:
    """The name without the dish or kind it ends in, where three letters or more are left and are no everyday words."""
    stem = next((key[:cut] for cut in range(_SHORT, len(key) - 1) if key[cut:] in words), "")
    return "" if made_of(stem, words) else stem


def _frozen(table: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(sorted(found)) for key, found in table.items()}


def made_of(key: str, words: Collection[str]) -> bool:
    """Whether the key is nothing but the words, one after the other."""
    reached = [True] + [False] * len(key)
    for end in range(1, len(key) + 1):
        reached[end] = any(reached[start] and key[start:end] in words for start in range(max(0, end - 8), end))
    return reached[-1]


def blanks(key: str) -> Iterator[str]:
    """The key with one letter blanked, with two neighbours blanked, and from five letters on with any two.

    Nothing for keys under three letters, and for keys that are not all Hangul under six.
    """
    length = len(key)
    hangul = all("가" <= letter <= "힣" for letter in key)
    if length < (_SHORT if hangul else 6):
        return
    for place in range(length):
        yield f"{key[:place]}*{key[place + 1 :]}"
    if not hangul:
        return
    any_two = _TWO_EDITS <= length <= _LONGEST_PAIRS
    pairs = combinations(range(length), 2) if any_two else zip(range(length - 1), range(1, length), strict=True)
    for one, two in pairs:
        yield f"{key[:one]}*{key[one + 1 : two]}*{key[two + 1 :]}"


def thirds(key: str) -> tuple[str, str, str]:
    """The key in three parts, marked with its length and the place: two wrong letters leave one of them whole."""
    length = len(key)
    first, second = length // 3, length // 3 + (length + 1) // 3
    return f"{length}a{key[:first]}", f"{length}b{key[first:second]}", f"{length}c{key[second:]}"


def near_names(word: str, index: NameIndex) -> tuple[str, ...]:
    """Keys of names that the word misspells; nothing when it is a name itself."""
    if word in index.exact or word in index.bases or index.thirds.isdisjoint(thirds(word)):
        return ()
    near = {key for blank in blanks(word) for key in index.loose.get(blank, ())}
    scored = {
        key: distance for key in near if (distance := typo_distance(word, key, alike=len(word) == _SHORT)) is not None
    }
    best = min(scored.values(), default=99)
    return tuple(sorted(key for key in scored if scored[key] == best <= (2 if len(word) >= _TWO_EDITS else 1)))


def find_names(
    letters: Letters,
    analysed: AnalysedText,
    index: NameIndex,
    *,
    is_district: Callable[[str], bool],
    known: Collection[str],
) -> list[NameMatch]:
    """Names in a question, in order, not overlapping; rightly spelled ones win over misspelled ones, then longer ones.

    Args:
        letters: of ``analysed.text``.
        is_district: whether letters in front of a name are a district (마포숯골갈비).
        known: keys of words that are no misspelled name, being words of their own (dishes, categories).
    """
    tags = {morpheme.start: morpheme.tag for morpheme in analysed.morphemes}
    after_particles = {morpheme.end for morpheme in analysed.morphemes if morpheme.tag.startswith("J")}
    matches: list[tuple[int, NameMatch]] = []
    for start in range(len(letters.text)):
        if letters.at_start(start):
            room = letters.phrase_stops[start] - start
            matches += _right(letters, analysed, index, start, room, tags)
            matches += _misspelled(letters, analysed, index, start, room, known)
        elif letters.positions[start] in tags and (
            letters.positions[start] in after_particles or is_district(letters.text[letters.begins[start] : start])
        ):
            matches += _right(letters, analysed, index, start, letters.stops[start] - start, tags)
    matches.sort(key=lambda found: (found[0], found[1].start - found[1].end, found[1].start))
    chosen: list[NameMatch] = []
    for _, match in matches:
        if all(match.end <= other.start or other.end <= match.start for other in chosen):
            chosen.append(match)
    return sorted(chosen, key=lambda match: match.start)


def _right(
    letters: Letters, analysed: AnalysedText, index: NameIndex, start: int, room: int, tags: Mapping[int, str]
) -> Iterator[tuple[int, NameMatch]]:
    for length in index.lengths:
        key = letters.text[start : start + length]
        end = start + length
        if length > room or not (values := index.exact.get(key) or index.bases.get(key)):
            continue
        spaced = letters.spaced(start, end)
        as_written = not spaced or any(
            " " in value and _same_gaps(letters, start, end, analysed, value) for value in values
        )
        if not quoted(letters, start, end, analysed.text):
            if key in index.weak or not _ends_well(letters, end, length, tags):
                continue
            if spaced and (key in index.plain or length < _SHORT):
                continue
            if not as_written and not _could_be_a_name(letters, start, end, analysed, strict=False):
                continue
            if key in index.stems and (spaced or _is_a_word(letters, start, end, analysed)):
                continue
            if length < _SHORT and _tagged_otherwise(letters, start, tags):
                continue
        stem = key in index.stems
        yield 2 if stem else 0, NameMatch(start, end, values, approximate=not as_written or key not in index.exact)


def _same_gaps(letters: Letters, start: int, end: int, analysed: AnalysedText, value: str) -> bool:
    left, right = letters.span(start, end)
    return analysed.text[left:right].casefold().split() == value.casefold().split()


def _ends_well(letters: Letters, end: int, length: int, tags: Mapping[int, str]) -> bool:
    tail = letters.tail(end)
    if PARTICLE.fullmatch(tail):
        return True
    # Written without any space (숯골갈비주차되나요): a new word must begin here for the analyser as well.
    return length >= _SHORT and letters.positions[end] in tags


def _is_a_word(letters: Letters, start: int, end: int, analysed: AnalysedText) -> bool:
    span = letters.span(start, end)
    return any(
        (morpheme.start, morpheme.end) == span and morpheme.tag in ("NNG", "NNB", "NP", "NR", "Noun")
        for morpheme in analysed.morphemes
    )


def _tagged_otherwise(letters: Letters, start: int, tags: Mapping[int, str]) -> bool:
    return tags.get(letters.positions[start], "NNG").startswith(_WORDS)


def _could_be_a_name(letters: Letters, start: int, end: int, analysed: AnalysedText, *, strict: bool) -> bool:
    """Whether the analyser reads the letters as nouns. Not strict: words may stand inside, but no predicate, and no
    pronoun or adverb as an eojeol of its own (우리 집).
    """
    left, right = letters.span(start, end)
    # ᆫ and ᆯ are contracted particles (숯골갈빈).
    inside = [m for m in analysed.morphemes if left <= m.start < right and m.form not in ("ᆫ", "ᆯ")]
    if letters.text[start : letters.stops[start]] in EVERYDAY:
        return False
    if end - start >= _TWO_EDITS:
        return True
    if strict:
        return not any(morpheme.tag.startswith(_WORDS) for morpheme in inside)
    return not any(
        morpheme.tag.startswith(("V", "E", "Ad"))
        or (morpheme.tag.startswith(_WORDS) and (morpheme.start, morpheme.end) == _eojeol(letters, morpheme.start))
        for morpheme in inside
    )


def _eojeol(letters: Letters, position: int) -> tuple[int, int]:
    """The span of the eojeol at a character."""
    index = bisect_left(letters.positions, position)
    if index == len(letters.positions):
        return position, position
    return letters.span(letters.begins[index], letters.stops[index])


def _misspelled(
    letters: Letters, analysed: AnalysedText, index: NameIndex, start: int, room: int, known: Collection[str]
) -> Iterator[tuple[int, NameMatch]]:
    for length in index.loose_lengths:
        end = start + length
        if length > room or not PARTICLE.fullmatch(letters.tail(end)):
            continue
        spaced = letters.spaced(start, end)
        word = letters.text[start:end]
        if (spaced and length < _PLAIN_LENGTH) or word in known or word in EVERYDAY:
            continue
        near = near_names(word, index)
        if not near or not _could_be_a_name(letters, start, end, analysed, strict=True):
            continue
        values = tuple(sorted({value for key in near for value in (index.exact.get(key) or index.bases[key])}))
        yield 1, NameMatch(start, end, values, approximate=True)


def quoted(letters: Letters, start: int, end: int, text: str) -> bool:
    """Whether the letters stand in quotation marks of their own."""
    left, right = letters.span(start, end)
    return text[left - 1 : left] in QUOTES and text[right : right + 1] in QUOTES and left > 0 and right < len(text)

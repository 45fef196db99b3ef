"""Praise or complaint: which way the predicates of a text lean, with what denies them, morpheme by morpheme.

No syntax and no irony: "참 친절하시네요^^" leans to praise. Where words lean both ways, or none
does, nothing is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from pipeline.question.concepts import Concept, Pole, concepts, find_words
from pipeline.types import AskedConcept, Morpheme, Span

Sign = Literal[-1, 0, 1]

_BEFORE = frozenset({"안", "못"})
_DENYING = frozenset({"않", "못하", "말", "아니하"})  # after -지
_ABSENT = frozenset({"없", "아니"})
_THERE = frozenset("있 되 가능 가능하 나".split())
_LITTLE = frozenset({"별로", "그닥", "그다지", "딱히"})  # complain by themselves, mean "not very" before a denial
_GOING_ON = frozenset("지만 는데 은데 고 어서 아서 니까 으니까".split())
_REACH = 5  # morphemes between a predicate and what denies it (불편하(다는) 생각(은) 안 들)
_CLAUSE = re.compile(
    r"[.!?…,;\n~ㅠㅜㅋㅎ]+|(?:지만|는데|은데|인데|던데|한데|ㄴ데|으나|더니|대신|반면)(?=[\s,.]|$)|(?<![가-힣])(?:근데|그런데|하지만|그래도|다만|대신|단)(?=\s)"
)
_VERDICTS = Pole(re.compile(r"칭찬|호평|좋은 평|추천한|추천하"), re.compile(r"불만|불평|혹평|악평|항의|지적|비판|욕"))


@dataclass(frozen=True, slots=True)
class Leaning:
    """A predicate that praises (1) or complains (−1), denials counted in. ``own``: it says so of the concept asked for,
    as 길다 of 웨이팅, and not of anything.
    """

    start: int
    end: int
    sign: Sign
    own: bool = False


def leanings(text: str, morphemes: Sequence[Morpheme], about: Collection[str] = ()) -> list[Leaning]:
    """Every predicate of a text that leans, in order.

    ``morphemes`` are of the text with offsets in it; ``about`` are concepts, whose own words for praise and complaint
    count, too (길다 of 웨이팅). Of overlapping words the longest counts: 불친절, and no 친절 in it.
    """
    table = concepts()
    poles = [(table.concepts[id_].poles, True) for id_ in about] + [(table.poles, False)]
    found: list[Leaning] = []
    for pole, own in poles:  # a concept's own words first: they win over equally long ones
        found += [Leaning(*hit.span(), 1, own) for hit in pole.good.finditer(text)]
        found += [Leaning(*hit.span(), -1, own) for hit in pole.bad.finditer(text)]
    chosen: list[Leaning] = []
    for one in sorted(found, key=lambda leaning: (leaning.start - leaning.end, leaning.start)):
        if all(one.end <= other.start or other.end <= one.start for other in chosen):
            chosen.append(one)
    signed: list[Leaning] = []
    used = -1  # where a 없다 stands that denied the word before it, and complains of nothing itself
    for one in sorted(chosen, key=lambda leaning: leaning.start):
        if one.start != used:
            leaning, used = _denied(one, text, morphemes)
            signed.append(leaning)
    return [one for one in signed if one.sign]


def _denied(one: Leaning, text: str, morphemes: Sequence[Morpheme]) -> tuple[Leaning, int]:
    """The leaning turned round where a denial stands before or after it, without sign where it only weakens one; and
    where the denial behind it stands, −1 without one.
    """
    word = text[one.start : one.end]
    after = [m for m in morphemes if m.start >= one.end][:_REACH]
    if word in _LITTLE:
        denied = any(m.form in _BEFORE | _DENYING | _ABSENT for m in after)
        return replace(one, sign=0 if denied else one.sign), -1
    before = [m for m in morphemes if m.end <= one.start]
    turned = bool(before) and before[-1].form in _BEFORE and before[-1].tag == "MAG"
    denial = _denied_after(after)
    if denial >= 0:
        turned = not turned
    return replace(one, sign=_turn(one.sign) if turned else one.sign), denial


def _denied_after(after: Sequence[Morpheme]) -> int:
    """Where a denial stands (-지 않다, 불편한 점이 없다, 비싼 게 아니다, 불편함 없이); −1 without one.

    One noun may stand between.
    """
    nouns = 0
    for m in after:
        if m.form == "없이" or (m.form in _DENYING | _ABSENT and m.tag.startswith("V")):
            return m.start
        if m.tag.startswith("N"):
            nouns += 1
        elif m.tag.startswith(("V", "M", "I", "S")) and not m.tag.startswith(("VCP", "VX")):
            return -1
        if nouns > 1 or m.form in _GOING_ON:
            return -1
    return -1


def _turn(sign: Sign) -> Sign:
    return -1 if sign > 0 else 1 if sign < 0 else 0


def clauses(text: str) -> list[Span]:
    """The text cut where one thought gives way to another: at marks, 지만, 는데, 근데."""
    cuts = [0, *(hit.end() for hit in _CLAUSE.finditer(text)), len(text)]
    return [(a, b) for a, b in pairwise(cuts) if a < b]


def sign_about(text: str, morphemes: Sequence[Morpheme], about: Collection[str]) -> Sign:
    """Which way a text leans where it speaks of some concepts; 0 when it leans both ways or none can be made out.

    The clauses that speak of a concept decide, then the clause after each: by the concept's own words for praise and
    complaint, by words that praise or complain of anything, by whether the thing is there at all.
    """
    found = leanings(text, morphemes, about)
    spans = clauses(text)
    said = [start for id_ in about for start, _, _ in find_words(id_, text)]
    places = sorted({i for i, (a, b) in enumerate(spans) if any(a <= start < b for start in said)})
    for near in (places, [i + 1 for i in places if i + 1 < len(spans) and i + 1 not in places]):
        inside = [one for i in near for one in found if spans[i][0] <= one.start < spans[i][1]]
        signs = {one.sign for one in inside if one.own} or {one.sign for one in inside}
        if signs:
            return signs.pop() if len(signs) == 1 else 0
        if existing := _existence(text, morphemes, about, [spans[i] for i in near]):
            return existing
    return 0


def _existence(text: str, morphemes: Sequence[Morpheme], about: Collection[str], spans: Sequence[Span]) -> Sign:
    """Praise where a good thing is there (주차장 있어요) or a nuisance isn't (웨이팅 없음); complaint the other way."""
    table = concepts().concepts
    found: set[Sign] = set()
    for id_ in about:
        for start, end, plain in find_words(id_, text):
            if plain < 1 or not any(a <= start < b for a, b in spans):
                continue
            there = _there([m for m in morphemes if m.start >= end][:_REACH])
            if there:
                found.add(_turn(there) if table[id_].trouble else there)
    return found.pop() if len(found) == 1 else 0


def _there(after: Sequence[Morpheme]) -> Sign:
    denied = False
    for m in after:
        if m.tag.startswith(("SF", "SP")):
            return 0
        if m.form in _BEFORE and m.tag == "MAG":
            denied = True
        elif m.form == "없" or m.form == "불가":
            return -1
        elif m.form in _THERE:
            return -1 if denied else 1
        elif denied and m.form == "하":
            return -1
    return 0


def topics(question: str, asked: Sequence[AskedConcept]) -> list[AskedConcept]:
    """The concepts that a question is about, without those that it only names by what it thinks of another: 화장실, and
    not 위생, of "화장실 더럽다는 사람".
    """
    judged = [
        concept
        for concept in asked
        for poles in [[o.poles for o in map(_concept, asked) if o.id != concept.id]]
        if all(_judging(question[a:b], [*poles, concepts().poles]) for a, b in concept.spans)
    ]
    return [concept for concept in asked if concept not in judged] or list(asked)


def _concept(asked: AskedConcept) -> Concept:
    return concepts().concepts[asked.id]


def _judging(words: str, poles: Sequence[Pole]) -> bool:
    return any(side.search(words) for pole in poles for side in (pole.good, pole.bad))


def wanted(question: str, morphemes: Sequence[Morpheme], about: Collection[str]) -> Sign:
    """Which way a question wants what it asks for: 불편하다는 사람 −1, 주차 편한 곳 1; 0 where it leaves it open."""
    if (good := bool(_VERDICTS.good.search(question))) != bool(_VERDICTS.bad.search(question)):
        return 1 if good else -1
    return sign_about(question, morphemes, about)

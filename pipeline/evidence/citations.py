"""Whether a sentence of an answer says what the cited characters say: numbers, dates, names and negation, by rules.

No judge and no meaning: a sentence that puts other words to the same facts passes, and so does one that is wrong in a
way that shows in none of the four. A sentence that stands in its evidence word for word is borne out by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.evidence.sentences import negations
from pipeline.types import AnalysedText, Answer, Citation, DoubtKind, Passage

FREE = ("count", "comparison", "aspects", "figures", "abstention")
"""Kinds of answers that say something of their own beside what they cite: how many there are, what was not found."""

Analyse = Callable[[Sequence[str]], Iterable[AnalysedText]]


@dataclass(frozen=True, slots=True)
class Fault:
    """What a sentence says that its evidence doesn't: the kind, and the number, date, name or word itself."""

    kind: DoubtKind
    what: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence of an answer, and what is wrong with it."""

    sentence: str
    faults: tuple[Fault, ...] = ()


def check(
    answer: Answer, passages: Mapping[str, Passage], analyse: Analyse, names: Collection[str] = ()
) -> list[Checked]:
    """Every sentence of an answer against the spans that it cites; those that cite nothing are faults themselves.

    Args:
        passages: those that are cited, by their ids.
        analyse: the analyser; called only for sentences that aren't their evidence word for word.
        names: of restaurants, which a sentence may only name where its evidence is about them.
    """
    cited: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        cited.setdefault(citation.sentence, []).append(citation)
    checked = [Checked(s, tuple(faults(s, found, passages, analyse, names))) for s, found in cited.items()]
    if answer.abstained or answer.kind in FREE:
        return checked
    return [*checked, *(Checked(rest, (Fault("uncited"),)) for rest in uncited(answer.text, cited))]


def uncited(text: str, cited: Iterable[str]) -> Iterator[str]:
    """The sentences of a text that are left when the cited ones are taken out."""
    for sentence in sorted(cited, key=len, reverse=True):
        text = text.replace(sentence, "\n")
    for rest in re.split(r"(?<=[.!?…])\s+|\n", text):
        if len(re.findall(r"[가-힣A-Za-z]", rest)) > 1:
            yield rest.strip()


def faults(
    sentence: str,
    citations: Sequence[Citation],
    passages: Mapping[str, Passage],
    analyse: Analyse,
    names: Collection[str],
) -> Iterator[Fault]:
    """What a sentence says that the cited spans, taken together, don't."""
    spans = [passages[c.passage_id].text[c.start : c.end] for c in citations if c.passage_id in passages]
    if not spans:
        yield Fault("uncited")
        return
    if any(_plain(sentence) in _plain(span) for span in spans):
        return
    sources = [passages[c.passage_id].source for c in citations if c.passage_id in passages]
    evidence = "\n".join(spans)
    said, left = dates(sentence)
    held, evidence_left = dates("\n".join([evidence, *(source.date for source in sources)]))
    yield from (Fault("date", what) for what in sorted(said - held))
    rated = {Amount(source.rating, unit) for source in sources if source.rating is not None for unit in RATED}
    yield from (Fault("number", str(each)) for each in unheld(amounts(left), amounts(evidence_left) | rated))
    about = " ".join([evidence, *(f"{source.restaurant} {source.title}" for source in sources)])
    yield from (Fault("name", name) for name in sorted(_named(sentence, names)) if _plain(name) not in _plain(about))
    one, other = analyse([sentence, evidence])
    asserted, there = negations(one.morphemes), negations(other.morphemes)
    yield from (Fault("negation", w) for w in sorted(asserted.keys() & there.keys()) if asserted[w] != there[w])


def _plain(text: str) -> str:
    return "".join(text.split()).lower()


def _named(sentence: str, names: Collection[str]) -> set[str]:
    """The restaurants that a sentence names, and its words in Latin letters."""
    return {name for name in names if name and name in sentence} | set(re.findall(r"[A-Za-z][A-Za-z]+", sentence))


_DATE = re.compile(
    r"(?P<y>(?:19|20)\d\d)\s*(?:년|[-./])\s*(?P<m>1[0-2]|0?[1-9])\s*(?:월|[-./])\s*(?P<d>3[01]|[12]\d|0?[1-9])(?!\d)\s*일?"
    r"|(?<!\d)(?P<m2>1[0-2]|0?[1-9])\s*월\s*(?P<d2>3[01]|[12]\d|0?[1-9])\s*일"
    r"|(?P<y3>(?:19|20)\d\d)\s*년|(?<!\d)(?P<m4>1[0-2]|0?[1-9])\s*월(?![가-힣])"
    r"|(?P<word>[월화수목금토일]요일|주말|평일|공휴일|오전|오후)"
)


def dates(text: str) -> tuple[set[str], str]:
    """The dates that a text names, as days (``5-17``), months (``5월``), years (``2026년``) and words (주말), and the
    text without them. A whole date names its day, month and year.
    """
    found: set[str] = set()
    for hit in _DATE.finditer(text):
        year, month = hit["y"] or hit["y3"], hit["m"] or hit["m2"] or hit["m4"]
        day = hit["d"] or hit["d2"]
        found |= {f"{year}년"} if year else set()
        found |= {f"{int(month)}월"} if month else set()
        found |= {f"{int(month)}-{int(day)}"} if month and day else set()
        found |= {hit["word"]} if hit["word"] else set()
    return found, _DATE.sub(" ", text)


_DIGITS = {digit: n for n, digit in enumerate("일이삼사오육칠팔구", start=1)}
_NATIVE = dict(zip("한 두 세 네 다섯 여섯 일곱 여덟 아홉 열".split(), range(1, 11), strict=True))
_COUNTER = "시간|명|사람|개|번|곳|군데|가지|인분|살|달|잔|병|접시|그릇|마리|바퀴|줄|주|분|배|차례"
_UNIT = (
    "시간|인분|개월|군데|사람|차례|접시|그릇|마리|가지|바퀴|퍼센트|명|번|회|곳|살|달|잔|병|층|원|점|%"
    "|시(?![가-힣]*[간즌])|개"
)
_SAME_UNIT = {"사람": "명", "군데": "곳", "개월": "달", "회": "번", "차례": "번", "퍼센트": "%"}
_NUMBER = re.compile(
    rf"(?P<n>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?)(?:\s?(?P<man>만)(?:\s?(?P<k>\d+)(?P<k_cheon>천)?)?|(?P<cheon>천))?"
    rf"(?:\s?(?P<unit>{_UNIT}))?"
    rf"|(?<![가-힣])(?P<word>[일이삼사오육칠팔구]?만(?:\s?[이삼사오육칠팔구]?천)?|[이삼사오육칠팔구]?천)\s?원"
    rf"|(?<![가-힣])(?P<native>{'|'.join(_NATIVE)})\s?(?P<counter>{_COUNTER})(?![가-힣]*요일)"
)
_SEVERAL_MEANINGS = frozenset({"분", "주", "배", "줄"})  # minutes or people, weeks or shares: not told apart here
RATED = ("", "점", "개")
"""What a review's rating may be counted in: 별점 4, 4점, 별 4개."""


@dataclass(frozen=True, slots=True, order=True)
class Amount:
    """A number and what it counts, empty where the text doesn't say or the word has several meanings."""

    value: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.value:,g}{self.unit}"


def unheld(said: Collection[Amount], held: Collection[Amount]) -> list[Amount]:
    """The amounts of a sentence that its evidence doesn't name: another number, or the same number of another thing."""
    return [one for one in sorted(said) if not any(_held(one, other) for other in held)]


def _held(said: Amount, held: Amount) -> bool:
    return said.value == held.value and (said.unit == held.unit or not said.unit or not held.unit)


def amounts(text: str) -> set[Amount]:
    """The numbers that a text names: in digits (17,000), with 만 and 천 (1만 7천), in words before 원 or a counter
    (만오천 원, 두 시간); with what they count where that is plain (9시간 is not 9시).
    """
    return {Amount(_value(hit), _unit(hit)) for hit in _NUMBER.finditer(text)}


def numbers(text: str) -> set[float]:
    """The values of a text's amounts."""
    return {each.value for each in amounts(text)}


def _unit(hit: re.Match[str]) -> str:
    unit = hit["unit"] or hit["counter"] or ("원" if hit["word"] else "")
    return "" if unit in _SEVERAL_MEANINGS else _SAME_UNIT.get(unit, unit)


def _value(hit: re.Match[str]) -> float:
    if hit["native"]:
        return float(_NATIVE[hit["native"]])
    if hit["word"]:
        return float(_spelled(hit["word"].replace(" ", "")))
    value = float(hit["n"].replace(",", ""))
    if hit["man"]:
        small = float(hit["k"] or 0)
        return value * 10_000 + (small * 1_000 if hit["k_cheon"] else small)
    return value * 1_000 if hit["cheon"] else value


def _spelled(word: str) -> int:
    """만오천 → 15000."""
    man, found, rest = word.partition("만")
    value = (_DIGITS.get(man, 1) if found else 0) * 10_000
    cheon = rest if found else man
    return value + (_DIGITS.get(cheon[0], 1) * 1_000 if cheon.endswith("천") else 0)

"""What questions ask of restaurants in one of many words: 웨이팅, 줄 서다 and 기다리다 are all 대기. Knows no index.

The concepts stand in ``concepts.toml``, which says how their words are written. They are general knowledge of how
people speak of restaurants, so they are meant for indexes of restaurants' reviews only.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pipeline.types import AskedConcept, Span

TABLE = Path(__file__).with_name("concepts.toml")
LOOSE = 0.5  # what a word counts that only points to the concept (앞에 아홉 팀: 대기)
REMEMBERED = 50_000  # (concept, text) pairs whose words are kept: a review is read for many questions
_PARTICLE = "(?:이|가|을|를|은|는|도|만|에|의|랑|이나|나|까지|로|으로)?"


@dataclass(frozen=True, slots=True)
class Pole:
    """Words that praise and words that complain."""

    good: re.Pattern[str]
    bad: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept, ready to be looked for. ``anywhere`` is how RE2 finds its words and those that point to it."""

    id: str
    name: str
    asked: re.Pattern[str]
    words: re.Pattern[str]
    says: re.Pattern[str] | None
    anywhere: tuple[str, str]
    trouble: bool
    poles: Pole
    narrower: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Concepts:
    """The table. ``fillers`` go with anything a question asks and say little themselves (가능, 데려가)."""

    version: int
    concepts: Mapping[str, Concept]
    fillers: frozenset[str]
    filler_weight: float
    poles: Pole


def pattern(words: Iterable[str], *, look_behind: bool = True) -> str:
    """One regular expression for ways to say something, written as the table writes them.

    Without ``look_behind`` it is one that RE2 reads, which may take the letter before the word with it.
    """
    start = "(?<![가-힣])" if look_behind else "(?:^|[^가-힣])"
    ways = sorted(set(words), key=lambda way: (-len(way), way))  # of two that begin alike the longer one
    written = [way.replace(" ", r"\s*").replace("_", _PARTICLE + r"\s*") for way in ways]
    return "|".join(start + way[1:] if way.startswith("~") else way for way in written)


@cache
def concepts(path: Path = TABLE) -> Concepts:
    """The table that is shipped, compiled once.

    Raises:
        ValueError: it is not such a table.
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    rows: dict[str, Mapping[str, Any]] = {row["id"]: row for row in table["concept"]}
    if len(rows) < len(table["concept"]):
        raise ValueError("a concept stands in the table twice")
    return Concepts(
        int(table["version"]),
        {id_: _concept(row, rows) for id_, row in rows.items()},
        frozenset(table["filler"]["words"]),
        float(table["filler"]["weight"]),
        _poles(table["polarity"]),
    )


def _concept(row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> Concept:
    family = [row, *(rows[id_] for id_ in row.get("narrower", ()))]
    words = [way for one in family for way in one["words"]]
    says = [way for one in family for way in one.get("says", ())]
    return Concept(
        id=row["id"],
        name=row["name"],
        asked=re.compile(pattern([*row["words"], *row.get("asks", ())])),
        words=re.compile(pattern(words)),
        says=re.compile(pattern(says)) if says else None,
        anywhere=(pattern(words, look_behind=False), pattern(says, look_behind=False)),
        trouble=bool(row.get("trouble", False)),
        poles=_poles(row),
        narrower=frozenset(row.get("narrower", ())),
    )


def _poles(row: Mapping[str, Any]) -> Pole:
    good, bad = (re.compile(pattern(row.get(name, ())) or r"(?!)") for name in ("good", "bad"))
    return Pole(good, bad)


def find_concepts(question: str) -> tuple[AskedConcept, ...]:
    """The concepts that a question asks of, in the order in which it says them.

    One whose words all lie within a longer word of another is not asked for: 아기의자 is 아기 의자, not any 아이.
    Nor is one whose words all ask of a narrower one: 발렛 is 발렛, not any 주차.
    """
    found = [
        (concept, tuple(hit.span() for hit in hits))
        for concept in concepts().concepts.values()
        if (hits := list(concept.asked.finditer(question)))
    ]
    asked = [
        AskedConcept(concept.id, concept.name, spans)
        for concept, spans in found
        if not all(any(_taken(span, other, concept, by) for by, others in found for other in others) for span in spans)
    ]
    return tuple(sorted(asked, key=lambda concept: concept.spans[0]))


def _taken(inner: Span, outer: Span, concept: Concept, by: Concept) -> bool:
    """Whether words of a concept are rather those of another: a longer word has them, or a narrower concept."""
    inside = outer[0] <= inner[0] and inner[1] <= outer[1]
    return inside and (outer[1] - outer[0] > inner[1] - inner[0] or by.id in concept.narrower)


def notions(asked: Sequence[AskedConcept]) -> list[list[AskedConcept]]:
    """Concepts that the same words of a question ask of, together: any of them would do."""
    groups: list[list[AskedConcept]] = []
    for concept in asked:
        near = [group for group in groups if any(_overlap(concept, other) for other in group)]
        groups = [group for group in groups if group not in near] + [[c for group in near for c in group] + [concept]]
    return groups


def _overlap(one: AskedConcept, other: AskedConcept) -> bool:
    return any(a < d and c < b for a, b in one.spans for c, d in other.spans)


@lru_cache(maxsize=REMEMBERED)
def find_words(concept_id: str, text: str) -> tuple[tuple[int, int, float], ...]:
    """Where a text says a concept and how plainly: ``(start, end, 1 or LOOSE)``, in order."""
    concept = concepts().concepts[concept_id]
    plain = [(*hit.span(), 1.0) for hit in concept.words.finditer(text)]
    loose = [(*hit.span(), LOOSE) for hit in concept.says.finditer(text)] if concept.says else []
    return tuple(sorted(plain + loose))

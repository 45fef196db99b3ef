"""What for, or with whom, a restaurant is looked for (데이트, 회식, 아이랑), told by its concepts."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.question.concepts import find_concepts, notions
from pipeline.question.hangul import has_final
from pipeline.types import Understanding

OCCASIONS = frozenset({"date", "group", "alone", "kids", "elderly", "formal", "celebrate", "pet", "foreigner"})
"""Concepts that say what for, or with whom, a restaurant is looked for: their reviews are counted, too."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What for, or with whom, a restaurant is looked for: the question's word, the concepts it may mean, by name."""

    word: str
    concepts: tuple[str, ...]
    names: tuple[str, ...]


def occasions(understanding: Understanding) -> list[Occasion]:
    """The occasions that a question names, in its order."""
    groups = notions([concept for concept in understanding.concepts if concept.id in OCCASIONS])
    return [
        Occasion(
            _without_with(understanding.search_text[slice(*group[0].spans[0])].strip()),
            tuple(concept.id for concept in group),
            tuple(concept.name for concept in group),
        )
        for group in groups
    ]


def _without_with(word: str) -> str:
    """A word without 랑 or 하고: concepts are found with it (아이랑)."""
    bare = word.removesuffix("하고").removesuffix("랑")
    long = bare != word and bare.endswith("이") and has_final(bare[:-1])
    return (bare[:-1] if long else bare) or word


def is_occasion(word: str) -> bool:
    """Whether a word says what for, or with whom."""
    return any(concept.id in OCCASIONS for concept in find_concepts(word))

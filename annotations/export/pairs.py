"""Pairs of a better and a worse answer to one question, with how far and how surely they are apart.

- ``preference``: two answers that people compared. Margin: the difference of their shares of the votes (ties count for
  neither). Agreement: the share of people who chose the better one.
- ``grades``: two answers to the same question over the same reviews. Margin: the difference of their grades (0 to 1).
  Agreement: over all pairs of a grader of the one and a grader of the other, the share in which the better one is
  graded higher, equal grades counting half (the probability of superiority).
- ``rewritten``: an answer and the better one that a grader wrote. Margin: what the answer lacks to the highest grade.
  Agreement: the share of its graders who found that much lacking (``min_margin``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Literal

from annotations.export import grading
from annotations.export.types import ExportSettings, Item
from annotations.schemes.preference import alternatives
from annotations.schemes.scheme import Scheme

PairSource = Literal["preference", "grades", "rewritten"]
_EPSILON = 1e-9  # of sums of floats that are equal on paper


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers; without a better one ``margin`` is 0. ``other`` is the item of the worse when there are two."""

    item: Item
    source: PairSource
    chosen: str
    rejected: str
    margin: float
    agreement: float
    other: Item | None = None


def compared(item: Item, scheme: Scheme) -> Iterator[Pair]:
    """The pair that people compared, if the item has one."""
    for field in scheme.fields:
        found = item.fields.get(field.id)
        if field.kind != "preference" or found is None or found.soft is None:
            continue
        texts = alternatives(item.task.context, field.needs) or {}
        first, second = texts
        if isinstance(found.value, str) and found.value in texts:
            better, worse = (first, second) if found.value == first else (second, first)
            margin = found.soft[better] - found.soft[worse]
            yield Pair(item, "preference", texts[better], texts[worse], margin, found.agreement or 0.0)
        else:
            yield Pair(item, "preference", texts[first], texts[second], 0.0, found.agreement or 0.0)


def rewritten(item: Item, scheme: Scheme, settings: ExportSettings) -> Iterator[Pair]:
    """The better answers that were written, each over the answer that was graded."""
    grade, grades = grading.grade(item, scheme), grading.grades(item, scheme)
    if grade is None:
        return
    low = sum(1 - each >= settings.min_margin - _EPSILON for each in grades)
    # A verdict alone is one judgement, and agrees with itself.
    agreement = low / len(grades) if grades else 1.0
    for text in grading.better(item):
        yield Pair(item, "rewritten", text, item.task.text, 1 - grade, agreement)


def graded(items: Sequence[Item], scheme: Scheme) -> Iterator[Pair]:
    """Every two answers to one question, the higher grade first."""
    known = [(item, grade) for item in items if (grade := grading.grade(item, scheme)) is not None]
    for (one, first), (two, second) in combinations(known, 2):
        better, worse = (one, two) if first >= second else (two, one)
        agreement = superiority(grading.grades(better, scheme), grading.grades(worse, scheme))
        margin = abs(first - second)
        yield Pair(better, "grades", better.task.text, worse.task.text, margin, agreement, worse)


def superiority(better: Sequence[float], worse: Sequence[float]) -> float:
    """The probability that a grade of the first is above one of the second, ties counting half; 1 without grades."""
    if not better or not worse:
        return 1.0
    sides = [1.0 if a > b + _EPSILON else 0.5 if abs(a - b) <= _EPSILON else 0.0 for a, b in product(better, worse)]
    return sum(sides) / len(sides)


def refused(pair: Pair, settings: ExportSettings) -> tuple[str, str, str] | None:
    """Why a pair isn't trained on: a code, in Korean, in English; None when it is."""
    if " ".join(pair.chosen.split()) == " ".join(pair.rejected.split()):
        return "identical", "두 답변이 같습니다", "Both answers are the same"
    if pair.margin <= _EPSILON:
        return "tie", "어느 쪽도 낫지 않습니다", "Neither is better"
    if pair.margin < settings.min_margin - _EPSILON:
        shown, wanted = f"{pair.margin:.2f}", f"{settings.min_margin:.2f}"
        return "margin", f"차이 {shown} < {wanted}", f"The margin {shown} is below {wanted}"
    if pair.agreement < settings.min_agreement - _EPSILON:
        shown, wanted = f"{pair.agreement:.2f}", f"{settings.min_agreement:.2f}"
        return "agreement", f"합의 {shown} < {wanted}", f"The agreement {shown} is below {wanted}"
    return None


def all_pairs(items: Iterable[Item], scheme: Scheme, settings: ExportSettings) -> Iterator[Pair]:
    """Every pair there is: those within an item as it comes, those between items at the end."""
    by_prompt: dict[str, list[Item]] = {}
    for item in items:
        yield from compared(item, scheme)
        yield from rewritten(item, scheme, settings)
        if item.outcome == "labelled":
            by_prompt.setdefault(str(grading.prompt(item)), []).append(item)
    for group in by_prompt.values():
        yield from graded(group, scheme)

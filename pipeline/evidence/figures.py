"""The answer to a question about figures that reviews carry themselves: ratings, how many there are, which restaurants.

Nothing is judged: what stands in the index is counted and averaged. What an owner answers is no review.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.evidence.cited_text import CitedText, opening
from pipeline.evidence.dishes import dishes_answer
from pipeline.evidence.opinions import ENOUGH_TO_RANK, RANKED, under_conditions
from pipeline.filters import by_guests, recency, recent_rows
from pipeline.passages import PassageStore
from pipeline.question.bounds import holds
from pipeline.question.dates import RECENT_MONTHS
from pipeline.types import Answer, Figures, QuotedOpinion, Understanding

CITED = 3  # reviews that a counted piece cites, the newest
LISTED = 40  # restaurants that are listed by name
MONTHS = 24  # months that are told, the last ones
STEPS = 10  # different ratings that are told one by one; more of them are told by whole points

Column = Literal["restaurant", "category", "district", "date"]


@dataclass(frozen=True, slots=True)
class _Reviews:
    """Some reviews: the first passage of each, the newest first, and its rating, nan where it gives none.

    *Shape:* ``(reviews,)`` both.
    """

    name: str
    rows: NDArray[np.int64]
    ratings: NDArray[np.float64]

    @property
    def rated(self) -> int:
        return int(np.isfinite(self.ratings).sum())

    @property
    def mean(self) -> float:
        """The mean rating; nan where none is rated."""
        return float(np.nanmean(self.ratings)) if self.rated else math.nan


def figures_answer(
    understanding: Understanding,
    passages: PassageStore,
    allowed: Callable[[Understanding], NDArray[np.bool_] | None],
    dishes: Collection[str] = (),
) -> Answer | None:
    """The answer; says so where reviews don't have what would be counted. None where none meets the conditions, unless
    these are what is counted, or where no restaurant that is named has any.

    Args:
        dishes: names of dishes that the index knows.
        allowed: which passages an understanding's conditions allow, None when all are. *Shape:* ``(passages,)``.
    """
    asked = understanding.figures
    assert asked is not None
    lately = any(chip.kind == "order" for chip in understanding.chips)

    def reviews(of: Understanding) -> _Reviews:
        rows = allowed(of)
        return _reviews(passages, recent_rows(passages, rows)[1] if lately else rows)

    if asked.of == "dishes":
        rows = allowed(understanding)
        return dishes_answer(understanding, passages, recent_rows(passages, rows)[1] if lately else rows, dishes)
    every = reviews(understanding)
    if not len(every.rows) and asked.of in ("rating", "restaurants"):
        return None
    places = _by("restaurant", every, passages)
    if asked.of == "share":
        rated = replace(understanding, chips=tuple(chip for chip in understanding.chips if chip.kind != "rating"))
        return _share(understanding, every, reviews(rated), passages)
    if asked.of == "rating" and not every.rated:
        return _nothing(understanding)
    text, notes = CitedText(), []
    if asked.by:
        notes = _each(text, _by("date" if asked.by == "month" else asked.by, every, passages), passages, asked)
    elif asked.of == "restaurants" and places:
        _list(text, places, passages)
    elif asked.order and places:
        notes = _rank(text, places, passages, asked, understanding.first)
    elif not asked.order and asked.of != "restaurants":
        several = _compared(understanding)
        for group in (_by(several, every, passages) if several else None) or [every]:
            (_rating if asked.of == "rating" else _number)(text, group, passages)
        if asked.of == "reviews" and not several and len(places) > 1:
            text.add(f"식당 {len(places):,}곳의 후기입니다.", before=" ")
    return _answer(understanding, text, notes) if text.text else _nothing(understanding)


def _nothing(understanding: Understanding) -> Answer | None:
    """That the reviews don't say what would have to be counted."""
    asked = understanding.figures
    assert asked is not None
    if any(chip.unknown for chip in understanding.chips):
        return None
    if asked.by == "month":
        lacking = "날짜가 있는 후기가"
    elif asked.of in ("rating", "share") and not asked.by:
        lacking = "별점을 준 후기가"
    else:
        lacking = {"category": "업종을", "district": "지역을"}.get(asked.by, "어느 식당의 것인지") + " 아는 후기가"
    note = " ".join(under_conditions(understanding))
    return Answer(f"{lacking} 없어 셀 수 없습니다.", abstained=True, kind="abstention", note=note)


def _compared(understanding: Understanding) -> Column | None:
    """What is told of one by one: the restaurants that are named, or several kinds or districts."""
    values = {chip.kind: chip.values for chip in understanding.chips if chip.mode == "filter"}
    if "restaurant" in values:
        return "restaurant"
    columns: tuple[Column, ...] = ("category", "district")
    return next((column for column in columns if len(values.get(column, ())) > 1), None)


def _answer(understanding: Understanding, text: CitedText, notes: Sequence[str] = ()) -> Answer:
    notes = ["색인에 있는 후기의 별점과 수를 그대로 센 값입니다.", *notes, *under_conditions(understanding)]
    if any(chip.kind == "order" for chip in understanding.chips):
        notes.append(f"날짜가 있는 마지막 {RECENT_MONTHS}개월의 후기만 셌습니다.")
    return Answer(text.text, text.citations, kind="figures", note=" ".join(notes))


def _share(understanding: Understanding, found: _Reviews, every: _Reviews, passages: PassageStore) -> Answer | None:
    """How many of all that give a rating give one that meets the condition."""
    if not every.rated:
        return _nothing(understanding)
    text = CitedText()
    share = f"{found.rated:,}건({found.rated / every.rated:.1%})"
    text.add(f"별점을 준 후기 {every.rated:,}건 가운데 {share}입니다.", _newest(passages, found.rows))
    return _answer(understanding, text)


def _reviews(passages: PassageStore, allowed: NDArray[np.bool_] | None) -> _Reviews:
    rows = by_guests(passages, allowed)
    codes, values = passages.codes("rating")
    known = np.array([math.nan if value is None else value for value in values], dtype=float)
    _, first = np.unique(passages.codes("document_id")[0][rows], return_index=True)
    rows = rows[first]
    rows = rows[np.argsort(-recency(passages)[rows], kind="stable")]
    return _Reviews("", rows, known[codes[rows]])


def _by(column: Column, every: _Reviews, passages: PassageStore) -> list[_Reviews]:
    """The reviews of each restaurant, kind, district or month (of dates), by name; what has none is left out."""
    codes, values = passages.codes(column)
    names, places = np.unique([str(v or "")[: 7 if column == "date" else None] for v in values], return_inverse=True)
    at = places[codes[every.rows]]
    order = np.argsort(at, kind="stable")  # within each as before, the newest first
    parts = np.split(order, np.flatnonzero(np.diff(at[order])) + 1) if len(order) else []
    groups = (_Reviews(str(names[at[part[0]]]), every.rows[part], every.ratings[part]) for part in parts)
    return [group for group in groups if group.name]


def _newest(passages: PassageStore, rows: NDArray[np.int64], most: int = CITED) -> list[QuotedOpinion]:
    return [opening(passages, row) for row in rows[:most].tolist()]


def _rating(text: CitedText, group: _Reviews, passages: PassageStore) -> None:
    """The mean of some reviews' ratings, and how many gave which."""
    whose = f"{group.name}: " if group.name else ""
    if not group.rated:
        text.add(f"{whose}별점을 준 후기가 없습니다.")
        return
    text.add(f"{whose}별점을 준 후기 {group.rated:,}건의 평균 별점은 {group.mean:.2f}점입니다.")
    given = group.ratings[np.isfinite(group.ratings)]
    whole = len(np.unique(given)) > STEPS
    steps = np.floor(group.ratings) if whole else group.ratings
    for place, step in enumerate(sorted(np.unique(steps[np.isfinite(steps)]).tolist(), reverse=True)):
        rows = group.rows[steps == step]
        said = f"{step:g}점{'대' if whole else ''} {len(rows):,}건"
        text.add(said, _newest(passages, rows, 1), before=" · " if place else "\n")


def _each(text: CitedText, groups: Sequence[_Reviews], passages: PassageStore, asked: Figures) -> list[str]:
    """How many reviews each month, restaurant or kind has, and what they rate; what must be said of that.

    Months are told in order and the last ones only, the rest by what is asked of it, the highest first.
    """
    monthly, by_rating = asked.by == "month", asked.of == "rating"
    highest = sorted(groups, key=lambda one: (-one.mean if by_rating and one.rated else 0, -len(one.rows)))
    told = groups[-MONTHS:] if monthly else highest
    for one in told[:LISTED]:
        rating = f", 평균 {one.mean:.2f}점" if one.rated else ""
        text.add(f"{one.name}: 후기 {len(one.rows):,}건{rating}", _newest(passages, one.rows, 1))
    if len(told) > LISTED:
        text.add(f"외 {len(told) - LISTED:,}곳")
    return [f"날짜가 있는 후기만, 최근 {MONTHS}개월까지 보입니다."] if monthly else []


def _number(text: CitedText, group: _Reviews, passages: PassageStore) -> None:
    whose = f"{group.name}의 " if group.name else ""
    text.add(f"{whose}후기는 {len(group.rows):,}건입니다.", _newest(passages, group.rows))


def _rank(text: CitedText, places: Sequence[_Reviews], passages: PassageStore, asked: Figures, first: int) -> list[str]:
    """The restaurants with most or least of it; what must be said of how they were ranked."""
    by_rating, sign, most = asked.of == "rating", 1 if asked.order == "least" else -1, first or RANKED
    known = [one for one in places if not by_rating or one.rated >= ENOUGH_TO_RANK]
    few = len(places) - len(known)
    if asked.bounds:
        known = [one for one in known if all(holds(bound, one.mean) for bound in asked.bounds)]
        text.add(f"평균 별점이 그런 곳은 {len(known):,}곳입니다.")

    def value(one: _Reviews) -> float:
        return round(one.mean, 2) if by_rating else len(one.rows)

    known.sort(key=lambda one: (sign * value(one), -len(one.rows), one.name))
    place, cut = 0, known[:most]
    for _, group in groupby(cut, key=value):
        tied = list(group)
        for one in tied:
            rank = f"{'공동 ' if len(tied) > 1 else ''}{place + 1}위"
            rating = f"평균 {one.mean:.2f}점(별점을 준 후기 {one.rated:,}건)"
            told = rating if by_rating else f"후기 {len(one.rows):,}건"
            text.add(f"{rank} {one.name}: {told}", _newest(passages, one.rows))
        place += len(tied)
    beyond = sum(value(one) == value(cut[-1]) for one in known[most:]) if cut else 0
    notes = [f"마지막과 같은 곳이 {beyond}곳 더 있습니다."] if beyond else []
    if few:
        notes.append(f"별점을 준 후기가 {ENOUGH_TO_RANK}건보다 적은 {few}곳은 뺐습니다.")
    return [*notes, "건수가 적은 곳의 평균은 쉽게 오르내립니다."] if by_rating else notes


def _list(text: CitedText, places: Sequence[_Reviews], passages: PassageStore) -> None:
    """How many restaurants there are, and their names by kind, each with its newest review."""
    text.add(f"식당은 {len(places):,}곳입니다.")
    kinds = [(passages[int(one.rows[0])].source.category, one) for one in places]
    told = sorted(kinds[:LISTED], key=lambda pair: (pair[0] == "", pair[0], pair[1].name))
    for kind, group in groupby(told, key=lambda pair: pair[0]):
        for number, (_, one) in enumerate(group):
            before, title = (", ", "") if number else ("\n", f"{kind}: " if kind else "")
            text.add(f"{title}{one.name}", _newest(passages, one.rows, 1), before=before)
    if len(places) > LISTED:
        text.add(f"외 {len(places) - LISTED:,}곳", before=" ")

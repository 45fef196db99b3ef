"""What chips mean for the passages of an index: which rows they allow, which they favour.

Predicates run once per distinct value of a metadata column, so they cost the same for a thousand passages and more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.passages import PassageStore
from pipeline.protocols import Condition, FloatArray, Within
from pipeline.question.dates import RECENT_MONTHS, months_before
from pipeline.question.understanding import matches
from pipeline.types import Chip, Source, Understanding

COLUMNS = {
    "restaurant": "restaurant",
    "district": "district",
    "category": "category",
    "price": "price_band",
    "rating": "rating",
    "date": "date",
}


def filter_rows(understanding: Understanding, passages: PassageStore) -> NDArray[np.bool_] | None:
    """The rows that the chips allow; None when none of them filters. *Shape:* ``(passages,)``.

    All filters must match and nothing excluded may.
    """
    chips = [chip for chip in understanding.chips if chip.mode != "boost"]
    if not chips:
        return None
    allowed = np.ones(len(passages), dtype=bool)
    for chip in chips:
        allowed &= _rows(chip, passages) == (chip.mode == "filter")
    return allowed


def allowed_rows(
    understanding: Understanding, dropped: Collection[str], passages: PassageStore
) -> NDArray[np.bool_] | None:
    """The rows that may take part: those that the chips allow, less the dropped ids; None when all may."""
    allowed, rows = filter_rows(understanding, passages), _rows_of(dropped, passages)
    if not rows:
        return allowed
    allowed = np.ones(len(passages), dtype=bool) if allowed is None else allowed
    allowed[rows] = False
    return allowed


def within(understanding: Understanding, dropped: Collection[str], passages: PassageStore) -> Within:
    """The same as ``allowed_rows``, with the codes of the metadata that say it to whoever has no rows of ours."""
    conditions = []
    for chip in understanding.chips:
        if chip.mode != "boost":
            column = COLUMNS[chip.kind]
            _, values = passages.codes(column)
            meant = (matches(chip, Source("", **{column: value})) for value in values)
            codes = tuple(code for code, holds in enumerate(meant) if holds)
            conditions.append(Condition(column, codes, keep=chip.mode == "filter"))
    allowed = allowed_rows(understanding, dropped, passages)
    return Within(tuple(conditions), tuple(_rows_of(dropped, passages)), allowed)


def _rows_of(ids: Collection[str], passages: PassageStore) -> list[int]:
    return [passages.rows[id_] for id_ in ids if id_ in passages.rows]


def forbid(scores: Mapping[str, FloatArray], allowed: NDArray[np.bool_] | None) -> dict[str, FloatArray]:
    """The scores with −inf where a passage is not allowed, so that it takes part in nothing."""
    if allowed is None:
        return dict(scores)
    return {name: np.where(allowed, values, np.float32(-np.inf)) for name, values in scores.items()}


def boosts(understanding: Understanding, passages: PassageStore) -> FloatArray | None:
    """How much each row is favoured, the mean over the boosting chips, from 0 to 1; None when there is none."""
    favours = [_favour(chip, passages) for chip in understanding.chips if chip.mode == "boost"]
    return np.mean(favours, axis=0, dtype=np.float32) if favours else None


def _rows(chip: Chip, passages: PassageStore) -> NDArray[np.bool_]:
    column = COLUMNS[chip.kind]
    return passages.where(column, lambda value: matches(chip, Source("", **{column: value})))


def _favour(chip: Chip, passages: PassageStore) -> FloatArray:
    if chip.kind == "dish":
        mentioned: FloatArray = np.any([passages.containing(dish) for dish in chip.values], axis=0).astype(np.float32)
        return mentioned
    if chip.kind == "order":
        return recency(passages)
    return _rows(chip, passages).astype(np.float32)


def by_guests(passages: PassageStore, allowed: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """The rows that are allowed and no owner's: an owner answers a review and gives no rating. *Shape:* ``(rows,)``."""
    rows = np.arange(len(passages)) if allowed is None else np.flatnonzero(allowed)
    answers = passages.where("reply_to", bool)[rows] & passages.where("rating", lambda value: value is None)[rows]
    return rows[~answers]


def recency(passages: PassageStore) -> FloatArray:
    """From above 0 for the oldest date to 1 for the newest; 0 where there is no date. *Shape:* ``(passages,)``."""
    codes, dates = passages.codes("date")
    known = sorted({date for date in dates if date})
    place = {date: (number + 1) / len(known) for number, date in enumerate(known)}
    found = np.array([place.get(date, 0.0) for date in dates], dtype=np.float32)
    return found.take(codes)


def recent_rows(passages: PassageStore, allowed: NDArray[np.bool_] | None) -> tuple[str, NDArray[np.bool_] | None]:
    """The first of the last ``RECENT_MONTHS`` months that have reviews, as ``2026-03``, and which rows are allowed from
    then on; empty, and as they were, where no review has a date.
    """
    dates = [date[:7] for date in passages.codes("date")[1] if date]
    if not dates:
        return "", allowed
    since = months_before(max(dates), RECENT_MONTHS - 1)
    late = passages.where("date", lambda date: bool(date) and str(date)[:7] >= since)
    return since, late if allowed is None else allowed & late

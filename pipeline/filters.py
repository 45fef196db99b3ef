"""What chips mean for the passages of an index: which rows they allow, which they favour.

Predicates run once per distinct value of a metadata column, so they cost the same for a thousand passages and more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.passages import PassageStore
from pipeline.protocols import FloatArray
from pipeline.question.understanding import matches
from pipeline.types import Chip, Source, Understanding

_COLUMNS = {
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


def boosts(understanding: Understanding, passages: PassageStore) -> FloatArray | None:
    """How much each row is favoured, the mean over the boosting chips, from 0 to 1; None when there is none."""
    favours = [_favour(chip, passages) for chip in understanding.chips if chip.mode == "boost"]
    return np.mean(favours, axis=0, dtype=np.float32) if favours else None


def _rows(chip: Chip, passages: PassageStore) -> NDArray[np.bool_]:
    column = _COLUMNS[chip.kind]
    return passages.where(column, lambda value: matches(chip, Source("", **{column: value})))


def _favour(chip: Chip, passages: PassageStore) -> FloatArray:
    if chip.kind == "dish":
        mentioned: FloatArray = np.any([passages.containing(dish) for dish in chip.values], axis=0).astype(np.float32)
        return mentioned
    if chip.kind == "order":
        return recency(passages)
    return _rows(chip, passages).astype(np.float32)


def recency(passages: PassageStore) -> FloatArray:
    """From above 0 for the oldest date to 1 for the newest; 0 where there is no date. *Shape:* ``(passages,)``."""
    codes, dates = passages.codes("date")
    known = sorted({date for date in dates if date})
    place = {date: (number + 1) / len(known) for number, date in enumerate(known)}
    found = np.array([place.get(date, 0.0) for date in dates], dtype=np.float32)
    return found.take(codes)

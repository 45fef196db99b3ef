"""Which remarks stand for many, and how they are quoted: exact slices of their reviews, no two alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evidence.sentences import says_the_same
from pipeline.protocols import FloatArray
from pipeline.restaurants.remarks import Remark

SHORT = 12  # characters; a shorter remark is quoted with its sentence
LONG = 60  # characters; a longer sentence isn't
ALIKE = 0.8  # cosine from which two remarks are alike


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a review: ``text`` slices the review at ``start``–``end``."""

    review_id: str
    start: int
    end: int
    text: str
    rating: float | None
    date: str


def quote_of(remark: Remark) -> Quote:
    """The remark as it is quoted: by itself, or, where it is too short to be understood, with its sentence."""
    whole = len(remark.quote) < SHORT and len(remark.context) <= LONG
    span, text = (remark.around, remark.context) if whole else (remark.span, remark.quote)
    return Quote(remark.review_id, *span, text, remark.rating, remark.date)


def central(remarks: Sequence[Remark], vectors: FloatArray, most: int) -> list[int]:
    """The places of the remarks that are most like all the others, of different reviews, no two alike.

    *Shape:* ``vectors`` is ``(remarks, dimensions)``, rows of unit length.
    """
    if not remarks:
        return []
    order = np.argsort(-(vectors @ vectors.mean(axis=0)), kind="stable").tolist()
    taken: list[int] = []
    for place in order:
        if len(taken) < most and not any(_alike(remarks, vectors, place, other) for other in taken):
            taken.append(place)
    return taken


def _alike(remarks: Sequence[Remark], vectors: FloatArray, one: int, other: int) -> bool:
    first, second = remarks[one], remarks[other]
    near = float(vectors[one] @ vectors[other]) >= ALIKE
    return near or first.review_id == second.review_id or says_the_same(first.quote, second.quote)

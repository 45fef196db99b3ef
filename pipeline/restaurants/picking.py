"""The reviews behind one point of a restaurant's figures: those of an aspect, of a month, of a feeling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pipeline.restaurants.remarks import EvidenceTable
from pipeline.restaurants.reviews import Review
from pipeline.types import Analysis, Span

Kind = Literal["aspect", "month", "feeling"]
KINDS: tuple[Kind, ...] = ("aspect", "month", "feeling")
SIGNS = ("positive", "rest", "negative")


@dataclass(frozen=True, slots=True)
class Pick:
    """A point: an aspect; a month, of which a sign (positive, rest or negative); a feeling, of which a month.

    ``what`` is the aspect, the sign or the feeling; empty where a month is meant as a whole. ``month`` is empty where
    all are meant.
    """

    kind: Kind
    what: str = ""
    month: str = ""

    def __str__(self) -> str:
        """As it is written in a page."""
        return f"{self.kind}:{self.what}:{self.month}"


def pick_of(text: str) -> Pick | None:
    """The point that is written so; None for anything else."""
    kind, _, rest = text.partition(":")
    what, _, month = rest.partition(":")
    known = next((one for one in KINDS if one == kind), None)
    if known is None or not (what or month):
        return None
    return Pick(known, what, month)


def reviews_behind(pick: Pick, table: EvidenceTable) -> list[tuple[Review, tuple[Span, ...]]]:
    """The reviews of a point, in the order of the table, each with the words that put it there: those of an aspect."""
    if pick.kind == "aspect":
        return list(_of_aspect(pick.what, table))
    known = zip(table.reviews, table.analyses, strict=True)
    return [(review, ()) for review, analysis in known if _dated(review, pick) and _means(analysis, pick)]


def _of_aspect(aspect: str, table: EvidenceTable) -> Iterator[tuple[Review, tuple[Span, ...]]]:
    for review in table.reviews:
        spans = {r.span for r in table.remarks if (r.aspect, r.review_id) == (aspect, review.id)}
        if spans:
            yield review, tuple(sorted(spans))


def _dated(review: Review, pick: Pick) -> bool:
    return not pick.month or review.date[:7] == pick.month


def _means(analysis: Analysis, pick: Pick) -> bool:
    if pick.kind == "feeling":
        return pick.what in analysis.felt
    label = analysis.label
    return not pick.what or pick.what == (label if label in SIGNS else "rest")

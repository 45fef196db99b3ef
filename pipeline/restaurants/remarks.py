"""The evidence table of a restaurant: every opinion in its reviews as a remark, shares by aspect, months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.question.overview import EVERY
from pipeline.restaurants.reviews import Review
from pipeline.types import Analysis, Polarity, Span, Unanalysed

ASPECTS = {one.aspect: one.name for one in EVERY}

SURE = 0.5
"""Of an opinion's score, below which it is no evidence: what is counted and quoted must be right before complete."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What one review says of one aspect. ``quote`` is ``span`` of its text, ``context`` the sentence around it.

    ``around`` is where that sentence stands; ``row`` is the passage that holds the quote, ``offset`` where that passage
    begins in the review.
    """

    review_id: str
    aspect: str
    polarity: Polarity
    span: Span
    quote: str
    context: str
    around: Span
    rating: float | None
    date: str
    row: int
    offset: int
    sureness: float = 1.0


@dataclass(frozen=True, slots=True)
class AspectShare:
    """How the reviews that speak of an aspect judge it: numbers of reviews, and their mean intensity (1–5).

    A review that does both counts as ``both`` and as neither of the two.
    """

    aspect: str
    positive: int
    negative: int
    both: int
    neutral: int
    intensity: float

    @property
    def reviews(self) -> int:
        """The reviews that speak of it."""
        return self.positive + self.negative + self.both + self.neutral

    @property
    def judged(self) -> int:
        """The reviews that judge it."""
        return self.positive + self.negative + self.both

    @property
    def positive_share(self) -> float | None:
        """Of the reviews that judge it, those that praise it; one that does both counts half. None without any."""
        return (self.positive + self.both / 2) / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Month:
    """The reviews of a month (``2026-03``): how many, how many of them positive and negative, the mean intensity."""

    month: str
    reviews: int
    positive: int
    negative: int
    intensity: float


@dataclass(frozen=True, slots=True)
class EvidenceTable:
    """All that is known of one restaurant: remarks in the order of its reviews, shares by aspect, months in order.

    ``reviews`` are those that could be analysed; ``failed`` the ids of those that could not.
    """

    restaurant: str
    category: str
    reviews: tuple[Review, ...]
    analyses: tuple[Analysis, ...]
    remarks: tuple[Remark, ...]
    aspects: tuple[AspectShare, ...]
    months: tuple[Month, ...]
    failed: tuple[str, ...] = ()


def evidence_table(
    restaurant: str, category: str, reviews: Sequence[Review], analyses: Sequence[Analysis | Unanalysed]
) -> EvidenceTable:
    """The table of a restaurant's reviews and what was made of each, which run parallel. See ``SURE``."""
    known = [(r, a) for r, a in zip(reviews, analyses, strict=True) if isinstance(a, Analysis)]
    remarks = tuple(remark for review, analysis in known for remark in _remarks(review, analysis))
    return EvidenceTable(
        restaurant=restaurant,
        category=category,
        reviews=tuple(review for review, _ in known),
        analyses=tuple(analysis for _, analysis in known),
        remarks=remarks,
        aspects=_shares(remarks, {review.id: analysis for review, analysis in known}),
        months=_months(known),
        failed=tuple(r.id for r, a in zip(reviews, analyses, strict=True) if isinstance(a, Unanalysed)),
    )


def _remarks(review: Review, analysis: Analysis) -> Iterable[Remark]:
    for opinion in analysis.opinions:
        if opinion.score < SURE:
            continue
        row, offset = review.row_at(opinion.span)
        around = _sentence(review.text, opinion.span)
        yield Remark(
            review.id, opinion.aspect, opinion.polarity, opinion.span, review.text[slice(*opinion.span)],
            review.text[slice(*around)], around, review.rating, review.date, row, offset, opinion.score,
        )  # fmt: skip


_STOPS = ".!?…\n"


def _sentence(text: str, span: Span) -> Span:
    """A span widened up to the nearest marks that end a sentence."""
    start = max(text.rfind(stop, 0, span[0]) for stop in _STOPS) + 1
    end = min((place for stop in _STOPS if (place := text.find(stop, span[1])) >= 0), default=len(text) - 1) + 1
    while start < span[0] and text[start].isspace():
        start += 1
    while end > span[1] and text[end - 1].isspace():
        end -= 1
    return start, end


def _shares(remarks: Sequence[Remark], analyses: dict[str, Analysis]) -> tuple[AspectShare, ...]:
    signs: defaultdict[str, defaultdict[str, set[Polarity]]] = defaultdict(lambda: defaultdict(set))
    for remark in remarks:
        signs[remark.aspect][remark.review_id].add(remark.polarity)
    order = [*ASPECTS, *sorted(signs.keys() - ASPECTS.keys())]
    return tuple(_share(aspect, signs[aspect], analyses) for aspect in order if signs[aspect])


def _share(aspect: str, by_review: dict[str, set[Polarity]], analyses: dict[str, Analysis]) -> AspectShare:
    good = {id_ for id_, signs in by_review.items() if "positive" in signs}
    bad = {id_ for id_, signs in by_review.items() if "negative" in signs}
    levels = [analyses[id_].expected_intensity for id_ in by_review]
    return AspectShare(
        aspect, len(good - bad), len(bad - good), len(good & bad), len(by_review) - len(good | bad),
        sum(levels) / len(levels),
    )  # fmt: skip


def _months(known: Sequence[tuple[Review, Analysis]]) -> tuple[Month, ...]:
    by_month: defaultdict[str, list[Analysis]] = defaultdict(list)
    for review, analysis in known:
        if len(review.date) >= 7:
            by_month[review.date[:7]].append(analysis)
    return tuple(_month(month, by_month[month]) for month in sorted(by_month))


def _month(month: str, analyses: Sequence[Analysis]) -> Month:
    labels = [analysis.label for analysis in analyses]
    level = sum(analysis.expected_intensity for analysis in analyses) / len(analyses)
    return Month(month, len(labels), labels.count("positive"), labels.count("negative"), level)

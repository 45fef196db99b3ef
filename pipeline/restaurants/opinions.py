"""The opinions that questions ask of: counted from the reviews of an index, made when first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.analysis.choices import ClassifierChoice
from pipeline.classifying import load_classifier
from pipeline.evidence.cited_text import opening
from pipeline.evidence.dishes import named_in
from pipeline.index import Index
from pipeline.once import once
from pipeline.protocols import Classifier
from pipeline.question.concepts import find_words
from pipeline.question.dishes import HEADS
from pipeline.question.overview import WHOLE
from pipeline.restaurants.analyses import Analyses
from pipeline.restaurants.quotes import central, quote_of
from pipeline.restaurants.remarks import EvidenceTable, Remark, evidence_table
from pipeline.restaurants.reviews import Restaurants
from pipeline.restaurants.vectors import Space, open_space
from pipeline.types import AskedAspect, AspectOpinions, Polarity, QuotedOpinion, Sentiment

QUOTES = 2  # for each side
SIDES: tuple[Polarity, ...] = ("positive", "negative")


@once
def embedded_classifier() -> Classifier:
    """The classifier that is shipped, loaded once."""
    return load_classifier(ClassifierChoice("linear"))


class _Opened(NamedTuple):
    restaurants: Restaurants
    analyses: Analyses
    space: Space


class IndexOpinions:
    """See OpinionSource. What isn't open yet opens with the first question; safe to use from several threads."""

    def __init__(self, index: Index, classifier: Callable[[], Classifier] = embedded_classifier) -> None:
        self._index = index
        self._classifier = classifier
        self._tables: dict[str, EvidenceTable] = {}
        self._opening = threading.Lock()

    def open(self) -> None:
        """See OpinionSource."""
        self._open()

    def _open(self) -> _Opened:
        with self._opening:
            return self._parts

    @cached_property
    def _parts(self) -> _Opened:
        restaurants = Restaurants(self._index)
        analyses = Analyses(restaurants, self._classifier())
        return _Opened(restaurants, analyses, open_space(self._index, self._index.manifest.analysers[0]))

    def opinions(
        self, restaurant: str, aspects: Sequence[AskedAspect], allowed: NDArray[np.bool_] | None
    ) -> list[AspectOpinions]:
        """See OpinionSource. An opinion counts where the passage that holds it is allowed.

        Raises:
            IndexDamaged, NotWritable, DiskFull: the index can't be read, or the analyses can't be kept beside it.
        """
        table = self._table(restaurant)
        return [self._whole(table, allowed) if a == WHOLE else self._of(table, a, allowed) for a in aspects]

    def mentions(
        self, restaurant: str, concepts: Sequence[str], allowed: NDArray[np.bool_] | None
    ) -> tuple[QuotedOpinion, ...]:
        """See OpinionSource. Only plain words count: 둘이서 alone is no 데이트."""
        rows = self._open().restaurants.rows(restaurant)
        found: dict[str, tuple[str, QuotedOpinion]] = {}
        for row in rows:
            source = self._index.passages[row].source
            if source.is_answer or source.document_id in found or (allowed is not None and not allowed[row]):
                continue
            if (said := self._mention(row, concepts)) is not None:
                found[source.document_id] = source.date, said
        return tuple(said for _, said in sorted(found.values(), key=lambda one: one[0], reverse=True))

    def _mention(self, row: int, concepts: Sequence[str]) -> QuotedOpinion | None:
        passage = self._index.passages[row]
        for start, end in self._index.passages.sentences(row):
            said = passage.text[start:end]
            if any(plain == 1 for concept in concepts for *_, plain in find_words(concept, said)):
                return QuotedOpinion("neutral", passage.id, row, start, end, said)
        return None

    def _table(self, restaurant: str) -> EvidenceTable:
        known = self._tables.get(restaurant)
        if known is None:
            parts = self._open()
            reviews = parts.restaurants.reviews(restaurant)
            category = parts.restaurants.category(restaurant)
            known = evidence_table(restaurant, category, reviews, parts.analyses.of(restaurant))
            self._tables[restaurant] = known
        return known

    def _of(self, table: EvidenceTable, asked: AskedAspect, allowed: NDArray[np.bool_] | None) -> AspectOpinions:
        remarks = [
            remark
            for remark in table.remarks
            if remark.aspect == asked.aspect
            and remark.polarity in SIDES
            and (allowed is None or allowed[remark.row])
            and (not asked.concept or find_words(asked.concept, remark.quote))
            and (not asked.dish or self._names(asked.dish, remark))
        ]
        sides = {sign: [remark for remark in remarks if remark.polarity == sign] for sign in SIDES}
        good, bad = ({remark.review_id for remark in sides[sign]} for sign in SIDES)
        return AspectOpinions(
            table.restaurant, asked, len(good - bad), len(bad - good), len(good & bad),
            quotes=tuple(quote for sign in SIDES for quote in self._quotes(sides[sign])),
            counted=tuple(quote for sign in SIDES for quote in self._counted(sides[sign])),
        )  # fmt: skip

    def _names(self, dish: str, remark: Remark) -> bool:
        """Whether a remark is about a dish: it names it, or its sentence does and the remark itself names no other."""
        if dish not in remark.context.lower():  # most remarks aren't, and to look for every dish takes longer
            return False
        dishes, longest = self._dishes
        for text in (remark.quote, remark.context):
            if named := [name for name, _ in named_in(text, dishes, longest)]:
                return any(name == dish or (len(dish) > 1 and name.endswith(dish)) for name in named)
        return False

    @cached_property
    def _dishes(self) -> tuple[frozenset[str], int]:
        """The dishes that the index knows and those that any would, and how long the longest name is."""
        names = frozenset({*self._index.lexicon.dishes, *HEADS})
        return names, max(map(len, names), default=0)

    def _whole(self, table: EvidenceTable, allowed: NDArray[np.bool_] | None) -> AspectOpinions:
        """Reviews by their sentiment as wholes; a neutral one judges nothing, a mixed one does both."""
        labels: dict[str, Sentiment] = {}
        counted: list[QuotedOpinion] = []
        for review, analysis in zip(table.reviews, table.analyses, strict=True):
            rows = [row for row, *_ in review.rows if allowed is None or allowed[row]]
            if analysis.label != "neutral" and rows:
                labels[review.id] = analysis.label
                sign: Polarity = "neutral" if analysis.label == "mixed" else analysis.label
                counted.append(opening(self._index.passages, rows[0], sign))
        told = list(labels.values())
        sides = ([r for r in table.remarks if r.polarity == sign and labels.get(r.review_id) == sign] for sign in SIDES)
        return AspectOpinions(
            table.restaurant, WHOLE, told.count("positive"), told.count("negative"), told.count("mixed"),
            quotes=tuple(quote for side in sides for quote in self._quotes(side)), counted=tuple(counted),
        )  # fmt: skip

    def _quotes(self, remarks: Sequence[Remark]) -> list[QuotedOpinion]:
        """Those that stand for most of the remarks of a side."""
        found = central(remarks, self._open().space.of(remarks), QUOTES) if remarks else []
        return [self._quoted(remarks[place]) for place in found]

    def _counted(self, remarks: Sequence[Remark]) -> list[QuotedOpinion]:
        """The surest remark of each review, in the order of the reviews."""
        best: dict[str, Remark] = {}
        for remark in remarks:
            if remark.review_id not in best or remark.sureness > best[remark.review_id].sureness:
                best[remark.review_id] = remark
        return [self._quoted(remark) for remark in best.values()]

    def _quoted(self, remark: Remark) -> QuotedOpinion:
        """A remark as words of its passage; a sentence that runs on into the next one is cut to the remark."""
        passage = self._index.passages[remark.row]
        quote = quote_of(remark)
        if quote.start < remark.offset or quote.end > remark.offset + len(passage.text):
            quote = replace(quote, start=remark.span[0], end=remark.span[1])
        start, end = max(0, quote.start - remark.offset), min(len(passage.text), quote.end - remark.offset)
        return QuotedOpinion(remark.polarity, passage.id, remark.row, start, end, passage.text[start:end])

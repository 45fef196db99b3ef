"""All that an index knows of one restaurant, put together for people to look at: summary, strengths, weaknesses,
feelings by month, and its aspects beside those of its kind.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.index import Index
from pipeline.protocols import Classifier
from pipeline.restaurants.remarks import AspectShare, EvidenceTable
from pipeline.restaurants.reviews import Restaurants, Review
from pipeline.restaurants.summaries import Summary, summarise
from pipeline.restaurants.wording import worded
from pipeline.restaurants.writing import Writer
from pipeline.strengths.comparing import compare_group
from pipeline.strengths.ground import Ground, open_ground
from pipeline.strengths.group_cache import GroupCache
from pipeline.strengths.running import find_strengths
from pipeline.strengths.types import Strengths

KEPT = 64  # portraits
GROUNDS = 4  # indexes


@dataclass(frozen=True, slots=True)
class MonthOfFeelings:
    """How many of a month's reviews feel what: by emotion of the label scheme ``review``."""

    month: str
    reviews: int
    felt: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Portrait:
    """One restaurant. ``group`` are the shares of its kind by aspect (0–1, of the reviews that judge it, one that does
    both counts half), without its own; ``group_size`` the restaurants that they come from.
    """

    restaurant: str
    summary: Summary
    strengths: Strengths
    weaknesses: Strengths
    group: Mapping[str, float]
    group_size: int
    feelings: tuple[MonthOfFeelings, ...]
    reviews: Mapping[str, Review]
    table: EvidenceTable


class Portraits:
    """Portraits of the restaurants of indexes, made when first asked for. Safe to use from several threads.

    ``classifier`` makes the classifier when it is first needed.
    """

    def __init__(self, classifier: Callable[[], Classifier]) -> None:
        self._classifier = classifier
        self._names: dict[Path, tuple[str, ...]] = {}
        self._grounds: OrderedDict[Path, Ground] = OrderedDict()
        self._made: OrderedDict[tuple[Path, str], Portrait] = OrderedDict()
        self._worded: OrderedDict[tuple[Path, str, str], Summary] = OrderedDict()
        self._making = threading.Lock()

    def names(self, index: Index) -> tuple[str, ...]:
        """The restaurants of an index, sorted. Needs no classifier and waits for no portrait."""
        found = self._names.get(index.folder)
        if found is None:
            found = Restaurants(index).names
            self._names = {index.folder: found}
        return found

    def of(self, index: Index, name: str) -> Portrait:
        """The portrait of a restaurant, by its name or what only its name begins with.

        Raises:
            NoRestaurants: the index doesn't say whose reviews these are.
            RestaurantNotFound: it isn't there; the error names those that are spelled nearly so.
        """
        with self._making:
            ground = self._ground(index)
            key = index.folder, ground.restaurants.find(name)
            if key not in self._made:
                self._made[key] = draw_portrait(ground, key[1])
                if len(self._made) > KEPT:
                    self._made.popitem(last=False)
            return self._made[key]

    def written(self, index: Index, name: str, writer: Writer) -> Portrait:
        """The portrait of a restaurant with its summary in a writer's words: numbers, quotes and evidence are the same.

        Where the writer can't, the sentences are those that were counted, ``summary.problem`` says why, and it is asked
        again the next time. Nobody else waits meanwhile. Not for use within an event loop.

        Raises:
            NoRestaurants, RestaurantNotFound: as ``of``.
        """
        found = self.of(index, name)
        key = index.folder, found.restaurant, writer.name
        with self._making:
            summary = self._worded.get(key)
        if summary is None:
            summary = asyncio.run(worded(found.summary, writer))
            with self._making:
                if not summary.problem:
                    self._worded[key] = summary
                if len(self._worded) > KEPT:
                    self._worded.popitem(last=False)
        return replace(found, summary=summary)

    def _ground(self, index: Index) -> Ground:
        if index.folder not in self._grounds:
            self._grounds[index.folder] = open_ground(index, self._classifier())
            if len(self._grounds) > GROUNDS:
                self._grounds.popitem(last=False)
        return self._grounds[index.folder]


def draw_portrait(ground: Ground, name: str) -> Portrait:
    """The portrait of a restaurant that is there."""
    group = [one.restaurant for one in compare_group(ground, name)]
    ground.analyses.make([name, *group])
    table = ground.table(name)
    kind = [other for other in group if ground.restaurants.category(other) == table.category]
    return Portrait(
        name,
        summarise(table, ground.space),
        find_strengths(ground, name, "positive", cache=GroupCache(ground, "positive")),
        find_strengths(ground, name, "negative", cache=GroupCache(ground, "negative")),
        shares_of_kind(share for other in kind for share in ground.table(other).aspects),
        len(kind),
        feelings_by_month(table),
        {review.id: review for review in table.reviews},
        table,
    )


def shares_of_kind(shares: Iterable[AspectShare]) -> dict[str, float]:
    """By aspect, of all reviews that judge it those that praise it; one that does both counts half."""
    good: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    for share in shares:
        good[share.aspect] += 2 * share.positive + share.both
        judged[share.aspect] += share.judged
    return {aspect: good[aspect] / 2 / number for aspect, number in judged.items() if number}


def feelings_by_month(table: EvidenceTable) -> tuple[MonthOfFeelings, ...]:
    """The months that have dated reviews, in order, and what these reviews feel."""
    reviews: Counter[str] = Counter()
    felt: dict[str, Counter[str]] = {}
    for review, analysis in zip(table.reviews, table.analyses, strict=True):
        month = review.date[:7]
        if len(month) == 7:
            reviews[month] += 1
            felt.setdefault(month, Counter()).update(analysis.felt)
    return tuple(MonthOfFeelings(month, reviews[month], dict(felt[month])) for month in sorted(reviews))

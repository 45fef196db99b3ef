"""What the steps stand on: the restaurants of an index, what was made of their reviews, the space of its vectors."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pipeline.index import Index
from pipeline.protocols import Classifier
from pipeline.restaurants.analyses import Analyses
from pipeline.restaurants.remarks import EvidenceTable, evidence_table
from pipeline.restaurants.reviews import Restaurants
from pipeline.restaurants.vectors import Space, open_space
from pipeline.restaurants.writing import Writer


@dataclass(frozen=True, slots=True)
class Ground:
    """Shared by all steps; nothing in it changes. ``newest`` is the last date of the index, empty without any."""

    restaurants: Restaurants
    analyses: Analyses
    space: Space
    dishes: Collection[str]
    newest: str
    writer: Writer | None = None

    def table(self, name: str) -> EvidenceTable:
        """The evidence table of a restaurant."""
        reviews = self.restaurants.reviews(name)
        return evidence_table(name, self.restaurants.category(name), reviews, self.analyses.of(name))


def open_ground(index: Index, classifier: Classifier, writer: Writer | None = None) -> Ground:
    """The ground over an index, in the space of the first analyser that it was built with.

    Raises:
        IndexDamaged: a part is missing or broken.
    """
    restaurants = Restaurants(index)
    newest = index.lexicon.dates[1] if index.lexicon.dates else ""
    space = open_space(index, index.manifest.analysers[0])
    return Ground(
        restaurants, Analyses(restaurants, classifier), space, frozenset(index.lexicon.dishes), newest, writer
    )

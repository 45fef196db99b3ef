"""The restaurants of an index and the reviews of each, put together again from passages. Judges nothing."""

from __future__ import annotations

import difflib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.errors.restaurants import NoRestaurants, RestaurantNotFound
from pipeline.index import Index
from pipeline.question.hangul import key_of
from pipeline.types import Passage, Span

NEAR = 5  # names that an unknown one may have meant
_ALIKE = 0.5  # of difflib's ratio, from which a name may be meant


@dataclass(frozen=True, slots=True)
class Review:
    """A review of a restaurant. ``rows`` are the passages it was cut into: the row, and where in ``text`` it begins and
    ends. ``text`` is the whole review, so spans of an analysis slice it.
    """

    id: str
    restaurant: str
    text: str
    rating: float | None
    date: str
    rows: tuple[tuple[int, int, int], ...]

    def row_at(self, span: Span) -> tuple[int, int]:
        """The passage that holds most of a span, and where that passage begins."""
        row, start, _ = max(self.rows, key=lambda one: min(one[2], span[1]) - max(one[1], span[0]))
        return row, start


class Restaurants:
    """The restaurants of an index by name. Reads a restaurant's reviews when they are asked for."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._categories: dict[str, str] = {}

    @cached_property
    def _rows(self) -> dict[str, list[int]]:
        codes, values = self.index.passages.codes("restaurant")
        rows: defaultdict[str, list[int]] = defaultdict(list)
        for row, code in enumerate(codes.tolist()):
            if values[code]:
                rows[values[code]].append(row)
        return dict(rows)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every restaurant that has a review, sorted."""
        return tuple(sorted(self._rows))

    def rows(self, name: str) -> Sequence[int]:
        """The passages of a restaurant, in order."""
        return self._rows[name]

    def category(self, name: str) -> str:
        """What kind of restaurant it is, as most of its reviews have it; empty when unknown."""
        known = self._categories.get(name)
        if known is None:
            codes, values = self.index.passages.codes("category")
            found = Counter(values[code] or "" for code in codes[self._rows[name]].tolist())
            known = self._categories[name] = max(sorted(found), key=found.__getitem__)
        return known

    def find(self, name: str) -> str:
        """The restaurant that is meant: by its name, however it is spaced, or by what only its name begins with.

        Raises:
            NoRestaurants: the index doesn't say whose reviews these are.
            RestaurantNotFound: it isn't there; the error names those that are spelled nearly so.
        """
        if not self._rows:
            raise NoRestaurants(name=self.index.name)
        wanted = key_of(unicodedata.normalize("NFC", name))
        by_key = {key_of(known): known for known in self.names}
        if wanted in by_key:
            return by_key[wanted]
        beginning = [known for key, known in by_key.items() if wanted and key.startswith(wanted)]
        if len(beginning) == 1:
            return beginning[0]
        inside = [known for key, known in by_key.items() if wanted and (wanted in key or key in wanted)]
        alike = [by_key[key] for key in difflib.get_close_matches(wanted, list(by_key), NEAR, _ALIKE)]
        near = list(dict.fromkeys([*inside, *alike]))[:NEAR] or list(self.names[:NEAR])
        raise RestaurantNotFound(name=name, near=", ".join(near), index=self.index.name)

    def reviews(self, name: str) -> tuple[Review, ...]:
        """The reviews of a restaurant, in the order of the index. What its owner answers is none."""
        parts: defaultdict[str, list[int]] = defaultdict(list)
        for row in self._rows[name]:
            source = self.index.passages[row].source
            if not source.is_answer:
                parts[source.document_id].append(row)
        return tuple(self._review(rows) for rows in parts.values())

    def _review(self, rows: Sequence[int]) -> Review:
        passages = [self.index.passages[row] for row in rows]
        source = passages[0].source
        text = _joined(passages)
        places = ((row, p.source.start, p.source.end) for row, p in zip(rows, passages, strict=True))
        return Review(source.document_id, source.restaurant, text, source.rating, source.date[:10], tuple(places))


def _joined(passages: Sequence[Passage]) -> str:
    """The text that the passages were cut from; what was left out between two is white space."""
    text = ""
    for passage in passages:
        text = text[: passage.source.start].ljust(passage.source.start) + passage.text
    return text

"""Self-training tried on films: a model labels films that it has no ratings of, and learns from what it said.

Some films are learned from, others labelled by what was learned; on still others, of which half fit the heads, it shows
whether that helped. The true ratings of the labelled ones say how much there was to gain. Nothing of it is shipped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pipeline.analysis.heads import Head
from pipeline.analysis.model import Scored
from pipeline.protocols import FloatArray
from pipeline.training.linear import film
from pipeline.training.linear.data import Integers, Rated
from pipeline.training.linear.film import Figure
from pipeline.training.linear.measures import Measure, bootstrap, difference

FIGURES = ("binary_accuracy", "three_macro_f1", "five_mae")

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tried:
    """One way of learning: from how many reviews, its figures, and how much higher they are than without (paired)."""

    name: str
    reviews: int
    figures: Mapping[str, float]
    gains: Mapping[str, Measure]


@dataclass(frozen=True, slots=True)
class Parts:
    """Rows of reviews by what they are for; no film is in two."""

    labelled: Integers
    unlabelled: Integers
    heads: Integers
    test: Integers


def parts_of(films: Integers) -> Parts:
    """A quarter of the films with ratings, half without, an eighth each for the heads and for the test."""
    fold, even = film.folds_of(films), films % 2 == 0
    chosen = (fold == 0, (fold == 1) | (fold == 2), (fold == 3) & even, (fold == 3) & ~even)
    return Parts(*(np.flatnonzero(rows) for rows in chosen))


def tried(data: Rated, told: Told, size: int = film.SIZE) -> list[Tried]:
    """Without, with all that the model labelled, with the half it was surer of, and with the true ratings."""
    with threadpool_limits(1):
        parts = parts_of(data.films)
        scored = _table(data, parts.labelled, data.ratings, told, size)
        base = _figures(data, parts, scored)
        said = _heads(data, parts, scored)[2].classes(_features(data, scored, parts.unlabelled))
        guessed, sure = data.ratings.copy(), said.max(axis=1)
        guessed[parts.unlabelled] = 2 * (film.middle_level(said) + 1)  # the middle of a level's two ratings, rounded up
        surer = parts.unlabelled[sure >= np.median(sure)]
        test = data.films[parts.test]
        found = [_tried("라벨만 (labelled only)", len(parts.labelled), base, base, test)]
        for name, added, ratings in (
            ("모두 더함 (all added)", parts.unlabelled, guessed),
            ("더 확실한 절반만 (surer half)", surer, guessed),
            ("진짜 별점으로 (true ratings)", parts.unlabelled, data.ratings),
        ):
            rows = np.concatenate((parts.labelled, added))
            figures = _figures(data, parts, _table(data, rows, ratings, told, size))
            found.append(_tried(name, len(rows), figures, base, test))
            told(name)
        return found


def _table(data: Rated, rows: Integers, ratings: Integers, told: Told, size: int) -> Scored:
    given = Rated([data.texts[row] for row in rows], ratings[rows], data.films[rows])
    counts, known = film.counts_of(given, told)
    return film.weigh(counts, known, given.ratings, size).scored()


def _features(data: Rated, scored: Scored, rows: Integers) -> FloatArray:
    return film.features(scored, [data.texts[row] for row in rows])


def _heads(data: Rated, parts: Parts, scored: Scored) -> tuple[Head, Head, Head]:
    return film.fit_heads(_features(data, scored, parts.heads), data.ratings[parts.heads])


def _figures(data: Rated, parts: Parts, scored: Scored) -> Mapping[str, Figure]:
    sides, classes, levels = _heads(data, parts, scored)
    seen, test = _features(data, scored, parts.test), data.taken(parts.test)
    even = film.evenly(test.ratings)
    return film.figures_of(test, sides.labels(seen)[:, 0], classes.classes(seen), levels.classes(seen), even)


def _tried(name: str, reviews: int, ours: Mapping[str, Figure], base: Mapping[str, Figure], films: Integers) -> Tried:
    every = np.arange(len(films))
    gains = {each: bootstrap(difference(ours[each], base[each]), films) for each in FIGURES}
    return Tried(name, reviews, {each: ours[each](every) for each in FIGURES}, gains)

"""What pruning the tables and storing them in bytes costs: the same fit as all weights, as the worthiest, in 8 bits.

Heads are fitted anew for each form, on scores of folds, so that none is at a disadvantage. All figures are of texts
that neither a table nor a head saw; differences are paired, films, comments or restaurants drawn for their intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pipeline.analysis.heads import Doubles
from pipeline.analysis.labels import KOTE_OF
from pipeline.analysis.model import Scored, split_verdicts
from pipeline.protocols import FloatArray
from pipeline.training.linear import domain, emotions, film, restaurant
from pipeline.training.linear.data import Felt, Integers, Judged, Rated, grouped
from pipeline.training.linear.emotions import HeldEmotions
from pipeline.training.linear.film import Figure
from pipeline.training.linear.measures import Measure, bootstrap, difference, label_f1
from pipeline.training.linear.pairs import described, inverse, pairs
from pipeline.training.linear.sentences import Clause
from pipeline.training.linear.shrinking import FORMS, Form, Weighed
from pipeline.training.linear.train import Material

Told = Callable[[str], None]

FILM = ("binary_accuracy", "three_macro_f1", "five_mae", "five_kappa")
RESTAURANT = ("sides_balanced", "four_balanced", "intensity_mae")


@dataclass(frozen=True, slots=True)
class Loss:
    """A figure by ``FORMS``, and by how much the stored form's is higher than that of all weights in 32 bits."""

    values: tuple[float, ...]
    change: Measure


@dataclass(frozen=True, slots=True)
class Losses:
    """How many grams a table has by ``FORMS``, and what became of its figures."""

    grams: tuple[int, ...]
    figures: Mapping[str, Loss]


def of_all(given: Material, other: Rated, films: Scored, told: Told) -> dict[str, Losses]:
    """Those of all three tables. ``other`` are ratings of films that nothing is learned from.

    ``films`` is a film table that is there already, beside which the other two tables stand.
    """
    reviews = [*given.reviews, *given.demo]
    demo = np.arange(len(given.reviews), len(reviews))
    with threadpool_limits(1):
        return {
            "film": of_films(given.ratings, other, told),
            "emotions": of_emotions(given.comments, films, told),
            "restaurant": of_restaurants(reviews, demo, (given.conjugated, given.clauses), films, told),
        }


def of_films(train: Rated, other: Rated, told: Told) -> Losses:
    """The film table, learned on some films and measured on others; heads on each half of those for the other."""
    counts, known = film.counts_of(train, told)
    weighed = film.weigh(counts, known, train.ratings)
    del counts
    told("영화 후기 모두")
    half = other.films % 2
    figures = {}
    for form in FORMS:
        found = film.features(weighed.scored(form), other.texts)
        figures[form] = film.figures_of(other, *_cross_fitted(found, other, half), film.evenly(other.ratings))
        told(f"영화: {form}")
    return Losses(_grams(weighed), compared(figures, FILM, other.films))


def _cross_fitted(found: FloatArray, data: Rated, half: Integers) -> tuple[Doubles, Doubles, Doubles]:
    positive, three, five = np.zeros(len(found)), np.zeros((len(found), 3)), np.zeros((len(found), 5))
    for number in np.unique(half).tolist():
        inside, outside = half != number, half == number
        sides, classes, levels = film.fit_heads(found[inside], data.ratings[inside])
        positive[outside] = sides.labels(found[outside])[:, 0]
        three[outside], five[outside] = classes.classes(found[outside]), levels.classes(found[outside])
    return positive, three, five


def of_emotions(data: Felt, films: Scored, told: Told) -> Losses:
    """The emotion table, folds of comments held out as in training."""
    folds = emotions.folds_of(data)
    given = pairs(data.texts, least=emotions.LEAST, most=emotions.MOST)
    inverted = inverse(given, np.ones(len(data.texts), dtype=np.float32), emotions.RIDGE)
    scores = {form: np.zeros(data.labels.shape, dtype=np.float32) for form in FORMS}
    for fold in range(emotions.FOLDS):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        weighed = emotions.weigh_table(given, inverted, data.labels, inside)
        for form in FORMS:
            scores[form][outside] = emotions.scores_of(weighed.scored(form), [data.texts[row] for row in outside])
        told(f"감정 {fold + 1}/{emotions.FOLDS}번째 겹")
    seen = described(films, data.texts)
    gold = grouped(data.labels, KOTE_OF)
    figures = {}
    for form in FORMS:
        features = np.concatenate((scores[form], seen), axis=1)
        figures[form] = {
            "kote44_macro_f1": _f1(emotions.held_labels(features, data.labels, folds)),
            "kote12_macro_f1": _f1(emotions.held_labels(features, gold, folds), last=-1),
        }
        told(f"감정: {form}")
    return Losses(_grams(weighed), compared(figures, tuple(figures["whole"]), np.arange(len(data.texts))))


def _f1(held: HeldEmotions, last: int | None = None) -> Figure:
    gold, over = held.gold[:, :last], emotions.felt_by(held)[:, :last]
    columns = np.flatnonzero(gold.sum(axis=0) > 0)
    return lambda rows: label_f1(gold[rows][:, columns], over[rows][:, columns])


def of_restaurants(
    reviews: list[Judged], demo: Integers, clauses: Sequence[Sequence[Clause]], films: Scored, told: Told
) -> Losses:
    """The restaurant table, one restaurant left out at a time. ``demo`` are the rows that are measured.

    ``clauses`` are those conjugated and those written.
    """
    course = domain.course(domain.examples(reviews, *clauses))
    told(f"식당 문장 {len(course.reviews):,}개")
    folds, tables = restaurant.folds_of(reviews), dict[Form, list[Scored]]((form, []) for form in FORMS)
    for fold in range(restaurant.FOLDS):
        weighed = domain.weigh_table(course, np.flatnonzero(folds == fold))
        for form in FORMS:
            tables[form].append(weighed.scored(form))
        told(f"식당 {fold + 1}/{restaurant.FOLDS}번째 겹")
    measured, figures = [reviews[row] for row in demo.tolist()], {}
    for form in FORMS:
        held = restaurant.held_out(reviews, tables[form], films)
        _, verdicts, _ = restaurant.fit_verdicts(held)
        figures[form] = restaurant.figures_of(measured, *split_verdicts(verdicts[demo]))
        told(f"식당: {form}")
    return Losses(_grams(weighed), compared(figures, RESTAURANT, restaurant.restaurants_of(measured)))


def _grams(weighed: Weighed) -> tuple[int, ...]:
    """Those of the last fold's table stand for all."""
    return tuple(len(weighed.scored(form).table.hashes) for form in FORMS)


def compared(figures: Mapping[Form, Mapping[str, Figure]], names: Sequence[str], groups: Integers) -> dict[str, Loss]:
    """The figures by form, and what came of the stored one; ``groups`` are drawn as wholes for the interval."""
    every = np.arange(len(groups))
    return {
        name: Loss(
            tuple(figures[form][name](every) for form in FORMS),
            bootstrap(difference(figures["stored"][name], figures["whole"][name]), groups),
        )
        for name in names
    }

"""The heads for restaurant reviews, fitted to scores of tables that saw neither the review nor its restaurant.

Reviews written for training are spread over the same folds as the demo's restaurants, so that every review's features
come from a table that never saw it. The demo's figures are therefore those of leaving one restaurant out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.analysis.heads import Doubles, Head
from pipeline.analysis.labels import SENTIMENTS, VERDICTS
from pipeline.analysis.model import Scored
from pipeline.protocols import FloatArray
from pipeline.training.linear.data import Integers, Judged
from pipeline.training.linear.dense import fit_classes
from pipeline.training.linear.domain import SCORES, Course, train_table
from pipeline.training.linear.film import DESCRIBED
from pipeline.training.linear.measures import (
    Measure,
    accuracy,
    balanced,
    bootstrap,
    calibration_error,
    macro_f1,
    quadratic_kappa,
)
from pipeline.training.linear.pairs import described
from pipeline.training.linear.written import INDIRECT, WRITTEN

FOLDS = 24
RIDGES = (0.003, 0.01)
SHARE = 0.1  # what a review that was written for training counts beside one of the demo
ROUNDABOUT = 0.03  # the same of one that means more than its words say: there are many, and guests write few such

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Held:
    """Reviews with the features of a table that didn't see them, and the fold that each is in."""

    reviews: list[Judged]
    features: FloatArray
    folds: Integers


def folds_of(reviews: Sequence[Judged]) -> Integers:
    """One fold a restaurant; reviews that were written for training are dealt out."""
    names = sorted({review.restaurant for review in reviews if not review.id.startswith(WRITTEN)})
    number = {name: place % FOLDS for place, name in enumerate(names)}
    return np.array([number.get(review.restaurant, row % FOLDS) for row, review in enumerate(reviews)])


def fold_tables(given: Course, folds: Integers, told: Told) -> list[Scored]:
    """For each fold the table that is trained without its reviews."""
    made = []
    for fold in range(FOLDS):
        made.append(train_table(given, np.flatnonzero(folds == fold)))
        told(f"식당 {fold + 1}/{FOLDS}번째 겹")
    return made


def held_out(reviews: list[Judged], by_fold: Sequence[Scored], film: Scored) -> Held:
    """The features of every review, from the table without its fold."""
    folds = folds_of(reviews)
    texts = [review.text for review in reviews]
    own = np.zeros((len(texts), len(SCORES) + DESCRIBED), dtype=np.float32)
    for fold, scored in enumerate(by_fold):
        rows = np.flatnonzero(folds == fold)
        if len(rows):
            own[rows] = described(scored, [texts[row] for row in rows])
    return Held(reviews, np.concatenate((own, described(film, texts)), axis=1), folds)


def verdict_of(review: Judged) -> int:
    """The number of the review's sentiment and intensity in ``VERDICTS``; an intensity that doesn't go with the
    sentiment counts as the nearest that does.
    """
    fitting = [
        (abs(level - review.intensity), row) for row, (name, level) in enumerate(VERDICTS) if name == review.sentiment
    ]
    return min(fitting)[1]


def fit_verdicts(held: Held) -> tuple[Head, Doubles, float]:
    """The head over all reviews, what heads without a review's fold say of it, and the ridge that did best there."""
    targets = np.eye(len(VERDICTS), dtype=np.float32)[[verdict_of(review) for review in held.reviews]]
    shares = shares_of(held.reviews)
    tried = []
    for ridge in RIDGES:
        told = cross_fitted(held, targets, shares, ridge)
        surprise = -np.log(np.maximum((told * targets).sum(axis=1), 1e-9))
        tried.append((float(np.average(surprise, weights=shares)), ridge, told))
    _, ridge, told = min(tried, key=lambda each: each[0])
    return fit_classes(held.features, targets, shares, ridge), told, ridge


def shares_of(reviews: Sequence[Judged]) -> FloatArray:
    """What each review counts: those written for training are shorter than guests'. *Shape:* ``(reviews,)``."""
    shares: FloatArray = np.array([_share(review.id) for review in reviews], dtype=np.float32)
    return shares


def _share(id: str) -> float:
    if id.startswith(INDIRECT):
        return ROUNDABOUT
    return SHARE if id.startswith(WRITTEN) else 1.0


def cross_fitted(held: Held, targets: FloatArray, shares: FloatArray, ridge: float) -> Doubles:
    """Probabilities for each review from a head that saw nothing of its fold. *Shape:* ``(reviews, classes)``."""
    told = np.zeros(targets.shape)
    for fold in np.unique(held.folds).tolist():
        inside, outside = held.folds != fold, held.folds == fold
        head = fit_classes(held.features[inside], targets[inside], shares[inside], ridge)
        told[outside] = head.classes(held.features[outside])
    return told


def measured(reviews: Sequence[Judged], sentiment: Doubles, intensity: Doubles) -> dict[str, Measure]:
    """The figures of probabilities of sentiments and levels."""
    every, restaurants = figures_of(reviews, sentiment, intensity), restaurants_of(reviews)
    return {name: bootstrap(figure, restaurants) for name, figure in every.items()}


def restaurants_of(reviews: Sequence[Judged]) -> Integers:
    """A number for each review's restaurant."""
    numbers: Integers = np.unique([review.restaurant for review in reviews], return_inverse=True)[1]
    return numbers


def figures_of(
    reviews: Sequence[Judged], sentiment: Doubles, intensity: Doubles
) -> Mapping[str, Callable[[Integers], float]]:
    """The same as functions of some rows."""
    gold = np.array([SENTIMENTS.index(review.sentiment) for review in reviews])
    level = np.array([review.intensity - 1 for review in reviews])
    found = sentiment.argmax(axis=1)
    rounded = np.rint(intensity @ np.arange(5)).astype(np.int64)
    sided = np.isin(gold, (0, 2))
    side = np.where(sentiment[:, 0] > sentiment[:, 2], 0, 2)
    sure = sentiment.max(axis=1)
    return {
        "sides_balanced": lambda r: balanced(gold[r[sided[r]]], side[r[sided[r]]]),
        "four_balanced": lambda r: balanced(gold[r], found[r]),
        "four_accuracy": lambda r: accuracy(gold[r], found[r]),
        "four_macro_f1": lambda r: macro_f1(gold[r], found[r]),
        "four_ece": lambda r: calibration_error(sure[r], (gold == found)[r]),
        "intensity_mae": lambda r: float(np.abs(level - rounded)[r].mean()),
        "intensity_kappa": lambda r: quadratic_kappa(level[r], rounded[r], 5),
    }


def right(reviews: Sequence[Judged], sentiment: Doubles) -> NDArray[np.bool_]:
    """Which reviews' sentiment is told right."""
    gold = np.array([SENTIMENTS.index(review.sentiment) for review in reviews])
    told: NDArray[np.bool_] = sentiment.argmax(axis=1) == gold
    return told

"""The film model: weights of n-grams for five questions about a rating, learned on NSMC, and heads over what they say.

Every figure and everything that is fitted to scores comes from folds that hold whole films out; each fold's table is
pruned and quantised as the shipped one is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from pipeline.analysis.grams import Hashes
from pipeline.analysis.heads import Doubles, Head
from pipeline.analysis.model import Scored
from pipeline.protocols import FloatArray
from pipeline.training.linear.data import Integers, Rated
from pipeline.training.linear.dense import fit_classes, fit_labels
from pipeline.training.linear.fit import bayes_values, fit
from pipeline.training.linear.matrix import counted, hashed, valued, vocabulary
from pipeline.training.linear.measures import (
    Measure,
    accuracy,
    balanced,
    bootstrap,
    calibration_error,
    macro_f1,
    quadratic_kappa,
    reliability,
)
from pipeline.training.linear.pairs import described
from pipeline.training.linear.shrinking import Weighed

Told = Callable[[str], None]
Figure = Callable[[Integers], float]

FOLDS = 4
LEAST = 3  # times that a gram occurs
SIZE = 600_000  # grams that are kept
EPOCHS = 3
RATE = 0.3
SCORES = ("binary", ">2", ">4", ">6", ">8")
CUTS = (2, 4, 6, 8)
SIGNS = np.full(5, 0.2, dtype=np.float32)  # the mean of the scores
DESCRIBED = 8  # features beside the scores
LOW, HIGH = 4, 9  # ratings up to 4 are negative, from 9 positive; 5 to 8 are neutral
RIDGE = 1e-6
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class FilmModel:
    """What is shipped of it."""

    scored: Scored
    binary: Head
    classes: Head
    levels: Head


def weigh(counts: csr_matrix, known: Hashes, ratings: Integers, size: int = SIZE) -> Weighed:
    """The weights and the intercepts of ``SCORES``."""
    sides = np.where(ratings >= HIGH, 1.0, np.where(ratings <= LOW, 0.0, 0.5)).astype(np.float32)
    values = bayes_values(counts, sides, LEAST)
    targets = np.stack([ratings >= HIGH, *(ratings > cut for cut in CUTS)], axis=1).astype(np.float32)
    shares = np.ones_like(targets)
    shares[:, 0] = sides != 0.5
    heads = fit(valued(counts, values), targets, shares, epochs=EPOCHS, rate=RATE)
    weights = heads.weights * values[:, None]
    frequency = np.asarray(counts.sum(axis=0)).ravel()
    worth = np.abs(weights).max(axis=1) * np.sqrt(frequency)
    return Weighed(known, weights, values**2, worth, heads.intercepts, SIGNS, size)


def features(scored: Scored, texts: Sequence[str]) -> FloatArray:
    """What the heads look at. *Shape:* ``(texts, features)``."""
    return np.concatenate([described(scored, texts[first : first + _BATCH]) for first in range(0, len(texts), _BATCH)])


def folds_of(films: Integers) -> Integers:
    """Which fold each film is in, by its number alone."""
    return (films * 2654435761 % 2**32 >> 16) % FOLDS


def evenly(ratings: Integers) -> FloatArray:
    """A weight for each review that makes all ten ratings count alike, as they do in the development file."""
    counts = np.bincount(ratings, minlength=11)
    weights: FloatArray = (len(ratings) / 10 / np.maximum(counts, 1))[ratings].astype(np.float32)
    return weights


def train(data: Rated, told: Told, size: int = SIZE) -> tuple[FilmModel, FloatArray]:
    """The model over all reviews, with heads fitted to scores of folds, and those scores' features."""
    counts, known = counts_of(data, told)
    fold = folds_of(data.films)
    held: FloatArray = np.zeros((len(data.texts), len(SCORES) + DESCRIBED), dtype=np.float32)
    for number in range(FOLDS):
        inside, outside = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        if len(outside):
            scored = weigh(counts[inside], known, data.ratings[inside], size).scored()
            held[outside] = features(scored, [data.texts[row] for row in outside])
        told(f"영화 {number + 1}/{FOLDS}번째 겹")
    scored = weigh(counts, known, data.ratings, size).scored()
    told("영화 후기 모두")
    return FilmModel(scored, *fit_heads(held, data.ratings)), held


def counts_of(data: Rated, told: Told) -> tuple[csr_matrix, Hashes]:
    """How often each gram that isn't rare stands in each review, and which grams they are."""
    given = hashed(data.texts)
    told(f"영화 후기 {len(data.texts):,}건의 n-그램 {len(given.hashes):,}개")
    known = vocabulary(given, LEAST)
    counts = counted(given, known)
    told(f"서로 다른 n-그램 {len(known):,}개")
    return counts, known


def fit_heads(found: FloatArray, ratings: Integers) -> tuple[Head, Head, Head]:
    """The heads for two sides, three classes and five levels."""
    even = evenly(ratings)
    sided = (ratings <= LOW) | (ratings >= HIGH)
    targets = (ratings[sided] >= HIGH).astype(np.float32)[:, None]
    return (
        fit_labels(found[sided], targets, RIDGE, even[sided]),
        fit_classes(found, np.eye(3, dtype=np.float32)[class_of(ratings)], even, RIDGE),
        fit_classes(found, np.eye(5, dtype=np.float32)[level_of(ratings)], even, RIDGE),
    )


def class_of(ratings: Integers) -> Integers:
    """0 negative, 1 neutral, 2 positive."""
    classes: Integers = (ratings > LOW).astype(np.int64) + (ratings >= HIGH)
    return classes


def level_of(ratings: Integers) -> Integers:
    """Ratings 1–10 as levels 0–4."""
    return (ratings - 1) // 2


def figures(found: FloatArray, data: Rated, model: FilmModel) -> dict[str, Measure]:
    """How good the heads are on some reviews, films drawn for the intervals; every rating counts alike."""
    classes, levels = model.classes.classes(found), model.levels.classes(found)
    return measured(data, model.binary.labels(found)[:, 0], classes, levels, evenly(data.ratings))


def reliability_of(found: FloatArray, data: Rated, model: FilmModel) -> list[tuple[float, float, int]]:
    """How often the three classes are right, by how sure the head is."""
    three = model.classes.classes(found)
    return reliability(three.max(axis=1), three.argmax(axis=1) == class_of(data.ratings))


def measured(data: Rated, positive: Doubles, three: Doubles, five: Doubles, even: FloatArray) -> dict[str, Measure]:
    """The figures of probabilities: two sides, three classes, five levels."""
    every = figures_of(data, positive, three, five, even)
    return {name: bootstrap(figure, data.films) for name, figure in every.items()}


def figures_of(data: Rated, positive: Doubles, three: Doubles, five: Doubles, even: FloatArray) -> Mapping[str, Figure]:
    """The same as functions of some rows."""
    ratings = data.ratings
    side, gold3, gold5 = ratings >= HIGH, class_of(ratings), level_of(ratings)
    sided = (ratings <= LOW) | (ratings >= HIGH)
    found3, found5 = three.argmax(axis=1), middle_level(five)
    swapped = (np.abs(gold3 - found3) == 2).astype(float)
    sure3, sure2 = three.max(axis=1), np.maximum(positive, 1 - positive)
    right2 = (positive > 0.5) == side

    def on_sided(figure: Figure) -> Figure:
        return lambda rows: figure(rows[sided[rows]])

    return {
        "binary_accuracy": on_sided(lambda r: float(np.average(right2[r], weights=even[r]))),
        "binary_balanced": on_sided(lambda r: balanced(side[r].astype(int), (positive[r] > 0.5).astype(int), even[r])),
        "binary_ece": on_sided(lambda r: calibration_error(sure2[r], right2[r], even[r])),
        "three_macro_f1": lambda r: macro_f1(gold3[r], found3[r], even[r]),
        "three_accuracy": lambda r: accuracy(gold3[r], found3[r], even[r]),
        "three_swaps": lambda r: float(np.average(swapped[r], weights=even[r])),
        "three_ece": lambda r: calibration_error(sure3[r], (gold3 == found3)[r], even[r]),
        "five_mae": lambda r: float(np.average(np.abs(gold5 - found5)[r], weights=even[r])),
        "five_kappa": lambda r: quadratic_kappa(gold5[r], found5[r], 5, even[r]),
        "five_ece": lambda r: calibration_error(five.max(axis=1)[r], (five.argmax(axis=1) == gold5)[r], even[r]),
    }


def middle_level(five: Doubles) -> Integers:
    """The median of each distribution: of all levels that with the least expected distance."""
    middle: Integers = (np.cumsum(five, axis=1) < 0.5).sum(axis=1)
    limited: Integers = np.minimum(middle, five.shape[1] - 1)
    return limited

"""The heads that find opinions, fitted to clauses of the labelled reviews that the table behind them never saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.analysis.grams import grams
from pipeline.analysis.heads import Doubles, Head
from pipeline.analysis.labels import ASPECTS, POLARITIES
from pipeline.analysis.letters import letters
from pipeline.analysis.model import Scored
from pipeline.analysis.opinions import Clauses, clause_features, cut, decide, scores_of
from pipeline.protocols import FloatArray
from pipeline.training.linear.data import Integers, Judged
from pipeline.training.linear.dense import fit_classes, fit_labels
from pipeline.training.linear.measures import Measure, bootstrap
from pipeline.types import AnalysedText, Opinion, Span

RIDGE = 0.01
OVERLAP = 0.5  # share of characters that a span found and a gold one have in common, of all that either has
MATCH = 0.3  # the same, from which on a clause counts as the gold one's while training
THRESHOLDS = tuple(round(0.2 + 0.02 * step, 2) for step in range(21))


@dataclass(frozen=True, slots=True)
class HeldClauses:
    """Clauses with the features of tables that didn't see their review, and what gold labels say of them.

    *Shape:* ``aspects`` ``(clauses, 7)``, ``polarity`` ``(clauses, 3)`` with no 1 where nothing is judged.
    """

    given: Clauses
    features: FloatArray
    aspects: FloatArray
    polarity: FloatArray


def held_clauses(
    reviews: Sequence[Judged],
    analysed: Sequence[AnalysedText],
    folds: Integers,
    by_fold: Sequence[Scored],
    film: Scored,
    sentiment: Doubles,
) -> HeldClauses:
    """The clauses of all reviews. ``by_fold`` are the tables without each fold, ``sentiment`` what such heads say."""
    found = letters([review.text for review in reviews])
    families = grams(found)
    given = cut(analysed, found)
    seen = scores_of(given, film, families)
    features: FloatArray | None = None
    for fold, scored in enumerate(by_fold):
        told = clause_features(given, scores_of(given, scored, families), seen, sentiment)
        features = np.zeros_like(told) if features is None else features
        rows = folds[given.owner] == fold
        features[rows] = told[rows]
    assert features is not None
    return HeldClauses(given, features, *_gold(reviews, given))


def _gold(reviews: Sequence[Judged], given: Clauses) -> tuple[FloatArray, FloatArray]:
    aspects = np.zeros((len(given.list), len(ASPECTS)), dtype=np.float32)
    polarity = np.zeros((len(given.list), len(POLARITIES)), dtype=np.float32)
    for row, clause in enumerate(given.list):
        for aspect, sign, start, end in reviews[given.owner[row]].aspects:
            inside = min(end, clause.core[1]) - max(start, clause.core[0])
            if overlap(clause.core, (start, end)) >= MATCH or inside >= 0.6 * (end - start):
                aspects[row, ASPECTS.index(aspect)] = 1
                polarity[row] = [sign == each for each in POLARITIES]
    return aspects, polarity


def overlap(one: Span, other: Span) -> float:
    """Characters that two spans share, of those that either has."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return max(0, shared) / max(1, max(one[1], other[1]) - min(one[0], other[0]))


def fit_heads(held: HeldClauses, rows: NDArray[np.bool_]) -> tuple[Head, Head]:
    """The heads for aspects and for polarity, on some of the clauses."""
    features, aspects = held.features[rows], held.aspects[rows]
    judged = held.polarity[rows].sum(axis=1) > 0
    ones = np.ones(int(judged.sum()), dtype=np.float32)
    return (
        fit_labels(features, aspects, RIDGE),
        fit_classes(features[judged], held.polarity[rows][judged], ones, RIDGE),
    )


def cross_found(
    held: HeldClauses, reviews: Sequence[Judged], folds: Integers, threshold: float, heads: Sequence[tuple[Head, Head]]
) -> list[tuple[Opinion, ...]]:
    """The opinions of each review, told by heads that saw nothing of its fold."""
    found: list[tuple[Opinion, ...]] = [()] * len(reviews)
    for fold, (aspect, polarity) in enumerate(heads):
        told = decide(held.given, held.features, aspect, polarity, threshold, len(reviews))
        for row in np.flatnonzero(folds == fold).tolist():
            found[row] = told[row]
    return found


def train(
    held: HeldClauses, reviews: Sequence[Judged], folds: Integers
) -> tuple[Head, Head, float, list[tuple[Opinion, ...]]]:
    """The heads over all clauses, the threshold, and what heads without a review's fold find in it."""
    owner = folds[held.given.owner]
    heads = [fit_heads(held, owner != fold) for fold in range(int(folds.max()) + 1)]
    tried = [(_worth(reviews, cross_found(held, reviews, folds, t, heads)), t) for t in THRESHOLDS]
    threshold = max(tried)[1]
    aspect, polarity = fit_heads(held, np.ones(len(owner), dtype=bool))
    return aspect, polarity, threshold, cross_found(held, reviews, folds, threshold, heads)


def _worth(reviews: Sequence[Judged], found: Sequence[tuple[Opinion, ...]]) -> float:
    """What a threshold is chosen by: the F1 of opinions where they stand, and of what a review judges how, alike."""
    rows = np.arange(len(reviews))
    return (_f1(*_counts(reviews, found, rows, _spans)) + _f1(*_counts(reviews, found, rows, _judged))) / 2


def figures(reviews: Sequence[Judged], found: Sequence[tuple[Opinion, ...]]) -> dict[str, Measure]:
    """F1 of opinions: span, aspect and polarity right; and of what is judged how in a review, wherever it stands."""
    restaurants = np.unique([review.restaurant for review in reviews], return_inverse=True)[1]
    every: Mapping[str, Callable[[Integers], float]] = {
        "opinion_f1": lambda rows: _f1(*_counts(reviews, found, rows, _spans)),
        "aspect_f1": lambda rows: _f1(*_counts(reviews, found, rows, _aspects)),
        "aspect_polarity_f1": lambda rows: _f1(*_counts(reviews, found, rows, _judged)),
        "polarity_accuracy": lambda rows: _polarity(reviews, found, rows),
    }
    return {name: bootstrap(figure, restaurants) for name, figure in every.items()}


def _counts(
    reviews: Sequence[Judged],
    found: Sequence[tuple[Opinion, ...]],
    rows: Integers,
    count: Callable[..., tuple[int, int, int]],
) -> tuple[int, int, int]:
    each = [count(reviews[row], found[row]) for row in rows.tolist()]
    return sum(e[0] for e in each), sum(e[1] for e in each), sum(e[2] for e in each)


def _f1(right: int, gold: int, found: int) -> float:
    return 2 * right / max(1, gold + found)


def _spans(review: Judged, found: tuple[Opinion, ...]) -> tuple[int, int, int]:
    left = [(aspect, sign, (start, end)) for aspect, sign, start, end in review.aspects]
    right = 0
    for opinion in found:
        hits = [
            g for g in left if g[:2] == (opinion.aspect, opinion.polarity) and overlap(g[2], opinion.span) >= OVERLAP
        ]
        if hits:
            left.remove(hits[0])
            right += 1
    return right, len(review.aspects), len(found)


def _aspects(review: Judged, found: tuple[Opinion, ...]) -> tuple[int, int, int]:
    gold, told = {aspect for aspect, *_ in review.aspects}, {opinion.aspect for opinion in found}
    return len(gold & told), len(gold), len(told)


def _judged(review: Judged, found: tuple[Opinion, ...]) -> tuple[int, int, int]:
    gold, told = {(a, sign) for a, sign, *_ in review.aspects}, {(o.aspect, o.polarity) for o in found}
    return len(gold & told), len(gold), len(told)


def _polarity(reviews: Sequence[Judged], found: Sequence[tuple[Opinion, ...]], rows: Integers) -> float:
    """Of the opinions whose span and aspect are right, how many have the right polarity."""
    right = total = 0
    for row in rows.tolist():
        for opinion in found[row]:
            for aspect, sign, start, end in reviews[row].aspects:
                if aspect == opinion.aspect and overlap((start, end), opinion.span) >= OVERLAP:
                    total += 1
                    right += sign == opinion.polarity
    return right / max(1, total)

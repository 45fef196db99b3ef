"""Weights of an ensemble learned on labelled reviews, and its gain, told on reviews that were left out of learning.

The weights are those of a linear opinion pool that give the gold sentiments the highest likelihood, found by
expectation maximisation (as for mixture weights, Dempster et al. 1977); the problem is convex, so there is one answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.analysis.combinations import How
from pipeline.analysis.mixing import join
from pipeline.combining.figures import Figures, Found, figures, gain, gold_probabilities
from pipeline.combining.labelled import FOLDS, Labelled
from pipeline.types import Analysis, Unanalysed

_ROUNDS = 2_000
_STILL = 1e-9  # change of a weight below which they stand still
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights learned on all reviews; figures of the members and of the ensemble on reviews left out of learning.

    ``best`` is the member with the highest macro-F1; ``gain`` is the share of reviews by which the ensemble beats it,
    with the bounds of its 95 % interval.
    """

    weights: tuple[float, ...]
    members: tuple[Figures, ...]
    ensemble: Figures
    best: int
    gain: tuple[float, float, float]


def fit(gold: Sequence[Labelled], found: Sequence[Found], how: How) -> Fitted:
    """The ensemble of what some classifiers found of the same reviews.

    With ``weighted`` each fifth of the reviews is told with weights learned on the other four.
    """
    joined: list[Analysis | Unanalysed] = [each[0] for each in zip(*found, strict=True)]
    for fold in range(FOLDS):
        rows = [row for row, review in enumerate(gold) if review.fold == fold]
        others = [row for row, review in enumerate(gold) if review.fold != fold] or rows
        weights = learn_weights([gold[row] for row in others], [[each[row] for row in others] for each in found], how)
        for row in rows:
            joined[row] = join([each[row] for each in found], weights, how, "ensemble")
    singles = tuple(figures(gold, each) for each in found)
    best = max(range(len(found)), key=lambda member: singles[member].macro_f1)
    return Fitted(
        weights=learn_weights(gold, found, how),
        members=singles,
        ensemble=figures(gold, joined),
        best=best,
        gain=gain(gold, joined, found[best]),
    )


def learn_weights(gold: Sequence[Labelled], found: Sequence[Found], how: How = "weighted") -> tuple[float, ...]:
    """The weights of the members, which sum to one. Equal where nothing is to be learned."""
    weights = np.full(len(found), 1 / len(found))
    if how == "weighted":
        shares = np.array([gold_probabilities(gold, each) for each in found])
        for _ in range(_ROUNDS):
            before = weights
            owed = weights[:, None] * shares
            weights = (owed / owed.sum(axis=0)).mean(axis=1)
            if np.abs(weights - before).max() < _STILL:
                break
    rounded = np.round(weights, _DIGITS)
    return tuple(float(weight) for weight in rounded / rounded.sum())

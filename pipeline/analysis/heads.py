"""Small models over a few dense features: probabilities of classes, of ordered levels, of single labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from pipeline.analysis.pieces import Pieces
from pipeline.analysis.tables import Sums
from pipeline.protocols import FloatArray

Doubles = NDArray[np.float64]

_STORED = 5  # digits
_TOLD = 9  # digits: a product of matrices may differ in its last bits with the number of texts beside a text


@dataclass(frozen=True, slots=True)
class Head:
    """Linear scores of some outcomes over features made standard.

    *Shape:* ``(features,)`` twice, ``(features, outcomes)``, ``(outcomes,)``.
    """

    mean: Doubles
    scale: Doubles
    weights: Doubles
    intercepts: Doubles

    def scores(self, features: FloatArray) -> Doubles:
        """*Shape:* ``(texts, outcomes)``."""
        scores: Doubles = (features.astype(np.float64) - self.mean) / self.scale @ self.weights + self.intercepts
        return scores

    def classes(self, features: FloatArray) -> Doubles:
        """Probabilities that sum to one. *Shape:* ``(texts, outcomes)``."""
        probabilities: Doubles = np.round(softmax(self.scores(features), axis=1), _TOLD)
        return probabilities

    def labels(self, features: FloatArray) -> Doubles:
        """Probabilities of each outcome by itself. *Shape:* ``(texts, outcomes)``."""
        probabilities: Doubles = np.round(expit(self.scores(features)), _TOLD)
        return probabilities

    def stored(self) -> Head:
        """As it is after ``to_json`` and back."""
        return Head.from_json(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            name: np.round(getattr(self, name), _STORED).tolist() for name in ("mean", "scale", "weights", "intercepts")
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Head:
        """What ``to_json`` gave."""
        arrays = (np.array(value[name], dtype=np.float64) for name in ("mean", "scale", "weights", "intercepts"))
        return cls(*arrays)


def describe(sums: Sums, pieces: Pieces, intercepts: FloatArray, signs: FloatArray) -> FloatArray:
    """What the scores of a text and of its pieces come to, as features.

    ``signs`` says how much each score tells of good or bad; their product is the level. For each score that of the
    whole; then of the level its square, the lowest, highest, first and last of the pieces, their spread; then the
    logarithms of the number of pieces and of letters.

    *Shape:* ``(texts, scores + 8)``.
    """
    first = pieces.texts[:-1]
    whole = sums.merged(first).scores() + intercepts
    level = (whole * signs).sum(axis=1)
    part = ((sums.scores() + intercepts) * signs).sum(axis=1)
    count = np.diff(pieces.texts)
    mean = np.add.reduceat(part, first) / count
    spread = np.sqrt(np.maximum(np.add.reduceat(part**2, first) / count - mean**2, 0))
    low, high = np.minimum.reduceat(part, first), np.maximum.reduceat(part, first)
    last = part[pieces.texts[1:] - 1]
    sizes = np.log(np.diff(pieces.starts[pieces.texts]))
    columns = (level * np.abs(level), low, high, part[first], last, spread, np.log(count), sizes)
    features: FloatArray = np.concatenate((whole, np.stack(columns, axis=1)), axis=1).astype(np.float32)
    return features

"""Linear heads over sparse vectors of many texts, all heads at once, by AdaGrad. Deterministic for a seed.

AdaGrad: Duchi, Hazan and Singer, JMLR 2011. The values of grams by naive Bayes are those of Wang and Manning (ACL
2012), by their root and times idf.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit

from pipeline.protocols import FloatArray
from pipeline.training.linear.data import Integers

BATCH = 4096


@dataclass(frozen=True, slots=True)
class Heads:
    """Weights and intercepts. *Shape:* ``(grams, heads)``, ``(heads,)``."""

    weights: FloatArray
    intercepts: FloatArray


def bayes_values(counts: csr_matrix, targets: FloatArray, least: int) -> FloatArray:
    """√|log ratio| × idf of each gram, the ratio being that between texts with target 1 and 0 (others are left out).

    Zero for grams that occur less than ``least`` times, which switches them off.
    """
    presence = counts.copy()
    presence.data = np.ones_like(presence.data)
    inside = np.asarray(presence[targets == 1].sum(axis=0)).ravel() + 1
    outside = np.asarray(presence[targets == 0].sum(axis=0)).ravel() + 1
    ratio = np.abs(np.log(inside / inside.sum() / (outside / outside.sum())))
    frequency = np.asarray(presence.sum(axis=0)).ravel()
    values = np.sqrt(ratio) * np.log(counts.shape[0] / np.maximum(frequency, 1))
    often = np.asarray(counts.sum(axis=0)).ravel() >= least
    made: FloatArray = (values * often).astype(np.float32)
    return made


def fit(
    x: csr_matrix, targets: FloatArray, shares: FloatArray, *, epochs: int = 3, rate: float = 0.3, seed: int = 0
) -> Heads:
    """One logistic regression a column of ``targets`` (0 to 1); ``shares`` are what each target counts, 0 for nothing.

    Of the weights only those are touched whose grams a batch has.

    *Shape:* ``targets`` and ``shares`` ``(texts, heads)``.
    """
    weights = np.zeros((x.shape[1], targets.shape[1]), dtype=np.float32)
    seen = np.full_like(weights, 1e-8)
    intercepts = np.zeros(targets.shape[1], dtype=np.float32)
    seen_intercepts = np.full_like(intercepts, 1e-8)
    order = np.random.default_rng(seed)
    for _ in range(epochs):
        shuffled = order.permutation(x.shape[0])
        for first in range(0, len(shuffled), BATCH):
            rows = np.sort(shuffled[first : first + BATCH])
            part, columns = _compact(x[rows])
            here = weights[columns]
            off = (expit(part @ here + intercepts) - targets[rows]) * shares[rows] / np.float32(len(rows))
            slope = part.T @ off
            seen[columns] += slope * slope
            weights[columns] = here - rate * slope / np.sqrt(seen[columns])
            slope = off.sum(axis=0)
            seen_intercepts += slope * slope
            intercepts -= rate * slope / np.sqrt(seen_intercepts)
    return Heads(weights, intercepts)


def _compact(part: csr_matrix) -> tuple[csr_matrix, Integers]:
    """Without the columns that have nothing, and which columns those that are left were."""
    used = np.zeros(part.shape[1], dtype=bool)
    used[part.indices] = True
    columns = np.flatnonzero(used)
    place = np.cumsum(used, dtype=np.int32) - 1
    shape = (part.shape[0], len(columns))
    return csr_matrix((part.data, place[part.indices], part.indptr), shape=shape), columns

"""Small models over dense features: classes that exclude each other by L-BFGS, labels that don't by Newton's steps.

Features are made standard, weights held down (ridge); heads come rounded as they are stored.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, softmax

from pipeline.analysis.heads import Doubles, Head
from pipeline.own_thread import in_own_thread
from pipeline.protocols import FloatArray

Flags = NDArray[np.bool_]

_STEPS = 50
_HALVINGS = 20
_STILL = 1e-7


def fit_classes(features: FloatArray, targets: FloatArray, weights: FloatArray, ridge: float) -> Head:
    """Multinomial logistic regression. ``targets`` are shares of the classes, ``weights`` what a row counts.

    *Shape:* ``(rows, features)``, ``(rows, classes)``, ``(rows,)``.
    """
    x, mean, scale = _standard(features)
    shares = (weights / weights.sum()).astype(np.float64)[:, None]
    shape = (x.shape[1] + 1, targets.shape[1])

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        values = flat.reshape(shape)
        scores = x @ values[:-1] + values[-1]
        cost = -(shares * targets * log_softmax(scores, axis=1)).sum() + ridge * (values[:-1] ** 2).sum()
        off = shares * (softmax(scores, axis=1) * targets.sum(axis=1, keepdims=True) - targets)
        slope = np.concatenate((x.T @ off + 2 * ridge * values[:-1], off.sum(axis=0)[None]))
        return float(cost), slope.ravel()

    start = np.zeros(shape).ravel()
    values = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x.reshape(shape)
    return Head(mean, scale, values[:-1], values[-1]).stored()


def fit_labels(features: FloatArray, targets: FloatArray, ridge: float, weights: FloatArray | None = None) -> Head:
    """One logistic regression a column of ``targets`` (0 or 1). *Shape:* ``weights`` ``(rows,)``."""
    x, mean, scale = _standard(features)
    given = np.ones(len(x)) if weights is None else weights.astype(np.float64)
    x = np.concatenate((x, np.ones((len(x), 1))), axis=1)
    values = np.stack(
        [_label(x, targets[:, i] > 0, given / given.sum(), ridge) for i in range(targets.shape[1])], axis=1
    )
    return Head(mean, scale, values[:-1], values[-1]).stored()


def _standard(features: FloatArray) -> tuple[Doubles, Doubles, Doubles]:
    x = features.astype(np.float64)
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-3)
    return (x - mean) / scale, mean, scale


def _label(x: Doubles, target: Flags, shares: Doubles, ridge: float) -> Doubles:
    """Newton's method, each step halved until it helps; the last column's weight isn't held down."""
    held = np.append(np.full(x.shape[1] - 1, ridge), 1e-9)
    values = np.zeros(x.shape[1])
    cost = _cost(x, target, shares, held, values)
    for _ in range(_STEPS):
        told = expit(x @ values)
        slope = x.T @ (shares * (told - target)) + 2 * held * values
        curve = (x.T * (shares * told * (1 - told))) @ x + np.diag(2 * held)
        step = in_own_thread(np.linalg.solve, curve, slope)
        for _ in range(_HALVINGS):
            tried = _cost(x, target, shares, held, values - step)
            if tried <= cost:
                break
            step = step / 2
        else:
            return values
        values, cost = values - step, tried
        if np.abs(step).max() < _STILL:
            break
    return values


def _cost(x: Doubles, target: Flags, shares: Doubles, held: Doubles, values: Doubles) -> float:
    scores = x @ values
    return float((shares * (np.logaddexp(0, scores) - target * scores)).sum() + (held * values**2).sum())

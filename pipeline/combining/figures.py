"""How well a classifier tells what people told: shares, F1, log loss, calibration. A review it failed on is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.combining.labelled import Labelled
from pipeline.types import Analysis, Unanalysed

FLOOR = 1e-4
"""No probability counts as less: one certainty that was wrong would otherwise decide everything."""

_BINS = 10
_DRAWS = 1_000

Found = Sequence[Analysis | Unanalysed]


@dataclass(frozen=True, slots=True)
class Figures:
    """How well sentiments were told.

    ``log_loss`` is the mean of −ln P(gold), ``calibration_error`` the expected one over ten bins (Naeini et al. 2015),
    ``intensity_error`` the mean absolute difference of levels, None where no level is known or told.
    """

    reviews: int
    failed: int
    accuracy: float
    macro_f1: float
    log_loss: float
    calibration_error: float
    intensity_error: float | None


def figures(gold: Sequence[Labelled], found: Found) -> Figures:
    """The figures of what was found, review by review as in ``gold``."""
    right = hits(gold, found)
    sure = [each.confidence if isinstance(each, Analysis) else 0.0 for each in found]
    off = [
        abs(each.expected_intensity - review.intensity)
        for review, each in zip(gold, found, strict=True)
        if isinstance(each, Analysis) and each.intensity and review.intensity is not None
    ]
    return Figures(
        reviews=len(gold),
        failed=sum(isinstance(each, Unanalysed) for each in found),
        accuracy=sum(right) / len(gold),
        macro_f1=macro_f1(gold, found),
        log_loss=-sum(math.log(p) for p in gold_probabilities(gold, found)) / len(gold),
        calibration_error=_calibration_error(sure, right),
        intensity_error=sum(off) / len(off) if off else None,
    )


def hits(gold: Sequence[Labelled], found: Found) -> list[bool]:
    """For each review whether its sentiment was told right."""
    return [_label(each) == review.sentiment for review, each in zip(gold, found, strict=True)]


def gold_probabilities(gold: Sequence[Labelled], found: Found) -> list[float]:
    """For each review the probability of its sentiment, ``FLOOR`` at least."""
    return [
        max(FLOOR, each.sentiment.get(review.sentiment, 0.0) if isinstance(each, Analysis) else 0.0)
        for review, each in zip(gold, found, strict=True)
    ]


def macro_f1(gold: Sequence[Labelled], found: Found) -> float:
    """The mean F1 of the sentiments that there are."""
    pairs = [(review.sentiment, _label(each)) for review, each in zip(gold, found, strict=True)]
    scores = []
    for name in {wanted for wanted, _ in pairs}:
        both = sum(wanted == told == name for wanted, told in pairs)
        either = sum((wanted == name) + (told == name) for wanted, told in pairs)
        scores.append(2 * both / either)
    return math.fsum(scores) / len(scores)


def gain(gold: Sequence[Labelled], ours: Found, other: Found, seed: int = 0) -> tuple[float, float, float]:
    """How much more is right of ours than of another's, with its 95 % interval (paired bootstrap over the reviews)."""
    difference = np.array(hits(gold, ours), dtype=float) - np.array(hits(gold, other), dtype=float)
    chance = np.random.default_rng(seed)
    drawn = difference[chance.integers(0, len(gold), (_DRAWS, len(gold)))].mean(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(difference.mean()), float(low), float(high)


def _label(found: Analysis | Unanalysed) -> str:
    return found.label if isinstance(found, Analysis) else ""


def _calibration_error(sure: Sequence[float], right: Sequence[bool]) -> float:
    bins: dict[int, float] = {}
    for probability, is_right in zip(sure, right, strict=True):
        place = min(int(probability * _BINS), _BINS - 1)
        bins[place] = bins.get(place, 0.0) + probability - is_right
    return sum(map(abs, bins.values())) / len(sure)

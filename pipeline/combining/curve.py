"""What a cascade costs and what it brings at every threshold, and the cheapest that is nearly as good as the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.analysis.mixing import passed_on, unsure
from pipeline.combining.figures import Figures, Found, figures, hits, macro_f1
from pipeline.combining.labelled import FOLDS, Labelled
from pipeline.types import Analysis, Unanalysed

_POINTS = 100
_ALL = 1.01  # above every probability: everything is passed on


@dataclass(frozen=True, slots=True)
class Point:
    """A threshold, the share of reviews that it passes on (the cost), and what the cascade gets right then."""

    threshold: float
    share: float
    accuracy: float
    macro_f1: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """The whole curve, the point that was chosen, and its figures on reviews left out of choosing.

    ``held_out_share`` is what it passed on of those.
    """

    points: tuple[Point, ...]
    point: Point
    cheap: Figures
    dear: Figures
    held_out: Figures
    held_out_share: float


def choose(gold: Sequence[Labelled], cheap: Found, dear: Found, within: float) -> Chosen:
    """The cascade of what two classifiers found of the same reviews.

    The threshold is the lowest whose accuracy is at most ``within`` under the highest of the curve. Its figures are
    told on each fifth of the reviews with the threshold of the other four.
    """
    points = curve(gold, cheap, dear)
    joined, shares = list(cheap), 0
    for fold in range(FOLDS):
        rows = [row for row, review in enumerate(gold) if review.fold == fold]
        others = [row for row, review in enumerate(gold) if review.fold != fold] or rows
        learned = curve([gold[row] for row in others], [cheap[row] for row in others], [dear[row] for row in others])
        threshold = pick(learned, within).threshold
        for row in rows:
            if unsure(cheap[row], threshold):
                joined[row] = passed_on(cheap[row], dear[row])
                shares += 1
    return Chosen(
        points=tuple(points),
        point=pick(points, within),
        cheap=figures(gold, cheap),
        dear=figures(gold, dear),
        held_out=figures(gold, joined),
        held_out_share=shares / len(gold),
    )


def curve(gold: Sequence[Labelled], cheap: Found, dear: Found) -> list[Point]:
    """The points from passing on nothing (but what the cheap one failed on) to passing on all, by share."""
    return [_point(gold, cheap, dear, threshold) for threshold in _thresholds(cheap)]


def pick(points: Sequence[Point], within: float) -> Point:
    """The cheapest point that is at most ``within`` under the best accuracy."""
    best = max(point.accuracy for point in points)
    return next(point for point in points if point.accuracy >= best - within - 1e-12)


def _thresholds(cheap: Found) -> list[float]:
    sure = sorted({each.confidence for each in cheap if isinstance(each, Analysis)})
    step = max(1, len(sure) // _POINTS)
    return [0.0, *sure[step::step], _ALL]


def _point(gold: Sequence[Labelled], cheap: Found, dear: Found, threshold: float) -> Point:
    joined: list[Analysis | Unanalysed] = []
    passed = 0
    for ours, theirs in zip(cheap, dear, strict=True):
        on = unsure(ours, threshold)
        passed += on
        joined.append(passed_on(ours, theirs) if on else ours)
    right = hits(gold, joined)
    return Point(threshold, passed / len(gold), sum(right) / len(right), macro_f1(gold, joined))

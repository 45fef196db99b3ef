"""How good a model is on a file that nothing was learned from: film ratings, or restaurant reviews with gold labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.analysis.heads import Doubles
from pipeline.analysis.labels import EMOTIONS, NO_EMOTION, SENTIMENTS
from pipeline.analysis.model import Model
from pipeline.protocols import Classifier
from pipeline.training.linear import aspects, emotions, film, restaurant
from pipeline.training.linear.data import read_judged, read_ratings
from pipeline.training.linear.measures import Measure
from pipeline.types import Analysis


def measure_films(model: Model, path: Path) -> dict[str, Measure]:
    """The figures on a file of film ratings. ``binary`` is told by the heads of the three classes.

    Raises:
        FileProblem: it can't be read.
    """
    data = read_ratings(path)
    found = film.features(model.film, data.texts)
    three, five = model.heads["film_classes"].classes(found), model.heads["film_levels"].classes(found)
    positive = model.heads["film_sides"].labels(found)[:, 0]
    return film.measured(data, positive, three, five, film.evenly(data.ratings))


def measure_reviews(classifier: Classifier, path: Path) -> dict[str, Measure]:
    """The figures of any classifier on a file of labelled restaurant reviews.

    Raises:
        FileProblem: it can't be read.
    """
    reviews = read_judged(path)
    found = [each for each in classifier.classify([r.text for r in reviews]) if isinstance(each, Analysis)]
    if len(found) != len(reviews):
        raise ValueError(f"{len(reviews) - len(found)} reviews were not analysed")
    sentiment, intensity = _arrays(found)
    over = np.array([[name in each.felt for name in EMOTIONS if name != NO_EMOTION] for each in found])
    groups = np.unique([review.restaurant for review in reviews], return_inverse=True)[1]
    felt = emotions.f1_of(emotions.gold_of(reviews)[:, :-1], over, groups)
    opinions = aspects.figures(reviews, [each.opinions for each in found])
    return restaurant.measured(reviews, sentiment, intensity) | opinions | {"emotions_macro_f1": felt}


def _arrays(found: Sequence[Analysis]) -> tuple[Doubles, Doubles]:
    return (
        np.array([[each.sentiment.get(name, 0.0) for name in SENTIMENTS] for each in found]),
        np.array([each.intensity for each in found]),
    )

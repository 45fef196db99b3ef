"""Trains the embedded classifier: the film table, the emotion table, the restaurant table, and the heads over them.

Everything that is fitted to scores is fitted to scores of held-out sources: films, comments, restaurants. The same
files give the same model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pipeline.analysis.heads import Doubles, Head
from pipeline.analysis.model import Model, Scored, split_verdicts
from pipeline.protocols import FloatArray, Tokenizer
from pipeline.training.linear import aspects, domain, emotions, film, restaurant
from pipeline.training.linear.data import Felt, Integers, Judged, Rated, read_emotions, read_judged, read_ratings
from pipeline.training.linear.dense import fit_labels
from pipeline.training.linear.emotions import EmotionModel, HeldEmotions
from pipeline.training.linear.film import FilmModel
from pipeline.training.linear.measures import Measure, reliability
from pipeline.training.linear.restaurant import Held
from pipeline.training.linear.sentences import Clause, Join, conjugated, written
from pipeline.training.linear.written import INDIRECT, written_reviews

EACH = 2  # sentences made of each stem of the lexicon

Told = Callable[[str], None]
Points = list[tuple[float, float, int]]


@dataclass(frozen=True, slots=True)
class Material:
    """What is learned from: film ratings, comments with emotions, labelled reviews of the demo; and what is written for
    training: labelled reviews, sentences conjugated from the lexicon, clauses.
    """

    ratings: Rated
    comments: Felt
    demo: list[Judged]
    reviews: list[Judged]
    conjugated: list[Clause]
    clauses: list[Clause]


@dataclass(frozen=True, slots=True)
class Trained:
    """The model, its figures by what they are measured on, and how well probabilities were kept (see ``reliability``).

    All figures are from held-out sources.
    """

    model: Model
    figures: dict[str, dict[str, Measure]]
    points: dict[str, Points]


@dataclass(frozen=True, slots=True)
class _OfRestaurants:
    """What came of the restaurant reviews, those written for training first, then those of the demo."""

    scored: Scored
    by_fold: list[Scored]
    held: Held
    reviews: list[Judged]
    demo: Integers


def material(nsmc: Path, kote: Path, demo: Path, join: Join) -> Material:
    """What lies in some files, and what is written for training, which ``join`` conjugates.

    Raises:
        FileProblem: one of the files can't be read.
    """
    return Material(
        read_ratings(nsmc),
        read_emotions(kote),
        read_judged(demo),
        written_reviews(),
        conjugated(join, each=EACH),
        written(),
    )


def train(given: Material, tokenizer: Tokenizer, told: Told) -> Trained:
    """The model over all that is given. ``tokenizer`` is the one that will cut reviews into clauses."""
    with threadpool_limits(1):  # sums in one order whatever the machine, and small matrices aren't worth threads
        films, held_films = film.train(given.ratings, told)
        return with_films(given, films, held_films, tokenizer, told)


def with_films(given: Material, films: FilmModel, held_films: FloatArray, tokenizer: Tokenizer, told: Told) -> Trained:
    """The rest of the model, given what was learned of films: ``held_films`` are the features of held-out films."""
    comments, emotion_figures = emotions.train(given.comments, films.scored, told)
    ours = _restaurants(given, films.scored, told)
    verdicts, told_verdicts, _ = restaurant.fit_verdicts(ours.held)
    felt, felt_limits, felt_figures = _felt(ours, comments)
    opinions = _opinions(ours, films.scored, split_verdicts(told_verdicts)[0], tokenizer)
    told("의견")
    demo = [ours.reviews[row] for row in ours.demo]
    sentiment, intensity = split_verdicts(told_verdicts[ours.demo])
    by_film = _film_alone(ours, films)
    model = Model(
        films.scored,
        ours.scored,
        comments.scored,
        {
            "film_sides": films.binary,
            "film_classes": films.classes,
            "film_levels": films.levels,
            "film_emotions": comments.head,
            "restaurant_verdicts": verdicts,
            "restaurant_emotions": felt,
            "aspects": opinions.aspect,
            "polarities": opinions.polarity,
        },
        {"film": comments.thresholds, "restaurant": felt_limits},
        opinions.threshold,
    )
    figures = {
        "film": film.figures(held_films, given.ratings, films),
        "kote": emotion_figures,
        "demo": restaurant.measured(demo, sentiment, intensity) | opinions.figures | felt_figures,
        "demo_by_film": restaurant.measured(demo, *by_film),
    }
    points = {
        "film": film.reliability_of(held_films, given.ratings, films),
        "demo": reliability(sentiment.max(axis=1), restaurant.right(demo, sentiment)),
    }
    return Trained(model, figures, points)


def _restaurants(given: Material, films: Scored, told: Told) -> _OfRestaurants:
    reviews = [*given.reviews, *given.demo]
    course = domain.course(domain.examples(reviews, given.conjugated, given.clauses))
    told(f"식당 문장 {len(course.reviews):,}개")
    by_fold = restaurant.fold_tables(course, restaurant.folds_of(reviews), told)
    held = restaurant.held_out(reviews, by_fold, films)
    demo = np.arange(len(given.reviews), len(reviews))
    return _OfRestaurants(domain.train_table(course), by_fold, held, reviews, demo)


def _felt(ours: _OfRestaurants, comments: EmotionModel) -> tuple[Head, Doubles, dict[str, Measure]]:
    """The emotions of restaurant reviews: their head, its thresholds, and what leaving restaurants out gives."""
    scores = emotions.scores_of(comments.scored, [review.text for review in ours.reviews])
    features = np.concatenate((scores, ours.held.features), axis=1)
    gold = emotions.gold_of(ours.reviews)
    held = emotions.held_labels(features, gold, ours.held.folds)
    head = fit_labels(features, gold, emotions.HEAD_RIDGE)
    over = emotions.felt_by(held)[ours.demo, :-1]
    measured = emotions.f1_of(gold[ours.demo, :-1], over, ours.held.folds[ours.demo])
    return head, emotions.best_thresholds(HeldEmotions(held.told, gold, held.folds)), {"emotions_macro_f1": measured}


@dataclass(frozen=True, slots=True)
class _Opinions:
    aspect: Head
    polarity: Head
    threshold: float
    figures: dict[str, Measure]


def _opinions(ours: _OfRestaurants, films: Scored, sentiment: Doubles, tokenizer: Tokenizer) -> _Opinions:
    """The heads for opinions; what is said without saying it is no guide to which words say what."""
    plain = np.flatnonzero([not review.id.startswith(INDIRECT) for review in ours.reviews])
    reviews, folds = [ours.reviews[row] for row in plain], ours.held.folds[plain]
    analysed = list(tokenizer.analyse([review.text for review in reviews]))
    held = aspects.held_clauses(reviews, analysed, folds, ours.by_fold, films, sentiment[plain])
    aspect, polarity, threshold, found = aspects.train(held, reviews, folds)
    demo = np.flatnonzero(np.isin(plain, ours.demo)).tolist()
    return _Opinions(
        aspect, polarity, threshold, aspects.figures([reviews[row] for row in demo], [found[row] for row in demo])
    )


def _film_alone(ours: _OfRestaurants, films: FilmModel) -> tuple[Doubles, Doubles]:
    """What the heads for films say of the demo: what there is without any word about restaurants."""
    seen = ours.held.features[ours.demo, -(len(film.SCORES) + film.DESCRIBED) :]
    negative, neutral, positive = films.classes.classes(seen).T
    return np.stack((positive, neutral, negative, np.zeros_like(positive)), axis=1), films.levels.classes(seen)


def facts_of(given: Material, model: Model) -> dict[str, int]:
    """What the card says of the material and of the model."""
    return {
        "ratings": len(given.ratings.texts),
        "films": len(np.unique(given.ratings.films)),
        "comments": len(given.comments.texts),
        "demo": len(given.demo),
        "written": len(given.reviews),
        "film_grams": len(model.film.table.hashes),
        "restaurant_grams": len(model.restaurant.table.hashes),
        "emotion_grams": len(model.emotion.table.hashes),
    }

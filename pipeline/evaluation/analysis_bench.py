"""How many reviews a second the embedded classifier reads, beside its parts by themselves and beside scikit-learn.

The scikit-learn pipelines are those that tutorials write: TF-IDF of characters or of morphemes, logistic regression.
They are trained on the reviews that are read, which makes no difference to their speed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from pipeline.analysis import tables
from pipeline.analysis.grams import grams
from pipeline.analysis.labels import EMOTIONS
from pipeline.analysis.letters import letters
from pipeline.analysis.model import Model, dense, emotion_scores, judge
from pipeline.analysis.pieces import pieces
from pipeline.protocols import Classifier, Tokenizer
from pipeline.types import Analysis

ROUNDS = 3
SHORT, LONG = 60, 300  # characters
PART = 1_000  # texts at once

Reader = Callable[[Sequence[str]], object]
Told = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Speeds:
    """Reviews a second of each reader, the median of some rounds; ``letters`` is the texts' mean length."""

    texts: int
    letters: float
    per_second: Mapping[str, float]


def short_texts(reviews: Sequence[str], count: int) -> list[str]:
    """Short reviews, again and again."""
    return list(islice(cycle([text for text in reviews if len(text) <= SHORT] or reviews), count))


def long_texts(reviews: Sequence[str], count: int) -> list[str]:
    """Reviews joined to ``LONG`` characters."""
    endless = cycle(reviews)
    made = []
    for _ in range(count):
        text = ""
        while len(text) < LONG:
            text = f"{text} {next(endless)}".strip()
        made.append(text[:LONG])
    return made


def seconds_to_ready(make: Callable[[], Classifier], tokenizer: Tokenizer, text: str) -> float:
    """From nothing but Kiwi to the first review's analysis with aspects: the median of some rounds.

    ``make`` makes a classifier anew each time, from its files, over that tokenizer.
    """
    list(tokenizer.analyse([text]))  # it makes itself ready at its first text
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        make().classify([text])
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def readers(classifier: Classifier, model: Model, tokenizer: Tokenizer, reviews: Sequence[str]) -> dict[str, Reader]:
    """Ours as a whole, its parts each by itself, and what a user would write with scikit-learn."""
    found = [each for each in classifier.classify(reviews, aspects=False) if isinstance(each, Analysis)]
    sentiment = [each.label for each in found]
    level = [round(each.expected_intensity) for each in found]
    felt = np.array([[name in each.felt for name in EMOTIONS] for each in found])
    characters = {
        name: _fitted(_characters(), reviews, labels)
        for name, labels in (("sentiment", sentiment), ("intensity", level), ("emotions", felt))
    }
    morphemes = _fitted(_morphemes(tokenizer), reviews, sentiment)
    return {
        "한상: 감성·강도·감정": lambda texts: classifier.classify(texts, aspects=False),
        "한상: 속성까지": lambda texts: classifier.classify(texts),
        "따로: 감성·강도": lambda texts: _by_parts(texts, lambda part: sentiment_alone(model, part)),
        "따로: 감정": lambda texts: _by_parts(texts, lambda part: emotions_alone(model, part)),
        "형태소 분석(Kiwi)": lambda texts: list(tokenizer.analyse(list(texts))),
        "scikit-learn 글자: 감성": characters["sentiment"].predict_proba,
        "scikit-learn 글자: 감성·강도·감정": lambda texts: [each.predict_proba(texts) for each in characters.values()],
        "scikit-learn Kiwi: 감성": morphemes.predict_proba,
    }


def _characters() -> TfidfVectorizer:
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5))


def _morphemes(tokenizer: Tokenizer) -> TfidfVectorizer:
    def split(text: str) -> list[str]:
        return [m.form for m in next(iter(tokenizer.analyse([text]))).morphemes]

    return TfidfVectorizer(tokenizer=split, token_pattern=None, ngram_range=(1, 2))


def _fitted(features: TfidfVectorizer, reviews: Sequence[str], labels: object) -> Pipeline:
    many = isinstance(labels, np.ndarray)
    if many:
        assert isinstance(labels, np.ndarray)
        labels = labels[:, labels.any(axis=0) & ~labels.all(axis=0)]
    model = LogisticRegression(max_iter=200)
    return make_pipeline(features, OneVsRestClassifier(model) if many else model).fit(reviews, labels)


def _by_parts(texts: Sequence[str], read: Reader) -> None:
    for first in range(0, len(texts), PART):
        read(texts[first : first + PART])


def sentiment_alone(model: Model, texts: Sequence[str]) -> object:
    """Sentiment and intensity, and nothing else."""
    found = letters(texts)
    cut, families = pieces(found), grams(found)
    film = tables.sums(model.film.table, families, cut.starts)
    restaurant = tables.sums(model.restaurant.table, families, cut.starts)
    return judge(model, dense(model, film, restaurant, cut, "restaurant"), "restaurant")


def emotions_alone(model: Model, texts: Sequence[str]) -> object:
    """Emotions, and nothing else; they look at the tables for sentiment too."""
    found = letters(texts)
    cut, families = pieces(found), grams(found)
    film = tables.sums(model.film.table, families, cut.starts)
    restaurant = tables.sums(model.restaurant.table, families, cut.starts)
    seen = dense(model, film, restaurant, cut, "restaurant")
    scores = emotion_scores(model.emotion, families, found)
    return model.heads["restaurant_emotions"].labels(np.concatenate((scores, seen), axis=1))


def measure(given: Mapping[str, Reader], texts: Sequence[str], told: Told) -> Speeds:
    """Time every reader over the same texts, after one round to warm up, readers in turn."""
    times: dict[str, list[float]] = {name: [] for name in given}
    for read in given.values():
        read(texts[:100])
    for round_number in range(ROUNDS):
        for name, read in given.items():
            began = time.perf_counter()
            read(texts)
            times[name].append(time.perf_counter() - began)
            told(name, round_number)
    speeds = {name: len(texts) / statistics.median(each) for name, each in times.items()}
    return Speeds(len(texts), sum(map(len, texts)) / len(texts), speeds)

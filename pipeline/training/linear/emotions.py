"""The emotion table: n-grams of KOTE's comments for its 44 labels; heads join them to the label scheme's emotions.

Thresholds are those with the best F1 on folds that neither a table nor a head saw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.analysis.grams import grams
from pipeline.analysis.heads import Doubles, Head
from pipeline.analysis.labels import EMOTIONS, KOTE_OF, NO_EMOTION
from pipeline.analysis.letters import letters
from pipeline.analysis.model import Scored, emotion_scores
from pipeline.protocols import FloatArray
from pipeline.training.linear.data import KOTE_LABELS, Felt, Integers, Judged, grouped
from pipeline.training.linear.dense import fit_labels
from pipeline.training.linear.measures import Measure, bootstrap, label_f1
from pipeline.training.linear.pairs import Pairs, described, inverse, pairs, weigh
from pipeline.training.linear.shrinking import Weighed

FOLDS = 5
LEAST = 3  # texts that a gram stands in
MOST = 0.4  # share of texts that it stands in at most
SIZE = 90_000
RIDGE = 3.0
HEAD_RIDGE = 0.01
SIGNS = np.zeros(len(KOTE_LABELS), dtype=np.float32)
DEALT = 7  # comments are dealt to folds by their number times this, so that neighbours are apart

Told = Callable[[str], None]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class EmotionModel:
    """What is shipped of it: the table, the head that joins its labels for comments and films, and its thresholds."""

    scored: Scored
    head: Head
    thresholds: Doubles


@dataclass(frozen=True, slots=True)
class HeldEmotions:
    """Probabilities that heads and tables give of texts which they didn't see, gold labels, and the fold of each text.

    *Shape:* ``(texts, labels)`` twice, ``(texts,)``.
    """

    told: Doubles
    gold: FloatArray
    folds: Integers


def scores_of(scored: Scored, texts: Sequence[str]) -> FloatArray:
    """What the table says of texts. *Shape:* ``(texts, 44)``."""
    found = letters(texts)
    return emotion_scores(scored, grams(found), found)


def folds_of(data: Felt) -> Integers:
    """Which fold each comment is in."""
    return np.arange(len(data.texts)) * DEALT % FOLDS


def train(data: Felt, film: Scored, told: Told) -> tuple[EmotionModel, dict[str, Measure]]:
    """The table and its head over all comments, and the figures of folds."""
    folds = folds_of(data)
    given = pairs(data.texts, least=LEAST, most=MOST)
    told(f"댓글 {len(data.texts):,}건의 n-그램 {len(given.known):,}개")
    inverted = inverse(given, np.ones(len(data.texts), dtype=np.float32), RIDGE)
    features = np.concatenate((_held_scores(given, inverted, data, folds, told), described(film, data.texts)), axis=1)
    every = weigh_table(given, inverted, data.labels, np.arange(len(data.texts))).scored()
    told("댓글 모두")
    gold = grouped(data.labels, KOTE_OF)
    held = held_labels(features, gold, folds)
    of_kote = held_labels(features, data.labels, folds)
    head = fit_labels(features, gold, HEAD_RIDGE)
    return EmotionModel(every, head, best_thresholds(held)), {
        "kote44_macro_f1": held_f1(of_kote, every_label=True),
        "kote12_macro_f1": held_f1(held),
    }


def _held_scores(given: Pairs, inverted: FloatArray, data: Felt, folds: Integers, told: Told) -> FloatArray:
    scores = np.zeros(data.labels.shape, dtype=np.float32)
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        scored = weigh_table(given, inverted, data.labels, inside).scored()
        scores[outside] = scores_of(scored, [data.texts[row] for row in outside])
        told(f"감정 {fold + 1}/{FOLDS}번째 겹")
    return scores


def weigh_table(given: Pairs, inverted: FloatArray, labels: FloatArray, rows: Integers) -> Weighed:
    """The weights of some comments' table."""
    return weigh(given, inverted, rows, labels * 2 - 1, SIZE, SIGNS)


def held_labels(features: FloatArray, gold: FloatArray, folds: Integers) -> HeldEmotions:
    """What heads say of the folds that they didn't see."""
    told = np.zeros(gold.shape)
    for fold in np.unique(folds).tolist():
        inside = folds != fold
        told[~inside] = fit_labels(features[inside], gold[inside], HEAD_RIDGE).labels(features[~inside])
    return HeldEmotions(told, gold, folds)


def best_thresholds(held: HeldEmotions) -> Doubles:
    """For each label the probability from which its F1 is best. *Shape:* ``(labels,)``.

    Half-way between the one that the gold labels give, which few of them make noisy, and the one that the probabilities
    would give if they were right, which is steady (Lipton, Elkan and Naryanaswamy, ECML 2014).
    """
    return np.array([_threshold(told, gold) for told, gold in zip(held.told.T, held.gold.T, strict=True)])


def _threshold(told: Doubles, gold: FloatArray) -> float:
    if not gold.any():
        return 1.0
    order = np.argsort(-told, kind="stable")
    return (_best_cut(told[order], gold[order]) + _best_cut(told[order], told[order])) / 2


def _best_cut(told: Doubles, hits: Doubles | FloatArray) -> float:
    """The last of some falling probabilities down to which F1 is best; ``hits`` are what each is worth, 0 to 1."""
    found = np.cumsum(hits)
    return float(told[np.argmax(2 * found / (np.arange(1, len(told) + 1) + found[-1]))])


def felt_by(held: HeldEmotions) -> Flags:
    """The labels over thresholds that were chosen on the other folds. *Shape:* ``(texts, labels)``."""
    over = np.zeros(held.gold.shape, dtype=bool)
    for fold in np.unique(held.folds).tolist():
        rest = held.folds != fold
        limits = best_thresholds(HeldEmotions(held.told[rest], held.gold[rest], held.folds[rest]))
        over[~rest] = held.told[~rest] >= limits
    return over


def held_f1(held: HeldEmotions, groups: Integers | None = None, *, every_label: bool = False) -> Measure:
    """The macro-F1 of labels with thresholds from other folds; without ``없음``, unless every label is wanted."""
    over = felt_by(held)
    columns = slice(None) if every_label else slice(0, EMOTIONS.index(NO_EMOTION))
    return f1_of(held.gold[:, columns], over[:, columns], groups)


def f1_of(gold: FloatArray, over: Flags, groups: Integers | None = None) -> Measure:
    """The macro-F1 over labels that occur, with its interval."""
    columns = np.flatnonzero(gold.sum(axis=0) > 0)
    drawn = np.arange(len(gold)) if groups is None else groups
    return bootstrap(lambda rows: label_f1(gold[rows][:, columns], over[rows][:, columns]), drawn)


def gold_of(reviews: Sequence[Judged]) -> FloatArray:
    """The emotions of labelled reviews. *Shape:* ``(reviews, 13)``."""
    return np.array([[name in review.emotions for name in EMOTIONS] for review in reviews], dtype=np.float32)

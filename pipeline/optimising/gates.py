"""The gate of an encoder's engine: how near its vectors are to the reference's, and what that costs search.

Arithmetic over vectors and rows alone; knows neither a model nor an index.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.protocols import FloatArray

K = 10
NEAR = 1e-6  # scores that differ by less are one: the same product in another order of summing
_ROWS = 16_384  # passages scored at once

Gold = Sequence[Sequence[int]]
"""For each question the rows of the passages that are right."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What passes. Cosines to the reference: of passages and of questions; ``points`` of recall@10 that may be lost.

    Fewer than ``fewest`` questions or passages prove nothing.
    """

    mean: float = 0.97
    low: float = 0.90
    points: float = 0.5
    fewest: int = 50


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Spread:
    """Cosines between an engine's vectors and the reference's: of how many texts, and how they are spread.

    ``p1`` is what all but one in a hundred exceed.
    """

    count: int
    mean: float
    least: float
    p1: float
    p5: float
    p50: float


@dataclass(frozen=True, slots=True)
class Recall:
    """The share of right passages among the first ten.

    ``searched``: the engine reads the questions, the vectors are the reference's. ``whole``: the engine has read both;
    ``whole_reference`` is the reference over the same passages.
    """

    reference: float
    searched: float
    whole_reference: float
    whole: float

    @property
    def lost(self) -> float:
        """Points lost in the worse of the two uses; negative where the engine finds more."""
        return 100 * float(np.max([self.reference - self.searched, self.whole_reference - self.whole]))  # NaN stays


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of an engine.

    ``neighbours`` is the share of the reference's own first ten that the engine finds. ``asked`` says where the
    questions are from: ``file`` or ``pseudo``. ``sampled`` are the passages that the engine read, ``passages`` all
    that were searched.
    """

    index: str
    version: str
    asked: str
    questions: int
    passages: int
    sampled: int
    passage_cosine: Spread
    question_cosine: Spread
    recall: Recall
    neighbours: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an engine is refused."""

    ko: str
    en: str


def judge(figures: Figures, limits: Limits = LIMITS) -> tuple[Reason, ...]:
    """Why an engine may not be used; empty when it passes. A figure that is no number never passes."""
    return tuple(_reasons(figures, limits))


def _reasons(figures: Figures, limits: Limits) -> Iterator[Reason]:
    for count, ko, en in (
        (figures.questions, "질문", "questions"),
        (min(figures.sampled, figures.passage_cosine.count), "단락", "passages"),
    ):
        if count < limits.fewest:
            yield Reason(
                f"{ko}이 {count:,}개뿐이라 판단할 수 없음({limits.fewest}개 이상)",
                f"only {count:,} {en}, too few to tell (at least {limits.fewest})",
            )
    for spread, ko, en in (
        (figures.passage_cosine, "단락", "passages"),
        (figures.question_cosine, "질문", "questions"),
    ):
        if not spread.mean >= limits.mean:
            yield Reason(
                f"{ko} 벡터의 코사인 평균 {spread.mean:.4f} < {limits.mean}",
                f"mean cosine of {en} {spread.mean:.4f} < {limits.mean}",
            )
        if not spread.p1 >= limits.low:
            yield Reason(
                f"{ko} 벡터의 코사인 1백분위 {spread.p1:.4f} < {limits.low}",
                f"1st percentile of the cosines of {en} {spread.p1:.4f} < {limits.low}",
            )
    lost = figures.recall.lost
    if not lost <= limits.points + 1e-9:
        yield Reason(
            f"recall@{K}이 {lost:.2f}포인트 떨어짐(허용 {limits.points})",
            f"recall@{K} falls by {lost:.2f} points ({limits.points} allowed)",
        )


def cosines(ours: FloatArray, theirs: FloatArray) -> FloatArray:
    """The cosine of each row with the same row of the other, of those that either knows anything of.

    A row that only one of them knows (the other's is zero) has the cosine 0; one that is no number counts as -1.

    *Shape:* both ``(texts, dimensions)``.
    """
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    either = ours.any(axis=1) | theirs.any(axis=1)
    products = np.einsum("ij,ij->i", ours, theirs)
    found: FloatArray = (products / np.maximum(lengths, 1e-12))[either].astype(np.float32)
    return np.nan_to_num(found, nan=-1.0)


def spread(values: FloatArray) -> Spread:
    """How values are spread; of none, zeros."""
    if not len(values):
        return Spread(0, 0.0, 0.0, 0.0, 0.0, 0.0)
    least, p1, p5, p50 = (float(np.percentile(values, at)) for at in (0, 1, 5, 50))
    return Spread(len(values), float(values.mean()), least, p1, p5, p50)


def recall(questions: FloatArray, passages: NDArray[np.floating], gold: Gold, k: int = K) -> float:
    """The mean share of a question's right passages that are among its first ``k``; of ``k`` where there are more.

    A passage is among the first ``k`` when fewer than ``k`` others have a higher score, so that copies of one passage,
    which tie, stand or fall together. A question of which nothing is known, the vector zero, finds nothing.

    *Shape:* ``(questions, dimensions)`` and ``(passages, dimensions)``.
    """
    if not len(questions):
        return 0.0
    wanted = [(number, row) for number, rows in enumerate(gold) for row in rows]
    of, rows = (np.array(each, dtype=np.int64) for each in zip(*wanted, strict=True))
    right = np.einsum("ij,ij->i", questions[of], np.asarray(passages[rows], dtype=np.float32))
    ahead = np.zeros(len(wanted), dtype=np.int64)
    for start in range(0, len(passages), _ROWS):
        scores = questions @ np.asarray(passages[start : start + _ROWS], dtype=np.float32).T
        for place, (number, score) in enumerate(zip(of, right, strict=True)):
            ahead[place] += int((scores[number] > score + NEAR).sum())
    found = np.bincount(of, weights=(ahead < k) & np.any(questions[of], axis=1), minlength=len(gold))
    most = np.array([min(k, len(rows)) for rows in gold])
    return float((np.minimum(found, most) / most).mean())


def neighbours(questions: FloatArray, passages: NDArray[np.floating], k: int = K) -> list[list[int]]:
    """The rows of each question's nearest ``k`` passages, exactly.

    *Shape:* ``(questions, dimensions)`` and ``(passages, dimensions)``.
    """
    kept = np.zeros((len(questions), 0), dtype=np.int64)
    best = np.zeros((len(questions), 0), dtype=np.float32)
    for start in range(0, len(passages), _ROWS):
        scores = questions @ np.asarray(passages[start : start + _ROWS], dtype=np.float32).T
        rows = np.broadcast_to(np.arange(start, start + scores.shape[1]), scores.shape)
        best, kept = np.hstack((best, scores)), np.hstack((kept, rows))
        top = np.argsort(-best, axis=1, kind="stable")[:, :k]
        best, kept = np.take_along_axis(best, top, axis=1), np.take_along_axis(kept, top, axis=1)
    return [[int(row) for row in rows] for rows in kept]

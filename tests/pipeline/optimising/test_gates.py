"""The gate's arithmetic, against answers counted by hand and laws that hold of any vectors."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.optimising import gates
from pipeline.optimising.gates import Limits, Recall, Spread, cosines, judge, neighbours, recall, spread
from tests.pipeline.optimising.engine_folders import FIGURES, NEAR, figures

LOW = dataclasses.replace(NEAR, mean=0.969)
OUTLIERS = dataclasses.replace(NEAR, p1=0.89)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ""),
        ({"passage_cosine": LOW}, "mean cosine of passages 0.9690 < 0.97"),
        ({"question_cosine": LOW}, "mean cosine of questions"),
        ({"passage_cosine": OUTLIERS}, "1st percentile of the cosines of passages 0.8900 < 0.9"),
        ({"question_cosine": OUTLIERS}, "1st percentile of the cosines of questions"),
        ({"passage_cosine": dataclasses.replace(NEAR, mean=math.nan)}, "mean cosine of passages nan"),
        ({"recall": Recall(0.8, 0.795, 0.8, 0.8)}, ""),
        ({"recall": Recall(0.8, 0.794, 0.8, 0.8)}, "falls by 0.60 points (0.5 allowed)"),
        ({"recall": Recall(0.8, 0.8, 0.9, 0.89)}, "falls by 1.00 points"),
        ({"recall": Recall(0.8, 0.8, math.nan, 0.8)}, "falls by nan points"),
        ({"recall": Recall(0.5, 0.9, 0.5, 0.9)}, ""),
        ({"questions": 49}, "only 49 questions"),
        ({"sampled": 49}, "only 49 passages"),
        ({"passage_cosine": dataclasses.replace(NEAR, count=3)}, "only 3 passages"),
    ],
)
def test_what_passes_and_why_the_rest_does_not(changed: dict[str, Any], said: str) -> None:
    reasons = judge(figures(**changed))
    assert bool(reasons) == bool(said)
    if said:
        assert said in "; ".join(reason.en for reason in reasons)
        assert all(reason.ko != reason.en for reason in reasons)


def test_every_reason_is_told() -> None:
    bad = figures(
        questions=1, sampled=1, passage_cosine=spread(np.zeros(0, dtype=np.float32)), recall=Recall(1, 0, 1, 0)
    )
    assert len(judge(bad)) == 5


def test_looser_limits_refuse_nothing_that_stricter_ones_let_pass() -> None:
    assert not judge(FIGURES, Limits())
    assert judge(FIGURES, Limits(mean=0.9999))
    assert judge(FIGURES, Limits(points=0.1))


def vectors(seed: int, rows: int, width: int = 8) -> NDArray[np.float32]:
    found = np.random.default_rng(seed).standard_normal((rows, width)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_cosines_counted_by_hand() -> None:
    ours = np.array([[1, 0], [0, 2], [3, 4], [0, 0], [0, 0], [math.nan, 1]], dtype=np.float32)
    theirs = np.array([[2, 0], [1, 0], [4, 3], [0, 0], [1, 0], [1, 0]], dtype=np.float32)
    assert cosines(ours, theirs).tolist() == pytest.approx([1, 0, 0.96, 0, -1])  # of the fourth nobody knows anything


@given(st.integers(0, 1_000), st.integers(1, 40))
def test_a_vector_is_nearest_to_itself_however_long(seed: int, rows: int) -> None:
    made = vectors(seed, rows)
    assert cosines(made, 3 * made) == pytest.approx(np.ones(rows), abs=1e-5)
    told = spread(cosines(made, vectors(seed + 1, rows)))
    assert -1.001 <= told.least <= told.p1 <= told.p5 <= told.p50 <= 1.001
    assert told.count == rows


def test_the_spread_of_nothing_passes_nowhere() -> None:
    assert spread(np.zeros(0, dtype=np.float32)) == Spread(0, 0, 0, 0, 0, 0)


QUESTION = np.array([[1.0, 0.0]], dtype=np.float32)
PASSAGES = np.array([[0.9, 0], [0.8, 0], [0.7, 0], [0.7, 0], [0.1, 0]], dtype=np.float32)


@pytest.mark.parametrize(
    ("gold", "k", "found"),
    [
        ([[0]], 1, 1), ([[1]], 1, 0), ([[1]], 2, 1), ([[0, 1]], 1, 1), ([[0, 4]], 2, 0.5),
        ([[2]], 3, 1), ([[3]], 3, 1),  # copies: the one stands where the other does
        ([[4]], 4, 0), ([[4]], 5, 1),
    ],
)  # fmt: skip
def test_recall_counted_by_hand(gold: list[list[int]], k: int, found: float) -> None:
    assert recall(QUESTION, PASSAGES, gold, k) == pytest.approx(found)


def test_a_question_of_which_nothing_is_known_finds_nothing() -> None:
    both = np.concatenate([QUESTION, np.zeros_like(QUESTION)])
    assert recall(both, PASSAGES, [[0], [0]], 5) == pytest.approx(0.5)


def brute(questions: NDArray[np.float32], passages: NDArray[np.float32], gold: list[list[int]], k: int) -> float:
    shares = []
    for question, rows in zip(questions, gold, strict=True):
        first = set(np.argsort(-(passages @ question), kind="stable")[:k].tolist())
        shares.append(len(first & set(rows)) / min(k, len(rows)))
    return sum(shares) / len(shares)


@given(st.integers(0, 1_000), st.integers(1, 12), st.integers(1, 60), st.integers(1, 12), st.data())
def test_recall_is_that_of_a_plain_sort(seed: int, asked: int, rows: int, k: int, data: st.DataObject) -> None:
    questions, passages = vectors(seed, asked), vectors(seed + 1, rows)
    row = st.integers(0, rows - 1)
    gold = data.draw(st.lists(st.lists(row, min_size=1, max_size=4, unique=True), min_size=asked, max_size=asked))
    assert recall(questions, passages, gold, k) == pytest.approx(brute(questions, passages, gold, k))


@given(st.integers(0, 1_000), st.integers(1, 12), st.integers(1, 60), st.integers(1, 12))
def test_whoever_asks_with_the_same_vectors_finds_every_neighbour(seed: int, asked: int, rows: int, k: int) -> None:
    questions, passages = vectors(seed, asked), vectors(seed + 1, rows)
    near = neighbours(questions, passages, k)
    assert all(len(set(each)) == min(k, rows) for each in near)
    assert recall(questions, passages, near, k) == pytest.approx(1)


def test_passages_scored_in_parts_are_scored_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    questions, passages = vectors(1, 9), vectors(2, 50).astype(np.float16)
    gold = [[row, row + 20] for row in range(9)]
    whole = recall(questions, passages, gold), neighbours(questions, passages)
    monkeypatch.setattr(gates, "_ROWS", 7)
    assert (recall(questions, passages, gold), neighbours(questions, passages)) == whole

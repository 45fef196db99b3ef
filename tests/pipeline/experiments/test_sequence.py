"""Intervals that may be looked at every day: seldom wrong anywhere, and short enough to see a real difference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from pipeline.experiments.sequence import (
    block_differences,
    block_sizes,
    difference_sequence,
    mean_sequence,
)

EXPERIMENTS = 200
DAYS, A_DAY = 30, 20  # pairs of sessions


def experiments(one: float, other: float, seed: int) -> np.ndarray:
    """Differences of pairs of votes. *Shape:* ``(experiments, pairs)``."""
    random = np.random.default_rng(seed)
    size = (EXPERIMENTS, DAYS * A_DAY)
    return (random.random(size) < other).astype(float) - (random.random(size) < one)


def stops(gaps: np.ndarray, alpha: float = 0.05) -> list[int]:
    """For each experiment the first day on which the interval leaves 0 out, 0 where none does."""
    found = []
    for row in gaps:
        bounds = difference_sequence(row, alpha, grid=401)[A_DAY - 1 :: A_DAY]
        clear = (bounds[:, 0] > 0) | (bounds[:, 1] < 0)
        found.append(int(clear.argmax()) + 1 if clear.any() else 0)
    return found


@pytest.mark.parametrize("rate", [0.5, 0.8, 0.05])
def test_looking_every_day_gives_no_more_false_alarms_than_promised(rate: float) -> None:
    gaps = experiments(rate, rate, seed=7)
    assert sum(day > 0 for day in stops(gaps)) <= 0.05 * EXPERIMENTS


def test_the_usual_interval_looked_at_every_day_would_not() -> None:
    gaps = experiments(0.5, 0.5, seed=7)
    count = np.arange(1, gaps.shape[1] + 1)
    mean = gaps.cumsum(axis=1) / count
    half = norm.ppf(0.975) * np.sqrt(np.maximum((gaps**2).cumsum(axis=1) / count - mean**2, 1e-9) / count)
    wrong = (abs(mean) > half)[:, A_DAY - 1 :: A_DAY].any(axis=1)
    assert wrong.mean() > 0.15


def test_a_real_difference_is_seen_and_its_direction_is_right() -> None:
    gaps = experiments(0.55, 0.75, seed=11)
    days = stops(gaps)
    assert sum(day > 0 for day in days) >= 0.9 * EXPERIMENTS
    for row in gaps[:50]:
        assert (difference_sequence(row, 0.05, grid=401)[:, 1] > 0).all()


def test_the_truth_is_inside_at_all_times_in_most_experiments() -> None:
    gaps = experiments(0.6, 0.7, seed=3)
    held = [((b[:, 0] <= 0.1) & (b[:, 1] >= 0.1)).all() for b in (difference_sequence(r, 0.05, grid=401) for r in gaps)]
    assert np.mean(held) >= 0.95


@given(st.lists(st.floats(0, 1), max_size=60), st.sampled_from((0.01, 0.05, 0.2)))
def test_intervals_are_intervals(values: list[float], alpha: float) -> None:
    bounds = mean_sequence(values, alpha, grid=101)
    assert bounds.shape == (len(values), 2)
    assert (bounds[:, 0] < bounds[:, 1]).all()
    assert bounds.size == 0 or (bounds.min() >= 0 and bounds.max() <= 1)
    wider = mean_sequence(values, alpha / 2, grid=101)
    # not a law for single values, since the bets differ, but none may be sure at once
    assert not len(values) or wider[0, 0] == 0 or wider[0, 1] == 1


def test_what_is_computed_in_parts_is_what_is_computed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).random(300)
    whole = mean_sequence(values, 0.05)
    monkeypatch.setattr("pipeline.experiments.sequence._PART", 7)
    assert np.array_equal(mean_sequence(values, 0.05), whole)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_the_future_changes_no_interval_of_the_past(values: list[float]) -> None:
    assert np.array_equal(mean_sequence(values, 0.05, 101)[:-1], mean_sequence(values[:-1], 0.05, 101))


@pytest.mark.parametrize("wrong", [[1.1], [-0.1], [float("nan")], [float("inf")]])
def test_values_outside_are_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        mean_sequence(wrong, 0.05)


def test_blocks_follow_the_shares() -> None:
    assert block_sizes(0.5, 0.5) == (1, 1)
    assert block_sizes(0.9, 0.1) == (9, 1)
    assert block_sizes(0.1, 0.9) == (1, 9)
    assert block_sizes(0.999, 0.001) == (20, 1)
    assert block_differences([0, 1, 1, 1, 0], [1, 0, 1], (2, 1)).tolist() == [0.5, -1.0]
    assert block_differences([], [1.0], (1, 1)).tolist() == []

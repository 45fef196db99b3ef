"""A line through measured batches, its error, and the budget that it allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.batching.prediction import Measurement, budget_for, fit

SIZES = st.lists(st.integers(1, 100_000), min_size=3, max_size=20, unique=True)
MEASURED = st.lists(
    st.builds(Measurement, st.integers(1, 100_000), st.integers(0, 10**10)),
    min_size=3,
    max_size=20,
    unique_by=lambda each: each.tokens,
)


@given(SIZES, st.integers(0, 10**9), st.integers(1, 10**6))
def test_a_line_is_found_again_without_an_error(sizes: list[int], intercept: int, slope: int) -> None:
    line = fit([Measurement(size, intercept + slope * size) for size in sizes])
    assert line.slope == pytest.approx(slope, rel=1e-4, abs=1e-3 * (1 + intercept / max(sizes)))
    assert line.error < 1e-2
    assert line.most == max(sizes)


@given(MEASURED)
def test_neither_number_is_below_zero(measured: list[Measurement]) -> None:
    line = fit(measured)
    assert line.slope >= 0
    assert line.intercept >= 0
    assert line.worst >= 0
    assert line.error >= 0


@given(MEASURED, st.integers(0, 10**11), st.floats(0, 0.9))
def test_a_budget_s_batch_fits_with_the_line_s_worst_error(
    measured: list[Measurement], free: int, headroom: float
) -> None:
    line = fit(measured)
    tokens = budget_for(free, line, headroom)
    assert 0 <= tokens <= 4 * line.most
    assert not tokens or line.bytes(tokens) + line.worst <= free * (1 - headroom) * (1 + 1e-9) + 1


@given(MEASURED, st.integers(0, 10**11), st.integers(0, 10**11))
def test_more_memory_never_means_a_smaller_budget(measured: list[Measurement], one: int, other: int) -> None:
    line = fit(measured)
    assert budget_for(min(one, other), line) <= budget_for(max(one, other), line)


def test_the_error_is_of_batches_that_the_line_has_not_seen() -> None:
    straight = [Measurement(size, 1_000 * size) for size in (100, 200, 300, 400)]
    bent = [*straight, Measurement(500, 900_000)]  # the others say 500,000
    assert fit(straight).worst == pytest.approx(0, abs=1)
    assert fit(bent).worst == pytest.approx(400_000)


def test_two_sizes_say_nothing_of_the_error() -> None:
    with pytest.raises(ValueError, match="three"):
        fit([Measurement(1, 10), Measurement(1, 12), Measurement(2, 20)])

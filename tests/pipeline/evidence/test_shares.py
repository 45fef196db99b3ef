"""Intervals of proportions: published values, and what must hold of any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence.shares import differs, wilson

counts = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_wilson_is_that_of_newcombes_paper() -> None:
    # Newcombe (1998), Statistics in Medicine 17: 857-872, table I: 81/263, 15/148, 0/20, 1/29
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (hits, n), interval in published.items():
        assert wilson(hits, n) == pytest.approx(interval, abs=5e-5)


def test_differences_are_those_of_newcombes_paper() -> None:
    # Newcombe (1998), Statistics in Medicine 17: 873-890, table II, method 10: only the last interval holds zero
    assert differs((56, 70), (48, 80))
    assert differs((9, 10), (3, 10))
    assert differs((6, 7), (2, 7))
    assert not differs((5, 56), (0, 29))


@given(counts)
def test_an_interval_holds_its_share(pair: tuple[int, int]) -> None:
    low, high = wilson(*pair)
    assert 0 <= low <= pair[0] / pair[1] + 1e-9
    assert pair[0] / pair[1] - 1e-9 <= high <= 1


@given(counts, counts)
def test_differing_has_no_order_and_nothing_differs_from_itself(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert differs(one, other) == differs(other, one)
    assert not differs(one, one)


def test_nothing_is_known_of_none() -> None:
    assert wilson(0, 0) == (0, 1)
    assert not differs((0, 0), (9, 9))

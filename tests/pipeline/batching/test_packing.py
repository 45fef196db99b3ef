"""What is packed together, and what that comes to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.batching.packing import Packing, around, packed, packing_of

LENGTHS = st.lists(st.integers(0, 600), max_size=60)
SOME = st.lists(st.integers(1, 600), min_size=1, max_size=60)
BUDGET, MOST = st.integers(1, 2_000), st.integers(1, 16)


@given(LENGTHS, BUDGET, MOST)
def test_batches_hold_every_row_once_within_the_budget(lengths: list[int], budget: int, most: int) -> None:
    batches = packed(lengths, budget, most)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert 1 <= len(batch) <= most
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= budget


@given(SOME, BUDGET, MOST, st.data())
def test_a_row_s_batch_holds_it_within_the_budget(
    lengths: list[int], budget: int, most: int, data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, len(lengths) - 1))
    batch = around(lengths, row, budget, most)
    assert row in batch
    assert len(set(batch)) == len(batch) <= most
    assert len(batch) == 1 or len(batch) * max(lengths[each] for each in batch) <= budget


@given(SOME, BUDGET, MOST, st.data())
def test_nobody_else_fits_into_a_row_s_batch(lengths: list[int], budget: int, most: int, data: st.DataObject) -> None:
    batch = around(lengths, data.draw(st.integers(0, len(lengths) - 1)), budget, most)
    inside = [lengths[row] for row in batch]
    outside = [length for row, length in enumerate(lengths) if row not in batch]
    if len(batch) < most:
        assert all((len(batch) + 1) * max(*inside, length) > budget for length in outside)


def test_a_row_s_batch_is_those_nearest_in_length() -> None:
    assert [[10, 11, 12, 40, 41][row] for row in around([10, 11, 12, 40, 41], 1, 36, 8)] == [10, 11, 12]
    assert sorted(around([10, 11, 12, 40, 41], 3, 82, 8)) == [3, 4]


@given(SOME, BUDGET, MOST, st.floats(0, 1))
def test_a_row_s_batch_is_filled_with_text(lengths: list[int], budget: int, most: int, fill: float) -> None:
    batch = around(lengths, 0, budget, most, fill)
    assert 0 in batch
    assert sum(lengths[row] for row in batch) >= fill * len(batch) * max(lengths[row] for row in batch) * (1 - 1e-9)
    if not fill:
        assert batch == around(lengths, 0, budget, most)


@given(LENGTHS, BUDGET, MOST)
def test_the_share_of_padding_is_that_of_the_batches(lengths: list[int], budget: int, most: int) -> None:
    found = packing_of(lengths, budget, most)
    assert found.tokens == sum(lengths) <= found.padded
    assert 0 < found.fill <= 1 or not found.tokens


def test_sorting_saves_padding() -> None:
    mixed = [10, 200] * 32
    assert packing_of(mixed, 3_200, 64) == Packing(batches=3, tokens=6_720, padded=6_720)

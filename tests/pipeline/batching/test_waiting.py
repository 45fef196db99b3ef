"""The queue: everything comes out once, the oldest always next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.batching.waiting import FILL, Item, Request, Waiting, padded, split

SIZES = st.lists(st.integers(1, 500), max_size=60)
BUDGET, MOST = st.integers(1, 2_000), st.integers(1, 16)


def filled(sizes: list[int]) -> Waiting[int, int]:
    waiting: Waiting[int, int] = Waiting()
    request: Request[int] = Request([None] * len(sizes), len(sizes))
    waiting.add(Item(place, size, place, request, 0.0) for place, size in enumerate(sizes))
    return waiting


@given(SIZES, BUDGET, MOST)
def test_every_text_comes_out_once_within_the_budget_and_the_oldest_always_next(
    sizes: list[int], budget: int, most: int
) -> None:
    waiting, left = filled(sizes), list(range(len(sizes)))
    while len(waiting):
        assert waiting.oldest().value == left[0]
        batch = waiting.take(budget, most)
        assert left[0] in [item.value for item in batch]
        assert len(batch) == 1 or (len(batch) <= most and padded(batch) <= budget)
        for item in batch:
            left.remove(item.value)
        assert waiting.tokens == sum(sizes[place] for place in left)
    assert not left
    assert waiting.take(budget, most) == []


@given(SIZES, SIZES)
def test_dropping_a_request_leaves_the_others(mine: list[int], theirs: list[int]) -> None:
    waiting: Waiting[int, int] = Waiting()
    requests = [Request[int]([None] * len(sizes), len(sizes)) for sizes in (mine, theirs)]
    for request, sizes in zip(requests, (mine, theirs), strict=True):
        waiting.add(Item(place, size, place, request, 0.0) for place, size in enumerate(sizes))
    assert waiting.drop(requests[0]) == len(mine)
    assert waiting.tokens == sum(theirs)
    taken = [item for _ in theirs if len(waiting) for item in waiting.take(1_000, 8)]
    assert all(item.request is requests[1] for item in taken)
    assert len(taken) == len(theirs)


@given(st.lists(st.integers(1, 500), min_size=2, max_size=30), st.integers(1, 1_000))
def test_a_batch_that_was_too_large_is_run_in_smaller_ones(sizes: list[int], budget: int) -> None:
    request: Request[int] = Request([None] * len(sizes), len(sizes))
    batch = [Item(place, size, place, request, 0.0) for place, size in enumerate(sizes)]
    parts = split(batch, budget, max(1, len(batch) // 2))
    assert sorted(item.value for part in parts for item in part) == list(range(len(sizes)))
    assert all(len(part) < len(batch) for part in parts)


@given(SIZES, BUDGET, MOST)
def test_no_batch_is_mostly_padding(sizes: list[int], budget: int, most: int) -> None:
    waiting = filled(sizes)
    while len(waiting):
        batch = waiting.take(budget, most)
        assert sum(item.tokens for item in batch) >= FILL * padded(batch) * (1 - 1e-9)

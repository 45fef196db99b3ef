"""What is packed together, and how many are let in at once."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from pipeline.batching import Gate, packed

LENGTHS = st.lists(st.integers(0, 600), max_size=60)


@given(LENGTHS, st.integers(1, 2_000), st.integers(1, 16))
def test_batches_hold_every_row_once_within_the_budget(lengths: list[int], budget: int, most: int) -> None:
    batches = packed(lengths, budget, most)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert 1 <= len(batch) <= most
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= budget


@given(st.lists(st.integers(1, 30), min_size=1, max_size=20), st.integers(1, 5), st.integers(1, 40))
def test_a_gate_lets_in_no_more_than_it_may_and_all_in_turn(weights: list[int], count: int, tokens: int) -> None:
    inside: list[int] = []
    entered: list[int] = []

    async def one(gate: Gate, number: int) -> None:
        async with gate.through(weights[number]):
            inside.append(weights[number])
            entered.append(number)
            assert len(inside) <= count
            assert sum(inside) <= tokens or len(inside) == 1
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            inside.remove(weights[number])

    async def everybody() -> None:
        gate = Gate(count, tokens)
        await asyncio.gather(*(one(gate, number) for number in range(len(weights))))

    asyncio.run(everybody())
    assert entered == list(range(len(weights)))


def test_whoever_fails_inside_makes_room() -> None:
    async def fail(gate: Gate) -> None:
        async with gate.through(5):
            raise ValueError

    async def everybody() -> list[object]:
        gate = Gate(1, 5)
        return await asyncio.gather(*(fail(gate) for _ in range(3)), return_exceptions=True)

    assert [type(each) for each in asyncio.run(everybody())] == [ValueError] * 3

"""How many requests are let in at once."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from pipeline.batching.gate import Gate


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


def test_the_number_may_move_while_others_are_inside() -> None:
    allowed = 3
    inside: list[int] = []
    most: list[int] = []

    async def one(gate: Gate, number: int) -> None:
        nonlocal allowed
        async with gate.through(1):
            inside.append(number)
            most.append(len(inside))
            if number == 2:
                allowed = 1
            await asyncio.sleep(0)
            inside.remove(number)

    async def everybody() -> None:
        gate = Gate(lambda: allowed, 1_000)
        await asyncio.gather(*(one(gate, number) for number in range(12)))

    asyncio.run(everybody())
    assert most[:3] == [1, 2, 3]
    assert set(most[5:]) == {1}

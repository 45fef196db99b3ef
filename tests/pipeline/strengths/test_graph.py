"""The graph: order, errors, the bound, the critical path. Nothing here depends on how fast anything is."""

from __future__ import annotations

import asyncio
import threading

import pytest

from pipeline.strengths.graph import Graph, Node, critical_path


def test_a_task_gets_the_results_of_those_it_needs() -> None:
    async def run() -> tuple[int, tuple[str, ...]]:
        async with Graph() as graph:
            one, two = graph.add("one", lambda: 1), graph.add("two", lambda: 2)
            total = graph.add("sum", lambda values, more: sum(values) + more, [one, two], 10)
            result = await total
            return result, tuple(timing.task for timing in graph.timings())

    result, order = asyncio.run(run())
    assert result == 13
    assert order[-1] == "sum"


def test_independent_tasks_run_side_by_side_and_no_more_than_allowed() -> None:
    meet = threading.Barrier(2, timeout=30)  # passed only when both are inside at once

    async def both() -> None:
        async with Graph(threads=2) as graph:
            await asyncio.gather(*(graph.add(f"t{i}", meet.wait).task for i in range(2)))

    asyncio.run(both())
    inside, most = [0], [0]
    lock = threading.Lock()

    def busy() -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        threading.Event().wait(0.002)
        with lock:
            inside[0] -= 1

    async def many() -> None:
        async with Graph(one_by_one=True) as graph:
            await asyncio.gather(*(graph.add(f"t{i}", busy).task for i in range(8)))

    asyncio.run(many())
    assert most[0] == 1


def test_waiting_for_a_model_is_bounded_by_itself() -> None:
    inside, most = 0, 0

    async def ask() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        for _ in range(5):
            await asyncio.sleep(0)
        inside -= 1

    async def run(one_by_one: bool) -> int:
        nonlocal most
        most = 0
        async with Graph(waiting=3, one_by_one=one_by_one) as graph:
            await asyncio.gather(*(graph.add(f"t{i}", ask).task for i in range(10)))
        return most

    assert asyncio.run(run(False)) == 3
    assert asyncio.run(run(True)) == 1


def test_what_needs_a_failed_task_fails_and_the_rest_goes_on() -> None:
    def fail() -> None:
        raise ValueError("no")

    async def run() -> str:
        async with Graph() as graph:
            bad, good = graph.add("bad", fail), graph.add("good", lambda: "fine")
            after = graph.add("after", lambda _: "never", bad)
            with pytest.raises(ValueError, match="no"):
                await after
            result: str = await good
            return result

    assert asyncio.run(run()) == "fine"


def test_the_critical_path_goes_by_what_ended_last() -> None:
    def node(name: str, ended: float, *needs: Node[int]) -> Node[int]:
        made: Node[int] = Node(name, needs)
        made.ended = ended
        return made

    a, b = node("a", 1), node("b", 3)
    assert critical_path(node("end", 9, node("c", 5, a, b), node("d", 4, a))) == ("b", "c", "end")

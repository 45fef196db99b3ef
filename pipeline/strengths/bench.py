"""How much the graph saves: the same steps one after the other, with a language model that takes its time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.restaurants.writing import Ask
from pipeline.strengths.ground import Ground
from pipeline.strengths.running import find_all
from pipeline.strengths.types import Strengths


class SlowWriter:
    """See Writer. Gives every draft back as it is, after a pause: what a language model costs without what it does."""

    name = "simulated"

    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s
        self.asked = 0

    async def write(self, ask: Ask) -> Mapping[str, Any]:
        """See Writer."""
        self.asked += 1
        await asyncio.sleep(self._latency_s)
        return ask.draft


@dataclass(frozen=True, slots=True)
class BenchReport:
    """Seconds for the strengths of some restaurants, as a graph and one step after the other, and whether both agree.

    ``requests`` are those to the language model in one of the two.
    """

    restaurants: int
    requests: int
    tasks: int
    graph_s: float
    one_by_one_s: float
    same: bool

    @property
    def ratio(self) -> float:
        """How many times faster the graph is."""
        return self.one_by_one_s / self.graph_s


def bench_strengths(
    ground: Ground, names: Sequence[str], latency_s: float, step: Callable[[str, int], None]
) -> BenchReport:
    """Run both; analyses are made before, and nothing is cached between the two."""
    ground.analyses.make(names)
    asyncio.run(find_all(replace(ground, writer=None), names[:1]))  # what is opened once isn't either one's time
    step("warm", 1)
    writer, times, found = SlowWriter(latency_s), list[float](), list[list[Strengths]]()
    for one_by_one in (False, True):
        began = time.perf_counter()
        found.append(asyncio.run(find_all(replace(ground, writer=writer), names, one_by_one=one_by_one)))
        times.append(time.perf_counter() - began)
        step("one by one" if one_by_one else "graph", 1)
    first, second = ([untimed(one) for one in each] for each in found)
    tasks = max(len(one.timings) for one in found[0])
    return BenchReport(len(names), writer.asked // 2, tasks, times[0], times[1], first == second)


def untimed(found: Strengths) -> Strengths:
    """A result without the times, which no two runs share."""
    return replace(found, timings=(), critical_path=())

"""A graph of tasks: each begins when those it needs are done, in bounded pools, and is timed. Knows not what they do.

Plain functions run in threads; coroutines (what waits for a language model) run in the event loop, behind a limit of
their own. One after the other is the same graph with room for one task.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pipeline.strengths.types import Timing

T = TypeVar("T")

THREADS = 2
WAITING = 16  # requests to a language model under way at once


@dataclass(slots=True, eq=False)
class Node(Generic[T]):
    """A task of the graph. Awaiting it gives its result."""

    name: str
    needs: tuple[Node[Any], ...]
    task: asyncio.Task[T] = field(init=False)
    began: float = 0.0
    ended: float = 0.0

    def __await__(self) -> Any:
        return self.task.__await__()


class Graph:
    """Tasks that run as soon as they can: ``async with Graph() as graph``."""

    def __init__(self, *, threads: int = THREADS, waiting: int = WAITING, one_by_one: bool = False) -> None:
        self._threads = ThreadPoolExecutor(1 if one_by_one else threads)
        self._room = asyncio.Semaphore(1 if one_by_one else threads)
        self._waiting = self._room if one_by_one else asyncio.Semaphore(waiting)
        self._start = time.perf_counter()
        self.nodes: list[Node[Any]] = []

    async def __aenter__(self) -> Graph:
        return self

    async def __aexit__(self, *_: object) -> None:
        for node in self.nodes:
            node.task.cancel()
        await asyncio.gather(*(node.task for node in self.nodes), return_exceptions=True)
        self._threads.shutdown()

    def add(self, name: str, function: Callable[..., Any], *inputs: Any, after: Sequence[Node[Any]] = ()) -> Node[Any]:
        """A task that calls a function with inputs; those that are nodes, or lists of nodes, are waited for first.

        A task fails with the error of what it needs. ``after`` are nodes that are needed for nothing but their end.
        """
        flat = [one for given in inputs for one in (given if isinstance(given, list) else [given])]
        node: Node[Any] = Node(name, (*(one for one in flat if isinstance(one, Node)), *after))
        node.task = asyncio.create_task(self._run(node, function, inputs))
        self.nodes.append(node)
        return node

    async def _run(self, node: Node[Any], function: Callable[..., Any], inputs: Sequence[Any]) -> Any:
        for needed in node.needs:
            await asyncio.shield(needed.task)
        given = [await _value(one) for one in inputs]
        coroutine = inspect.iscoroutinefunction(function)
        async with self._waiting if coroutine else self._room:
            node.began = time.perf_counter() - self._start
            try:
                if coroutine:
                    return await function(*given)
                return await asyncio.get_running_loop().run_in_executor(self._threads, function, *given)
            finally:
                node.ended = time.perf_counter() - self._start

    def timings(self) -> tuple[Timing, ...]:
        """Every task that ran, in the order in which they ended."""
        ran = sorted((node for node in self.nodes if node.ended), key=lambda node: node.ended)
        return tuple(Timing(n.name, n.began, n.ended, tuple(m.name for m in n.needs)) for n in ran)


async def _value(given: Any) -> Any:
    if isinstance(given, Node):
        return await given
    if isinstance(given, list):
        return [await _value(one) for one in given]
    return given


def critical_path(last: Node[Any]) -> tuple[str, ...]:
    """The tasks that a task had to wait for, first to last: of what each needed, that which ended last."""
    path = [last]
    while path[-1].needs:
        path.append(max(path[-1].needs, key=lambda node: node.ended))
    return tuple(node.name for node in reversed(path))

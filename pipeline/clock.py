"""Where the time of a question goes, by stage."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Clock:
    """Milliseconds of work by stage. Time that a trace spends with whoever looks at it between stages isn't counted."""

    def __init__(self, now: Callable[[], float] = time.perf_counter, spent: Mapping[str, float] | None = None) -> None:
        self._now = now
        self._timings = {name: ms for name, ms in (spent or {}).items() if name != "total"}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to a stage."""
        start = self._now()
        try:
            yield
        finally:
            self._timings[name] = self._timings.get(name, 0.0) + (self._now() - start) * 1000

    def each(self, name: str, items: Iterator[T]) -> Iterator[T]:
        """The items; the time that each takes to come is added to a stage."""
        while True:
            with self.stage(name):
                item = next(items, None)
            if item is None:
                return
            yield item

    def read(self) -> dict[str, float]:
        """The timings so far, with their total."""
        return {**self._timings, "total": sum(self._timings.values())}

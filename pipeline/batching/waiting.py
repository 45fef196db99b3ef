"""The texts that wait to be run, in the order in which they came. One thread at a time: the batcher holds a lock.

A batch is the oldest text with those of like length among the oldest. So every batch takes the oldest: a text behind
``n`` others is in one of the next ``n + 1`` batches, however short or long it is and whatever comes after it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

from pipeline.batching.packing import around, packed

T = TypeVar("T")
R = TypeVar("R")

WINDOW = 8
"""Among how many batches' worth of the oldest texts those of like length are looked for."""


FILL = 0.6
"""The share of a batch that is text, at least: two batches of like lengths are done sooner than one full of padding."""


@dataclass(slots=True, eq=False)
class Request(Generic[R]):
    """One caller's call: its results by place, and how many are missing still. ``future`` brings them all."""

    results: list[R | None]
    left: int
    future: Future[list[R]] = field(default_factory=Future)

    @property
    def over(self) -> bool:
        """Whether nobody waits for it any more: it failed, or its caller has gone."""
        return self.future.done()


@dataclass(frozen=True, slots=True, eq=False)
class Item(Generic[T, R]):
    """One text of a request: its size in tokens, its place among the request's, and when it came."""

    value: T
    tokens: int
    place: int
    request: Request[R]
    since: float


def padded(items: Iterable[Item[T, R]]) -> int:
    """The tokens of a batch with padding: the longest, as often as there are texts."""
    sizes = [item.tokens for item in items]
    return max(sizes, default=0) * len(sizes)


def split(batch: list[Item[T, R]], budget: int, most: int) -> list[list[Item[T, R]]]:
    """A batch in batches under a smaller budget."""
    return [[batch[row] for row in rows] for rows in packed([item.tokens for item in batch], budget, most)]


class Waiting(Generic[T, R]):
    """See the module."""

    def __init__(self) -> None:
        self._items: OrderedDict[int, Item[T, R]] = OrderedDict()  # first out, and any in the middle, without moving
        self._next = 0
        self.tokens = 0

    def __len__(self) -> int:
        return len(self._items)

    def add(self, items: Iterable[Item[T, R]]) -> None:
        """Put texts at the end."""
        for item in items:
            self._items[self._next] = item
            self._next += 1
            self.tokens += item.tokens

    def oldest(self) -> Item[T, R]:
        """The text that came first."""
        return next(iter(self._items.values()))

    def take(self, budget: int, most: int) -> list[Item[T, R]]:
        """Take out the oldest text and what fits beside it. Empty only when nothing waits."""
        window = list(islice(self._items.items(), WINDOW * most))
        rows = around([item.tokens for _, item in window], 0, budget, most, FILL) if window else []
        return [self._out(window[row][0]) for row in rows]

    def drop(self, request: Request[R]) -> int:
        """Take out what is left of a request; how many that were."""
        keys = [key for key, item in self._items.items() if item.request is request]
        for key in keys:
            self._out(key)
        return len(keys)

    def _out(self, key: int) -> Item[T, R]:
        item = self._items.pop(key)
        self.tokens -= item.tokens
        return item

"""A limit on what is done at once that follows free memory: one more while there is plenty, half when it is short.

Additive increase, multiplicative decrease, as TCP has it (Chiu and Jain, 1989): whoever shares the memory converges on
fair parts, and nobody overshoots for long. The rule is pure; ``Limiter`` is a gate for threads that keeps to it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from pipeline.machine import available_memory
from pipeline.once import once

TOGETHER = 4
"""Batches of all models together that a device runs at once, while it has memory for them."""

LOW, HIGH = 512 * 2**20, 1024 * 2**20  # bytes free of a device between which the limit stays
ASKED_LOW, ASKED_HIGH = LOW // 2, HIGH // 2
"""The same where a language model's server runs on this machine: vLLM has taken what it needs, others take more."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When the limit moves, and how far.

    With less than ``low`` bytes free it is multiplied by ``factor``, with more than ``high`` ``step`` is added; between
    the two it stays. It never leaves ``floor``–``ceiling``.
    """

    ceiling: int
    low: int = 0
    high: int = 0
    floor: int = 1
    step: int = 1
    factor: float = 0.5


def increased(limit: int, rule: Rule) -> int:
    """The limit one step higher."""
    return max(rule.floor, min(rule.ceiling, limit + rule.step))


def decreased(limit: int, rule: Rule) -> int:
    """The limit lowered by the rule's factor."""
    return max(rule.floor, min(rule.ceiling, int(limit * rule.factor)))


def next_limit(limit: int, free: int, rule: Rule) -> int:
    """What the limit becomes with so many bytes free."""
    if free < rule.low:
        return decreased(limit, rule)
    return increased(limit, rule) if free > rule.high else max(rule.floor, min(rule.ceiling, limit))


def admits(inside: int, limit: int, free: int, cost: int, rule: Rule) -> bool:
    """Whether one more may come in that will take ``cost`` bytes. The floor may always: to wait for ever helps none."""
    return inside < rule.floor or (inside < limit and free - cost >= rule.low)


class Limiter:
    """A gate for threads: as many inside as the limit allows, which moves with free memory.

    Args:
        free: bytes that may still be taken, such as ``pipeline.machine.available_memory``.
        cost: bytes that one takes, where that is known. What came in less than ``settle_s`` ago doesn't show in the
            free memory yet and is reckoned with this.
        every_s: how often the memory is looked at; the limit moves at most once in that time.
        start: the limit at first; careful unless told otherwise: it takes a moment to grow, and no time to be too many.
    """

    def __init__(
        self,
        rule: Rule,
        free: Callable[[], int],
        *,
        cost: int = 0,
        every_s: float = 0.25,
        settle_s: float = 0.5,
        start: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rule = rule
        self._free = free
        self._cost = cost
        self._every_s = every_s
        self._settle_s = settle_s
        self._clock = clock
        self._limit = rule.floor if start is None else start
        self._measured = 0
        self._looked: float | None = None
        self._entered: list[float] = []
        self._changed = threading.Condition()

    @property
    def limit(self) -> int:
        """How many may be inside now."""
        return self._limit

    @property
    def inside(self) -> int:
        """How many are inside now."""
        return len(self._entered)

    def look(self) -> int:
        """Look at the memory, if it is time to, and say how many may be inside."""
        with self._changed:
            return self._look()

    def enter(self) -> float:
        """Wait until there is room, come in, and get the ticket to leave with."""
        with self._changed:
            while (ticket := self._entered_now()) is None:
                self._changed.wait(self._every_s)  # memory may come back without anybody leaving
            return ticket

    def try_enter(self, wait_s: float = 0.0) -> float | None:
        """Come in if there is room at this moment, or within ``wait_s``; None where there is none."""
        until = self._clock() + wait_s
        with self._changed:
            while (ticket := self._entered_now()) is None and (left := until - self._clock()) > 0:
                self._changed.wait(min(left, self._every_s))
            return ticket

    def leave(self, ticket: float) -> None:
        """Go out again."""
        with self._changed:
            self._entered.remove(ticket)
            self._changed.notify_all()

    @contextmanager
    def through(self) -> Iterator[None]:
        """Wait until there is room, and hold a place for the length of the block."""
        ticket = self.enter()
        try:
            yield
        finally:
            self.leave(ticket)

    def _entered_now(self) -> float | None:
        limit, now = self._look(), self._clock()
        unseen = sum(now - entered < self._settle_s for entered in self._entered)
        free = self._measured - unseen * self._cost
        if not admits(len(self._entered), limit, free, self._cost, self._rule):
            return None
        self._entered.append(now)
        return now

    def _look(self) -> int:
        now = self._clock()
        if self._looked is None or now - self._looked >= self._every_s:
            self._looked, self._measured = now, self._free()
            self._limit = next_limit(self._limit, self._measured, self._rule)
        return self._limit


def gpu_free(card: int = 0) -> int | None:
    """Bytes free on a GPU as NVML says, whoever took the rest; None without a GPU, its driver or the package pynvml."""
    try:
        import pynvml  # an optional extra: only machines with a GPU have it
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        return int(pynvml.nvmlDeviceGetMemoryInfo(pynvml.nvmlDeviceGetHandleByIndex(card)).free)
    except pynvml.NVMLError:
        return None


def device_free(device: str) -> int:
    """Bytes that batches may still take on a device, ``cpu`` or ``cuda``.

    What torch has taken and holds in store for the next batch is free to it, though NVML counts it as taken. Engines
    run without torch: where NVML is missing, too, nothing is known, and nothing is held back.
    """
    if device == "cpu":
        return available_memory()
    free, torch = gpu_free(), sys.modules.get("torch")  # an extra; what isn't loaded has taken nothing
    if torch is None:
        return HIGH + 1 if free is None else free
    free = int(torch.cuda.mem_get_info()[0]) if free is None else free
    return free + int(torch.cuda.memory_reserved() - torch.cuda.memory_allocated())


def machine_free() -> int:
    """Bytes that are still free of this machine's memory, or of its GPU's where that is less."""
    card = gpu_free()
    return available_memory() if card is None else min(available_memory(), card)


def request_limiter(ceiling: int, *, here: bool) -> Limiter:
    """For requests to a language model: ``ceiling`` of them, fewer while memory is short where its server is ``here``.

    Of another machine's memory nothing is known, and its server says itself when it is busy.
    """
    rule = Rule(ceiling=ceiling, low=ASKED_LOW, high=ASKED_HIGH)
    return Limiter(rule, machine_free if here else lambda: ASKED_HIGH + 1, start=ceiling)


@once
def device_limiter(device: str) -> Limiter:
    """The one limiter of a device in this process: the batches of all models go through it."""
    return Limiter(Rule(ceiling=TOGETHER, low=LOW, high=HIGH), partial(device_free, device))

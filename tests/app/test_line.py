"""Threads that wait for something: served in the order in which they came, and nothing is lost with who gives up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.operation.line import Line
from tests.app.cli_runs import wait_for

PATIENCE = 20


class TooLong(Exception):
    pass


def never() -> None:
    """Look on, for ever."""


def giving_up() -> None:
    raise TooLong


class Queue:
    """Threads that came one after the other, and what each got, in that order."""

    def __init__(self, line: Line[int]) -> None:
        self.line = line
        self.got: list[tuple[str, int]] = []
        self.threads: list[threading.Thread] = []

    def come(self, name: str, look: Callable[[], None] = never) -> None:
        waiting = len(self.line._turns)
        thread = threading.Thread(target=lambda: self.got.append((name, self.line.get(look, 0.01))), daemon=True)
        thread.start()
        self.threads.append(thread)
        wait_for(lambda: len(self.line._turns) > waiting, PATIENCE)


def test_whoever_waits_longest_is_first() -> None:
    line = Line[int]()
    queue = Queue(line)
    names = [f"thread {number}" for number in range(12)]
    for name in names:
        queue.come(name)
    for number, name in enumerate(names):
        line.put(number)
        wait_for(lambda: len(queue.got) == number + 1, PATIENCE)  # noqa: B023  (called at once)
        assert queue.got[-1] == (name, number)


def test_nobody_overtakes_one_that_waits() -> None:
    """Whoever puts something back and asks again at once is behind those that wait."""
    line = Line[int]()
    queue = Queue(line)
    queue.come("patient")
    line.put(1)
    with pytest.raises(TooLong):
        line.get(giving_up, 0)
    wait_for(lambda: queue.got == [("patient", 1)], PATIENCE)


def test_what_is_there_is_had_at_once_in_its_order() -> None:
    line = Line[int]()
    for number in range(3):
        line.put(number)
    assert [line.get(giving_up, 0) for _ in range(3)] == [0, 1, 2]


def test_one_that_gives_up_leaves_its_turn_to_the_next() -> None:
    line = Line[int]()
    with pytest.raises(TooLong):
        line.get(giving_up, 0)
    line.put(7)
    assert line.get(giving_up, 0) == 7


def test_what_comes_while_one_gives_up_is_the_next_ones() -> None:
    line = Line[int]()

    def late() -> None:
        line.put(7)  # it is this one's already
        raise TooLong

    with pytest.raises(TooLong):
        line.get(late, 0)
    assert line.get(giving_up, 0) == 7


def test_nothing_is_lost_and_nothing_had_twice() -> None:
    """Eight threads pass three things around, and some of them give up all the time."""
    line = Line[int]()
    held, at_once, lock = set[int](), list[int](), threading.Lock()
    for number in range(3):
        line.put(number)

    def work(seed: int) -> int:
        had, end = 0, time.monotonic() + 1
        while time.monotonic() < end:
            try:
                thing = line.get(giving_up if (seed + had) % 3 else never, 0.0001)
            except TooLong:
                had += 1
                continue
            with lock:
                assert thing not in held
                held.add(thing)
                at_once.append(len(held))
            with lock:
                held.remove(thing)
            line.put(thing)
            had += 1
        return had

    with ThreadPoolExecutor(8) as pool:
        assert all(had > 0 for had in pool.map(work, range(8)))
    assert sorted(line.get(giving_up, 0) for _ in range(3)) == [0, 1, 2]
    assert max(at_once) <= 3

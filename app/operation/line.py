"""Threads that wait for something, served in the order in which they came."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Line(Generic[T]):
    """Hands out what is put in, each to whoever has waited longest.

    A ``queue.SimpleQueue`` gives it to the thread that happens to ask at that moment: while others keep coming, one of
    those that wait may be overtaken for a second.
    """

    def __init__(self) -> None:
        self._things: deque[T] = deque()  # empty while anybody waits
        self._turns: deque[Future[T]] = deque()
        self._lock = threading.Lock()

    def put(self, thing: T) -> None:
        """Give something to the first who waits, or keep it for the next who comes."""
        with self._lock:
            while self._turns:
                turn = self._turns.popleft()
                if turn.set_running_or_notify_cancel():  # else whoever waited has gone
                    turn.set_result(thing)
                    return
            self._things.append(thing)

    def get(self, look: Callable[[], None], every_s: float) -> T:
        """Wait for one's turn. ``look`` is called every so many seconds; what it raises ends the wait."""
        with self._lock:
            if self._things:
                return self._things.popleft()
            turn: Future[T] = Future()
            self._turns.append(turn)
        try:
            while True:
                with suppress(TimeoutError):
                    return turn.result(every_s)
                look()
        except BaseException:
            if not turn.cancel():  # it came just now: it is the next one's
                self.put(turn.result())
            raise

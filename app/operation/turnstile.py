"""How many are let in at once, how many wait, and who is turned away. For one event loop; needs no locks."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable

CROWDED_S = 1.0  # so long after somebody was turned away it counts as crowded


class Turnstile:
    """Lets ``room`` in at once while ``queue`` wait, first come first served; more are turned away at once.

    While that goes on, whoever has waited longer than ``patience`` seconds, and longer than a question takes, makes way
    for a fresher one: else everybody would pay the whole length of a queue that never empties (after controlled delay,
    Nichols & Jacobson, "Controlling Queue Delay", ACM Queue 10(5), 2012). A burst that the queue holds is served whole.
    """

    def __init__(
        self, room: int, queue: int, patience: float = math.inf, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.room = room
        self.queue = queue
        self.patience = patience
        self.running = 0
        self._now = now
        self._waiting: OrderedDict[asyncio.Future[bool], float] = OrderedDict()  # since when
        self._crowded = -math.inf  # when somebody was last turned away
        self._seconds = 0.0  # of one question, a moving average

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def retry_seconds(self) -> int:
        """When those who wait now will have been served, by how long questions took lately; from 1 to 60."""
        return min(60, max(1, math.ceil(self._seconds * (self.waiting + self.running) / self.room)))

    async def enter(self) -> bool:
        """Wait for a place; False where there is none in time. Whoever got one must ``leave``."""
        if self.running < self.room:
            self.running += 1
            return True
        if len(self._waiting) >= self.queue:
            self._crowded = self._now()
            return False
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[turn] = self._now()
        try:
            return await turn
        except asyncio.CancelledError:
            self._waiting.pop(turn, None)
            if turn.done() and not turn.cancelled() and turn.result():  # given to who has just gone
                self._pass_on()
            raise

    def leave(self, seconds: float) -> None:
        """Give the place back, after so many seconds of work."""
        self._seconds = seconds if not self._seconds else 0.9 * self._seconds + 0.1 * seconds
        self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            turn, since = self._waiting.popitem(last=False)
            if turn.done():
                continue
            if self._waiting and self._too_late(since):
                turn.set_result(False)
                continue
            turn.set_result(True)  # the place goes straight to the next, who needn't be quick
            return
        self.running -= 1

    def _too_late(self, since: float) -> bool:
        now = self._now()
        late = now - self._crowded < CROWDED_S and now - since > max(self.patience, self._seconds)
        if late:
            self._crowded = now
        return late

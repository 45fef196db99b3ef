"""How many are let in at once, how many wait, and who is turned away. For one event loop; needs no locks."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque


class Turnstile:
    """Lets ``room`` in at once while ``queue`` wait, first come first served; more are turned away at once."""

    def __init__(self, room: int, queue: int) -> None:
        self.room = room
        self.queue = queue
        self.running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
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
        """Wait for a place; False at once where too many wait. Whoever got one must ``leave``."""
        if self.running < self.room:
            self.running += 1
            return True
        if len(self._waiting) >= self.queue:
            return False
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the place was given to who has just gone
                self._pass_on()
            else:
                with contextlib.suppress(ValueError):  # passed over already
                    self._waiting.remove(turn)
            raise
        return True

    def leave(self, seconds: float) -> None:
        """Give the place back, after so many seconds of work."""
        self._seconds = seconds if not self._seconds else 0.9 * self._seconds + 0.1 * seconds
        self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)  # the place goes straight to the next, who needn't be quick
                return
        self.running -= 1

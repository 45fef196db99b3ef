"""How fast a judge may be asked: so many calls a minute and a day, and a pause when it asks for one.

Time comes from outside, so that nothing here needs a clock of its own.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

BASE = 1.0  # seconds of the first pause after a failure
LONGEST = 60.0  # seconds that a pause of our own grows to
PATIENCE = 300.0  # seconds beyond which it is better to stop than to wait
MINUTE, DAY = 60.0, 86_400.0


class LongWait(Exception):
    """The next call would have to wait for so long (seconds) that the run is better taken up again later."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Bucket:
    """``limit`` tokens, each of which comes back ``period`` seconds after it was taken (0: as many as you like).

    So never more than ``limit`` are taken within any ``period``.
    """

    def __init__(self, limit: int, period: float, taken: Iterable[float] = ()) -> None:
        self.limit = limit
        self.period = period
        self._taken = deque(sorted(taken))

    def wait(self, now: float) -> float:
        """Seconds until there is a token."""
        while self._taken and self._taken[0] <= now - self.period:
            self._taken.popleft()
        if not self.limit or len(self._taken) < self.limit:
            return 0.0
        return self._taken[-self.limit] + self.period - now

    def take(self, now: float) -> None:
        """Take one."""
        self._taken.append(now)


class Pace:
    """Lets calls through one after the other, no faster than the buckets allow and never in a pause.

    Args:
        used: when earlier calls of the last day were made (seconds since 1970).
        patience: seconds beyond which a wait is refused.
    """

    def __init__(
        self,
        per_minute: int = 0,
        per_day: int = 0,
        used: Iterable[float] = (),
        *,
        patience: float = PATIENCE,
        base: float = BASE,
        seed: int = 0,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._buckets = (Bucket(per_minute, MINUTE), Bucket(per_day, DAY, used))
        self._patience = patience
        self._base = base
        self._random = random.Random(seed)
        self._clock = clock
        self._sleep = sleep
        self._resume = 0.0
        self._turns = asyncio.Lock()

    async def turn(self) -> None:
        """Wait until a call may be made, and count it.

        Raises:
            LongWait: that would take too long.
        """
        async with self._turns:  # first come, first served
            while (seconds := self._wait()) > 0:
                if seconds > self._patience:
                    raise LongWait(seconds)
                await self._sleep(seconds)
            now = self._clock()
            for bucket in self._buckets:
                bucket.take(now)

    def _wait(self) -> float:
        now = self._clock()
        return max(self._resume - now, *(bucket.wait(now) for bucket in self._buckets))

    def pause(self, seconds: float) -> None:
        """Nobody calls before that many seconds are over: what an endpoint asks for holds for every call."""
        self._resume = max(self._resume, self._clock() + seconds)

    async def back_off(self, attempt: int, retry_after: float | None, *, everybody: bool) -> None:
        """Wait after the ``attempt``-th failure (from 1): exponentially longer, by chance between nothing and that.

        Full jitter (Brooker, "Exponential Backoff and Jitter", AWS 2015). Never shorter than ``retry_after``, which
        ``everybody`` else waits for, too.
        """
        seconds = self._random.uniform(0, min(LONGEST, self._base * 2 ** (attempt - 1)))
        if retry_after is not None or everybody:
            self.pause((retry_after or 0.0) + seconds)
            return
        await self._sleep(seconds)

"""So many requests a minute: a bucket of tokens for each name, in memory. Knows nothing of HTTP.

A bucket holds a tenth of a minute's tokens, so that a page may ask for several things at once, and fills steadily
(token bucket, as in RFC 2697 with one rate).
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

BURST_SECONDS = 6.0
KEPT = 10_000  # names; who isn't in it has a full bucket


class Buckets:
    """Buckets of one rate. ``per_minute`` 0 lets everything through. To be used from one thread, the event loop's."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._rate = per_minute / 60
        self.burst = max(1.0, self._rate * BURST_SECONDS)
        self._now = now
        self._full_at: OrderedDict[str, float] = (
            OrderedDict()
        )  # when the bucket will be full again: one number says all of it

    def take(self, name: str) -> int:
        """Take a token: 0, or in how many seconds there will be one."""
        if not self.per_minute:
            return 0
        now = self._now()
        missing = max(0.0, self._full_at.get(name, now) - now) * self._rate
        if missing + 1 > self.burst + 1e-9:
            return max(1, math.ceil((missing + 1 - self.burst) / self._rate))
        self._full_at[name] = now + (missing + 1) / self._rate
        self._full_at.move_to_end(name)
        if len(self._full_at) > KEPT:
            self._full_at.popitem(last=False)  # who asked longest ago
        return 0

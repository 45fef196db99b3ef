"""The end of a server that was asked to stop: nothing new, and what is under way may finish."""

from __future__ import annotations

import time
from collections.abc import Callable

QUIET = 3  # looks in a row at which nobody waits: what was answered last must still be sent


class Drain:
    """``begin`` takes nothing new; ``over`` is asked every 0.1 s from then on; ``cut`` ends what isn't done in time."""

    def __init__(
        self, begin: Callable[[], None], busy: Callable[[], bool], cut: Callable[[], None], seconds: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._begin = begin
        self._busy = busy
        self._cut = cut
        self._seconds = seconds
        self._now = now
        self._until: float | None = None
        self._quiet = 0

    @property
    def begun(self) -> bool:
        """Whether the server was asked to stop."""
        return self._until is not None

    def begin(self) -> None:
        """Take nothing new."""
        self._until = self._now() + self._seconds
        self._begin()

    def over(self) -> bool:
        """Whether all that was under way is done, or has had its time. False while there is no end in sight."""
        if self._until is None:
            return False
        self._quiet = 0 if self._busy() else self._quiet + 1
        if self._quiet < QUIET and self._now() >= self._until:
            self._cut()
            return True
        return self._quiet >= QUIET

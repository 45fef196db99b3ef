"""A circuit breaker: what fails again and again is left alone for a while, then tried by one.

closed → open after so many failures in a row → half-open when the rest is over: one trial is let through, and its
outcome closes or opens the circuit again (Nygard, Release It!, 2007). Knows nothing of what it guards.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to try once, to be handed back with the outcome. ``trial`` is the one that a half-open circuit grants."""

    trial: bool = False


class Circuit:
    """See the module. Safe to use from several threads; ``now`` gives seconds that never go back."""

    def __init__(self, failures: int, rest_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._most = failures
        self._rest_s = rest_s
        self._now = now
        self._lock = threading.Lock()
        self._failures = 0
        self._until: float | None = None  # when the rest is over; None while closed
        self._trial: Ticket | None = None

    @property
    def state(self) -> State:
        """How it stands."""
        with self._lock:
            if self._until is None:
                return "closed"
            return "open" if self._now() < self._until else "half-open"

    @property
    def failures(self) -> int:
        """How many failed in a row."""
        return self._failures

    def wait_s(self) -> float:
        """Seconds until a trial may be made; 0 when one may be made now."""
        with self._lock:
            return 0.0 if self._until is None else max(0.0, self._until - self._now())

    def admit(self) -> Ticket | None:
        """Leave to try, or None: then it is not to be tried now."""
        with self._lock:
            if self._until is None:
                return Ticket()
            if self._now() < self._until or self._trial is not None:
                return None
            self._trial = Ticket(trial=True)
            return self._trial

    def succeeded(self, ticket: Ticket) -> None:
        """It worked: whatever was before is forgotten."""
        with self._lock:
            self._failures, self._until, self._trial = 0, None, None

    def failed(self, ticket: Ticket) -> None:
        """It failed. What was let in before the circuit opened and fails after doesn't lengthen the rest."""
        with self._lock:
            self._failures += 1
            own = ticket is self._trial
            if own or (self._until is None and self._failures >= self._most):
                self._until = self._now() + self._rest_s
                self._trial = None

    def abandoned(self, ticket: Ticket) -> None:
        """Nobody waited for the outcome, which says nothing; a trial may be made by another."""
        with self._lock:
            if ticket is self._trial:
                self._trial = None

"""So many requests or sign-ins a minute: a bucket of tokens for each name, in memory. Knows nothing of HTTP.

A bucket holds what comes in some seconds, so that a page may ask for several things at once, and fills steadily (token
bucket, as in RFC 2697 with one rate).
"""

from __future__ import annotations

import contextlib
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator

from pipeline.errors.accounts import SignInsLimited

BURST_SECONDS = 6.0
SIGN_IN_BURST_SECONDS = 60.0  # an office that comes to work at once
SIGN_INS = "HANSANG_SIGN_INS"
"""The environment variable by which the annotation app is told the setting ``access.signins``."""
KEPT = 10_000  # names; who isn't in it has a full bucket


class Buckets:
    """Buckets of one rate. ``per_minute`` 0 lets everything through. To be used from one thread, the event loop's."""

    def __init__(
        self, per_minute: int, now: Callable[[], float] = time.monotonic, burst_seconds: float = BURST_SECONDS
    ) -> None:
        self.per_minute = per_minute
        self._rate = per_minute / 60
        self.burst = max(1.0, self._rate * burst_seconds)
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

    def give_back(self, name: str) -> None:
        """Put a token back that was taken."""
        if name in self._full_at:
            self._full_at[name] -= 1 / self._rate


class SignInLimit:
    """So many failed sign-ins a minute of one address: looking at a password is dear, whoever's it is."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._buckets = Buckets(per_minute, now, SIGN_IN_BURST_SECONDS)

    @contextlib.contextmanager
    def attempt(self, address: str) -> Iterator[None]:
        """A sign-in. It counts as failed from its start, so that many at once gain nothing, until it has succeeded.

        Raises:
            SignInsLimited: there were too many from this address, which is empty where none is known.
        """
        name = household(address)
        if name and (seconds := self._buckets.take(name)):
            raise SignInsLimited(limit=self._buckets.per_minute, seconds=seconds)
        yield
        self._buckets.give_back(name)


def household(address: str) -> str:
    """Who shares a limit: one IPv4 address, or the /64 of an IPv6 address, which one machine may have all of."""
    with contextlib.suppress(ValueError):
        parsed = ipaddress.ip_address(address)
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed  # a socket for both kinds calls IPv4 ::ffff:1.2.3.4
        return str(ipaddress.ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)
    return address

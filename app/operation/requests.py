"""The request that is being worked on, for whoever has something to note of it on the way."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass

HEADER = "X-Request-Id"
_SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")


@dataclass(slots=True)
class Doing:
    """A request with what was noted of it. Changed by whoever works on it."""

    request_id: str
    trace_id: str = ""


CURRENT: ContextVar[Doing | None] = ContextVar("hansang_request", default=None)


def request_id(given: bytes | None) -> str:
    """The caller's own id where it is short and plain, else a new one: it goes into logs and headers."""
    if given and _SANE.fullmatch(given):
        return given.decode("ascii")
    return secrets.token_hex(8)

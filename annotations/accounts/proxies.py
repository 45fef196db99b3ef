"""Which proxies are believed when they say whom they speak for, and whether over HTTPS.

Imports nothing heavy: the command line asks it before anything is loaded.
"""

from __future__ import annotations

from typing import TypedDict

NOBODY = "none"


class Forwarding(TypedDict):
    """uvicorn's options of X-Forwarded-For and -Proto."""

    proxy_headers: bool
    forwarded_allow_ips: list[str]


def forwarding(trusted_proxies: str) -> Forwarding:
    """Whose X-Forwarded-For counts: only theirs whom the setting names. By itself uvicorn would believe loopback."""
    proxies = proxies_of(trusted_proxies)
    return {"proxy_headers": bool(proxies), "forwarded_allow_ips": list(proxies)}


def proxies_of(trusted_proxies: str) -> tuple[str, ...]:
    """The addresses in ``access.trusted_proxies``."""
    if trusted_proxies == NOBODY:
        return ()
    return tuple(part.strip() for part in trusted_proxies.split(",") if part.strip())

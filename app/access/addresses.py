"""Whether an address is this machine's own, and which Host names a server that is open to this machine answers to.

Imports nothing heavy: the command line asks it before anything is loaded.
"""

from __future__ import annotations

import contextlib
import ipaddress
from urllib.parse import urlsplit

NOBODY = "none"
INTERNAL_KEY = "HANSANG_INTERNAL_KEY"
"""The environment variable by which the annotation app is given the key that it asks the server with."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on an address."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def proxies_of(setting: str) -> tuple[str, ...]:
    """The addresses in ``access.trusted_proxies``."""
    return () if setting == NOBODY else tuple(part.strip() for part in setting.split(",") if part.strip())


def guarded(host: str, trusted_proxies: str) -> bool:
    """Whether people have to sign in: others can reach it, either directly or through a proxy."""
    return not is_loopback(host) or bool(proxies_of(trusted_proxies))


def names_this_machine(host_header: str) -> bool:
    """Whether a Host header is an address or ``localhost``, and not a name that somebody else's DNS made ours."""
    name = urlsplit(f"//{host_header}").hostname or ""
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    return name == "localhost" or name.endswith(".localhost")


def household(address: str) -> str:
    """Who shares a limit: one IPv4 address, or the /64 of an IPv6 address, which one machine may have all of."""
    with contextlib.suppress(ValueError):
        parsed = ipaddress.ip_address(address)
        return str(ipaddress.ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)
    return address

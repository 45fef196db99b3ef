"""Whether an address is this machine's own, and which Host names a server that is open to this machine answers to.

Imports nothing heavy: the command line asks it before anything is loaded.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from urllib.parse import urlsplit

from annotations.accounts.proxies import proxies_of
from pipeline.errors.settings import BadSetting

AUTO = "auto"
INTERNAL_KEY = "HANSANG_INTERNAL_KEY"
"""The environment variable by which the annotation app is given the key that it asks the server with."""

_PUBLIC = re.compile(r"https?://([\w.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?", re.IGNORECASE)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on an address."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def guarded(host: str, trusted_proxies: str) -> bool:
    """Whether people have to sign in: others can reach it, either directly or through a proxy."""
    return not is_loopback(host) or bool(proxies_of(trusted_proxies))


def public_address(name: str, url: str) -> str:
    """The address in a setting without its last slash; empty for ``auto``, and for a setting that was left empty.

    Raises:
        BadSetting: it is more than http or https, a host, and perhaps a port.
    """
    address = url.strip().removesuffix("/")
    if address in ("", AUTO):
        return ""
    with contextlib.suppress(ValueError):
        if _PUBLIC.fullmatch(address) and urlsplit(address).port != 0:
            return address
    raise BadSetting(
        name=name, value=url,
        expected="http나 https 주소만, 길 없이 적어 주세요. 예) https://chat.example.kr",
        expected_en="Write http or https and a host, without a path, such as https://chat.example.kr.",
    )  # fmt: skip


def names_this_machine(host_header: str) -> bool:
    """Whether a Host header is an address or ``localhost``, and not a name that somebody else's DNS made ours."""
    name = urlsplit(f"//{host_header}").hostname or ""
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    return name == "localhost" or name.endswith(".localhost")

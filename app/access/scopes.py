"""Which scope a request needs, and which addresses of the chat's framework nobody is let to."""

from __future__ import annotations

import re
from typing import Literal

from annotations.accounts.api_keys import Scope
from app.api.scopes import scope_of

READS = ("GET", "HEAD", "OPTIONS")
OPEN = ("/favicon.ico", "/robots.txt")  # browsers ask for them unasked
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Gradio can take files, fetch addresses, hand files out and run functions by name. The page uses none of it.
_NOT_OFFERED = re.compile(
    r"/(monitoring|login|logout|token|config"
    r"|gradio_api/(upload|file[=/]|proxy=|run/|api/|call/|vibe|undo-vibe|process_recording|component_server|stream/"
    r"|custom_component|deep_link|dev/|run-history|runs|monitoring|profiling|queue/status|openapi\.json|info|token|app_id|mcp))"
)


def needed(method: str, path: str) -> Scope | None:
    """The scope that a request needs; None where everybody may. A write to nobody knows what is for admins."""
    if path in OPEN:
        return None
    found = scope_of(method, path)
    if found is not None:
        return found or None
    return "admin" if path.startswith("/v1/") and method not in READS else "ask"


def offered(path: str) -> bool:
    """Whether an address is anybody's.

    None with a control character is: to the routes ``/v1/indexes`` and the same with a line feed are one, to tables of
    scopes they are two.
    """
    return not _NOT_OFFERED.match(path) and not _CONTROL.search(path)


def counts(method: str, path: str) -> Literal[0, 1]:
    """What a request takes of the limits: pages come with a hundred files, which cost nothing."""
    return 1 if path.startswith("/v1/") or method not in READS else 0

"""Who may ask for what: one table of every route and the scope that it needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal

Scope = Literal["", "ask", "label", "admin"]
"""``""`` is open to everybody, also where everything else needs a key."""

SCOPES: Mapping[tuple[str, str], Scope] = MappingProxyType({
    ("POST", "/v1/ask"): "ask",
    ("POST", "/v1/search"): "ask",
    ("POST", "/v1/explain"): "ask",
    ("POST", "/v1/replay"): "ask",
    ("POST", "/v1/robustness"): "ask",
    ("POST", "/v1/analyze"): "ask",
    ("GET", "/v1/restaurants"): "ask",
    ("GET", "/v1/restaurants/{name}/summary"): "ask",
    ("GET", "/v1/restaurants/{name}/strengths"): "ask",
    ("GET", "/v1/traces"): "admin",  # everybody's questions; one of them needs its id, which nobody guesses
    ("GET", "/v1/traces/{trace_id}"): "ask",
    ("POST", "/v1/feedback"): "ask",
    ("GET", "/v1/indexes"): "ask",
    ("POST", "/v1/indexes"): "admin",
    ("GET", "/v1/indexes/{name}"): "ask",
    ("DELETE", "/v1/indexes/{name}"): "admin",
    ("PUT", "/v1/indexes/{name}/current"): "admin",
    ("GET", "/v1/uploads"): "admin",
    ("PUT", "/v1/uploads/{name}"): "admin",
    ("DELETE", "/v1/uploads/{name}"): "admin",
    ("GET", "/v1/runs"): "label",
    ("GET", "/v1/runs/{name}"): "label",
    ("GET", "/v1/jobs"): "admin",
    ("GET", "/v1/jobs/{job_id}"): "admin",
    ("DELETE", "/v1/jobs/{job_id}"): "admin",
    ("POST", "/v1/chat/completions"): "ask",
    ("GET", "/v1/models"): "ask",
    ("GET", "/v1/models/{model}"): "ask",
    ("GET", "/docs"): "ask",
    ("GET", "/openapi.json"): "ask",
    ("GET", "/livez"): "",
    ("GET", "/readyz"): "",
    ("GET", "/metrics"): "admin",
})  # fmt: skip

_SLASHES = ("/v1/models/{", "/v1/restaurants/{")  # names in these paths may hold slashes


def scope_of(method: str, path: str) -> Scope | None:
    """The scope that a request needs; None for what is not in the table. HEAD is asked as GET is."""
    wanted = "GET" if method == "HEAD" else method
    for (verb, template), scope in SCOPES.items():
        if verb == wanted and _pattern(template).fullmatch(path):
            return scope
    return None


@cache
def _pattern(template: str) -> re.Pattern[str]:
    part = ".+" if template.startswith(_SLASHES) else "[^/]+"
    return re.compile("".join(part if piece.startswith("{") else re.escape(piece) for piece in _pieces(template)))


def _pieces(template: str) -> list[str]:
    return re.split(r"(\{\w+\})", template)

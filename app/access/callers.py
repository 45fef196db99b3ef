"""Who asks: a person who signed in, a program with a key, the annotation app beside us, whoever sits at this machine.

Knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from annotations.accounts.api_keys import SCOPES, ApiKey, Scope
from annotations.types import Account, Role

EVERYTHING: frozenset[Scope] = frozenset(SCOPES)
OF_ROLE: Mapping[Role, frozenset[Scope]] = MappingProxyType({
    "annotator": frozenset({"ask", "label"}),
    "adjudicator": frozenset({"ask", "label"}),
    "admin": EVERYTHING,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever makes a request, and what they may do. ``name`` is for logs and limits."""

    name: str
    scopes: frozenset[Scope]
    kind: Literal["local", "account", "key", "internal"]


LOCAL = Caller("local", EVERYTHING, "local")
"""Whoever uses a server that listens on this machine only: they could read its files as well."""
INTERNAL = Caller("annotation-app", frozenset({"ask", "label"}), "internal")


def of_account(account: Account) -> Caller:
    """Somebody who signed in."""
    return Caller(account.name, OF_ROLE[account.role], "account")


def of_key(key: ApiKey) -> Caller:
    """A program with a key; its name can't be taken for a person's."""
    return Caller(f"key:{key.name}", key.scopes, "key")

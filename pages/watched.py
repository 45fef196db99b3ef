"""The desk as pages get it: every use of it first asks whether its account is still signed in, with its role.

A page is drawn only after that was asked. But Streamlit runs what hangs on a button, and a fragment, without drawing
the page anew, and a page may hold a desk from one run to the next.
"""

from __future__ import annotations

from typing import cast

from annotations.desk import Desk
from annotations.types import Account, Role
from pages.session import check


class _Watched:
    def __init__(self, desk: Desk, account: Account, role: Role) -> None:
        self._desk = desk
        self._account = account
        self._role: Role = role

    def __getattr__(self, name: str) -> object:
        check(self._account, self._role)
        return getattr(self._desk, name)


def watched(desk: Desk, account: Account, role: Role) -> Desk:
    """The desk for a page that needs a role, for as long as the account is signed in and has it."""
    return cast(Desk, _Watched(desk, account, role))

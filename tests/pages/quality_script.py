"""The quality page as a script of its own, over a desk that a test has opened."""

from __future__ import annotations

from annotations.desk import Desk
from annotations.types import Account

looking: list[tuple[Desk, Account]] = []
"""Whose turn it is: the desk that is open and who looks at it."""


def script() -> None:
    from pages.quality import render
    from tests.pages.quality_script import looking

    render(*looking[-1])

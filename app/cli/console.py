"""Where the command line writes: answers on standard output, progress and errors on standard error.

Nothing here knows what is written.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.text import Text

_FILE_WIDTH = 140  # columns where there is no terminal that says


def stdout() -> Console:
    """Where answers go."""
    return _console(Console(highlight=False))


def stderr() -> Console:
    """Where progress and errors go."""
    return _console(Console(stderr=True, highlight=False))


def _console(console: Console) -> Console:
    if not console.is_terminal and not os.environ.get("COLUMNS"):
        console.width = _FILE_WIDTH
    return console


def clean(text: object, style: str = "") -> Text:
    """A text of unknown origin, with markup and terminal control sequences taken as plain characters."""
    shown = "".join(c if c.isprintable() or c in " \n" else " " for c in str(text).replace("\t", " "))
    return Text(shown, style)


def print_json(value: Any) -> None:
    """One JSON value, in Unicode where the output can hold it."""
    unicode = "utf" in (sys.stdout.encoding or "").lower()
    print(json.dumps(value, ensure_ascii=not unicode, indent=2, default=str))


def note(ko: str, en: str = "") -> None:
    """Something to know beside the result."""
    console = stderr()
    console.print(clean(ko), soft_wrap=True)
    if en:
        console.print(clean(en, "dim"), soft_wrap=True)


class Waiting:
    """A line on the terminal that says what is waited for; without a terminal, nothing."""

    def __init__(self, status: Status | None) -> None:
        self._status = status

    def say(self, text: str) -> None:
        """Change the line."""
        if self._status:
            self._status.update(text)

    def stop(self) -> None:
        """Take the line away."""
        if self._status:
            self._status.stop()


@contextmanager
def waiting(text: str) -> Iterator[Waiting]:
    """Say on the terminal what is waited for; nothing where there is no terminal."""
    console = stderr()
    if not console.is_terminal:
        yield Waiting(None)
        return
    with console.status(text) as status:
        yield Waiting(status)

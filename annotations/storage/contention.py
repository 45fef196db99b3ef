"""Sharing one database file: with other processes by turns and patience, inside a process by a gate before the file."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, TypeVar

from pipeline.errors.labels import LabelsBusy

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds that a lock held by another process is waited for."""


def turn_file(path: Path) -> Path:
    """The file whose lock (``flock``) a process holds while it writes, or while it replaces the database."""
    return path.with_name(f"{path.name}.lock")


def app_lock(path: Path) -> Path:
    """The file whose lock every annotation app over a database shares for as long as it runs."""
    return path.with_name("labels-app.lock")


@contextmanager
def taking_turns(file: TextIO) -> Iterator[None]:
    """Wait for one's turn among the processes: SQLite alone lets each sleep and try again, the unlucky for seconds."""
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def patiently(path: Path, attempt: Callable[[], T]) -> T:
    """Do what another process may keep us from, again and again for a minute.

    Raises:
        LabelsBusy: it held the file all the time.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            if time.monotonic() > end:
                raise LabelsBusy(path=path) from error


class Gate:
    """Lets reads through one at a time, and a COMMIT before any read that has not begun.

    Without it SQLite would find the file locked by our own readers and sleep in ever longer steps.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._file = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the file for a read."""
        with self._turn, self._file:
            yield

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Hold the file for a COMMIT: at most one reader is before it."""
        with self._file:
            yield

"""An act noted in a file of labels that isn't open here: it is opened for that alone, and not brought up to date.

Whoever goes back to the program of before, whose backup was just made or restored, finds the file as that left it.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from annotations.accounts.audit import note_act
from annotations.storage.contention import patiently
from annotations.storage.migrations import MIGRATIONS
from annotations.storage.opening import damage, open_reading
from annotations.storage.writer import Writer
from pipeline.errors.machine import NotWritable


def note_in(path: Path, kind: str, by: str, what: str, **detail: object) -> None:
    """Note an act in a file of labels that exists, in a transaction of its own.

    Raises:
        LabelsDamaged, LabelsNewer: it is no file of labels that this program knows.
        DiskFull, LabelsBusy, NotWritable: it can't be written now.
    """
    try:
        with damage(path):
            store = Writer(path, MIGRATIONS[: _version(path) or None])  # an empty file gets its tables
        try:
            store.write(lambda db: note_act(db, kind, by, what, **detail))
        finally:
            store.close()
    except (OSError, sqlite3.Error) as error:  # what has no better name
        raise NotWritable(path=path, reason=error) from error


def _version(path: Path) -> int:
    database = open_reading(path)
    try:
        return int(patiently(path, lambda: database.execute("PRAGMA user_version").fetchone()[0]))
    finally:
        database.close()

"""Opening ``labels.db``: brought up to date, for writing or for reading only; and what a broken file is called."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from annotations.storage.contention import patiently
from pipeline.database import BUSY_MS, Migration, open_database
from pipeline.errors.labels import LabelsDamaged, LabelsNewer
from pipeline.errors.machine import NotWritable

_CACHE_KIB = 32_000  # no page of a group is written before its COMMIT


@contextmanager
def damage(path: Path) -> Iterator[None]:
    """Turn what SQLite says of a broken file, or of one that it can't use, into the error that says the cure.

    Raises:
        LabelsDamaged: it is broken.
        NotWritable: the system lets it be neither written nor opened.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extension in the upper bits
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise LabelsDamaged(path=path, reason=error) from error
        if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR):
            raise NotWritable(path=path, reason=error) from error
        raise


def inode(path: Path) -> int | None:
    """Which file lies there, by which one that was replaced is told from what was opened; None for none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def look_through(database: Database, path: Path) -> None:
    """Look for damage in every page, though not for indexes that lack a row.

    Raises:
        LabelsDamaged: there is some.
    """
    (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise LabelsDamaged(path=path, reason=found)


def open_labels(path: Path, migrations: Sequence[Migration]) -> Database:
    """A connection for writing, after the migrations that the file still lacks.

    Raises:
        LabelsNewer: a newer program has migrated it.
    """
    database = patiently(path, lambda: open_database(path, migrations))
    (found,) = database.execute("PRAGMA user_version").fetchone()
    if found > len(migrations):
        database.close()
        raise LabelsNewer(path=path, found=found, wanted=len(migrations))
    database.conn.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    database.conn.execute("PRAGMA temp_store=MEMORY")
    return database


def open_reading(path: Path) -> Database:
    """A connection that refuses to write."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)
    connection.execute("PRAGMA query_only=ON")
    return Database(connection)

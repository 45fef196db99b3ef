"""SQLite as this project uses it: durable, short transactions, foreign keys on, migrations in a list."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlite_utils import Database

from pipeline.errors.machine import DiskFull

Migration = Callable[[Database], None]

BUSY_MS = 10_000
PRIVATE = 0o640


def wal_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite is free of the WAL-reset bug: 3.51.3 and later, 3.50.7, 3.44.6."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def open_database(path: Path, migrations: Sequence[Migration]) -> Database:
    """Open a database file, creating it or bringing it up to the last migration.

    The connection may pass between threads; callers use it under a lock of their own.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    make_private(path)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)
    for pragma in (
        f"journal_mode={'WAL' if wal_is_safe() else 'DELETE'}",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    database = Database(connection)
    _migrate(database, migrations)
    return database


def make_private(path: Path) -> None:
    """Make an empty file that is not for everybody on the machine, where there is none: SQLite keeps its mode."""
    if not path.exists():
        with suppress(OSError):  # SQLite says what is wrong
            path.touch(mode=PRIVATE)


def _migrate(database: Database, migrations: Sequence[Migration]) -> None:
    with transaction(database):
        (done,) = database.execute("PRAGMA user_version").fetchone()
        for number, migration in enumerate(migrations[done:], start=done + 1):
            migration(database)
            database.execute(f"PRAGMA user_version={number}")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a full disk, as SQLite tells it, into the error that names the cure.

    Raises:
        DiskFull: there is no room; the transaction was rolled back.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise DiskFull(path=path) from error
        raise


@contextmanager
def transaction(database: Database) -> Iterator[Database]:
    """One short write transaction, begun IMMEDIATE so that it can never fail half-way for want of the lock."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield database
    except BaseException:
        if database.conn.in_transaction:  # SQLite ends it by itself when the disk is full
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")

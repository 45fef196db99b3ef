"""The tables of accounts and what is read from and written to them. Who may do what is decided elsewhere.

Times are seconds since 1970.
"""

from __future__ import annotations

import datetime
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from sqlite_utils import Database

from annotations.types import Account
from pipeline.errors.accounts import BadAccountName, UnknownAccount
from pipeline.errors.labels import LabelsBusy
from pipeline.errors.machine import DiskFull, NotWritable

T = TypeVar("T")

_NAME = re.compile(r"[\w.@-]{1,64}")

_TABLES = (
    """CREATE TABLE accounts (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL CHECK (role IN ('annotator', 'adjudicator', 'admin')),
        password TEXT,
        disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
        demo INTEGER NOT NULL DEFAULT 0 CHECK (demo IN (0, 1)),
        language TEXT NOT NULL DEFAULT 'ko' CHECK (language IN ('ko', 'en')),
        valid_from REAL NOT NULL DEFAULT 0,
        created TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE sessions (
        digest TEXT PRIMARY KEY,
        account_id INTEGER NOT NULL REFERENCES accounts (id),
        begun REAL NOT NULL,
        seen REAL NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX sessions_of_account ON sessions (account_id)",
    """CREATE TABLE identities (
        issuer TEXT NOT NULL,
        subject TEXT NOT NULL,
        shown TEXT NOT NULL,
        account_id INTEGER REFERENCES accounts (id),
        first_seen TEXT NOT NULL,
        PRIMARY KEY (issuer, subject)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE failures (
        digest TEXT PRIMARY KEY,
        known INTEGER NOT NULL,
        count INTEGER NOT NULL,
        last REAL NOT NULL,
        until REAL NOT NULL
    ) STRICT, WITHOUT ROWID""",
)


def accounts_tables(db: Database) -> None:
    """The tables of this module, as one migration."""
    for statement in _TABLES:
        db.execute(statement)


class Store(Protocol):
    """What is needed of the database: one door for writing, each job its own transaction, and one for reading."""

    def write(self, job: Callable[[Database], T]) -> T:
        """Run a job in a transaction that has been committed when this returns."""

    def read(self, job: Callable[[Database], T]) -> T:
        """Run a job that only reads."""


def account_name(name: str) -> str:
    """A name as it is stored: one spelling for every way of typing it.

    Raises:
        BadAccountName: no account can have it.
    """
    canonical = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).strip().casefold())
    if not _NAME.fullmatch(canonical):
        raise BadAccountName(name=name[:64])
    return canonical


def as_account(row: Mapping[str, Any]) -> Account:
    """A row as the noun."""
    return Account(row["id"], row["name"], row["role"], bool(row["disabled"]))


def row_of(db: Database, name: str) -> dict[str, Any] | None:
    """The row of an account."""
    return next(iter(db.query("SELECT * FROM accounts WHERE name = ?", (name,))), None)


def known(db: Database, name: str) -> dict[str, Any]:
    """The row of an account that must be there.

    Raises:
        UnknownAccount: it isn't.
    """
    row = row_of(db, name)
    if row is None:
        raise UnknownAccount(name=name)
    return row


def end_sessions(db: Database, account_id: int, now: float) -> None:
    """End every session of an account, those of identity providers too."""
    db.execute("DELETE FROM sessions WHERE account_id = ?", (account_id,))
    db.execute("UPDATE accounts SET valid_from = ? WHERE id = ?", (now, account_id))


def record(db: Database, kind: str, by: str, name: str, **detail: object) -> None:
    """Note who did what to an account."""
    what = json.dumps({"account": name} | detail, ensure_ascii=False, sort_keys=True)
    db.execute("INSERT INTO events (kind, by, detail, at) VALUES (?, ?, ?, ?)", (kind, by, what, stamp()))


def note_use(store: Store, statement: str, values: tuple[object, ...]) -> None:
    """Note that a key or a session is in use, where that can be written: a full disk keeps nobody out."""
    with suppress(DiskFull, NotWritable, LabelsBusy):
        store.write(lambda db: db.execute(statement, values))


def stamp() -> str:
    """The time as ISO 8601 in UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")

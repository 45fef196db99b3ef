"""Who may work here: accounts with roles, and what administrators do with them. How people get in is in ``sessions``.

Knows nothing of cookies, pages or the command line. Times are seconds since 1970.
"""

from __future__ import annotations

import datetime
import json
import math
import re
import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, get_args

from sqlite_utils import Database

from annotations.lockout import forgive, locked_until
from annotations.passwords import Passwords, acceptable
from annotations.types import Account, Role
from pipeline.errors import (
    AccountExists,
    BadAccountName,
    LastAdmin,
    UnknownAccount,
)

ROLES: tuple[Role, ...] = get_args(Role)  # each may do what those before it may
_ACTS = (
    "account-added",
    "account-role",
    "account-disabled",
    "account-enabled",
    "account-password",
    "identity-admitted",
)
_NAME = re.compile(r"[\w.@-]{1,64}")

T = TypeVar("T")

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


@dataclass(frozen=True, slots=True)
class Act:
    """Something an administrator did. ``detail`` holds what else is known of it."""

    at: str
    kind: str
    by: str
    account: str
    detail: Mapping[str, object]


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


@dataclass(frozen=True, slots=True)
class Entry:
    """An account as an administrator sees it. ``locked`` is how many seconds it stays locked."""

    account: Account
    created: str
    last_seen: float | None
    locked: int
    demo: bool


class Accounts:
    """Everything about accounts over one database. Safe to use from several threads."""

    def __init__(
        self,
        store: Store,
        *,
        passwords: Passwords | None = None,
        now: Callable[[], float] = time.time,
        demo: bool = False,
    ) -> None:
        self._store = store
        self._passwords = passwords or Passwords()
        self._now = now
        self._demo = demo

    # administration

    def add(self, name: str, role: Role, password: str | None, by: str, *, demo: bool = False) -> Account:
        """Make an account. Without a password it can be used through an identity provider only.

        Raises:
            BadAccountName, BadPassword, AccountExists: it can't be made.
        """
        name = account_name(name)
        stored = None if password is None else self._passwords.hash(acceptable(password, name))

        def job(db: Database) -> Account:
            if row_of(db, name):
                raise AccountExists(name=name)
            db.execute(
                "INSERT INTO accounts (name, role, password, demo, created) VALUES (?, ?, ?, ?, ?)",
                (name, role, stored, demo, stamp()),
            )
            record(db, "account-added", by, name, role=role)
            return as_account(known(db, name))

        return self._store.write(job)

    def set_role(self, name: str, role: Role, by: str) -> Account:
        """Give an account another role; its sessions go on with it.

        Raises:
            UnknownAccount, LastAdmin: it can't be done.
        """

        def job(db: Database) -> Account:
            row = known(db, account_name(name))
            if role != "admin":
                _leave_an_admin(db, row)
            db.execute("UPDATE accounts SET role = ? WHERE id = ?", (role, row["id"]))
            record(db, "account-role", by, row["name"], role=role, before=row["role"])
            return as_account(known(db, row["name"]))

        return self._store.write(job)

    def disable(self, name: str, by: str) -> None:
        """Close an account, ending its sessions. What it saved stays.

        Raises:
            UnknownAccount, LastAdmin: it can't be done.
        """

        def job(db: Database) -> None:
            row = known(db, account_name(name))
            _leave_an_admin(db, row)
            db.execute("UPDATE accounts SET disabled = 1 WHERE id = ?", (row["id"],))
            end_sessions(db, row["id"], self._now())
            record(db, "account-disabled", by, row["name"])

        self._store.write(job)

    def enable(self, name: str, by: str) -> None:
        """Open an account again, and end its lock-out.

        Raises:
            UnknownAccount: there is none.
        """

        def job(db: Database) -> None:
            row = known(db, account_name(name))
            db.execute("UPDATE accounts SET disabled = 0 WHERE id = ?", (row["id"],))
            forgive(db, row["name"])
            record(db, "account-enabled", by, row["name"])

        self._store.write(job)

    def set_password(self, name: str, password: str, by: str) -> None:
        """Set a password, ending the account's sessions and its lock-out.

        Raises:
            UnknownAccount, BadPassword: it can't be done.
        """
        name = account_name(name)
        stored = self._passwords.hash(acceptable(password, name))

        def job(db: Database) -> None:
            row = known(db, name)
            db.execute("UPDATE accounts SET password = ? WHERE id = ?", (stored, row["id"]))
            forgive(db, name)
            end_sessions(db, row["id"], self._now())
            record(db, "account-password", by, name)

        self._store.write(job)

    def known(self, name: str) -> Account:
        """The account of a name.

        Raises:
            UnknownAccount: there is none.
        """
        return self._store.read(lambda db: as_account(known(db, account_name(name))))

    def entries(self) -> list[Entry]:
        """Every account by name."""
        now = self._now()

        def job(db: Database) -> list[Entry]:
            seen = dict(db.execute("SELECT account_id, max(seen) FROM sessions GROUP BY account_id").fetchall())
            rows = list(db.query("SELECT * FROM accounts ORDER BY name"))
            locked = {row["id"]: max(0, math.ceil(locked_until(db, row["name"]) - now)) for row in rows}
            return [
                Entry(as_account(row), row["created"], seen.get(row["id"]), locked[row["id"]], bool(row["demo"]))
                for row in rows
            ]

        return self._store.read(job)

    def audit(self, limit: int = 100) -> list[Act]:
        """What administrators did last, the newest first."""
        rows = self._store.read(
            lambda db: db.execute(
                f"SELECT at, kind, by, detail FROM events WHERE kind IN ({', '.join('?' * len(_ACTS))})"
                " ORDER BY id DESC LIMIT ?",
                (*_ACTS, limit),
            ).fetchall()
        )
        details = [json.loads(detail) for *_, detail in rows]
        return [
            Act(at, kind, by, detail.pop("account"), detail)
            for (at, kind, by, _), detail in zip(rows, details, strict=True)
        ]

    def any(self) -> bool:
        """Whether anybody could sign in."""
        where = "NOT disabled" if self._demo else "NOT disabled AND NOT demo"
        found = self._store.read(lambda db: db.execute(f"SELECT 1 FROM accounts WHERE {where} LIMIT 1").fetchone())
        return found is not None

    def language(self, name: str) -> str:
        """The language somebody chose, ``ko`` or ``en``."""
        return str(self._store.read(lambda db: known(db, name))["language"])

    def set_language(self, name: str, language: str) -> None:
        """Keep the language somebody chose."""
        self._store.write(lambda db: db.execute("UPDATE accounts SET language = ? WHERE name = ?", (language, name)))


def account_name(name: str) -> str:
    """A name as it is stored: one spelling for every way of typing it.

    Raises:
        BadAccountName: no account can have it.
    """
    canonical = unicodedata.normalize("NFKC", name).strip().casefold()
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


def stamp() -> str:
    """The time as ISO 8601 in UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def _leave_an_admin(db: Database, row: Mapping[str, Any]) -> None:
    others = db.execute(
        "SELECT count(*) FROM accounts WHERE role = 'admin' AND NOT disabled AND id <> ?", (row["id"],)
    ).fetchone()[0]
    if row["role"] == "admin" and not row["disabled"] and not others:
        raise LastAdmin(name=row["name"])

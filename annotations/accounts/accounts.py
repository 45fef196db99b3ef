"""Who may work here: accounts with roles, and what administrators do with them. How people get in is in ``sessions``.

Knows nothing of cookies, pages or the command line. Times are seconds since 1970.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from sqlite_utils import Database

from annotations.accounts.account_rows import (
    Store,
    account_name,
    as_account,
    end_sessions,
    known,
    record,
    row_of,
    stamp,
)
from annotations.accounts.lockout import forgive_everywhere, locked_until
from annotations.accounts.passwords import Passwords, acceptable
from annotations.types import Account, Role
from pipeline.errors.accounts import AccountExists, LastAdmin

ROLES: tuple[Role, ...] = get_args(Role)  # each may do what those before it may
_ACTS = (
    "account-added",
    "account-role",
    "account-disabled",
    "account-enabled",
    "account-password",
    "identity-admitted",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An account as an administrator sees it. ``locked`` is how many seconds it stays locked, if only somewhere."""

    account: Account
    created: str
    last_seen: float | None
    locked: int
    demo: bool


@dataclass(frozen=True, slots=True)
class Act:
    """Something an administrator did. ``detail`` holds what else is known of it."""

    at: str
    kind: str
    by: str
    account: str
    detail: Mapping[str, object]


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
            forgive_everywhere(db, row["name"])
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
            forgive_everywhere(db, name)
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
                "SELECT at, kind, by, detail FROM events WHERE kind IN (SELECT value FROM json_each(?))"
                " ORDER BY id DESC LIMIT ?",
                (json.dumps(_ACTS), limit),
            ).fetchall()
        )
        details = [json.loads(detail) for *_, detail in rows]
        return [
            Act(at, kind, by, detail.pop("account"), detail)
            for (at, kind, by, _), detail in zip(rows, details, strict=True)
        ]

    def any(self) -> bool:
        """Whether anybody could sign in."""
        usable = "SELECT 1 FROM accounts WHERE NOT disabled AND (? OR NOT demo) LIMIT 1"
        return self._store.read(lambda db: db.execute(usable, (self._demo,)).fetchone()) is not None

    def language(self, name: str) -> str:
        """The language somebody chose, ``ko`` or ``en``."""
        return str(self._store.read(lambda db: known(db, name))["language"])

    def set_language(self, name: str, language: str) -> None:
        """Keep the language somebody chose."""
        self._store.write(lambda db: db.execute("UPDATE accounts SET language = ? WHERE name = ?", (language, name)))


def _leave_an_admin(db: Database, row: Mapping[str, Any]) -> None:
    others = db.execute(
        "SELECT count(*) FROM accounts WHERE role = 'admin' AND NOT disabled AND id <> ?", (row["id"],)
    ).fetchone()[0]
    if row["role"] == "admin" and not row["disabled"] and not others:
        raise LastAdmin(name=row["name"])

"""How people get in and stay in: name and password, sessions, identities that a provider vouches for.

A session's token is 256 random bits that only the browser keeps; here is its SHA-256. Times are seconds since 1970.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from annotations.accounts.account_rows import (
    Store,
    account_name,
    as_account,
    end_sessions,
    known,
    note_use,
    record,
    row_of,
    stamp,
)
from annotations.accounts.lockout import attempt, forgive
from annotations.accounts.passwords import Passwords
from annotations.types import Account
from pipeline.errors.accounts import AccountDisabled, BadAccountName, NotAdmitted, SignedOut, SignInRefused

IDLE = 12 * 3600  # seconds without use that end a session
LIFETIME = 7 * 24 * 3600  # seconds after which one ends whatever happens
MOST_WAITING = 200  # who wait to be admitted: a provider may know the whole world
SEEN_EVERY = 60  # seconds; not every run of a page is worth a write


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody as an identity provider names them. ``shown`` is what people call them, an e-mail address say."""

    issuer: str
    subject: str
    shown: str


class Sessions:
    """Signing in and out over one database. Safe to use from several threads. ``demo``: demo accounts may, too."""

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

    def sign_in(self, name: str, password: str, address: str = "") -> tuple[Account, str]:
        """Begin a session of somebody at ``address``; its token goes to the browser and nowhere else.

        Raises:
            SignInRefused: name and password don't go together, or there is no such name, which looks the same.
            SignInLocked: there were too many failures.
            AccountDisabled: they go together, but the account may not be used.
        """
        try:
            name = account_name(name)
        except BadAccountName:
            name = ""  # nobody's; the same work is done
        row = self._store.write(lambda db: self._try(db, name, address))
        if not self._passwords.matches(row["password"] if row else None, password) or row is None:
            raise SignInRefused
        if row["disabled"]:
            raise AccountDisabled
        again = self._passwords.hash(password) if self._passwords.outdated(row["password"]) else None
        token = secrets.token_urlsafe(32)
        self._store.write(lambda db: self._begin(db, row, token, again, address))
        return as_account(row), token

    def _try(self, db: Database, name: str, address: str) -> dict[str, Any] | None:
        row = row_of(db, name)
        if row and row["demo"] and not self._demo:
            row = None
        attempt(db, name, address, known=row is not None, now=self._now())
        return row

    def _begin(self, db: Database, row: dict[str, Any], token: str, again: str | None, address: str) -> None:
        now = self._now()
        if known(db, row["name"])["password"] != row["password"]:
            raise SignInRefused  # it was changed while we looked
        forgive(db, row["name"], address)
        if again:
            db.execute("UPDATE accounts SET password = ? WHERE id = ?", (again, row["id"]))
        _insert(db, token, row["id"], now)

    def account(self, token: str) -> Account | None:
        """Whose session it is, and note that it is in use; None when it ended, or never was."""
        now = self._now()
        found = self._store.read(lambda db: next(iter(db.query(_SESSION, (_digest(token),))), None))
        if found is None or found["disabled"] or (found["demo"] and not self._demo):
            return None
        if now - found["seen"] > IDLE or now - found["begun"] > LIFETIME:
            return None
        if now - found["seen"] > SEEN_EVERY:
            note_use(self._store, "UPDATE sessions SET seen = ? WHERE digest = ?", (now, _digest(token)))
        return as_account(found)

    def end(self, token: str) -> None:
        """Sign out."""
        self._store.write(lambda db: db.execute("DELETE FROM sessions WHERE digest = ?", (_digest(token),)))

    # identity providers

    def identified(self, identity: Identity, issued: float) -> Account:
        """The account of somebody whom a provider vouched for at ``issued``.

        Raises:
            NotAdmitted: an administrator has to say who it is; the wish is noted.
            AccountDisabled: the account may not be used.
            SignedOut: it was vouched for too long ago, or the account's sessions were ended since.
        """
        row = self._store.read(lambda db: next(iter(db.query(_IDENTITY, (identity.issuer, identity.subject))), None))
        if row is None:
            self._store.write(lambda db: _wish(db, identity))
        if row is None or row["id"] is None:
            raise NotAdmitted(who=identity.shown)
        if row["disabled"]:
            raise AccountDisabled
        if issued < row["valid_from"] or self._now() - issued > LIFETIME:
            raise SignedOut
        return as_account(row)

    def vouched_for(self, identity: Identity, issued: float) -> tuple[Account, str]:
        """Begin a session of somebody whom a provider vouched for; its token goes to the browser and nowhere else.

        Raises:
            NotAdmitted, AccountDisabled, SignedOut: as ``identified``.
        """
        account, token, now = self.identified(identity, issued), secrets.token_urlsafe(32), self._now()
        self._store.write(lambda db: _insert(db, token, account.id, now))
        return account, token

    def end_identified(self, account: Account) -> None:
        """Sign out somebody whom a provider vouched for: what it vouched for until now no longer counts."""
        self._store.write(lambda db: end_sessions(db, account.id, self._now()))

    def waiting(self) -> list[Identity]:
        """Who came by a provider and has no account yet, the first first."""
        return self._store.read(
            lambda db: [
                Identity(row["issuer"], row["subject"], row["shown"])
                for row in db.query("SELECT * FROM identities WHERE account_id IS NULL ORDER BY first_seen")
            ]
        )

    def admit(self, identity: Identity, name: str, by: str) -> None:
        """Say whose account an identity is.

        Raises:
            UnknownAccount: there is no such account.
        """

        def job(db: Database) -> None:
            row = known(db, account_name(name))
            _note(db, identity)
            db.execute(
                "UPDATE identities SET account_id = ? WHERE issuer = ? AND subject = ?",
                (row["id"], identity.issuer, identity.subject),
            )
            record(db, "identity-admitted", by, row["name"], issuer=identity.issuer, subject=identity.subject)

        self._store.write(job)


_SESSION = """SELECT a.*, s.begun, s.seen FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.digest = ?"""
_IDENTITY = """SELECT a.* FROM identities i LEFT JOIN accounts a ON a.id = i.account_id
    WHERE i.issuer = ? AND i.subject = ?"""


def _insert(db: Database, token: str, account_id: int, now: float) -> None:
    """Begin a session, and forget those that are over."""
    db.execute("DELETE FROM sessions WHERE begun < ? OR seen < ?", (now - LIFETIME, now - IDLE))
    db.execute(
        "INSERT INTO sessions (digest, account_id, begun, seen) VALUES (?, ?, ?, ?)",
        (_digest(token), account_id, now, now),
    )


def _wish(db: Database, identity: Identity) -> None:
    (waiting,) = db.execute("SELECT count(*) FROM identities WHERE account_id IS NULL").fetchone()
    if waiting < MOST_WAITING:
        _note(db, identity)


def _note(db: Database, identity: Identity) -> None:
    db.execute(
        "INSERT INTO identities (issuer, subject, shown, first_seen) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (issuer, subject) DO UPDATE SET shown = excluded.shown",
        (identity.issuer, identity.subject, identity.shown, stamp()),
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

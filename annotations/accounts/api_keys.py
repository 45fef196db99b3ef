"""Keys of programs that ask over HTTP: random, shown once, kept as SHA-256, with scopes and an end.

A key is 256 random bits, so its plain SHA-256 tells nobody anything: there is no dictionary of such keys to try, as
there is of passwords, and a slow hash would only make each request slow. Knows nothing of HTTP. Times are seconds since
1970.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlite_utils import Database

from annotations.accounts.account_rows import Store, account_name, note_use, stamp
from annotations.accounts.audit import note_act
from pipeline.errors.accounts import BadAccountName, BadKeyName, BadScopes, KeyExists, KeyRefused, UnknownKey

Scope = Literal["ask", "label", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "hs_"  # so that people, and programs that look for leaked secrets, know what it is
SEEN_EVERY = 60  # seconds; not every request is worth a write
DAY = 24 * 3600

_TABLES = (
    """CREATE TABLE api_keys (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        digest TEXT NOT NULL UNIQUE CHECK (length(digest) = 64),
        scopes TEXT NOT NULL,
        created TEXT NOT NULL,
        created_by TEXT NOT NULL,
        expires REAL,
        revoked REAL,
        used REAL
    ) STRICT""",
    # What administrators did has no task; everything else in the events has one.
    "CREATE INDEX events_acts ON events (id) WHERE task_id IS NULL",
)


def api_key_tables(db: Database) -> None:
    """The table of keys, and the way to the acts among the events, as one migration."""
    for statement in _TABLES:
        db.execute(statement)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as administrators see it: all but the key itself, which nobody can see again."""

    name: str
    scopes: frozenset[Scope]
    created: str
    created_by: str
    expires: float | None
    revoked: float | None
    used: float | None

    def state(self, now: float) -> Literal["valid", "expired", "revoked"]:
        """Whether it opens anything at a time."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and now >= self.expires else "valid"


class ApiKeys:
    """Every key of one database. Safe to use from several threads."""

    def __init__(self, store: Store, *, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._now = now

    def add(self, name: str, scopes: Iterable[str], days: int | None, by: str) -> tuple[ApiKey, str]:
        """Make a key that ends after so many days (None: never); the second value is shown now or never.

        Raises:
            BadKeyName, BadScopes, KeyExists: it can't be made. A name is never used twice, so that the log is clear.
        """
        name, wanted = _named(name), known_scopes(scopes)
        key = PREFIX + secrets.token_urlsafe(32)
        expires = None if days is None else self._now() + days * DAY

        def job(db: Database) -> ApiKey:
            if _row(db, "name", name):
                raise KeyExists(name=name)
            db.execute(
                "INSERT INTO api_keys (name, digest, scopes, created, created_by, expires) VALUES (?, ?, ?, ?, ?, ?)",
                (name, _digest(key), " ".join(wanted), stamp(), by, expires),
            )
            note_act(db, "key-added", by, name, scopes=list(wanted), days=days)
            return _key(_row(db, "name", name))

        return self._store.write(job), key

    def entries(self) -> list[ApiKey]:
        """Every key that there ever was, by name."""
        return self._store.read(lambda db: [_key(row) for row in db.query("SELECT * FROM api_keys ORDER BY name")])

    def revoke(self, name: str, by: str) -> ApiKey:
        """End a key now and for good; ending it again changes nothing.

        Raises:
            BadKeyName, UnknownKey: there is none of that name.
        """
        name = _named(name)

        def job(db: Database) -> ApiKey:
            row = _row(db, "name", name)
            if row is None:
                raise UnknownKey(name=name)
            if row["revoked"] is None:
                db.execute("UPDATE api_keys SET revoked = ? WHERE id = ?", (self._now(), row["id"]))
                note_act(db, "key-revoked", by, name)
            return _key(_row(db, "name", name))

        return self._store.write(job)

    def known(self, key: str) -> ApiKey:
        """The key that somebody showed; notes that it is in use.

        Raises:
            KeyRefused: it is none, or it has ended.
        """
        now, digest = self._now(), _digest(key)
        row = self._store.read(lambda db: _row(db, "digest", digest))
        if row is None:
            raise KeyRefused(ko="모르는 열쇠입니다", en="it is unknown")
        found = _key(row)
        state = found.state(now)
        if state == "revoked":
            raise KeyRefused(ko=f"'{found.name}' 열쇠는 취소되었습니다", en=f"'{found.name}' has been revoked")
        if state == "expired":
            raise KeyRefused(ko=f"'{found.name}' 열쇠는 기한이 지났습니다", en=f"'{found.name}' has expired")
        if found.used is None or now - found.used > SEEN_EVERY:
            note_use(self._store, "UPDATE api_keys SET used = ? WHERE digest = ?", (now, digest))
        return found


def known_scopes(given: Iterable[str]) -> tuple[Scope, ...]:
    """Scopes in their order, each once.

    Raises:
        BadScopes: there is none, or one that isn't known.
    """
    wanted = {scope.strip() for scope in given}
    if not wanted or not wanted <= set(SCOPES):
        raise BadScopes(given=", ".join(sorted(wanted))[:64] or "—", known=", ".join(SCOPES))
    return tuple(scope for scope in SCOPES if scope in wanted)


def _named(name: str) -> str:
    try:
        return account_name(name)
    except BadAccountName as error:
        raise BadKeyName(name=name[:64]) from error


def _row(db: Database, column: Literal["name", "digest"], value: str) -> dict[str, Any] | None:
    query = {"name": "SELECT * FROM api_keys WHERE name = ?", "digest": "SELECT * FROM api_keys WHERE digest = ?"}
    return next(iter(db.query(query[column], (value,))), None)


def _key(row: dict[str, Any] | None) -> ApiKey:
    assert row is not None
    kept = {name: row[name] for name in ("name", "created", "created_by", "expires", "revoked", "used")}
    return ApiKey(scopes=frozenset(known_scopes(row["scopes"].split())), **kept)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()

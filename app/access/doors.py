"""What stands behind the doors: the accounts, sessions and keys of one home, and the log of administrative acts.

Every look-up is one short read of SQLite; they have threads of their own, so that no one waits behind the questions.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from sqlite_utils import Database

from annotations.accounts.account_rows import Store
from annotations.accounts.api_keys import ApiKeys
from annotations.accounts.audit import note_act
from annotations.accounts.passwords import Passwords
from annotations.accounts.sessions import Identity, Sessions
from annotations.storage.migrations import MIGRATIONS
from annotations.storage.writer import Writer
from app.access.callers import INTERNAL, Caller, of_account, of_key
from app.access.vouching import Vouching

T = TypeVar("T")

LOOKING = 8  # look-ups at once
PASSWORDS = 2  # looked at at once; each takes 64 MiB and a core for a tenth of a second
WAITING = 50  # who may wait for that


class Doors:
    """Who may come in. ``internal`` is the key of the annotation app, made anew at every start and kept nowhere.

    ``vouching`` are the identity providers, None where there are none.
    """

    def __init__(
        self, store: Store, *, internal: str = "", passwords: Passwords | None = None, vouching: Vouching | None = None
    ) -> None:
        self._store = store
        self._internal = internal
        self.vouching = vouching
        self.sessions = Sessions(store, passwords=passwords)
        self._keys = ApiKeys(store)
        self._looking = CapacityLimiter(LOOKING)
        self._guessing = CapacityLimiter(PASSWORDS)

    async def by_key(self, key: str) -> Caller:
        """Who has a key.

        Raises:
            KeyRefused: nobody, or it has ended.
        """
        if self._internal and hmac.compare_digest(key.encode(), self._internal.encode()):
            return INTERNAL
        return of_key(await self._look(lambda: self._keys.known(key)))

    async def by_session(self, token: str) -> Caller | None:
        """Whose session it is; None when it ended, or never was."""
        account = await self._look(lambda: self.sessions.account(token))
        return None if account is None else of_account(account)

    async def sign_in(self, name: str, password: str, address: str = "") -> str | None:
        """The token of a new session, for somebody at ``address``; None when too many others are being looked at.

        Raises:
            SignInRefused: and its kinds; the lock-out is that of the annotation app.
        """
        if self._guessing.statistics().tasks_waiting >= WAITING:
            return None
        _, token = await to_thread.run_sync(self.sessions.sign_in, name, password, address, limiter=self._guessing)
        return token

    async def vouched_for(self, identity: Identity, issued: float) -> str:
        """The token of a new session of somebody whom a provider vouched for at ``issued``.

        Raises:
            SignInRefused: and its kinds; an administrator decides who is admitted, with which role.
        """
        return await self._look(lambda: self.sessions.vouched_for(identity, issued)[1])

    async def sign_out(self, token: str) -> None:
        """End a session."""
        await self._look(lambda: self.sessions.end(token))

    async def note(self, kind: str, by: str, what: str, **detail: object) -> None:
        """Note an administrative act."""
        await self._look(lambda: self._store.write(lambda db: note_act(db, kind, by, what, **detail)))

    async def _look(self, job: Callable[[], T]) -> T:
        return await to_thread.run_sync(job, limiter=self._looking)


class Seldom:
    """A store that is opened for each use: the labels of a server without accounts belong to the annotation app."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, job: Callable[[Database], T]) -> T:
        """Run a job in a transaction that has been committed when this returns."""
        return self._with(lambda store: store.write(job))

    def read(self, job: Callable[[Database], T]) -> T:
        """Run a job that only reads."""
        return self._with(lambda store: store.read(job))

    def _with(self, job: Callable[[Writer], T]) -> T:
        store = Writer(self._path, MIGRATIONS)
        try:
            return job(store)
        finally:
            store.close()

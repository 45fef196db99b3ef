"""Requests that may be sent twice: the reply to an Idempotency-Key is kept and given again."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from app.jobs.store import JobStore, now
from app.refusals import BadKey, KeyBusy, KeyReused
from pipeline.database import transaction, writing

_KEY = re.compile(r"[!-~]{1,255}")

Reply = tuple[int, Any]
"""An HTTP status and a JSON value."""


class Replies:
    """Replies by key and caller. Only what was done is kept: after a refusal the same key may be used again."""

    def __init__(self, store: JobStore, hours: float) -> None:
        self._store = store
        self._hours = hours
        with store.lock, writing(store.path), transaction(store.database) as database:
            database.execute("DELETE FROM replies WHERE status IS NULL")  # of a server that ended while it worked

    def once(self, key: str, caller: str, request: object, action: Callable[[], Reply]) -> tuple[Reply, bool]:
        """The reply of an action, which is done once for a key; and whether it is one that was kept.

        ``request`` is what came with the key, as JSON; without a key the action is simply done.

        Raises:
            BadKey, KeyReused, KeyBusy: the key can't be used for this request, or not now.
        """
        if not key:
            return action(), False
        if not _KEY.fullmatch(key):
            raise BadKey
        name = _digest([caller, key])
        kept = self._begin(name, _digest(request))
        if kept is not None:
            return kept, True
        try:
            reply = action()
        except BaseException:
            self._forget(name)
            raise
        self._keep(name, reply)
        return reply, False

    def _begin(self, name: str, request: str) -> Reply | None:
        store = self._store
        oldest = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=self._hours)
        with store.lock, writing(store.path), transaction(store.database) as database:
            database.execute("DELETE FROM replies WHERE created < ?", [oldest.isoformat(timespec="milliseconds")])
            row = database.execute("SELECT request, status, body FROM replies WHERE key = ?", [name]).fetchone()
            if row is None:
                database.execute("INSERT INTO replies (key, created, request) VALUES (?, ?, ?)", [name, now(), request])
                return None
        if row[0] != request:
            raise KeyReused
        if row[1] is None:
            raise KeyBusy
        return row[1], json.loads(row[2])

    def _keep(self, name: str, reply: Reply) -> None:
        store = self._store
        row = [reply[0], json.dumps(reply[1], ensure_ascii=False), name]
        with store.lock, writing(store.path), transaction(store.database) as database:
            database.execute("UPDATE replies SET status = ?, body = ? WHERE key = ?", row)

    def _forget(self, name: str) -> None:
        store = self._store
        with store.lock, writing(store.path), transaction(store.database) as database:
            database.execute("DELETE FROM replies WHERE key = ?", [name])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()

"""What administrators did, in the events of ``labels.db``, which are only ever appended.

An act is an event without a task. Knows nothing of who may do what.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlite_utils import Database

from annotations.accounts.account_rows import Store, stamp


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act: when (ISO 8601, UTC), what kind, by whom, on what, and what else is known of it."""

    number: int
    at: str
    kind: str
    by: str
    what: str
    detail: Mapping[str, object]


def note_act(db: Database, kind: str, by: str, what: str, **detail: object) -> None:
    """Note an act in the transaction that does it. ``what`` is the name of what it was done to; never a secret."""
    told = json.dumps({"what": what} | detail, ensure_ascii=False, sort_keys=True)
    db.execute("INSERT INTO events (kind, by, detail, at) VALUES (?, ?, ?, ?)", (kind, by, told, stamp()))


def audit_log(store: Store, limit: int = 100) -> list[AuditEntry]:
    """The last acts, the newest first."""
    rows = store.read(
        lambda db: db.execute(
            "SELECT id, at, kind, by, detail FROM events WHERE task_id IS NULL ORDER BY id DESC LIMIT ?", (limit,)
        ).fetchall()
    )
    return [_entry(*row) for row in rows]


def _entry(number: int, at: str, kind: str, by: str, told: str) -> AuditEntry:
    detail = json.loads(told)
    what = detail.pop("what", None) or detail.pop("account", "")  # acts on accounts name it so
    return AuditEntry(number, at, kind, by, str(what), detail)

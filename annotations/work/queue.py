"""Who does what next. Knows nothing of answers.

Two places per person and scheme make the next task quick however much they have done. Nothing in the queue up to
``place`` is for them, except late seats: those that came, or came back, before a place that somebody had passed. And of
the late seats nothing up to ``late`` is for them; a seat that becomes late moves that back for all who are past it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from sqlite_utils import Database

from annotations.storage.rows import Moment, find_task, record
from annotations.types import DeskSettings, Lease
from annotations.work.drafts import find_draft
from annotations.work.leases import before, expire
from annotations.work.mixing import gold_for, repeat_for

# What a person may take, of the seats that the rest of the query finds.
_THEIRS = (
    "NOT EXISTS (SELECT 1 FROM seats AS own WHERE own.task_id = seats.task_id AND own.annotator = :who)"
    " AND NOT EXISTS (SELECT 1 FROM skips WHERE skips.task_id = seats.task_id AND skips.annotator = :who)"
    " AND NOT EXISTS (SELECT 1 FROM annotations AS a WHERE a.task_id = seats.task_id AND a.annotator = :who)"
)
_OPEN = "scheme = :scheme AND state = 'open' AND place <> ''"
_LATE = (
    f"SELECT task_id, seat, place FROM seats INDEXED BY seats_late WHERE {_OPEN} AND late = 1"
    f" AND place > :late AND place <= :place AND {_THEIRS} ORDER BY place LIMIT 1"
)
_NEXT = (
    f"SELECT task_id, seat, place FROM seats INDEXED BY seats_queue WHERE {_OPEN}"
    f" AND place > :place AND {_THEIRS} ORDER BY place LIMIT 1"
)
_LAST = f"SELECT max(place) FROM seats INDEXED BY seats_queue WHERE {_OPEN}"


@dataclass(slots=True)
class _Cursor:
    """How far a person is in a scheme; see the module."""

    place: str = ""
    late: str = ""
    taken: int = 0
    gold: int = 0


def take(db: Database, annotator: str, scheme: str, moment: Moment, settings: DeskSettings) -> Lease | None:
    """Lease a person the seat that they hold already, else the next one for them, None when there is none.

    The task still tells whether it is a gold task or a repeat; whoever hands it on hides that.
    """
    expire(db, moment.at)
    held = db.execute(
        "SELECT task_id, seat, token FROM seats INDEXED BY seats_held WHERE annotator = ? AND scheme = ?"
        " AND state IN ('open', 'leased') ORDER BY token IS NULL LIMIT 1",
        [annotator, scheme],
    ).fetchone()
    if held is None:
        return _take_new(db, annotator, scheme, moment, settings)
    task_id, seat, token = held
    if token is None:  # made for this person, and returned
        return _lease(db, annotator, task_id, seat, moment)
    db.execute("UPDATE seats SET lease_until = ? WHERE task_id = ? AND seat = ?", [moment.until, task_id, seat])
    return _leased(db, annotator, task_id, seat, token, moment.until)


def _take_new(db: Database, annotator: str, scheme: str, moment: Moment, settings: DeskSettings) -> Lease | None:
    cursor = _cursor(db, annotator, scheme)
    was = replace(cursor)
    found = _next(db, annotator, scheme, cursor)
    if found is not None:  # without anything left to hide among, no gold and no repeats
        ordinary, place = found
        gold = gold_for(db, annotator, scheme, cursor.taken, cursor.gold, settings)
        mixed = gold or repeat_for(db, annotator, scheme, cursor.taken, moment.at, settings)
        cursor.taken += 1
        if mixed is None:
            cursor.place, cursor.late = max(cursor.place, place), place
        else:
            cursor.gold, ordinary = gold or cursor.gold, (mixed, own_seat(db, mixed, annotator, scheme))
    if cursor != was:  # asking again when nothing is left writes nothing
        _keep(db, annotator, scheme, cursor)
    return None if found is None else _lease(db, annotator, *ordinary, moment)


def _next(db: Database, annotator: str, scheme: str, cursor: _Cursor) -> tuple[tuple[int, int], str] | None:
    """The first seat for a person, with its place. What was found not to be theirs is behind the cursor after it."""
    who = {"who": annotator, "scheme": scheme, "place": cursor.place, "late": cursor.late}
    row = db.execute(_LATE, who).fetchone() if cursor.late < cursor.place else None
    if row is None:
        row = db.execute(_NEXT, who).fetchone()
        passed = before(row[2]) if row else db.execute(_LAST, who).fetchone()[0] or ""
        cursor.late = cursor.place = max(cursor.place, passed)
    return None if row is None else ((row[0], row[1]), row[2])


def _cursor(db: Database, annotator: str, scheme: str) -> _Cursor:
    row = db.execute(
        "SELECT place, late, taken, gold FROM cursors WHERE annotator = ? AND scheme = ?", [annotator, scheme]
    ).fetchone()
    return _Cursor(*row) if row else _Cursor()


def _keep(db: Database, annotator: str, scheme: str, cursor: _Cursor) -> None:
    db.execute(
        "INSERT INTO cursors VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET place = excluded.place,"
        " late = excluded.late, taken = excluded.taken, gold = excluded.gold",
        [annotator, scheme, cursor.place, cursor.late, cursor.taken, cursor.gold],
    )


def own_seat(db: Database, task_id: int, annotator: str, scheme: str) -> int:
    """Make a seat for one person, outside the queue."""
    (seat,) = db.execute("SELECT coalesce(max(seat), 0) + 1 FROM seats WHERE task_id = ?", [task_id]).fetchone()
    db.execute(
        "INSERT INTO seats (task_id, seat, scheme, place, annotator) VALUES (?, ?, ?, '', ?)",
        [task_id, seat, scheme, annotator],
    )
    return int(seat)


def _lease(db: Database, annotator: str, task_id: int, seat: int, moment: Moment) -> Lease:
    token = secrets.token_urlsafe(18)
    db.execute(
        "UPDATE seats SET state = 'leased', annotator = ?, token = ?, lease_until = ? WHERE task_id = ? AND seat = ?",
        [annotator, token, moment.until, task_id, seat],
    )
    record(db, moment.at, "taken", annotator, task_id, seat)
    return _leased(db, annotator, task_id, seat, token, moment.until)


def _leased(db: Database, annotator: str, task_id: int, seat: int, token: str, until: str) -> Lease:
    return Lease(find_task(db, task_id), seat, token, until, find_draft(db, annotator, task_id))

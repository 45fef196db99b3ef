"""Holding a seat and returning it to the queue."""

from __future__ import annotations

from typing import Any

from sqlite_utils import Database

from annotations.storage.rows import Moment, record
from pipeline.errors.labelling import LeaseLost

_SEAT = "task_id, seat, scheme, place, annotator"


def place_of(priority: int, due: str, task_id: int) -> str:
    """Where a task stands in the queue: as text, by falling priority, then by date (none is last), then by id."""
    return f"{1_000_000_000 - priority:010d}|{due or '9999-12-31'}|{task_id:012d}"


def before(place: str) -> str:
    """A text that sorts before a place and after all that are earlier by more than the last digit."""
    return place[:-1]


def expire(db: Database, at: str) -> int:
    """Return every seat whose lease has run out, and say how many."""
    due = db.execute(
        f"SELECT {_SEAT} FROM seats INDEXED BY seats_due WHERE state = 'leased' AND lease_until <= ?", [at]
    ).fetchall()
    for seat in due:
        _return(db, seat, "expired", at)
    return len(due)


def renew(db: Database, token: str, moment: Moment) -> str:
    """Hold a seat until the end of a lease that begins now, even when the time was over but nobody took it.

    Raises:
        LeaseLost: the seat was returned.
    """
    found = db.execute(
        "UPDATE seats SET lease_until = ? WHERE token = ? AND state = 'leased'", [moment.until, token]
    ).rowcount
    if not found:
        raise LeaseLost
    return moment.until


def skip(db: Database, annotator: str, token: str, reason: str, at: str) -> None:
    """Return a seat for others only. A seat that was made for this person is closed.

    Raises:
        LeaseLost: this person doesn't hold it.
    """
    seat = _held(db, annotator, token)
    task_id, number, _, place, _ = seat
    if place:
        db.execute("INSERT OR IGNORE INTO skips VALUES (?, ?)", [task_id, annotator])
        _return(db, seat, "skipped", at, reason=reason)
        return
    db.execute(
        "UPDATE seats SET state = 'skipped', token = NULL, lease_until = NULL WHERE task_id = ? AND seat = ?",
        [task_id, number],
    )
    record(db, at, "skipped", annotator, task_id, number, reason=reason)


def give_back(db: Database, annotator: str, token: str, at: str) -> None:
    """Return a seat, for oneself too.

    Raises:
        LeaseLost: this person doesn't hold it.
    """
    _return(db, _held(db, annotator, token), "returned", at)


def _held(db: Database, annotator: str, token: str) -> Any:
    seat = db.execute(f"SELECT {_SEAT} FROM seats WHERE token = ? AND annotator = ?", [token, annotator]).fetchone()
    if seat is None:
        raise LeaseLost
    return seat


def _return(db: Database, row: Any, kind: str, at: str, **detail: object) -> None:
    """Open a seat again. Those who are past its place will look there once more (see ``annotations.work.queue``)."""
    task_id, seat, scheme, place, annotator = row
    db.execute(
        "UPDATE seats SET state = 'open', annotator = iif(place = '', annotator, NULL), token = NULL,"
        " lease_until = NULL WHERE task_id = ? AND seat = ?",
        [task_id, seat],
    )
    if place:  # whoever returned it may take any open seat of the task again, not only this one
        db.execute("UPDATE seats SET late = 1 WHERE task_id = ? AND late = 0", [task_id])
        look_again(db, scheme, place)
    record(db, at, kind, annotator, task_id, seat, **detail)


def look_again(db: Database, scheme: str, place: str) -> None:
    """Move everybody who is past a place among the late seats back before it."""
    db.execute("UPDATE cursors SET late = ? WHERE scheme = ? AND late >= ?", [before(place), scheme, place])

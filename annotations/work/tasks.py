"""Bringing tasks in, and counting how far the work is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlite_utils import Database

from annotations.schemes.labels import canonical, check_context, validate
from annotations.schemes.used import scheme_of, use_scheme
from annotations.storage.rows import dump, record
from annotations.types import DeskSettings, NewTask, Progress
from annotations.work.leases import look_again, place_of
from annotations.work.saving import storable
from pipeline.errors.labelling import BadTask

SLICE = 200
"""Tasks brought in by one transaction: some milliseconds, so that nobody who saves has to wait for an import."""

CheckedTask = tuple[NewTask, str, str | None]
"""A task that can be stored, its context and its gold labels as JSON."""

_SEATS, _PRIORITY, _TEXT, _NAME = 100, 999_999, 200_000, 500  # at most; the last two are characters
_DUE = re.compile(r"|\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?([+-]\d{2}:\d{2}|Z)?)?")
_EXPECTED = {
    "key": (f"1–{_NAME}자로 적어 주세요.", f"Use 1 to {_NAME} characters."),
    "text": (f"글이 있어야 하고 {_TEXT:,}자까지입니다.", f"There must be some, {_TEXT:,} characters at most."),
    "context": ("JSON으로 적을 수 있는 값만 둘 수 있습니다.", "It may only hold what JSON can."),
    "seats": (f"1–{_SEATS}명입니다.", f"It is 1 to {_SEATS}."),
    "priority": (f"±{_PRIORITY:,}까지입니다.", f"It is ±{_PRIORITY:,} at most."),
    "due": ("2026-12-31처럼 적어 주세요.", "Write it like 2026-12-31."),
    "batch": (f"{_NAME}자까지입니다.", f"It has {_NAME} characters at most."),
}


def checked(task: NewTask) -> CheckedTask:
    """A task as it can be stored.

    Raises:
        BadTask, BadLabels, BadContext, UnknownScheme, UnknownSchemeVersion: why it can't.
    """
    context = _context(task)
    _expect(task, "key", task.key, 0 < len(task.key) <= _NAME and storable(task.key))
    _expect(task, "text", task.text, bool(task.text.strip()) and len(task.text) <= _TEXT and storable(task.text))
    _expect(task, "seats", task.seats, 1 <= task.seats <= _SEATS)
    _expect(task, "priority", task.priority, abs(task.priority) <= _PRIORITY)
    _expect(task, "due", task.due, _DUE.fullmatch(task.due) is not None)
    _expect(task, "batch", task.batch, len(task.batch) <= _NAME and storable(task.batch))
    scheme = scheme_of(task.scheme, task.version)
    check_context(scheme, task.context)
    gold = None if task.gold is None else canonical(validate(scheme, task.gold, task.text, task.context))
    return task, context, gold


def _context(task: NewTask) -> str:
    try:
        text = dump(task.context)
    except (TypeError, ValueError):
        text = "\ud800"  # nothing that can be stored
    _expect(task, "context", "…", storable(text))
    return text


def _expect(task: NewTask, name: str, value: object, good: bool) -> None:
    if not good:
        expected, expected_en = _EXPECTED[name]
        shown = ascii(value)[:60] if isinstance(value, str) and not storable(value) else str(value)[:60]
        key = task.key[:60] if storable(task.key) else ascii(task.key)[:60]
        raise BadTask(key=key, name=name, value=shown, expected=expected, expected_en=expected_en)


def add(db: Database, tasks: Sequence[CheckedTask], by: str, at: str) -> int:
    """Store checked tasks with their seats; returns how many were not known yet.

    Raises:
        SchemeEdited: the files of a version have changed since it was first used.
    """
    for scheme, version in {(task.scheme, task.version) for task, _, _ in tasks}:
        use_scheme(db, scheme_of(scheme, version), at)
    (last,) = db.execute("SELECT coalesce(max(id), 0) FROM tasks").fetchone()
    passed = {
        scheme: db.execute("SELECT max(place) FROM cursors WHERE scheme = ?", [scheme]).fetchone()[0] or ""
        for scheme in {task.scheme for task, _, _ in tasks}
    }
    added = 0
    for task, context, gold in tasks:
        place = place_of(task.priority, task.due, last + added + 1)
        if _add_one(db, task, context, gold, last + added + 1, place, by, at):
            added += 1
            if gold is None:
                _add_seats(db, task, last + added, place, late=place <= passed[task.scheme])
    return added


def _add_one(
    db: Database, task: NewTask, context: str, gold: str | None, task_id: int, place: str, by: str, at: str
) -> bool:
    found = db.execute(
        "INSERT INTO tasks (id, key, scheme, version, text, context, seats, priority, due, batch, gold, place,"
        " added_by, added_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            task_id, task.key, task.scheme, task.version, task.text, context, task.seats, task.priority, task.due,
            task.batch, gold, place, by, at,
        ),
    ).rowcount  # fmt: skip
    if found:
        record(db, at, "imported", by, task_id, seats=0 if gold is not None else task.seats)
    return bool(found)


def _add_seats(db: Database, task: NewTask, task_id: int, place: str, *, late: bool) -> None:
    db.conn.executemany(
        "INSERT INTO seats (task_id, seat, scheme, place, late) VALUES (?, ?, ?, ?, ?)",
        [(task_id, seat, task.scheme, place, int(late)) for seat in range(1, task.seats + 1)],
    )
    if late:
        look_again(db, task.scheme, place)


def progress(db: Database, annotator: str, scheme: str, at: str, settings: DeskSettings) -> Progress:
    """How far somebody and everybody is. The day is Korea's."""
    rows = db.execute(
        "SELECT annotator, day, value FROM counters WHERE scheme = :scheme AND (annotator = '' OR annotator = :who)"
        " AND day IN ('', 'done', 'total', date(:at, '+9 hours'))",
        {"scheme": scheme, "who": annotator, "at": at},
    ).fetchall()
    team = {day: value for who, day, value in rows if not who}
    mine = {day: value for who, day, value in rows if who}
    today = sum(value for day, value in mine.items() if day)
    left = max(0, settings.daily_goal - today) if settings.daily_goal else None
    return Progress(mine.get("", 0), today, team.get("done", 0), team.get("total", 0), left)

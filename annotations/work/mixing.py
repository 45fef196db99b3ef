"""Gold tasks and silent self-repeats, mixed into what a person takes: at an exact rate, in places that look random.

Everything is a function of the person, the scheme and how many tasks they took, so that nothing depends on the moment.
"""

from __future__ import annotations

import hashlib
from math import ceil, floor

from sqlite_utils import Database

from annotations.storage.rows import record
from annotations.types import DeskSettings

_FIRST_ANSWER = "SELECT id FROM annotations WHERE annotator = ? AND scheme = ? AND stage = 'blind' ORDER BY id LIMIT 1"
_EARLIER_ANSWER = (
    "SELECT id FROM annotations WHERE annotator = ? AND scheme = ? AND stage = 'blind' ORDER BY id DESC LIMIT 1"
    " OFFSET ?"
)
_ORDINARY_ANSWER = (
    "SELECT a.task_id FROM annotations AS a JOIN tasks AS t ON t.id = a.task_id"
    " WHERE a.annotator = :who AND a.scheme = :scheme AND a.id >= :first AND a.id <= :last AND a.revision = 1"
    " AND a.stage = 'blind' AND t.gold IS NULL AND t.repeat_of IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM tasks AS r WHERE r.repeat_of = t.id AND r.repeat_for = :who)"
    " ORDER BY a.id LIMIT 1"
)
_COPIED = "key, scheme, version, text, context, priority, due, batch, place"


def chance(*parts: object) -> float:
    """A number in [0, 1) that is always the same for the same parts."""
    hashed = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return int.from_bytes(hashed[:6], "big") / 2**48


def falls(rate: float, number: int, *who: object) -> bool:
    """Whether number ``number`` (from 0) is one of those chosen at a rate: one at random in every 1 / rate."""
    if rate <= 0:
        return False
    for block in (floor(number * rate) - 1, floor(number * rate), floor(number * rate) + 1):
        begin, end = ceil(block / rate), ceil((block + 1) / rate)
        if begin <= number < end:
            return number == begin + floor(chance(*who, block) * (end - begin))
    return False


def gold_for(db: Database, annotator: str, scheme: str, taken: int, last: int, settings: DeskSettings) -> int | None:
    """The gold task that somebody's next one should be: the first after ``last`` that they have not had."""
    if not falls(settings.gold_rate, taken, "gold", annotator, scheme):
        return None
    row = db.execute(
        "SELECT id FROM tasks INDEXED BY tasks_gold WHERE scheme = ? AND gold IS NOT NULL AND id > ? AND NOT EXISTS"
        " (SELECT 1 FROM annotations AS a WHERE a.task_id = tasks.id AND a.annotator = ?) ORDER BY id LIMIT 1",
        [scheme, last, annotator],
    ).fetchone()
    return None if row is None else int(row[0])


def repeat_for(db: Database, annotator: str, scheme: str, taken: int, at: str, settings: DeskSettings) -> int | None:
    """The repeat that somebody's next task should be, made now: a task that they did some time ago, chosen evenly."""
    if not falls(settings.repeat_rate, taken, "repeat", annotator, scheme):
        return None
    first = db.execute(_FIRST_ANSWER, [annotator, scheme]).fetchone()
    last = db.execute(_EARLIER_ANSWER, [annotator, scheme, settings.repeat_after]).fetchone()
    if first is None or last is None:
        return None
    middle = first[0] + floor(chance("which", annotator, scheme, taken) * (last[0] - first[0] + 1))
    for begin, end in ((middle, last[0]), (first[0], middle - 1)):
        span = {"who": annotator, "scheme": scheme, "first": begin, "last": end}
        row = db.execute(_ORDINARY_ANSWER, span).fetchone()
        if row is not None:
            return _make_repeat(db, row[0], annotator, at)
    return None


def _make_repeat(db: Database, task_id: int, annotator: str, at: str) -> int:
    made = db.execute(
        f"INSERT INTO tasks ({_COPIED}, seats, repeat_of, repeat_for, added_by, added_at)"
        f" SELECT {_COPIED}, 1, id, ?, 'queue', ? FROM tasks WHERE id = ?",
        [annotator, at, task_id],
    ).lastrowid
    assert made is not None  # an INSERT has one
    record(db, at, "repeated", annotator, made, of=task_id)
    return made

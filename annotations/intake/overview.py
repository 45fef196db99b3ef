"""What is in the queue: tasks by batch and status, a task by its key, and what models say of many tasks at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils import Database

from annotations.desk import Desk, utc_now
from annotations.storage.rows import TASK, dump, stamp, task_of
from annotations.types import Labels, Task
from annotations.work.suggestions import add_suggestion

_SLICE = 2_000  # tasks; a longer read would make those who save wait
_COUNTS = (
    "SELECT max(id), scheme, version, batch, status, gold IS NOT NULL, count(*), sum(seats),"
    " sum((SELECT count(*) FROM seats WHERE task_id = tasks.id AND state = 'done'))"
    " FROM tasks WHERE id > ? AND id <= ? AND repeat_of IS NULL"
    " GROUP BY scheme, version, batch, status, gold IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class NewSuggestion:
    """What a model says of the task with a key."""

    key: str
    model: str
    labels: Labels
    scores: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchCount:
    """Tasks of one batch and status. ``seats`` are answers wanted (of gold tasks none), ``done`` answers given."""

    scheme: str
    version: int
    batch: str
    status: str
    tasks: int
    gold: int
    seats: int
    done: int


def counts(desk: Desk) -> list[BatchCount]:
    """How many tasks there are, by scheme, batch and status; silent repeats aren't counted."""
    found: Counter[tuple[Any, ...]] = Counter()
    (last,) = desk.writer.read(lambda db: db.execute("SELECT coalesce(max(id), 0) FROM tasks").fetchone())
    for after in range(0, last, _SLICE):
        for _, scheme, version, batch, status, gold, tasks, seats, done in desk.writer.read(_slice(after)):
            key = (scheme, version, batch, status)
            found[*key, "tasks"] += tasks
            found[*key, "gold"] += tasks if gold else 0
            found[*key, "seats"] += 0 if gold else seats
            found[*key, "done"] += done
    keys = sorted({key[:-1] for key in found})
    return [BatchCount(*key, *(found[*key, what] for what in ("tasks", "gold", "seats", "done"))) for key in keys]


def _slice(after: int) -> Any:
    return lambda db: db.execute(_COUNTS, [after, after + _SLICE]).fetchall()


def find(desk: Desk, scheme: str, key: str) -> Task | None:
    """The task of a key, with all that is known of it; None when there is none."""
    row = desk.writer.read(
        lambda db: db.execute(
            f"SELECT {TASK} FROM tasks WHERE scheme = ? AND key = ? AND repeat_of IS NULL", [scheme, key]
        ).fetchone()
    )
    return None if row is None else task_of(row)


def add_suggestions(desk: Desk, scheme: str, suggestions: Sequence[NewSuggestion]) -> int:
    """Keep what models say of tasks that are there, nothing twice. Returns how many suggestions are new."""
    if not suggestions:
        return 0
    at = stamp(utc_now())
    return desk.writer.write(lambda db: sum(_add(db, scheme, each, at) for each in suggestions))


def _add(db: Database, scheme: str, suggestion: NewSuggestion, at: str) -> bool:
    row = db.execute(
        "SELECT id FROM tasks WHERE scheme = ? AND key = ? AND repeat_of IS NULL", [scheme, suggestion.key]
    ).fetchone()
    said = (suggestion.model, dump(suggestion.labels), dump(suggestion.scores))
    if (
        row is None
        or db.execute(
            "SELECT 1 FROM suggestions WHERE task_id = ? AND model = ? AND labels = ? AND scores = ?", [row[0], *said]
        ).fetchone()
    ):
        return False
    add_suggestion(db, row[0], suggestion.model, suggestion.labels, suggestion.scores, at)
    return True

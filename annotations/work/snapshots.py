"""All of a scheme at one point, read in slices: a long read would make everybody who saves wait.

Annotations and events are only ever appended, so that what has an id up to the one noted first is a snapshot. A task's
status moves; for the few tasks answered while this was reading it is worked out again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlite_utils import Database

from annotations.schemes.used import scheme_of
from annotations.storage.rows import ANNOTATION, SUGGESTION, TASK, annotation_of, of, suggestion_of, task_of
from annotations.storage.writer import Writer
from annotations.types import Annotation, Skip, Snapshot, SuggestionSeen, Task, TaskStatus
from annotations.work.disagreement import differences

SLICE = 500  # rows; some milliseconds
Row = Sequence[Any]

_LASTS = (
    "SELECT (SELECT coalesce(max(id), 0) FROM annotations), (SELECT coalesce(max(id), 0) FROM tasks),"
    " (SELECT coalesce(max(id), 0) FROM suggestions), (SELECT coalesce(max(id), 0) FROM events)"
)
_TASKS = f"SELECT {TASK}, settled FROM tasks WHERE scheme = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?"
_ANSWERS = f"SELECT {ANNOTATION} FROM annotations WHERE scheme = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?"
_SUGGESTIONS = (
    f"SELECT {of('s', SUGGESTION)} FROM suggestions AS s JOIN tasks AS t ON t.id = s.task_id"
    " WHERE t.scheme = ? AND s.id > ? AND s.id <= ? ORDER BY s.id LIMIT ?"
)
_TOLD = (
    "SELECT e.id, e.by, e.task_id, e.at, e.detail FROM events AS e CROSS JOIN tasks AS t"
    " ON t.id = e.task_id WHERE e.kind = '{}' AND t.scheme = ? AND e.id > ? AND e.id <= ? ORDER BY e.id LIMIT ?"
)
_LATER = "SELECT DISTINCT task_id FROM annotations WHERE id > ?"
_SETTLER = (
    "SELECT a.task_id, a.id FROM annotations AS a JOIN receipts AS r ON r.annotation_id = a.id WHERE a.task_id = ?"
    " AND a.stage = 'adjudicated' AND r.spare = 0 AND a.id <= ? ORDER BY a.id DESC LIMIT 1"
)


def snapshot(writer: Writer, scheme: str, at: str) -> Snapshot:
    """Everything of a scheme as it is now."""
    up_to, last_task, last_suggestion, last_event = writer.read(lambda db: db.execute(_LASTS).fetchone())
    answers = tuple(annotation_of(row) for row in _rows(writer, _ANSWERS, scheme, up_to))
    rows = list(_rows(writer, _TASKS, scheme, last_task))
    tasks = [task_of(row[:-1]) for row in rows]
    settled = {row[0]: row[-1] for row in rows if row[-1] is not None}
    moved = writer.read(lambda db: {row[0] for row in db.execute(_LATER, [up_to])})
    for task_id in moved & {task.id for task in tasks}:
        settled.pop(task_id, None)
        settled |= {row[0]: row[1] for row in writer.read(_settler(task_id, up_to))}
    tasks = _as_of(tasks, answers, settled, moved)
    return Snapshot(
        scheme, up_to, at, tuple(tasks), answers, settled,
        tuple(suggestion_of(row) for row in _rows(writer, _SUGGESTIONS, scheme, last_suggestion)),
        tuple(_seen(row) for row in _rows(writer, _TOLD.format("suggestion_seen"), scheme, last_event)),
        tuple(_skip(row) for row in _rows(writer, _TOLD.format("skipped"), scheme, last_event)),
    )  # fmt: skip


def _rows(writer: Writer, query: str, scheme: str, last: int) -> Iterator[Row]:
    """The rows of a query by rising id, up to ``last``, some at a time."""
    after = 0
    while True:
        some = writer.read(_slice(query, scheme, after, last))
        yield from some
        if len(some) < SLICE:
            return
        after = some[-1][0]


def _slice(query: str, scheme: str, after: int, last: int) -> Callable[[Database], list[Row]]:
    return lambda db: db.execute(query, [scheme, after, last, SLICE]).fetchall()


def _settler(task_id: int, up_to: int) -> Callable[[Database], list[Row]]:
    return lambda db: db.execute(_SETTLER, [task_id, up_to]).fetchall()


def _as_of(tasks: list[Task], answers: Sequence[Annotation], settled: Mapping[int, int], moved: set[int]) -> list[Task]:
    """The tasks, with the status of those that moved as the answers make it."""
    theirs: dict[int, dict[int, Annotation]] = {task_id: {} for task_id in moved}
    for answer in answers:
        if answer.task_id in moved and answer.seat is not None:
            theirs[answer.task_id][answer.seat] = answer
    return [
        replace(task, status=_status(task, theirs[task.id], settled)) if task.id in moved else task for task in tasks
    ]


def _status(task: Task, answers: Mapping[int, Annotation], settled: Mapping[int, int]) -> TaskStatus:
    if task.id in settled:
        return "settled"
    if task.gold is not None or task.repeat_of is not None or len(answers) < task.seats:
        return "open"
    return "disputed" if differences(scheme_of(task.scheme, task.version), list(answers.values())) else "complete"


def _seen(row: Row) -> SuggestionSeen:
    _, by, task_id, at, detail = row
    said = json.loads(detail)
    return SuggestionSeen(by, task_id, said["suggestion"], said["annotation"], said["kept"], at)


def _skip(row: Row) -> Skip:
    _, by, task_id, at, detail = row
    return Skip(by, task_id, json.loads(detail)["reason"], at)

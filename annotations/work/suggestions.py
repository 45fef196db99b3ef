"""What models say of tasks; shown to nobody before their own answer is in."""

from __future__ import annotations

from collections.abc import Mapping

from sqlite_utils import Database

from annotations.storage.rows import SUGGESTION, dump, find_task, record, suggestion_of
from annotations.types import Labels, Suggestion
from annotations.work.drafts import find_current
from pipeline.errors.labelling import UnknownTask


def add_suggestion(db: Database, task_id: int, model: str, labels: Labels, scores: Mapping[str, float], at: str) -> int:
    """Keep a suggestion; returns its id.

    Raises:
        UnknownTask: there is no such task.
    """
    find_task(db, task_id)
    cursor = db.execute(
        "INSERT INTO suggestions (task_id, model, labels, scores, added_at) VALUES (?, ?, ?, ?, ?)",
        [task_id, model, dump(labels), dump(scores), at],
    )
    return int(cursor.lastrowid or 0)


def find_suggestion(db: Database, annotator: str, task_id: int) -> Suggestion | None:
    """The newest suggestion for a task that this person has answered; a repeat has that of the task it repeats."""
    if find_current(db, annotator, task_id) is None:
        return None
    row = db.execute(
        f"SELECT {SUGGESTION} FROM suggestions WHERE task_id = (SELECT coalesce(repeat_of, id) FROM tasks WHERE id = ?)"
        " ORDER BY id DESC LIMIT 1",
        [task_id],
    ).fetchone()
    return None if row is None else suggestion_of((row[0], task_id, *row[2:]))


def note_seen(db: Database, annotator: str, task_id: int, suggestion_id: int, kept: bool, at: str) -> None:
    """Record that a suggestion was shown to somebody, beside which answer, and whether that was left as it was.

    Raises:
        UnknownTask: it belongs to no task that this person has answered.
    """
    answer = find_current(db, annotator, task_id)
    known = db.execute(
        "SELECT 1 FROM suggestions AS s JOIN tasks AS t ON s.task_id = coalesce(t.repeat_of, t.id)"
        " WHERE t.id = ? AND s.id = ?",
        [task_id, suggestion_id],
    ).fetchone()
    if answer is None or known is None:
        raise UnknownTask(task=task_id)
    seen = {"suggestion": suggestion_id, "annotation": answer.id, "kept": bool(kept)}
    record(db, at, "suggestion_seen", annotator, task_id, answer.seat, **seen)

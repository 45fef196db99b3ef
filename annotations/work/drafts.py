"""Answers that are not finished: one per person and task, so that a restart or another device goes on from there."""

from __future__ import annotations

from sqlite_utils import Database

from annotations.storage.rows import ANNOTATION, DRAFT, TASK, annotation_of, draft_of, dump, of, public, task_of
from annotations.types import Annotation, Draft, Labels, Task
from pipeline.errors.labelling import BadSubmission, StaleAnswer, StaleDraft, UnknownTask

_LIMIT = 1_000_000  # characters of a draft
_WIDTH = len(TASK.split(", "))


def find_draft(db: Database, annotator: str, task_id: int) -> Draft | None:
    """Somebody's draft of a task."""
    row = db.execute(f"SELECT {DRAFT} FROM drafts WHERE task_id = ? AND annotator = ?", [task_id, annotator]).fetchone()
    return None if row is None else draft_of(row)


def find_current(db: Database, annotator: str, task_id: int) -> Annotation | None:
    """The newest revision of somebody's own answer; what they settled as an adjudicator is none."""
    row = db.execute(
        f"SELECT {ANNOTATION} FROM annotations WHERE task_id = ? AND annotator = ? AND stage <> 'adjudicated'"
        " ORDER BY revision DESC LIMIT 1",
        [task_id, annotator],
    ).fetchone()
    return None if row is None else annotation_of(row)


def find_mine(db: Database, annotator: str, scheme: str, limit: int) -> list[tuple[Task, Annotation]]:
    """What somebody answered last, newest first, each with its newest revision."""
    rows = db.execute(
        f"SELECT {of('t', TASK)}, {of('a', ANNOTATION)} FROM annotations AS a INDEXED BY annotations_person"
        " JOIN tasks AS t ON t.id = a.task_id WHERE a.annotator = ? AND a.scheme = ? AND a.stage <> 'adjudicated'"
        " AND NOT EXISTS (SELECT 1 FROM annotations AS newer WHERE newer.task_id = a.task_id"
        " AND newer.annotator = a.annotator AND newer.revision > a.revision) ORDER BY a.id DESC LIMIT ?",
        [annotator, scheme, limit],
    )
    return [(public(task_of(row[:_WIDTH])), annotation_of(row[_WIDTH:])) for row in rows]


def draft_text(labels: Labels) -> str:
    """A draft's labels as JSON. They need not fit the scheme yet.

    Raises:
        BadSubmission: JSON has no such thing, or it is too long.
    """
    try:
        text = dump(labels)
        text.encode()
    except (TypeError, ValueError) as error:
        raise BadSubmission(name="labels", value=str(error)[:60]) from error
    if len(text) > _LIMIT:
        raise BadSubmission(name="labels", value=f"{len(text):,}")
    return text


def save_draft(
    db: Database, annotator: str, task_id: int, labels: str, seconds: float, base: int | None, expected: int | None,
    at: str,
) -> Draft:  # fmt: skip
    """Keep a draft over version ``expected`` of it. ``labels`` is JSON.

    Raises:
        UnknownTask: there is no such task.
        StaleAnswer: the answer that it would revise is not the current one.
        StaleDraft: the stored draft has another version.
    """
    if db.execute("SELECT 1 FROM tasks WHERE id = ?", [task_id]).fetchone() is None:
        raise UnknownTask(task=task_id)
    answer = find_current(db, annotator, task_id)
    if (answer and answer.id) != base:
        raise StaleAnswer(current=answer)
    draft = find_draft(db, annotator, task_id)
    if (draft and draft.version) != expected:
        raise StaleDraft(current=draft)
    version = (expected or 0) + 1
    db.execute(
        f"INSERT INTO drafts (task_id, annotator, {DRAFT}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " labels = excluded.labels, version = excluded.version, seconds = excluded.seconds, base = excluded.base,"
        " saved_at = excluded.saved_at",
        [task_id, annotator, labels, version, seconds, base, at],
    )
    return draft_of((labels, version, seconds, base, at))


def drop_draft(db: Database, annotator: str, task_id: int) -> None:
    """Forget a draft: its answer is in."""
    db.execute("DELETE FROM drafts WHERE task_id = ? AND annotator = ?", [task_id, annotator])

"""Rows of ``labels.db`` as nouns and back, and the digest that a receipt vouches for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlite_utils import Database

from annotations.types import Annotation, DeskSettings, Draft, Labels, Suggestion, Task
from pipeline.errors.labelling import UnknownTask

TASK = "id, key, scheme, version, text, context, seats, priority, due, batch, status, gold, repeat_of"
ANNOTATION = (
    "id, task_id, seat, annotator, scheme, version, revision, labels, outcome, stage, seconds, base, flag, saved_at"
)
SEALED = f"submission, {ANNOTATION}"
"""The columns of an annotation that its digest covers, in that order."""
_STORED = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
DRAFT = "labels, version, seconds, base, saved_at"
SUGGESTION = "id, task_id, model, labels, scores"


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is done, and until when what is leased then is held. ISO 8601 in UTC, to the millisecond."""

    at: str
    until: str


def of(table: str, columns: str) -> str:
    """A list of columns, each of the table named."""
    return ", ".join(f"{table}.{column}" for column in columns.split(", "))


def stamp(time: datetime) -> str:
    """A time as it is stored, so that stored times sort as text."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds")


def moment(now: datetime, settings: DeskSettings) -> Moment:
    """Now, and the end of a lease that begins now."""
    return Moment(stamp(now), stamp(now + timedelta(minutes=settings.lease_minutes)))


def dump(value: object) -> str:
    """JSON as it is stored."""
    return _STORED.encode(value)


def task_of(row: Sequence[Any]) -> Task:
    """A row of the columns ``TASK``."""
    id, key, scheme, version, text, context, seats, priority, due, batch, status, gold, repeat_of = row
    known = None if gold is None else json.loads(gold)
    return Task(
        id, key, scheme, version, text, json.loads(context), seats, priority, due, batch, status, known, repeat_of
    )


def public(task: Task) -> Task:
    """The task as annotators may see it: nothing tells a gold task or a repeat from any other."""
    return replace(task, gold=None, repeat_of=None, batch="", seats=1)


def annotation_of(row: Sequence[Any]) -> Annotation:
    """A row of the columns ``ANNOTATION``."""
    id, task_id, seat, annotator, scheme, version, revision, labels, outcome, stage, seconds, base, flag, at = row
    return Annotation(
        id,
        task_id,
        seat,
        annotator,
        scheme,
        version,
        revision,
        json.loads(labels),
        outcome,
        stage,
        seconds,
        base,
        flag,
        at,
    )


def draft_of(row: Sequence[Any]) -> Draft:
    """A row of the columns ``DRAFT``."""
    labels, version, seconds, base, saved_at = row
    return Draft(json.loads(labels), version, seconds, base, saved_at)


def suggestion_of(row: Sequence[Any]) -> Suggestion:
    """A row of the columns ``SUGGESTION``."""
    labels: Labels = json.loads(row[3])
    scores: Mapping[str, float] = json.loads(row[4])
    return Suggestion(row[0], row[1], row[2], labels, scores)


def digest(sealed: Sequence[Any]) -> str:
    """SHA-256 of a row of the columns ``SEALED``, written as a JSON list: what its receipt must match for ever."""
    text = _STORED.encode(list(sealed))
    return hashlib.sha256(text.encode()).hexdigest()


def find_task(db: Database, task_id: int) -> Task:
    """A task as it is stored.

    Raises:
        UnknownTask: there is no such task.
    """
    row = db.execute(f"SELECT {TASK} FROM tasks WHERE id = ?", [task_id]).fetchone()
    if row is None:
        raise UnknownTask(task=task_id)
    return task_of(row)


def record(db: Database, at: str, kind: str, by: str, task_id: int, seat: int | None = None, **detail: object) -> None:
    """Append what happened to the events."""
    db.execute(
        "INSERT INTO events (at, kind, by, task_id, seat, detail) VALUES (?, ?, ?, ?, ?, ?)",
        (at, kind, by, task_id, seat, dump(detail) if detail else "{}"),
    )

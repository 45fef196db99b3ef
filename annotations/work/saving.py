"""Saving an answer: once however often it is handed in, never over a newer one, in a seat or as a spare."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any, get_args

from sqlite_utils import Database

from annotations.schemes.used import scheme_of
from annotations.storage.rows import ANNOTATION, SEALED, annotation_of, digest, of, record
from annotations.types import Annotation, Outcome, Receipt, Stage, Submission, Task
from annotations.work.disagreement import differences
from annotations.work.drafts import drop_draft, find_current
from annotations.work.queue import own_seat
from pipeline.errors.labelling import BadSubmission, ReceiptDiffers, StaleAnswer, SubmissionReused

_TEXT_LIMIT = 2_000  # characters of a flag, a key, a reason
_INSERT = f"INSERT INTO annotations ({SEALED}) VALUES ({', '.join('?' * len(SEALED.split(', ')))})"
_RECEIPT = (
    f"SELECT r.number, r.digest, r.spare, {of('a', SEALED)} FROM annotations AS a"
    " JOIN receipts AS r ON r.annotation_id = a.id"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A submission that was checked: ``labels`` as canonical JSON."""

    annotator: str
    task: Task
    submission: Submission
    labels: str


def particulars(submission: Submission) -> Submission:
    """The submission, whose particulars (all but its labels) can be stored.

    Raises:
        BadSubmission: one can't; names it.
    """
    short_text("key", submission.key)
    short_text("flag", submission.flag)
    checks: tuple[tuple[str, object, bool], ...] = (
        ("key", submission.key, bool(submission.key)),
        ("seconds", submission.seconds, isfinite(submission.seconds) and submission.seconds >= 0),
        ("outcome", submission.outcome, submission.outcome in get_args(Outcome)),
        ("stage", submission.stage, submission.stage in get_args(Stage)),
    )
    for name, value, good in checks:
        if not good:
            raise BadSubmission(name=name, value=value)
    return submission


def short_text(name: str, text: str) -> str:
    """A text that can be stored as it is.

    Raises:
        BadSubmission: it is too long, or half a character.
    """
    if len(text) > _TEXT_LIMIT or not storable(text):
        raise BadSubmission(name=name, value=ascii(text[:60]))
    return text


def storable(text: str) -> bool:
    """Whether SQLite can keep a text: half of a surrogate pair is none."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def save(db: Database, answer: Answer, at: str) -> int:
    """Keep an answer and return its receipt's number. The same submission again returns the same number.

    Raises:
        SubmissionReused: its key is another answer's.
        StaleAnswer: it was given over an answer that is not the current one; nothing is written.
        BadSubmission: a first answer that isn't blind, or a later one that is.
    """
    known = find_again(db, answer)
    if known is not None:
        return known
    submission = answer.submission
    current = find_current(db, answer.annotator, answer.task.id)
    if (current and current.id) != submission.base:
        raise StaleAnswer(current=current)
    if submission.stage not in (("blind",) if current is None else ("assisted", "edited")):
        raise BadSubmission(name="stage", value=submission.stage)
    seat, last = _seat(db, answer)
    number, annotation = append(db, answer, seat, current.revision + 1 if current else 1, at, spare=seat is None)
    if last:
        weigh(db, answer.task)
    kind = "spare" if seat is None else "revised" if current else "saved"
    tell(db, answer, kind, seat, annotation, at)
    drop_draft(db, answer.annotator, answer.task.id)
    return number


def find_again(db: Database, answer: Answer) -> int | None:
    """The receipt's number of a submission that is in already.

    Raises:
        SubmissionReused: the key is that of another answer.
    """
    row = db.execute(f"{_RECEIPT} WHERE a.submission = ?", [answer.submission.key]).fetchone()
    if row is None:
        return None
    number, _, _, _, *columns = row
    stored = annotation_of(columns)
    same = (stored.annotator, stored.task_id, stored.outcome, stored.flag) == (
        answer.annotator, answer.task.id, answer.submission.outcome, answer.submission.flag,
    )  # fmt: skip
    if not same or columns[7] != answer.labels:
        raise SubmissionReused(number=number)
    return int(number)


def append(db: Database, answer: Answer, seat: int | None, revision: int, at: str, *, spare: bool) -> tuple[int, int]:
    """Append an answer and its receipt; returns the receipt's number and the answer's id."""
    task, given = answer.task, answer.submission
    row = [
        given.key, None, task.id, seat, answer.annotator, task.scheme, task.version, revision, answer.labels,
        given.outcome, given.stage, float(given.seconds), given.base, given.flag, at,
    ]  # fmt: skip
    annotation = row[1] = db.execute(_INSERT, row).lastrowid
    assert annotation is not None  # an INSERT has one
    cursor = db.execute(
        "INSERT INTO receipts (annotation_id, digest, spare) VALUES (?, ?, ?)", [annotation, digest(row), int(spare)]
    )
    if seat is not None:
        db.execute(
            "UPDATE seats SET state = 'done', annotator = ?, annotation_id = ?, token = NULL, lease_until = NULL"
            " WHERE task_id = ? AND seat = ?",
            [answer.annotator, annotation, task.id, seat],
        )
    return int(cursor.lastrowid or 0), annotation


def _seat(db: Database, answer: Answer) -> tuple[int | None, bool]:
    """The seat that an answer takes, and whether all others are done: one's own, else any that is open, else none."""
    rows = db.execute(
        "SELECT seat, annotator, state FROM seats WHERE task_id = ? ORDER BY seat", [answer.task.id]
    ).fetchall()
    own = [seat for seat, annotator, _ in rows if annotator == answer.annotator]
    free = [seat for seat, annotator, _ in rows if annotator is None]
    if own or free:
        seat = (own or free)[0]
        return seat, all(state == "done" for number, _, state in rows if number != seat)
    if answer.task.gold is not None:
        return own_seat(db, answer.task.id, answer.annotator, answer.task.scheme), False
    return None, False


def tell(db: Database, answer: Answer, kind: str, seat: int | None, annotation: int, at: str) -> None:
    """Record an answer in the events."""
    record(db, at, kind, answer.annotator, answer.task.id, seat, annotation=annotation)
    if answer.submission.flag:
        record(db, at, "flagged", answer.annotator, answer.task.id, seat, flag=answer.submission.flag)


def weigh(db: Database, task: Task) -> None:
    """Set the status of a task whose seats are all done: complete, or disputed where the answers differ."""
    if task.gold is not None or task.repeat_of is not None:
        return
    differ = task.seats > 1 and differences(scheme_of(task.scheme, task.version), counted(db, task.id))
    status = "disputed" if differ else "complete"
    db.execute(
        "UPDATE tasks SET status = ? WHERE id = ? AND status <> ? AND status <> 'settled'", [status, task.id, status]
    )


def counted(db: Database, task_id: int) -> list[Annotation]:
    """The current answers in a task's seats, by seat."""
    rows = db.execute(
        f"SELECT {of('a', ANNOTATION)} FROM seats JOIN annotations AS a ON a.id = seats.annotation_id"
        " WHERE seats.task_id = ? ORDER BY seats.seat",
        [task_id],
    )
    return [annotation_of(row) for row in rows]


def read_back(db: Database, number: int) -> Receipt:
    """The receipt of a number, with its answer as the file has it.

    Raises:
        ReceiptDiffers: the answer is not what the receipt was given for.
    """
    row: Any = db.execute(f"{_RECEIPT} WHERE r.number = ?", [number]).fetchone()
    if row is None or digest(row[3:]) != row[1]:
        raise ReceiptDiffers(number=number)
    return Receipt(number, annotation_of(row[4:]), row[1], bool(row[2]))

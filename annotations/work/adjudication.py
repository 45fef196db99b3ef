"""Settling disputes: who may take which, what they see of it, and what their answer does."""

from __future__ import annotations

import secrets
from dataclasses import replace
from string import ascii_uppercase

from sqlite_utils import Database

from annotations.schemes.used import scheme_of
from annotations.storage.rows import ANNOTATION, TASK, Moment, annotation_of, find_task, public, record, task_of
from annotations.types import Annotation, Dispute, Task
from annotations.work.disagreement import differences
from annotations.work.drafts import drop_draft, find_draft
from annotations.work.mixing import chance
from annotations.work.precedents import add_precedent
from annotations.work.saving import Answer, append, counted, find_again, tell
from pipeline.errors.labelling import NotDisputed, StaleAnswer

_NOT_THEIR_OWN = (
    "NOT EXISTS (SELECT 1 FROM annotations AS own WHERE own.task_id = tasks.id AND own.annotator = :who"
    " AND own.stage <> 'adjudicated')"
)


def disputed(db: Database, scheme: str, limit: int) -> list[Task]:
    """The first tasks in dispute, in the order of the queue."""
    rows = db.execute(
        f"SELECT {TASK} FROM tasks WHERE scheme = ? AND status = 'disputed' ORDER BY place LIMIT ?", [scheme, limit]
    )
    return [public(task_of(row)) for row in rows]


def take_disputed(db: Database, adjudicator: str, scheme: str, moment: Moment) -> Dispute | None:
    """The dispute that an adjudicator holds, else the first that nobody holds and that is not their own."""
    who = {
        "who": adjudicator,
        "scheme": scheme,
        "at": moment.at,
        "until": moment.until,
        "token": secrets.token_urlsafe(18),
    }
    db.execute("DELETE FROM hearings WHERE lease_until <= :at", who)
    db.execute(
        "DELETE FROM hearings WHERE adjudicator = :who AND scheme = :scheme AND NOT EXISTS"
        " (SELECT 1 FROM tasks WHERE tasks.id = hearings.task_id AND tasks.status = 'disputed')",
        who,
    )
    held = db.execute(
        "UPDATE hearings SET lease_until = :until WHERE adjudicator = :who AND scheme = :scheme", who
    ).rowcount
    if not held:
        found = db.execute(
            "INSERT INTO hearings SELECT id, :scheme, :who, :token, :until FROM tasks WHERE scheme = :scheme"
            " AND status = 'disputed' AND NOT EXISTS (SELECT 1 FROM hearings WHERE hearings.task_id = tasks.id)"
            f" AND {_NOT_THEIR_OWN} ORDER BY place LIMIT 1 RETURNING task_id",
            who,
        ).fetchone()
        if found is None:
            return None
        record(db, moment.at, "hearing", adjudicator, found[0])
    task_id, token, until = db.execute(
        "SELECT task_id, token, lease_until FROM hearings WHERE adjudicator = :who AND scheme = :scheme", who
    ).fetchone()
    return _dispute(db, adjudicator, find_task(db, task_id), token, until)


def _dispute(db: Database, adjudicator: str, task: Task, token: str, until: str) -> Dispute:
    """The answers without names, in an order that says nothing of who came first and is the same when shown again."""
    answers = counted(db, task.id)
    shuffled = sorted(answers, key=lambda answer: chance("order", task.id, answer.annotator))
    hidden = tuple(
        replace(answer, annotator=_letter(n), seat=None, seconds=0.0, saved_at="") for n, answer in enumerate(shuffled)
    )
    differing = differences(scheme_of(task.scheme, task.version), answers)
    return Dispute(public(task), hidden, differing, token, until, find_draft(db, adjudicator, task.id))


def _letter(number: int) -> str:
    """A for 0, B, …, Z, AA, AB and so on."""
    rest, last = divmod(number, 26)
    return (_letter(rest - 1) if rest else "") + ascii_uppercase[last]


def chosen_answer(db: Database, task: Task, chosen: int) -> Annotation:
    """The answer that an adjudicator takes.

    Raises:
        NotDisputed: it is no answer to this task.
    """
    found = _annotation(db, chosen)
    if found is None or found.task_id != task.id:
        raise NotDisputed(
            task=task.id, reason=f"{chosen}번은 이 과제의 답이 아닙니다", reason_en=f"{chosen} is no answer to it"
        )
    return found


def settle(db: Database, answer: Answer, chosen: int | None, at: str) -> int:
    """Keep an adjudicator's answer and return its receipt's number. The first one settles the task.

    One that comes when somebody else has settled it is kept as a spare. To change what settles a task, ``base``
    names it.

    Raises:
        NotDisputed: it is not in dispute, one of its answers is this adjudicator's own, or ``chosen`` was revised.
        StaleAnswer: ``base`` is not what settles the task.
        SubmissionReused: the key is another answer's.
    """
    known = find_again(db, answer)
    if known is not None:
        return known
    who, task, base = answer.annotator, answer.task, answer.submission.base
    status, settled = db.execute("SELECT status, settled FROM tasks WHERE id = ?", [task.id]).fetchone()
    _may_settle(db, answer, chosen, status)
    if base is not None and base != settled:
        raise StaleAnswer(current=_annotation(db, settled))
    spare = settled is not None and base is None
    (revision,) = db.execute(
        "SELECT coalesce(max(revision), 0) + 1 FROM annotations WHERE task_id = ? AND annotator = ?", [task.id, who]
    ).fetchone()
    if revision > 1 and base is None:  # a second answer of one's own that doesn't say what it revises
        raise StaleAnswer(current=_annotation(db, settled))
    number, annotation = append(db, answer, None, revision, at, spare=spare)
    tell(db, answer, "spare" if spare else "adjudicated", None, annotation, at)
    db.execute("DELETE FROM hearings WHERE task_id = ? AND adjudicator = ?", [task.id, who])
    drop_draft(db, who, task.id)
    if not spare:
        db.execute("UPDATE tasks SET status = 'settled', settled = ? WHERE id = ?", [annotation, task.id])
        if settled is None:
            add_precedent(db, task)
    return number


def _may_settle(db: Database, answer: Answer, chosen: int | None, status: str) -> None:
    task_id = answer.task.id
    if chosen is not None and chosen not in [each.id for each in counted(db, task_id)]:
        raise NotDisputed(
            task=task_id, reason="고른 답이 그사이 고쳐졌습니다", reason_en="that answer was revised meanwhile"
        )
    if status not in ("disputed", "settled"):
        held = db.execute(
            "SELECT 1 FROM hearings WHERE task_id = ? AND adjudicator = ?", [task_id, answer.annotator]
        ).fetchone()
        if held is None:  # else the answers were made equal while this was being settled; the work is kept
            raise NotDisputed(task=task_id, reason="답이 서로 다르지 않습니다", reason_en="its answers do not differ")
    own = db.execute(
        "SELECT 1 FROM annotations WHERE task_id = ? AND annotator = ? AND stage <> 'adjudicated'",
        [task_id, answer.annotator],
    ).fetchone()
    if own is not None:
        raise NotDisputed(task=task_id, reason="자기 답이 들어 있습니다", reason_en="one of its answers is your own")


def _annotation(db: Database, annotation_id: int | None) -> Annotation | None:
    row = db.execute(f"SELECT {ANNOTATION} FROM annotations WHERE id = ?", [annotation_id]).fetchone()
    return None if row is None else annotation_of(row)

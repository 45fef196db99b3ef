"""The one door to ``labels.db``: pages, commands and the chat take, save and settle through a Desk.

Thin: each method hands a plain function to the writer, or to a reading connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from sqlite_utils import Database

from annotations.schemes.labels import canonical, validate, validate_draft
from annotations.schemes.used import check_used, scheme_of
from annotations.storage.migrations import MIGRATIONS
from annotations.storage.opening import look_through
from annotations.storage.rows import Moment, find_task, moment, public
from annotations.storage.writer import Writer
from annotations.types import (
    Added,
    Annotation,
    DeskSettings,
    Dispute,
    Draft,
    Labels,
    Lease,
    NewTask,
    Progress,
    Receipt,
    Saved,
    Snapshot,
    Submission,
    Suggestion,
    Task,
)
from annotations.work.adjudication import chosen_answer, disputed, settle, take_disputed
from annotations.work.drafts import draft_text, find_current, find_mine, save_draft
from annotations.work.leases import expire, give_back, renew, skip
from annotations.work.precedents import find_precedents
from annotations.work.queue import take
from annotations.work.saving import Answer, particulars, read_back, save, short_text
from annotations.work.snapshots import snapshot
from annotations.work.suggestions import add_suggestion, find_suggestion, note_seen
from annotations.work.tasks import SLICE, CheckedTask, add, checked, progress

DEFAULTS = DeskSettings()
_TASKS_KEPT = 4_096  # tasks whose text is at hand, so that checking an answer reads nothing


def utc_now() -> datetime:
    """The time by the machine's clock."""
    return datetime.now(UTC)


class Desk:
    """Opens ``labels.db``, bringing it up to date, and starts its writer. Safe to use from any number of threads.

    Names of annotators and adjudicators are names of accounts; roles are checked by those who call.

    Raises:
        LabelsDamaged, LabelsNewer: the file can't be used; says what to do.
    """

    def __init__(self, path: Path, settings: DeskSettings = DEFAULTS, now: Callable[[], datetime] = utc_now) -> None:
        self.path = path
        self.settings = settings
        self.writer = Writer(path, MIGRATIONS)
        self._now = now
        self._known: dict[int, Task] = {}
        self._unedited: set[tuple[str, int]] = set()

    def check(self) -> None:
        """Look through the whole file for damage (some 10 ms a megabyte): for an app that starts.

        Raises:
            LabelsDamaged: there is some; says how to restore.
        """
        self.writer.read(lambda db: look_through(db, self.path))

    def close(self) -> None:
        """Finish what is being written and close the file."""
        self.writer.close()

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # the queue

    def add_tasks(self, tasks: Iterable[NewTask], by: str) -> Added:
        """Bring tasks in; one whose scheme and key are known already is left as it is."""
        at = self._moment().at
        given = map(checked, tasks)
        seen = added = 0
        while some := list(islice(given, SLICE)):
            seen += len(some)
            added += self._add(some, by, at)
        return Added(added, seen - added)

    def _add(self, some: list[CheckedTask], by: str, at: str) -> int:
        return self.writer.write(lambda db: add(db, some, by, at))

    def take(self, annotator: str, scheme: str) -> Lease | None:
        """The task to do now: the one already held, else the first in the queue. None: nothing left for this person."""
        now = self._moment()
        return self._ready(self.writer.write(lambda db: take(db, annotator, scheme, now, self.settings)))

    def renew(self, token: str) -> str:
        """Hold a seat for longer; returns the new ``until``.

        Raises:
            LeaseLost: the seat has gone back to the queue, or to somebody else.
        """
        now = self._moment()
        return self.writer.write(lambda db: renew(db, token, now))

    def skip(self, annotator: str, token: str, reason: str) -> None:
        """Pass a task over: its seat returns to the queue for others, never again for this person.

        Raises:
            LeaseLost: this person doesn't hold that seat any more.
        """
        at, why = self._moment().at, short_text("reason", reason)
        self.writer.write(lambda db: skip(db, annotator, token, why, at))

    def give_back(self, annotator: str, token: str) -> None:
        """Return a seat unanswered, to oneself or others.

        Raises:
            LeaseLost: this person doesn't hold that seat any more.
        """
        at = self._moment().at
        self.writer.write(lambda db: give_back(db, annotator, token, at))

    def expire(self) -> int:
        """Return the seats whose lease has run out, and say how many. ``take`` does it too."""
        at = self._moment().at
        return self.writer.write(lambda db: expire(db, at))

    # drafts and answers

    def save_draft(
        self, annotator: str, task_id: int, labels: Labels, seconds: float, base: int | None, expected: int | None
    ) -> Draft:
        """Keep an answer that is not finished. ``expected`` is the version this tab has, None for none yet.

        Raises:
            UnknownTask: there is no such task.
            StaleDraft: another tab has saved a newer draft (``current``).
            StaleAnswer: the answer that this draft would revise is not the current one (``current``).
        """
        at, text = self._moment().at, draft_text(labels)
        return self.writer.write(lambda db: save_draft(db, annotator, task_id, text, seconds, base, expected, at))

    def save(self, annotator: str, submission: Submission, take_next: bool = False) -> Saved:
        """Keep an answer and return its receipt, after COMMIT and after the row was read back over another connection.

        The same submission again returns the same receipt.

        Raises:
            BadLabels: the labels don't fit the scheme or the text; names the field.
            StaleAnswer: ``base`` is not the current answer (``current``); nothing was written.
            SubmissionReused: the key was used for another answer.
            UnknownTask: there is no such task.
        """
        now, answer = self._moment(), self._checked(annotator, submission)

        def job(db: Database) -> tuple[int, Lease | None]:
            number = save(db, answer, now.at)
            return number, take(db, annotator, answer.task.scheme, now, self.settings) if take_next else None

        def confirm(db: Database, done: tuple[int, Lease | None]) -> Saved:
            return Saved(read_back(db, done[0]), done[1])

        saved = self.writer.write_confirmed(job, confirm)
        return Saved(saved.receipt, self._ready(saved.next))

    def current(self, annotator: str, task_id: int) -> Annotation | None:
        """The newest revision of somebody's answer."""
        return self.writer.read(lambda db: find_current(db, annotator, task_id))

    def mine(self, annotator: str, scheme: str, limit: int = 20) -> list[tuple[Task, Annotation]]:
        """The tasks that somebody answered last, newest first, each with its current answer."""
        return self.writer.read(lambda db: find_mine(db, annotator, scheme, limit))

    def progress(self, annotator: str, scheme: str) -> Progress:
        """How far somebody and everybody is."""
        at = self._moment().at
        return self.writer.read(lambda db: progress(db, annotator, scheme, at, self.settings))

    def task(self, task_id: int) -> Task:
        """A task, without what would give a gold task or a repeat away.

        Raises:
            UnknownTask: there is no such task.
        """
        return public(self.writer.read(lambda db: find_task(db, task_id)))

    # suggestions

    def add_suggestion(self, task_id: int, model: str, labels: Labels, scores: Mapping[str, float]) -> int:
        """Keep what a model says of a task, all or some of its fields; the newest one is shown. Returns its id.

        Raises:
            UnknownTask: there is no such task.
        """
        at, task = self._moment().at, self._task(task_id)
        fitting = validate_draft(scheme_of(task.scheme, task.version), labels, task.text, task.context)
        return self.writer.write(lambda db: add_suggestion(db, task_id, model, fitting, scores, at))

    def suggestion(self, annotator: str, task_id: int) -> Suggestion | None:
        """What a model says of a task; None before this annotator has answered it."""
        return self.writer.read(lambda db: find_suggestion(db, annotator, task_id))

    def suggestion_seen(self, annotator: str, task_id: int, suggestion_id: int, kept: bool) -> None:
        """Record that a suggestion was shown, and whether the answer was left as it was.

        Raises:
            UnknownTask: there is no such suggestion of that task, or no answer of this annotator to it.
        """
        at = self._moment().at
        self.writer.write(lambda db: note_seen(db, annotator, task_id, suggestion_id, kept, at))

    # adjudication

    def disputed(self, scheme: str, limit: int = 50) -> list[Task]:
        """Tasks whose answers differ, in the order of the queue."""
        return self.writer.read(lambda db: disputed(db, scheme, limit))

    def take_disputed(self, adjudicator: str, scheme: str) -> Dispute | None:
        """The dispute to settle now: the one already held, else the first that is free and not one's own."""
        now = self._moment()
        return self.writer.write(lambda db: take_disputed(db, adjudicator, scheme, now))

    def settle(self, adjudicator: str, submission: Submission, chosen: int | None) -> Receipt:
        """Settle a dispute by taking the labels of annotation ``chosen``, or by the submission's own when it is None.

        Raises:
            BadLabels: the labels don't fit the scheme or the text.
            NotDisputed: the task is not in dispute, or ``chosen`` is none of its answers.
            StaleAnswer: ``base`` is not what settles the task now (``current``).
            UnknownTask: there is no such task.
        """
        at, task = self._moment().at, self._task(submission.task_id)
        if chosen is not None:
            taken = self.writer.read(lambda db: chosen_answer(db, task, chosen))
            submission = replace(submission, labels=taken.labels, outcome=taken.outcome)
        answer = self._checked(adjudicator, replace(submission, stage="adjudicated"))
        return self.writer.write_confirmed(lambda db: settle(db, answer, chosen, at), read_back)

    def precedents(self, text: str, scheme: str, limit: int = 3) -> list[tuple[Task, Annotation]]:
        """The settled tasks nearest to a text, nearest first, each with the answer that settled it."""
        return find_precedents(self.writer, text, scheme, limit)

    # reading for quality and export

    def snapshot(self, scheme: str) -> Snapshot:
        """Everything of a scheme as it is now, read in slices so that nobody who saves has to wait."""
        return snapshot(self.writer, scheme, self._moment().at)

    def _moment(self) -> Moment:
        return moment(self._now(), self.settings)

    def _checked(self, annotator: str, submission: Submission) -> Answer:
        task = self._task(submission.task_id)
        scheme = scheme_of(task.scheme, task.version)
        given = particulars(submission)
        labels = validate(scheme, given.labels, task.text, task.context, given.outcome)
        return Answer(annotator, task, given, canonical(labels))

    def _task(self, task_id: int) -> Task:
        """A task with all that is known of it; its status may be an earlier one."""
        task = self._known.get(task_id)
        if task is None:
            task = self._keep(self.writer.read(lambda db: find_task(db, task_id)))
        return task

    def _keep(self, task: Task) -> Task:
        if len(self._known) >= _TASKS_KEPT:
            self._known.clear()
        self._known[task.id] = task
        return task

    def _ready(self, lease: Lease | None) -> Lease | None:
        """A lease to hand out: its scheme is the one that the first task of its version came with, its task hidden."""
        if lease is None:
            return None
        task = self._keep(lease.task)
        if (task.scheme, task.version) not in self._unedited:
            scheme = scheme_of(task.scheme, task.version)
            self.writer.read(lambda db: check_used(db, scheme))
            self._unedited.add((task.scheme, task.version))
        seat = lease.seat if task.gold is None else 1  # its number would tell how many had it before
        return replace(lease, task=public(task), seat=seat)

"""Answering tasks through the form: drafts, saves, revisions, and what is shown of an answer once it is in.

The pages that label, that list one's own answers and that settle disputes build on this. No Streamlit here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from annotations.desk import Desk
from annotations.schemes.scheme import Scheme, load_scheme
from annotations.types import Annotation, Lease, Outcome, Receipt, Stage, Submission, Suggestion, Task
from pages.form import messages
from pages.form.messages import Json, Message
from pages.form.shape import (
    Opened,
    of_lease,
    precedent_json,
    progress_json,
    scheme_json,
    scheme_of,
    suggestion_json,
    view_json,
)
from pipeline.errors.labelling import BadSubmission, StaleDraft, UnknownTask

PRECEDENTS = 3


@dataclass(frozen=True, slots=True)
class Previous:
    """The answer before: its receipt, and what is shown once it is in. ``decided`` is ``kept`` or ``revised``."""

    receipt: Receipt
    suggestion: Suggestion | None = None
    precedents: tuple[tuple[Task, Annotation], ...] = ()
    decided: str = ""


class Answering:
    """One person before one scheme, in one browser session. ``takes_next``: a save brings the next task with it."""

    takes_next = False

    def __init__(self, desk: Desk, who: str, scheme: str) -> None:
        self.desk = desk
        self.who = who
        self.scheme: Scheme = load_scheme(scheme)
        self.opened: Opened | None = None
        self.previous: Previous | None = None
        self.handlers: dict[str, Callable[[Message], Json]] = {
            "draft": self.draft,
            "renew": self.renew,
            "save": self.save,
            "open": self.open,
            "cancel": self.cancel,
        }

    def handle(self, message: Message) -> Json:
        """Do what a message asks for."""
        kind = messages.text(message, "kind")
        if kind not in self.handlers:
            raise BadSubmission(name="kind", value=kind[:60])
        return self.handlers[kind](message)

    # what to show

    def data(self) -> Json:
        """What the form is to show now."""
        opened = self.opened
        scheme = scheme_of(opened.task.scheme, opened.task.version) if opened else self.scheme
        return {
            **scheme_json(scheme),
            "who": self.who,
            "progress": progress_json(self.desk.progress(self.who, self.scheme.id)),
            "view": view_json(opened, scheme, self.who) if opened else None,
            "previous": self._previous_json(),
            "undo": False,
            "list": None,
            "disputes": None,
        }

    def _previous_json(self) -> Json | None:
        if self.previous is None:
            return None
        receipt, suggestion = self.previous.receipt, self.previous.suggestion
        return {
            "number": receipt.number,
            "spare": receipt.spare,
            "task_id": receipt.annotation.task_id,
            "suggestion": suggestion_json(suggestion) if suggestion else None,
            "precedents": [precedent_json(*each) for each in self.previous.precedents],
            "decided": self.previous.decided,
        }

    # what messages do

    def draft(self, message: Message) -> Json:
        """Keep an answer that is not finished."""
        task_id, labels, base = messages.whole(message, "task_id"), messages.labels(message), _base(message)
        expected = messages.whole_or_none(message, "expected")
        try:
            draft = self.desk.save_draft(self.who, task_id, labels, messages.seconds(message), base, expected)
        except StaleDraft as stale:
            if stale.current is None or stale.current.labels != labels:
                raise
            draft = stale.current  # this very draft: it arrived, its reply didn't
        if self.opened and self.opened.task.id == task_id:
            self.opened = replace(self.opened, draft=draft)
        return {"version": draft.version}

    def renew(self, message: Message) -> Json:
        """Hold the seat for longer."""
        return {"until": self.desk.renew(messages.text(message, "token"))}

    def save(self, message: Message) -> Json:
        """Keep an answer; then show what comes next."""
        submission = self.submission(message)
        suggestion = self.desk.suggestion(self.who, submission.task_id)
        saved = self.desk.save(self.who, submission, take_next=self.takes_next)
        self.shown_after(saved.receipt, suggestion if submission.base else None)
        self.follow(saved.next)
        return receipt_json(saved.receipt)

    def submission(self, message: Message) -> Submission:
        """The answer of a message. Over an answer that stood beside a model's labels it is an assisted one."""
        task_id, base = messages.whole(message, "task_id"), _base(message)
        seen = base is not None and self.desk.suggestion(self.who, task_id) is not None
        stage: Stage = "blind" if base is None else "assisted" if seen else "edited"
        outcome: Outcome = "unjudgeable" if message.get("outcome") == "unjudgeable" else "labelled"
        return Submission(
            key=messages.text(message, "key"),
            task_id=task_id,
            labels=messages.labels(message),
            token=messages.text(message, "token"),
            outcome=outcome,
            stage=stage,
            seconds=messages.seconds(message),
            base=base,
            flag=messages.text(message, "flag"),
        )

    def shown_after(self, receipt: Receipt, before: Suggestion | None) -> None:
        """What is shown once an answer is in; ``before`` is the suggestion that a revision was made beside."""
        task = self.desk.task(receipt.annotation.task_id)
        nearest = self.desk.precedents(task.text, task.scheme, PRECEDENTS + 1)
        others = [each for each in nearest if each[0].id != task.id and each[0].text != task.text]
        self.previous = Previous(
            receipt,
            before or self.desk.suggestion(self.who, task.id),
            tuple(others[:PRECEDENTS]),
            "revised" if before else "",
        )

    def open(self, message: Message) -> Json:
        """Open one's own answer to revise it; a draft begun on it is taken up."""
        task_id = messages.whole(message, "task_id")
        answer = self.desk.current(self.who, task_id)
        if answer is None:
            raise UnknownTask(task=task_id)
        self.opened = Opened(self.desk.task(task_id), base=answer)
        self._begin_draft(answer)
        return {}

    def _begin_draft(self, answer: Annotation) -> None:
        if self.opened is None:
            return
        task_id = self.opened.task.id
        try:
            draft = self.desk.save_draft(self.who, task_id, answer.labels, 0.0, answer.id, None)
        except StaleDraft as stale:
            draft = stale.current
            if draft is None or draft.base != answer.id:  # of an earlier revision
                version = draft.version if draft else None
                draft = self.desk.save_draft(self.who, task_id, answer.labels, 0.0, answer.id, version)
        self.opened = replace(self.opened, draft=draft)

    def cancel(self, message: Message) -> Json:
        """Leave what is open as it is stored, and go on."""
        opened = self.opened
        if opened and opened.base and opened.draft:
            labels, version = opened.base.labels, opened.draft.version
            with suppress(StaleDraft):  # another tab goes on writing it
                self.desk.save_draft(self.who, opened.task.id, labels, 0.0, opened.base.id, version)
        self.proceed()
        return {}

    def proceed(self) -> None:
        """Show what comes next."""
        self.follow(None)

    def follow(self, lease: Lease | None) -> None:
        """Show a task that was taken, or nothing."""
        self.opened = of_lease(lease) if lease else None


def receipt_json(receipt: Receipt) -> Json:
    """The reply to a save."""
    return {"receipt": {"number": receipt.number, "spare": receipt.spare}}


def _base(message: Message) -> int | None:
    return messages.whole_or_none(message, "base")

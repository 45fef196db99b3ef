"""From the chat to the graders' queue: an answer that somebody found wanting becomes a task."""

from __future__ import annotations

from annotations.desk import Desk
from annotations.intake.from_traces import SCHEME, grade_request
from annotations.intake.overview import find
from annotations.schemes.scheme import load_scheme
from app.chat.session import Queued
from pipeline.errors.labelling import UnknownTask
from pipeline.service import Home
from pipeline.traces import Feedback
from pipeline.types import Trace


def send_to_graders(home: Home, trace: Trace, feedback: Feedback) -> Queued:
    """Put an answer into the queue; one that is there already stays as it is.

    The labels are opened for this one write: it is rare, and they belong to the annotation app.

    Raises:
        NothingToGrade: there is no answer.
        HansangError: the labels can't be written; says why.
    """
    task = grade_request(trace, feedback, load_scheme(SCHEME))
    with Desk(home.labels) as desk:
        added = desk.add_tasks([task], "chat")
        found = find(desk, task.scheme, task.key)
    if found is None:
        raise UnknownTask(task=task.key)
    return Queued(found.id, known=added.added == 0)

"""An answer of a run as a task of the graders, in the form in which the chat sends its answers. Draws nothing."""

from __future__ import annotations

import hashlib

from annotations.desk import Desk
from annotations.intake.from_traces import PRIORITY, SCHEME, grade_request
from annotations.intake.incoming import Defaults
from annotations.intake.overview import find
from annotations.schemes.scheme import load_scheme
from pages.failure_question import Opened
from pipeline.types import Answer, Citation, Question, ScoredPassage, Trace

BATCH = "failures"


def sent(desk: Desk, opened: Opened) -> int | None:
    """The id of the task that the answer is already, None where it is none."""
    task = find(desk, SCHEME, _key(opened))
    return None if task is None else task.id


def send(desk: Desk, by: str, opened: Opened) -> None:
    """Put the answer into the graders' queue; one that is there already stays as it is.

    Raises:
        NothingToGrade: there is no answer.
        HansangError: the labels can't be written; says why.
    """
    defaults = Defaults(priority=PRIORITY, batch=BATCH)
    desk.add_tasks([grade_request(answered(opened), None, load_scheme(SCHEME), defaults)], by)


def answered(opened: Opened) -> Trace:
    """What a run kept of an answer, as the trace that graders are shown, with the passages of its prompt.

    A run keeps which passages were cited and not where in them, so the whole of a cited passage counts as cited.
    """
    record, columns, store = opened.record, opened.record.candidates, opened.passages
    prompt = [id_ for id_, inside in zip(columns.id, columns.in_prompt, strict=True) if inside]
    rows = [store.rows[id_] for id_ in prompt if id_ in store.rows] if store else []
    candidates = tuple(ScoredPassage(store[row], row, in_prompt=True) for row in rows) if store else ()
    citations = tuple(
        Citation("", each.passage.id, 0, len(each.passage.text))
        for each in candidates
        if each.passage.id in record.cited
    )
    return Trace(
        id=_key(opened),
        question=Question(record.id, record.question, record.type),
        index=opened.plan.index,
        settings=opened.plan.settings,
        state="done",
        candidates=candidates,
        answer=Answer(record.answer, citations, record.abstained) if record.answer else None,
    )


def _key(opened: Opened) -> str:
    """The same answer to the same question of a run is one task."""
    said = "\n".join((opened.run, opened.record.id, opened.record.answer))
    return f"run-{hashlib.sha256(said.encode()).hexdigest()[:20]}"

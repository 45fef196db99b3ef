"""Answers of the chat, and pairs of answers, as tasks of the graders.

The text of a task is the answer; its context holds the question, the passages that were in the prompt, the citations
and what the asker said of it. A trace is a task once: its id is the task's key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from annotations.intake.import_columns import json_object
from annotations.intake.incoming import Defaults, Incoming, refusal_of, refused_by_scheme
from annotations.schemes.labels import check_context
from annotations.schemes.scheme import Scheme
from annotations.types import NewTask
from pipeline.errors.labelling import NothingToGrade
from pipeline.errors.schemes import BadContext
from pipeline.tables.cells import label, read_text
from pipeline.tables.rejects import Refusal, printable
from pipeline.tables.rows import Row, open_table
from pipeline.traces import Feedback
from pipeline.types import Reject, ScoredPassage, Trace

SCHEME = "answer"
PRIORITY = 100
"""Above what is imported, which has 0 unless it says otherwise: somebody is waiting for these."""
BATCH = "chat"


def grade_request(trace: Trace, feedback: Feedback | None, scheme: Scheme, defaults: Defaults | None = None) -> NewTask:
    """An answer as a task of the graders.

    Raises:
        NothingToGrade: the trace has no answer: it was stopped before.
    """
    answer = trace.answer
    if answer is None or not answer.text.strip():
        raise NothingToGrade(trace=trace.id)
    given = defaults or Defaults(priority=PRIORITY, batch=BATCH)
    context: dict[str, object] = {
        "question": trace.question.text,
        "passages": [_passage(candidate) for candidate in trace.candidates if candidate.in_prompt],
        "citations": [
            {"sentence": each.sentence, "passage_id": each.passage_id, "start": each.start, "end": each.end}
            for each in answer.citations
        ],
        "abstained": answer.abstained,
    }
    if feedback is not None:
        context |= {"vote": feedback.vote, "reason": feedback.reason}
    return NewTask(
        key=trace.id,
        scheme=scheme.id,
        version=scheme.version,
        text=answer.text,
        context=context,
        seats=given.seats,
        priority=given.priority,
        due=given.due,
        batch=given.batch,
    )


def grade_requests(
    voted: Iterable[tuple[Trace, Feedback]], scheme: Scheme, defaults: Defaults
) -> Iterator[NewTask | str]:
    """A task for each answer, or the id of a trace that has none."""
    for trace, feedback in voted:
        try:
            yield grade_request(trace, feedback, scheme, defaults)
        except NothingToGrade:
            yield trace.id


def _passage(candidate: ScoredPassage) -> dict[str, object]:
    source = candidate.passage.source
    about = {
        "restaurant": source.restaurant,
        "district": source.district,
        "rating": source.rating,
        "date": source.date,
    }
    known = {name: value for name, value in about.items() if value not in (None, "")}
    return {"id": candidate.passage.id, "text": candidate.passage.text, **known}


def read_pairs(path: Path, scheme: Scheme, defaults: Defaults) -> Iterator[Incoming | Reject]:
    """Pairs of answers out of JSON Lines: ``question``, ``contexts`` and ``answers``.

    ``contexts`` are strings or objects with ``text``, ``answers`` two objects with ``id`` and ``text``. An ``id`` of
    the line names the pair, else what it says does. The first answer is also the task's text, which graders grade;
    which of the two is better they say without knowing whose they are.

    Raises:
        FileProblem: the file is missing, empty, or not JSON Lines.
    """
    table = open_table(path, "jsonl")
    return _pairs(table.path, table.rows(), scheme, defaults)


def _pairs(path: Path, rows: Iterable[Row | Reject], scheme: Scheme, defaults: Defaults) -> Iterator[Incoming | Reject]:
    seen: set[str] = set()
    for row in rows:
        if isinstance(row, Reject):
            yield row
            continue
        try:
            task = _pair(row, scheme, defaults)
            if task.key in seen:
                raise Refusal("duplicate-id", value=task.key, excerpt=task.text)
            refused_by_scheme(task)
            seen.add(task.key)
            yield Incoming(row.line, task)
        except Refusal as refusal:
            yield refusal.at(path, row.line)


def _pair(row: Row, scheme: Scheme, defaults: Defaults) -> NewTask:
    question = read_text(row.values.get("question"))
    answers = [_answer(each) for each in _listed("answers", row.values.get("answers"))]
    passages = [
        _context(number, each) for number, each in enumerate(_listed("contexts", row.values.get("contexts")), 1)
    ]
    context = {"question": question, "passages": passages, "alternatives": answers}
    try:
        check_context(scheme, context)
    except BadContext as error:
        raise refusal_of(error, question) from error
    said = json.dumps(context, ensure_ascii=False, sort_keys=True)
    return NewTask(
        key=label(row.values.get("id")) or f"pair-{hashlib.sha256(said.encode()).hexdigest()[:20]}",
        scheme=scheme.id,
        version=scheme.version,
        text=str(answers[0]["text"]),
        context=context,
        seats=defaults.seats,
        priority=defaults.priority,
        due=defaults.due,
        batch=defaults.batch,
    )


def _listed(column: str, cell: object) -> Sequence[object]:
    if cell is None:
        return ()
    if not isinstance(cell, list):
        raise Refusal(
            "bad-cell",
            column=column,
            value=printable(str(cell)),
            ko="목록([…])을 적어 주세요.",
            en="Write a list ([…]).",
        )
    return cell


def _answer(value: object) -> dict[str, object]:
    # What isn't an answer is left for the scheme to refuse, which says what it wants.
    found: Mapping[str, object] = value if isinstance(value, Mapping) else {}
    text = found.get("text")
    return {"id": label(found.get("id")), "text": read_text(text) if isinstance(text, str) else ""}


def _context(number: int, value: object) -> dict[str, object]:
    if isinstance(value, str):
        return {"id": str(number), "text": read_text(value)}
    found = json_object("contexts", value)
    return {**found, "id": label(found.get("id")) or str(number), "text": read_text(found.get("text"))}

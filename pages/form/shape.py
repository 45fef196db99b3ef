"""Tasks, answers and schemes as the JSON that the form draws. Only what people may see goes in: of a task's context the
parts that are named here, never gold labels, repeats, or who wrote an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from annotations.schemes.labels import asked
from annotations.schemes.preference import alternatives, shown_order
from annotations.schemes.scheme import Scheme, as_json, guideline, load_scheme
from annotations.types import Annotation, Dispute, Draft, Labels, Lease, Progress, Suggestion, Task
from pages.form.messages import Json

STARS = 5
DAY = len("2026-12-31")


@dataclass(frozen=True, slots=True)
class Opened:
    """A task on the page. ``base`` is the own answer that is being revised; ``answers`` are those of a dispute."""

    task: Task
    token: str = ""
    draft: Draft | None = None
    base: Annotation | None = None
    answers: tuple[Annotation, ...] | None = None

    @property
    def mode(self) -> str:
        """``label``, ``revise`` or ``dispute``."""
        return "dispute" if self.answers is not None else "revise" if self.base else "label"


def of_lease(lease: Lease) -> Opened:
    """A task to be labelled."""
    return Opened(lease.task, lease.token, lease.draft)


def of_dispute(dispute: Dispute) -> Opened:
    """A task to be settled."""
    return Opened(dispute.task, dispute.token, dispute.draft, answers=dispute.annotations)


@cache
def scheme_of(id: str, version: int) -> Scheme:
    """A version of a scheme. It is never edited once used, so it is read once."""
    return load_scheme(id, version)


def scheme_json(scheme: Scheme) -> Json:
    """What the form needs of a scheme."""
    return {"digest": scheme.digest, "scheme": as_json(scheme), "guide": guideline(scheme)}


def view_json(opened: Opened, scheme: Scheme, who: str) -> Json:
    """A task on the page, with the answer as far as it has come. The same task opened again has the same ``id``."""
    task, base, draft = opened.task, opened.base, opened.draft
    begun = draft if draft is not None and draft.base == (base.id if base else None) else None
    return {
        "id": f"{task.id}-{base.id if base else 0}-{opened.mode}",
        "mode": opened.mode,
        "task": task_json(task, scheme, who),
        "token": opened.token,
        "base": base.id if base else None,
        "labels": begun.labels if begun else base.labels if base else {},
        "outcome": base.outcome if base else "labelled",
        "flag": base.flag if base else "",
        "version": draft.version if draft else None,
        "seconds": begun.seconds if begun else 0,
        "answers": None if opened.answers is None else [_answer_json(each) for each in opened.answers],
    }


def task_json(task: Task, scheme: Scheme, who: str) -> Json:
    """What is shown of a task. ``shown`` are the ids of two alternatives in this person's order."""
    pair = alternatives(task.context)
    shown = shown_order(list(pair), task.id, who) if pair else None
    return {
        "id": task.id,
        "text": task.text,
        "fields": [field.id for field in asked(scheme, task.context)],
        "shown": list(shown) if shown else None,
        "context": context_json(task.context, [pair[id] for id in shown] if pair and shown else [], task.due),
    }


def context_json(context: Mapping[str, object], pair: Sequence[str] = (), due: str = "") -> Json:
    """What stands beside a text: the question, where and when it was written, until when it is wanted, the passages,
    two alternatives.

    Not what the asker said of an answer: graders are to find that out by themselves.
    """
    cited = _citations(context)
    return {
        "question": _line(context.get("question")),
        "facts": _facts(context) + ([{"kind": "due", "text": due[:DAY]}] if due else []),
        "abstained": context.get("abstained") is True,
        "passages": [_passage_json(each, cited) for each in _items(context.get("passages"))],
        "alternatives": list(pair),
    }


def _citations(context: Mapping[str, object]) -> dict[object, list[Json]]:
    """Spans by passage id, in code points of the passage."""
    found: dict[object, list[Json]] = {}
    for each in _items(context.get("citations")):
        start, end = each.get("start"), each.get("end")
        if isinstance(start, int) and isinstance(end, int):
            found.setdefault(each.get("passage_id"), []).append({"start": start, "end": end})
    return found


def _facts(context: Mapping[str, object]) -> list[Json]:
    names = ("restaurant", "district", "category")
    facts: list[Json] = [{"kind": name, "text": said} for name in names if (said := _line(context.get(name)))]
    rating = context.get("rating")
    if isinstance(rating, int | float) and 0 < rating <= STARS:
        full = round(rating)
        facts.append({"kind": "rating", "text": "★" * full + "☆" * (STARS - full), "value": rating})
    if said := _line(context.get("date")):
        facts.append({"kind": "date", "text": said})
    return facts


def _passage_json(passage: Mapping[str, object], cited: Mapping[object, list[Json]]) -> Json:
    return {
        "text": _line(passage.get("text")),
        "facts": _facts(passage),
        "cited": cited.get(passage.get("id"), []),
    }


def _line(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def _items(value: object) -> list[Mapping[str, object]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list | tuple) else []


def _answer_json(answer: Annotation) -> Json:
    return {"id": answer.id, "name": answer.annotator, "labels": answer.labels, "outcome": answer.outcome}


def listed_json(task: Task, answer: Annotation) -> Json:
    """One's own answer in a list."""
    return {
        "id": answer.id,
        "task_id": task.id,
        "text": task.text,
        "labels": answer.labels,
        "outcome": answer.outcome,
        "saved_at": answer.saved_at,
    }


def suggestion_json(suggestion: Suggestion) -> Json:
    """What a model says."""
    return {
        "id": suggestion.id,
        "model": suggestion.model,
        "labels": suggestion.labels,
        "scores": dict(suggestion.scores),
    }


def precedent_json(task: Task, answer: Annotation) -> Json:
    """A settled task."""
    labels: Labels = answer.labels
    return {"text": task.text, "labels": labels, "outcome": answer.outcome}


def progress_json(progress: Progress) -> Json:
    """How far the work is."""
    return {
        "mine": progress.mine,
        "today": progress.today,
        "done": progress.done,
        "total": progress.total,
        "left_today": progress.left_today,
    }

"""Tasks on their way into the queue, from whatever they come: what came, what was refused, what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

from annotations.desk import Desk
from annotations.intake.overview import NewSuggestion, add_suggestions
from annotations.schemes.scheme import Scheme
from annotations.types import NewTask
from annotations.work.tasks import SLICE, checked
from pipeline.errors.base import HansangError
from pipeline.errors.labelling import BadTask
from pipeline.errors.schemes import BadContext, BadLabels
from pipeline.storage import clear_errors, write_atomically
from pipeline.tables.rejects import Refusal, printable
from pipeline.types import Reject


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for every task of a file that doesn't say otherwise itself.

    With ``ignore_labels`` labels in the file itself are not taken for gold.
    """

    seats: int = 1
    priority: int = 0
    due: str = ""
    batch: str = ""
    ignore_labels: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """A task as a line of a file has it, with what a model says of it."""

    line: int
    task: NewTask
    suggestion: NewSuggestion | None = None


@dataclass(slots=True)
class Imported:
    """What became of a file."""

    added: int = 0
    known: int = 0
    gold: int = 0
    suggestions: int = 0
    rejects: list[Reject] = field(default_factory=list)


def refused_by_scheme(task: NewTask) -> None:
    """Refuse here, where the line is known, what the queue would refuse.

    Raises:
        Refusal: why.
    """
    try:
        checked(task)
    except (BadTask, BadLabels, BadContext) as error:
        raise refusal_of(error, task.text) from error


def refusal_of(error: HansangError, text: str) -> Refusal:
    """What the scheme or the queue says of a task, as the reason of a reject."""
    fields = {name: printable(value) if isinstance(value, str) else value for name, value in error.fields.items()}
    if isinstance(error, BadTask):
        column, value = fields["name"], fields["value"]
        ko, en = fields["expected"], fields["expected_en"]
        return Refusal("bad-cell", column=column, value=value, ko=ko, en=en, excerpt=text)
    return Refusal("bad-context" if isinstance(error, BadContext) else "bad-labels", excerpt=text, **fields)


def import_tasks(desk: Desk, found: Iterable[Incoming | Reject], scheme: Scheme, by: str) -> Iterator[Imported]:
    """Bring tasks in, some at a time; yields what has become of them so far, the same object each time.

    What was brought in before it was stopped stays, and is known when the file is brought in again.
    """
    so_far = Imported()
    left = iter(found)
    while some := list(islice(left, SLICE)):
        incoming = [each for each in some if isinstance(each, Incoming)]
        so_far.rejects += [each for each in some if isinstance(each, Reject)]
        counted = desk.add_tasks([each.task for each in incoming], by)
        so_far.added += counted.added
        so_far.known += counted.known
        so_far.gold += sum(each.task.gold is not None for each in incoming)
        suggested = [each.suggestion for each in incoming if each.suggestion is not None]
        so_far.suggestions += add_suggestions(desk, scheme.id, suggested)
        yield so_far


def write_rejects(path: Path, rejects: Iterable[Reject]) -> None:
    """Write why rows were refused, a JSON object a line, in place of what a former run left; nothing when none was."""
    lines = "".join(json.dumps(asdict(reject), ensure_ascii=False) + "\n" for reject in rejects)
    with clear_errors(path):
        if lines:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lines)
        else:
            path.unlink(missing_ok=True)

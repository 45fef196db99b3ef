"""Every noun of the annotation side, as frozen dataclasses over the standard library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

LabelValue = str | int | Sequence["Mapping[str, object]"]
Labels = Mapping[str, LabelValue]
"""Field id → value, as the scheme says: an option's id for ``single``, a number for ``scale``, a list of
``{"label", "strength"}`` for ``multi``, of ``{"label", "polarity", "start", "end", "quote"}`` for ``spans``, a string
for ``text``. A field that was left empty is absent."""

Role = Literal["annotator", "adjudicator", "admin"]
Outcome = Literal["labelled", "unjudgeable"]
Stage = Literal["blind", "assisted", "edited", "adjudicated"]
TaskStatus = Literal["open", "complete", "disputed", "settled"]
SeatState = Literal["open", "leased", "done", "skipped"]


@dataclass(frozen=True, slots=True)
class NewTask:
    """Something to be labelled, as it is brought in.

    ``key`` names the item within its scheme (a review's id, a trace's id): bringing it in again changes nothing. ``text``
    is what is labelled and what spans slice; ``context`` is shown beside it (restaurant, rating, date; question and
    passages of an answer). ``gold`` are known labels: such a task is mixed in for everybody and scored for the admin only.
    """

    key: str
    scheme: str
    version: int
    text: str
    context: Mapping[str, object] = field(default_factory=dict)
    seats: int = 1
    priority: int = 0
    due: str = ""
    batch: str = ""
    gold: Labels | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it is stored. ``repeat_of`` is set for a silent self-repeat: the task that it shows again."""

    id: int
    key: str
    scheme: str
    version: int
    text: str
    context: Mapping[str, object]
    seats: int
    priority: int
    due: str
    batch: str
    status: TaskStatus
    gold: Labels | None = None
    repeat_of: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer not yet given. ``version`` counts its saves from 1; ``base`` is the annotation that it would revise."""

    labels: Labels
    version: int
    seconds: float
    base: int | None
    saved_at: str


@dataclass(frozen=True, slots=True)
class Lease:
    """A seat held by one annotator until ``until`` (ISO 8601, UTC). ``token`` proves it to ``save``."""

    task: Task
    seat: int
    token: str
    until: str
    draft: Draft | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """An answer as it is handed in.

    ``key`` is the idempotency key: the same key twice is one annotation and one receipt. ``base`` is the annotation that
    the page showed as the current one of this annotator and task, None for a first answer: when it is not the current one
    any more, nothing is written. ``seconds`` is the time spent without idle time.
    """

    key: str
    task_id: int
    labels: Labels
    token: str = ""
    outcome: Outcome = "labelled"
    stage: Stage = "blind"
    seconds: float = 0.0
    base: int | None = None
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One revision of one person's answer. Rows are only ever appended.

    ``seat`` is None for a spare: an answer that came after its lease had gone to somebody else, kept but not counted.
    ``revision`` counts this annotator's answers to this task from 1; ``base`` is the revision before it.
    """

    id: int
    task_id: int
    seat: int | None
    annotator: str
    scheme: str
    version: int
    revision: int
    labels: Labels
    outcome: Outcome
    stage: Stage
    seconds: float
    base: int | None
    flag: str
    saved_at: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of a save: the row as it was read back over another connection after COMMIT. ``number`` is what people see."""

    number: int
    annotation: Annotation
    digest: str
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a model would say of a task; shown only after the answer is in."""

    id: int
    task_id: int
    model: str
    labels: Labels
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work of a scheme is. ``today`` and ``mine`` count one annotator's saved tasks, the rest seats."""

    mine: int
    today: int
    done: int
    total: int
    left_today: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Who may work here."""

    id: int
    name: str
    role: Role
    disabled: bool = False

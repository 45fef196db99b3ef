"""Every noun of the annotation side, as frozen dataclasses over the standard library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

LabelValue = str | int | Mapping[str, object] | Sequence[Mapping[str, object]]
Labels = Mapping[str, LabelValue]
"""Field id → value, as the scheme says: an option's id for ``single``, a number for ``scale``, a list of
``{"label", "strength"}`` for ``multi`` (no ``strength`` where the field has none), of ``{"label", "polarity", "start",
"end", "quote"}`` for ``spans`` (no ``polarity`` where it has none), a string for ``text``, and for ``preference``
``{"chosen", "shown"}``: the id of the better answer or ``"tie"``, and both ids in the order in which they were shown.
A field that was left empty is absent."""

Role = Literal["annotator", "adjudicator", "admin"]
Outcome = Literal["labelled", "unjudgeable"]
Stage = Literal["blind", "assisted", "edited", "adjudicated"]
TaskStatus = Literal["open", "complete", "disputed", "settled"]
SeatState = Literal["open", "leased", "done", "skipped"]


@dataclass(frozen=True, slots=True)
class NewTask:
    """Something to be labelled, as it is brought in.

    ``key`` names the item within its scheme (a review's id, a trace's id): bringing it in again changes nothing.
    ``text`` is what is labelled and what spans slice; ``context`` is shown beside it (restaurant, rating, date;
    question and passages of an answer). ``gold`` are known labels: such a task is mixed in for everybody and scored for
    the admin only.
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

    ``key`` is the idempotency key: the same key twice is one annotation and one receipt. ``base`` is the annotation
    that the page showed as the current one of this annotator and task, None for a first answer: when it is not the
    current one any more, nothing is written. ``seconds`` is the time spent without idle time.
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
    """Proof of a save: the row as it was read back over another connection. ``number`` is what people see."""

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


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """How the queue behaves; the same names as the settings ``labels.*``.

    ``gold_rate`` and ``repeat_rate`` are the shares of taken seats that are gold tasks and silent self-repeats;
    a task comes again after ``repeat_after`` others at the soonest. ``daily_goal`` is what ``Progress.left_today``
    counts down from, 0 for none.
    """

    gold_rate: float = 0.05
    repeat_rate: float = 0.02
    repeat_after: int = 30
    lease_minutes: float = 30.0
    daily_goal: int = 0


@dataclass(frozen=True, slots=True)
class Added:
    """What became of tasks that were brought in: new ones, and those that were known already and stay as they are."""

    added: int
    known: int


@dataclass(frozen=True, slots=True)
class Saved:
    """A save: its receipt, and the next lease when it was asked for (None: nothing left for this person)."""

    receipt: Receipt
    next: Lease | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A task whose answers differ, held by one adjudicator until ``until``.

    ``annotations`` are the counted answers in an order of their own, their ``annotator`` replaced by A, B, …;
    ``differences`` are the ids of the fields in which they differ (``outcome`` where one found it unjudgeable).
    """

    task: Task
    annotations: tuple[Annotation, ...]
    differences: tuple[str, ...]
    token: str
    until: str
    draft: Draft | None = None


@dataclass(frozen=True, slots=True)
class SuggestionSeen:
    """A suggestion was shown to somebody whose answer then was ``annotation_id``; ``kept`` when it stayed so."""

    annotator: str
    task_id: int
    suggestion_id: int
    annotation_id: int
    kept: bool
    at: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Somebody passed a task over, with the reason given."""

    annotator: str
    task_id: int
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All of a scheme as it was when annotation ``up_to`` was the newest. For admins: gold and repeats are not hidden.

    ``annotations`` holds every revision and every spare, by id; ``settled`` maps a task to the annotation that settled
    it.
    """

    scheme: str
    up_to: int
    taken_at: str
    tasks: tuple[Task, ...]
    annotations: tuple[Annotation, ...]
    settled: Mapping[int, int]
    suggestions: tuple[Suggestion, ...] = ()
    seen: tuple[SuggestionSeen, ...] = ()
    skips: tuple[Skip, ...] = ()

"""Which answers agreement is measured on. Blind and assisted ones are told apart here, and nowhere mixed.

Of one person's revisions of one task the blind answer is the last that was made before that person had seen a
suggestion for it: ``blind`` is the first, ``edited`` ones are the same person's own corrections and count as blind as
long as no suggestion had been seen. Whatever comes after one was seen is assisted, whatever its stage says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from annotations.quality.types import Exclusion, Filters
from annotations.types import Annotation, Snapshot, Task

KOREA = timezone(timedelta(hours=9))  # no daylight saving time since 1988


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's answer to a task: the revision that counts, and how many it replaced."""

    task: Task
    annotation: Annotation
    replaced: int = 0


@dataclass(frozen=True, slots=True)
class Chain:
    """All revisions by one person of one task, oldest first; ``seen`` is the last made before a suggestion was seen."""

    task: Task
    revisions: tuple[Annotation, ...]
    seen: int | None

    @property
    def blind(self) -> tuple[Annotation, ...]:
        """Those made before any suggestion was seen."""
        found = []
        for each in self.revisions:
            if each.stage not in ("blind", "edited") or (self.seen is not None and each.id > self.seen):
                break
            found.append(each)
        return tuple(found)

    @property
    def assisted(self) -> Annotation | None:
        """The answer after a suggestion was seen: the last one, though it may be the blind one left as it was."""
        helped = self.seen is not None or any(each.stage == "assisted" for each in self.revisions)
        return self.revisions[-1] if helped else None


@dataclass(slots=True)
class Selection:
    """The answers by what they are for. ``compared`` are blind ones to tasks that have two or more of them."""

    version: int
    tasks: list[Task] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    blind: list[Answer] = field(default_factory=list)
    compared: list[Answer] = field(default_factory=list)
    assisted: list[Answer] = field(default_factory=list)
    gold: list[Answer] = field(default_factory=list)
    repeats: list[Answer] = field(default_factory=list)
    excluded: Counter[Exclusion] = field(default_factory=Counter)


def select(snapshot: Snapshot, filters: Filters) -> Selection:
    """Sort the answers of a snapshot by what they may be used for."""
    used = versions(snapshot)
    version = filters.version if filters.version is not None else max(used, default=0)
    found = Selection(version, [task for task in snapshot.tasks if _of(task, version, filters)])
    for chain in chains(snapshot):
        reason = _exclusion(chain, version, filters)
        if reason:
            found.excluded[reason] += 1
        else:
            _place(found, chain)
    _pair(found)
    return found


def versions(snapshot: Snapshot) -> list[int]:
    """The versions that have answers, or where there are none that have tasks."""
    return sorted({each.version for each in snapshot.annotations} or {task.version for task in snapshot.tasks})


def chains(snapshot: Snapshot) -> list[Chain]:
    """The answers of every person to every task, by person and task in the order of first answers."""
    tasks = {task.id: task for task in snapshot.tasks}
    seen: dict[tuple[str, int], int] = {}
    for each in snapshot.seen:
        key = (each.annotator, each.task_id)
        seen[key] = min(each.annotation_id, seen.get(key, each.annotation_id))
    grouped: dict[tuple[str, int], list[Annotation]] = {}
    for annotation in sorted(snapshot.annotations, key=lambda each: each.id):
        grouped.setdefault((annotation.annotator, annotation.task_id), []).append(annotation)
    return [Chain(tasks[key[1]], tuple(revisions), seen.get(key)) for key, revisions in grouped.items()]


def day(moment: str) -> date:
    """The day in Korea of a stored time (ISO 8601, UTC)."""
    return datetime.fromisoformat(moment).astimezone(KOREA).date()


def within(moment: str, filters: Filters) -> bool:
    """Whether a stored time is in the days that a report is about."""
    on = day(moment)
    return (filters.since is None or on >= filters.since) and (filters.until is None or on <= filters.until)


def week(moment: str) -> date:
    """The Monday, in Korea, of the week of a stored time."""
    on = day(moment)
    return on - timedelta(days=on.weekday())


def by_task(answers: Iterable[Answer]) -> Mapping[int, list[Answer]]:
    """Answers by task."""
    found: dict[int, list[Answer]] = {}
    for answer in answers:
        found.setdefault(answer.task.id, []).append(answer)
    return found


def _of(task: Task, version: int, filters: Filters) -> bool:
    """A repeat is no task of its own: it shows one again."""
    chosen = not filters.batches or task.batch in filters.batches
    return chosen and task.version == version and task.repeat_of is None


def _exclusion(chain: Chain, version: int, filters: Filters) -> Exclusion | None:
    if chain.task.version != version:
        return "other-version"
    if filters.batches and chain.task.batch not in filters.batches:
        return "other-batch"
    if all(each.stage == "adjudicated" for each in chain.revisions):
        return "adjudicated"
    if not chain.blind:
        return "assisted-only"
    if chain.blind[-1].seat is None:
        return "spare"
    return None if within(chain.blind[-1].saved_at, filters) else "other-date"


def _place(found: Selection, chain: Chain) -> None:
    found.chains.append(chain)
    answer = Answer(chain.task, chain.blind[-1], len(chain.blind) - 1)
    found.blind.append(answer)
    if chain.task.repeat_of is not None:
        found.repeats.append(answer)
        found.excluded["repeat"] += 1
    elif chain.task.gold is not None:
        found.gold.append(answer)
        found.excluded["gold"] += 1
    else:
        found.compared.append(answer)
        if chain.assisted:
            found.assisted.append(Answer(chain.task, chain.assisted))


def _pair(found: Selection) -> None:
    many = by_task(found.compared)
    alone = [answer for answer in found.compared if len(many[answer.task.id]) == 1]
    if alone:
        found.excluded["single"] += len(alone)
        found.compared = [answer for answer in found.compared if len(many[answer.task.id]) > 1]

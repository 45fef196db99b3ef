"""Snapshots written by hand: tasks, answers in their order, suggestions that were seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from annotations.types import (
    Annotation,
    Labels,
    Outcome,
    Skip,
    Snapshot,
    Stage,
    Suggestion,
    SuggestionSeen,
    Task,
    TaskStatus,
)

TEXT = "맛은 있는데 웨이팅이 두 시간이라 다시는 못 갈 듯"
NOON = "2026-11-02T03:00:00.000+00:00"  # a Monday, noon in Korea


def review(
    sentiment: str = "mixed",
    intensity: int = 3,
    emotions: Mapping[str, int] | None = None,
    aspects: Sequence[tuple[str, str, int, int]] = (),
) -> Labels:
    """Labels of the review scheme."""
    felt = {"joy": 1} if emotions is None else emotions
    labels: dict[str, Any] = {"sentiment": sentiment, "intensity": intensity}
    if felt:
        labels["emotions"] = [{"label": label, "strength": strength} for label, strength in felt.items()]
    if aspects:
        labels["aspects"] = [
            {"label": label, "polarity": polarity, "start": start, "end": end, "quote": TEXT[start:end]}
            for label, polarity, start, end in aspects
        ]
    return labels


@dataclass
class Book:
    """A snapshot being written. Ids count from 1 in the order of writing."""

    scheme: str = "review"
    tasks: list[Task] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)
    seen: list[SuggestionSeen] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    _said: dict[tuple[str, int], list[int]] = field(default_factory=dict)

    def task(
        self,
        *,
        gold: Labels | None = None,
        repeat_of: int | None = None,
        batch: str = "",
        version: int = 1,
        status: TaskStatus = "open",
        context: Mapping[str, object] | None = None,
    ) -> int:
        id = len(self.tasks) + 1
        self.tasks.append(
            Task(id, f"t{id}", self.scheme, version, TEXT, context or {}, 2, 0, "", batch, status, gold, repeat_of)
        )
        return id

    def say(
        self,
        who: str,
        task: int,
        labels: Labels | None = None,
        *,
        stage: Stage = "blind",
        outcome: Outcome = "labelled",
        seat: int | None = 0,
        seconds: float = 10.0,
        at: str = NOON,
    ) -> int:
        before = self._said.setdefault((who, task), [])
        id = len(self.annotations) + 1
        self.annotations.append(
            Annotation(
                id,
                task,
                seat,
                who,
                self.scheme,
                self.tasks[task - 1].version,
                len(before) + 1,
                labels if labels is not None else {},
                outcome,
                stage,
                seconds,
                before[-1] if before else None,
                "",
                at,
            )
        )
        before.append(id)
        return id

    def suggest(self, task: int, labels: Labels) -> int:
        id = len(self.suggestions) + 1
        self.suggestions.append(Suggestion(id, task, "model", labels))
        return id

    def see(self, who: str, task: int, suggestion: int, *, kept: bool = True) -> None:
        self.seen.append(SuggestionSeen(who, task, suggestion, self._said[who, task][-1], kept, NOON))

    def snapshot(self) -> Snapshot:
        return Snapshot(
            self.scheme,
            len(self.annotations),
            NOON,
            tuple(self.tasks),
            tuple(self.annotations),
            {},
            tuple(self.suggestions),
            tuple(self.seen),
            tuple(self.skips),
        )


def renamed(snapshot: Snapshot, names: Mapping[str, str]) -> Snapshot:
    """The same work by people of other names."""
    return replace(
        snapshot,
        annotations=tuple(replace(each, annotator=names[each.annotator]) for each in snapshot.annotations),
        seen=tuple(replace(each, annotator=names[each.annotator]) for each in snapshot.seen),
    )

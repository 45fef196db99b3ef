"""What suggestions did to answers. Compares the blind answer, the suggestion and the last answer, label by label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from annotations.quality.field_values import labels_of, measured, named
from annotations.quality.selection import Chain
from annotations.quality.types import Pull
from annotations.schemes.scheme import Field, Scheme
from annotations.types import Annotation, Labels, Snapshot

_Count = Literal["differed", "taken", "agreed", "left"]


def pulls(scheme: Scheme, snapshot: Snapshot, chains: Iterable[Chain]) -> tuple[Pull, ...]:
    """The pull of the first suggestion that each person saw for each task. A field it says nothing of doesn't count."""
    suggested = {each.id: each.labels for each in snapshot.suggestions}
    shown: dict[tuple[str, int], Labels] = {}
    for seen in snapshot.seen:
        if seen.suggestion_id in suggested:
            shown.setdefault((seen.annotator, seen.task_id), suggested[seen.suggestion_id])
    counts: Counter[tuple[str, str, str, _Count]] = Counter()
    for chain in chains:
        before, after = chain.blind[-1], chain.revisions[-1]
        labels = shown.get((before.annotator, chain.task.id))
        if labels and before.outcome == after.outcome == "labelled":
            for field in measured(scheme):
                _count(counts, field, before, labels, after)
    people = dict.fromkeys(key[0] for key in counts)
    keys = ((who, field.id, label) for who in people for field in measured(scheme) for label in labels_of(field))
    found = (Pull(*key, *(counts[*key, each] for each in ("differed", "taken", "agreed", "left"))) for key in keys)
    return tuple(each for each in found if each.differed + each.agreed)


def summed(pulls: Iterable[Pull], *by: Literal["person", "field", "label"]) -> tuple[Pull, ...]:
    """Pulls added up over everything but what they are told apart by; the rest of their names is empty."""
    found: dict[tuple[str, str, str], Counter[_Count]] = {}
    for pull in pulls:
        key = (
            pull.person if "person" in by else "",
            pull.field if "field" in by else "",
            pull.label if "label" in by else "",
        )
        counts = found.setdefault(key, Counter())
        counts.update(differed=pull.differed, taken=pull.taken, agreed=pull.agreed, left=pull.left)
    return tuple(
        Pull(*key, counts["differed"], counts["taken"], counts["agreed"], counts["left"])
        for key, counts in found.items()
    )


def _count(
    counts: Counter[tuple[str, str, str, _Count]], field: Field, before: Annotation, labels: Labels, after: Annotation
) -> None:
    if field.id not in labels:
        return
    blind, suggested, last = (named(field, each) for each in (before.labels, labels, after.labels))
    if blind is None or suggested is None or last is None:
        return
    for label in labels_of(field):
        had, offered, has = label in blind, label in suggested, label in last
        if not (had or offered or has):
            continue  # nobody named it: agreement on all that is absent would drown the rest
        key = (before.annotator, field.id, label)
        counts[*key, "differed" if had != offered else "agreed"] += 1
        if has != had:
            counts[*key, "taken" if had != offered else "left"] += 1

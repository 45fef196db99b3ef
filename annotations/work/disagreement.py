"""When the answers to a task differ so much that somebody has to settle them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from annotations.schemes.scheme import Field, Scheme
from annotations.types import Annotation, Labels

SCALE_TOLERANCE = 1
"""Steps that two people may be apart on a scale: the mean of two neighbours is a fair label."""


def differences(scheme: Scheme, answers: Sequence[Annotation]) -> tuple[str, ...]:
    """The ids of the fields in which answers differ, in the scheme's order; ``("outcome",)`` if only some could judge.

    Differing means: another choice; more than one step apart on a scale, or only some gave one; another set of labels
    (how strong they are doesn't matter); another set of labels and polarities of marked words (where exactly they begin
    doesn't matter). Free text never differs.
    """
    if len({answer.outcome for answer in answers}) > 1:
        return ("outcome",)
    return tuple(field.id for field in scheme.fields if _differ(field, [answer.labels for answer in answers]))


def _differ(field: Field, answers: Sequence[Labels]) -> bool:
    values = [answer.get(field.id) for answer in answers]
    if field.kind == "text":
        return False
    if field.kind == "scale":
        steps = [int(value) for value in values if isinstance(value, int | str)]
        return 0 < len(steps) < len(values) or (bool(steps) and max(steps) - min(steps) > SCALE_TOLERANCE)
    return len({_meaning(field, value) for value in values}) > 1


def _meaning(field: Field, value: Any) -> Hashable:
    """What two equal answers have in common."""
    if field.kind == "multi":
        return frozenset(item["label"] for item in value or ())
    if field.kind == "spans":
        return frozenset((item["label"], item.get("polarity")) for item in value or ())
    if field.kind == "preference" and isinstance(value, Mapping):
        return str(value["chosen"])
    return None if value is None else str(value)

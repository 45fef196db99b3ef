"""What an answer to a field is to statistics: the labels it names, and its value under each distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from annotations.quality.distances import Metric, Value, apart
from annotations.schemes.labels import asked
from annotations.schemes.preference import TIE
from annotations.schemes.scheme import Field, Kind, Scheme
from annotations.types import Labels, LabelValue, Task

METRICS: Mapping[Kind, tuple[Metric, ...]] = {
    "single": ("nominal",),
    "preference": ("nominal",),
    "scale": ("ordinal",),
    "multi": ("masi", "strengths"),
    "spans": ("masi",),
    "text": (),
}
PREFERENCES = ("A", "B", TIE)
"""A preference by the order of the answers' ids: their own ids differ from task to task, so that no two would agree by
chance, and the place on the screen differs from person to person."""

KAPPA: Mapping[Metric, Metric] = {"nominal": "nominal", "ordinal": "interval", "masi": "masi"}
"""The weights of kappa by the field's main metric: quadratic for scales."""


def measured(scheme: Scheme) -> list[Field]:
    """The fields of which agreement can be measured: all but texts."""
    return [field for field in scheme.fields if METRICS[field.kind]]


def metrics(field: Field) -> tuple[Metric, ...]:
    """The distances of a field, the main one first."""
    return tuple(each for each in METRICS[field.kind] if each != "strengths" or field.strength)


def labels_of(field: Field) -> tuple[str, ...]:
    """Every label that can be named."""
    return PREFERENCES if field.kind == "preference" else tuple(option.id for option in field.options)


def is_asked(scheme: Scheme, field: Field, task: Task) -> bool:
    """Whether a task asks for a field."""
    return field in asked(scheme, task.context)


def named(field: Field, labels: Labels) -> tuple[str, ...] | None:
    """The labels that an answer names, in their order; None where there is no answer to the field.

    An optional field of several labels that was left empty is an answer: none of them.
    """
    value = labels.get(field.id)
    if value is None:
        return () if field.optional and field.kind in ("multi", "spans") else None
    if field.kind == "preference":
        return (_preferred(value),)
    if field.kind in ("multi", "spans"):
        chosen = {str(item["label"]) for item in items(value)}
        return tuple(option.id for option in field.options if option.id in chosen)
    return (str(value),)


def value_of(field: Field, labels: Labels, metric: Metric) -> Value | None:
    """The answer as that distance takes it; None where there is none.

    An option that stands alone (없음) is the empty set: it says of every other label what naming none says.
    """
    names = named(field, labels)
    if names is None:
        return None
    if field.kind in ("single", "preference"):
        return names[0]
    if field.kind == "scale":
        return int(names[0])
    given = items(labels.get(field.id, ()))
    if field.kind == "spans":
        return tuple(sorted({f"{item['label']}:{item.get('polarity', '')}" for item in given}))
    alone = {option.id for option in field.options if option.alone}
    counted = [item for item in given if item["label"] not in alone]
    if metric == "strengths":
        return tuple(sorted((str(item["label"]), int(str(item.get("strength", 1)))) for item in counted))
    return tuple(sorted(str(item["label"]) for item in counted))


def closeness(field: Field, left: Labels, right: Labels) -> float | None:
    """1 − the distance of two answers, from 0 to 1; None where either has none."""
    metric = metrics(field)[0]
    one, other = value_of(field, left, metric), value_of(field, right, metric)
    if one is None or other is None:
        return None
    if isinstance(one, int) and isinstance(other, int):
        return 1 - abs(one - other) / max(1, len(field.options) - 1)
    return 1 - apart(metric, one, other)


def items(value: LabelValue) -> Sequence[Mapping[str, object]]:
    """The list of a ``multi`` or ``spans`` value."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _preferred(value: LabelValue) -> str:
    if not isinstance(value, Mapping):
        raise TypeError(f"a preference is a table of chosen and shown, not {value!r}")
    shown = value["shown"]
    if value["chosen"] == TIE or not isinstance(shown, list | tuple):
        return TIE
    return PREFERENCES[sorted(shown).index(value["chosen"])]

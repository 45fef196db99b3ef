"""Labels against their scheme: what may be stored, in one canonical form.

Pages and files hand labels in as JSON; only what ``validate`` returns is ever saved, compared or exported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import get_args

from annotations.schemes.label_values import Place, checked, shortened
from annotations.schemes.preference import alternatives
from annotations.schemes.scheme import Field, Scheme
from annotations.types import Labels, LabelValue, Outcome
from pipeline.errors.schemes import BadLabels

Context = Mapping[str, object]


def validate(
    scheme: Scheme, labels: object, text: str, context: Context | None = None, outcome: Outcome = "labelled"
) -> Labels:
    """``labels`` in canonical form: fields and options in the scheme's order, spans by place, empty fields absent.

    ``text`` is what spans slice, ``context`` the task's. With the outcome ``unjudgeable`` nothing is required and only
    text (a note) may be given; ``texts_only`` leaves that. Validating the result again returns an equal one.

    Raises:
        BadLabels: names the field, the value and what is allowed.
        BadContext: the task itself can't be labelled by this scheme; ``check_context`` finds it when tasks come in.
    """
    if outcome not in get_args(Outcome):
        raise _refused(
            "outcome", outcome, "선택지에 없습니다", "it isn't one of the options", ", ".join(get_args(Outcome))
        )
    found = validate_draft(scheme, labels, text, context)
    for field in asked(scheme, context):
        if outcome == "labelled" and field.id not in found and not field.optional:
            raise Place(field, text, context or {}).refused(
                None, "꼭 골라야 하는데 비어 있습니다", "it is required and left empty", _choices(field)
            )
        if outcome == "unjudgeable" and field.id in found and field.kind != "text":
            raise Place(field, text, context or {}).refused(
                found[field.id],
                "판단 불가로 낼 때는 고를 수 없습니다",
                "nothing is chosen when it is unjudgeable",
                "글로 적는 항목(메모)만",
                "fields of text (a note) only",
            )
    return found


def validate_draft(scheme: Scheme, labels: object, text: str, context: Context | None = None) -> Labels:
    """The same for an answer that isn't finished: nothing is required. Raises BadLabels, BadContext."""
    if not isinstance(labels, Mapping):
        raise _refused("labels", labels, "항목과 값의 표가 아닙니다", "it isn't a table of fields and values", "{…}")
    check_context(scheme, context or {})
    fields = asked(scheme, context)
    known = [field.id for field in fields]
    for id in labels:
        if id not in known:
            raise _refused(
                shortened(id), labels[id], "이 과제에 없는 항목입니다", "this task has no such field", ", ".join(known)
            )
    found: dict[str, LabelValue] = {}
    for field in fields:
        if field.id in labels:
            value = checked(Place(field, text, context or {}), labels[field.id])
            if value is not None:
                found[field.id] = value
    return found


def asked(scheme: Scheme, context: Context | None = None) -> tuple[Field, ...]:
    """The fields that a task with this context asks for: those without ``needs``, and those whose need is there."""
    there = context or {}
    return tuple(field for field in scheme.fields if not field.needs or there.get(field.needs) is not None)


def check_context(scheme: Scheme, context: Context) -> None:
    """Refuse what stands beside a task when no answer to it could ever be right; for bringing tasks in.

    Raises:
        BadContext: names the key and what it should hold.
    """
    for field in scheme.fields:
        if field.kind == "preference":
            alternatives(context, field.needs)


def texts_only(scheme: Scheme, labels: Labels) -> Labels:
    """What may go with the outcome ``unjudgeable``: the fields of kind ``text``."""
    kept = {field.id for field in scheme.fields if field.kind == "text"}
    return {id: value for id, value in labels.items() if id in kept}


def canonical(labels: Labels) -> str:
    """JSON with sorted keys and no space: equal labels are equal strings."""
    return json.dumps(labels, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _choices(field: Field) -> str:
    if field.kind == "scale":
        return f"{field.options[0].id}–{field.options[-1].id}"
    return ", ".join(option.id for option in field.options) or "…"


def _refused(field: str, value: object, problem: str, problem_en: str, allowed: str) -> BadLabels:
    return BadLabels(
        field=field,
        title="라벨",
        title_en="Labels",
        problem=problem,
        problem_en=problem_en,
        value=shortened(value),
        allowed=allowed,
        allowed_en=allowed,
    )

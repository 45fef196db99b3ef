"""Items as rows of named, typed columns: the same rows whether they are written as JSON Lines, CSV, Parquet or for HF.

A row has ``id, task, text, context, batch, status, source, stage, outcome, answers``, then for each field of the scheme
its value under the field's own name, ``…_soft`` (a number for each option), ``…_agreement`` and, for a scale,
``…_mean``, and last ``annotations``: every answer that stands, by pseudonym. What isn't there is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from annotations.export.types import Aggregate, Given, Item, Record
from annotations.schemes.scheme import Field, Scheme

Plain = Literal["string", "name", "int", "float", "bool", "json"]
"""``name`` is a string that is never empty, or none; ``json`` a mapping of any keys, JSON text in typed files."""

SIDES = ("first", "second", "tie")
"""The keys of a preference's soft labels: the two answers in the order of the task's context."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some names, or none."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Struct:
    """A value for each of some keys, or none at all."""

    keys: Mapping[str, Type]


@dataclass(frozen=True, slots=True)
class ListOf:
    """Any number of values of one type, or none at all."""

    each: Type


Type = Plain | Choice | Struct | ListOf
Columns = Mapping[str, Type]

_BASE: Columns = {
    "id": "string",
    "task": "int",
    "text": "string",
    "context": "json",
    "batch": "string",
    "status": Choice(("open", "complete", "disputed", "settled")),
    "source": Choice(("adjudicated", "gold", "majority", "single")),
    "stage": Choice(("blind", "assisted", "adjudicated")),
    "outcome": Choice(("labelled", "unjudgeable")),
    "answers": "int",
}
ANNOTATIONS = "annotations"


def columns(scheme: Scheme) -> Columns:
    """The columns of a scheme's rows, in order."""
    found: dict[str, Type] = dict(_BASE)
    for field in scheme.fields:
        name = column(field)
        found[name] = _aggregate_type(field)
        soft = _soft_keys(field)
        if soft:
            found[f"{name}_soft"] = Struct(dict.fromkeys(soft, "float"))
            found[f"{name}_agreement"] = "float"
        if field.kind == "scale":
            found[f"{name}_mean"] = "float"
    found[ANNOTATIONS] = ListOf(Struct(answer_columns(scheme)))
    return found


def answer_columns(scheme: Scheme) -> Columns:
    """What is kept of each answer."""
    return {
        "annotator": "string",
        "stage": _BASE["stage"],
        "revision": "int",
        "outcome": _BASE["outcome"],
        "spare": "bool",
        "flag": "string",
        "seconds": "float",
        "saved_at": "string",
        "labels": Struct({field.id: _label_type(field) for field in scheme.fields}),
    }


def column(field: Field) -> str:
    """The column of a field's value: its id, unless that is a column of every row."""
    return f"label_{field.id}" if field.id in _BASE or field.id == ANNOTATIONS else field.id


def rows(items: Iterable[Item], scheme: Scheme) -> Iterator[Record]:
    """Every item as a row that has every column."""
    for item in items:
        task = item.task
        row: dict[str, Any] = {
            "id": task.key,
            "task": task.id,
            "text": task.text,
            "context": dict(task.context),
            "batch": task.batch,
            "status": task.status,
            "source": item.source,
            "stage": item.stage,
            "outcome": item.outcome,
            "answers": len(item.counted),
        }
        for field in scheme.fields:
            row |= _field_cells(field, item.fields.get(field.id, Aggregate(None)))
        row[ANNOTATIONS] = [_answer(given, scheme) for given in item.given]
        yield row


def _field_cells(field: Field, found: Aggregate) -> dict[str, Any]:
    name, keys = column(field), _soft_keys(field)
    cells: dict[str, Any] = {name: _listed(found.value)}
    if keys:
        soft = found.soft
        cells[f"{name}_soft"] = None if soft is None else dict(zip(keys, soft.values(), strict=True))
        cells[f"{name}_agreement"] = found.agreement
    if field.kind == "scale":
        cells[f"{name}_mean"] = found.mean
    return cells


def _answer(given: Given, scheme: Scheme) -> Record:
    return {
        "annotator": given.annotator,
        "stage": given.stage,
        "revision": given.revision,
        "outcome": given.outcome,
        "spare": given.spare,
        "flag": given.flag,
        "seconds": float(given.seconds),
        "saved_at": given.saved_at,
        "labels": {field.id: _listed(given.labels.get(field.id)) for field in scheme.fields},
    }


def _listed(value: Any) -> Any:
    """Labels as JSON would give them back: lists for any sequence, dicts for any mapping."""
    if isinstance(value, Mapping):
        return {key: _listed(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_listed(each) for each in value]
    return value


def _soft_keys(field: Field) -> tuple[str, ...]:
    if field.kind == "preference":
        return SIDES
    return tuple(option.id for option in field.options) if field.kind in ("single", "scale", "multi") else ()


def _aggregate_type(field: Field) -> Type:
    if field.kind == "text":
        return ListOf("string")
    return "name" if field.kind == "preference" else _label_type(field)


def _label_type(field: Field) -> Type:
    names = Choice(tuple(option.id for option in field.options))
    polarities = Choice(tuple(option.id for option in field.polarities))
    by_kind: dict[str, Type] = {
        "single": names,
        "scale": "int",
        "multi": ListOf(Struct({"label": names} | ({"strength": "int"} if field.strength else {}))),
        "spans": ListOf(
            Struct(
                {"label": names}
                | ({"polarity": polarities} if field.polarities else {})
                | {"start": "int", "end": "int", "quote": "string"}
            )
        ),
        "text": "name",
        "preference": Struct({"chosen": "string", "shown": ListOf("string")}),
    }
    return by_kind[field.kind]

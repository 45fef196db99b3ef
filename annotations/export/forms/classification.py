"""Texts with labels to classify by: ``<field>.jsonl`` for each field of kind ``single``, ``scale`` or ``multi``.

- ``single``: ``text, label`` and ``soft``, the shares of the votes.
- ``scale``: ``text, label`` (the median) and ``mean``; ``soft`` as above.
- ``multi``: ``text, labels`` and ``soft``: for each option the mean over annotators of strength / highest strength.

``labels.json`` has the options in the order of ``soft``. A field whose label is tied is left out for that text.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from annotations.export.form import Drop, read_lines
from annotations.export.items import drop as dropped
from annotations.export.types import Aggregate, Item, Recipe, Record
from annotations.schemes.labels import canonical
from annotations.schemes.scheme import Field, Scheme, Wording
from pipeline.storage import write_json

TITLE = Wording("분류 학습용: 글과 라벨", "classification: texts and labels")
LABELS = "labels.json"
_KINDS = ("single", "scale", "multi")


def unfit(scheme: Scheme) -> Wording | None:
    """Only schemes with something to choose."""
    return None if _fields(scheme) else Wording("고르는 항목이 없습니다", "it has no field of options")


def records(items: Iterable[Item], recipe: Recipe, drop: Drop) -> Iterator[Record]:
    """A record for each item and field, in their order."""
    for item in items:
        if item.outcome == "unjudgeable":
            drop(dropped(item.task, "unjudgeable", "판단할 수 없다고 했습니다", "It was found unjudgeable"))
            continue
        for number, field in enumerate(_fields(recipe.scheme)):
            found = item.fields.get(field.id)
            if found is None or found.soft is None:
                drop(dropped(item.task, "no-label", "이 항목의 답이 없습니다", "Nobody answered it", field.id))
            elif found.value is None:
                drop(dropped(item.task, "tied", "표가 갈렸습니다", "The votes are tied", field.id))
            else:
                base = {"field": number, "task": item.task.id, "id": item.task.key, "text": item.task.text}
                yield base | _label(field, found) | {"source": item.source, "stage": item.stage}


def _label(field: Field, found: Aggregate) -> dict[str, Any]:
    value: Any = found.value
    soft = list((found.soft or {}).values())
    if field.kind == "multi":
        return {"labels": [each["label"] for each in value], "soft": soft, "agreement": found.agreement}
    if field.kind == "scale":
        return {"label": value, "mean": found.mean, "soft": soft, "agreement": found.agreement}
    return {"label": value, "soft": soft, "agreement": found.agreement}


def write(records: Iterable[Record], to: Path, recipe: Recipe) -> None:
    """Write a file for each field, and what their labels are."""
    fields = _fields(recipe.scheme)
    write_json(to / LABELS, [_described(field) for field in fields])
    with ExitStack() as stack:
        files = [
            stack.enter_context((to / f"{field.id}.jsonl").open("w", encoding="utf-8", newline="\n"))
            for field in fields
        ]
        for record in records:
            files[record["field"]].write(
                canonical({key: each for key, each in record.items() if key != "field"}) + "\n"
            )


def read(folder: Path, recipe: Recipe) -> Iterator[Record]:
    """Read the files back, in the order of the items again."""
    files = [_numbered(number, folder / f"{field.id}.jsonl") for number, field in enumerate(_fields(recipe.scheme))]
    return heapq.merge(*files, key=lambda record: (record["task"], record["field"]))


def _numbered(number: int, path: Path) -> Iterator[Record]:
    return ({"field": number, **record} for record in read_lines(path))


def _fields(scheme: Scheme) -> list[Field]:
    return [field for field in scheme.fields if field.kind in _KINDS]


def _described(field: Field) -> Record:
    options = [{"id": option.id, "ko": option.ko, "en": option.en} for option in field.options]
    return {"field": field.id, "kind": field.kind, "file": f"{field.id}.jsonl", "options": options}

"""What Label Studio imports: ``tasks.json`` with annotations and predictions, and ``config.xml``, the project's labels.

A field becomes a control of its id: choices (``single``, ``multi``), stars or choices (``scale``), labels on the text
(``spans``), a text box (``text``). Strengths of a ``multi`` field are stars named ``<field>_<option>``, polarities of
``spans`` are choices on the region. Offsets count code points, as Label Studio's do. Only answers of the stage that
the export is made of and verdicts (``ground_truth``) become annotations; ``data.answers`` says in their order who gave
them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from annotations.export.form import Drop
from annotations.export.item_rows import SIDES
from annotations.export.types import Given, Item, Recipe, Record
from annotations.schemes.preference import TIE, alternatives
from annotations.schemes.scheme import Field, Option, Scheme, Wording
from annotations.types import Labels

TITLE = Wording("Label Studio: 과제와 설정", "Label Studio tasks and labeling config")
TASKS, CONFIG = "tasks.json", "config.xml"
_TEXT, _CONTEXT, _OUTCOME = "item_text", "item_context", "item_outcome"

Result = dict[str, Any]


def unfit(scheme: Scheme) -> Wording | None:
    """Every scheme can be written so."""
    return None


def records(items: Iterable[Item], recipe: Recipe, drop: Drop) -> Iterator[Record]:
    """Each item as a task of Label Studio."""
    for item in items:
        shown = [each for each in item.given if each.stage in (recipe.settings.basis, "adjudicated") and not each.spare]
        yield {
            "data": {
                "id": item.task.key,
                "text": item.task.text,
                "context": _context(item.task.context),
                "answers": [{"annotator": each.annotator, "stage": each.stage} for each in shown],
            },
            "annotations": [_annotation(each, item, recipe.scheme) for each in shown],
            "predictions": [
                {"model_version": each.model, "result": _results(each.labels, item, recipe.scheme)}
                for each in item.suggestions
            ],
        }


def write(records: Iterable[Record], to: Path, recipe: Recipe) -> None:
    """Write the config and the tasks, a task a line."""
    (to / CONFIG).write_text(config(recipe.scheme), encoding="utf-8")
    with (to / TASKS).open("w", encoding="utf-8", newline="\n") as file:
        before = "[\n"
        for record in records:
            file.write(before + json.dumps(record, ensure_ascii=False, allow_nan=False))
            before = ",\n"
        file.write("\n]\n" if before != "[\n" else "[]\n")


def read(folder: Path, recipe: Recipe) -> Iterator[Record]:
    """Read the tasks back, as Label Studio does: the file as a whole."""
    yield from json.loads((folder / TASKS).read_text(encoding="utf-8"))


def config(scheme: Scheme) -> str:
    """The labeling config as XML."""
    view = Element("View")
    SubElement(view, "Text", name=_TEXT, value="$text")
    SubElement(view, "Text", name=_CONTEXT, value="$context")
    for field in scheme.fields:
        SubElement(view, "Header", value=f"{field.title.ko} · {field.title.en}")
        _CONTROLS[field.kind](view, field)
    SubElement(view, "Header", value="판단 불가 · unjudgeable")
    _choices(view, _OUTCOME, (Option("unjudgeable", "판단 불가", "unjudgeable"),))
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def _choices(view: Element, name: str, options: Iterable[Option], **more: str) -> None:
    control = SubElement(view, "Choices", {"name": name, "toName": _TEXT, **more})
    for option in options:
        SubElement(control, "Choice", value=option.ko, alias=option.id)


def _single_control(view: Element, field: Field) -> None:
    _choices(view, field.id, field.options, choice="single", showInLine="true")


def _scale_control(view: Element, field: Field) -> None:
    if _has_stars(field):
        SubElement(view, "Rating", name=field.id, toName=_TEXT, maxRating=str(len(field.options)))
    else:
        _single_control(view, field)


def _multi_control(view: Element, field: Field) -> None:
    _choices(view, field.id, field.options, choice="multiple", showInLine="true")
    for option in field.options if field.strength else ():
        SubElement(view, "Header", value=option.ko, size="5")
        highest = str(field.strength[1] if field.strength else 1)
        SubElement(view, "Rating", name=f"{field.id}_{option.id}", toName=_TEXT, maxRating=highest)


def _spans_control(view: Element, field: Field) -> None:
    control = SubElement(view, "Labels", name=field.id, toName=_TEXT)
    for option in field.options:
        SubElement(control, "Label", value=option.ko, alias=option.id)
    if field.polarities:
        _choices(view, f"{field.id}_polarity", field.polarities, choice="single", perRegion="true")


def _text_control(view: Element, field: Field) -> None:
    SubElement(view, "TextArea", name=field.id, toName=_TEXT, rows="3", maxSubmissions="1")


def _preference_control(view: Element, field: Field) -> None:
    words = {option.id: option for option in field.options}
    _choices(view, field.id, [words.get(side, Option(side, side, side)) for side in SIDES], choice="single")


def _has_stars(field: Field) -> bool:
    return [option.id for option in field.options] == [str(n) for n in range(1, len(field.options) + 1)]


def _annotation(given: Given, item: Item, scheme: Scheme) -> Result:
    result = _results(given.labels, item, scheme)
    if given.outcome == "unjudgeable":
        result.append(_result(_OUTCOME, _OUTCOME, "choices", {"choices": ["unjudgeable"]}))
    return {
        "result": result,
        "was_cancelled": False,
        "ground_truth": given.stage == "adjudicated",
        "lead_time": float(given.seconds),
    }


def _results(labels: Labels, item: Item, scheme: Scheme) -> list[Result]:
    return [
        result
        for field in scheme.fields
        if field.id in labels
        for result in _RESULTS[field.kind](field, labels[field.id], item)
    ]


def _result(id: str, name: str, type: str, value: Mapping[str, Any]) -> Result:
    return {"id": id, "from_name": name, "to_name": _TEXT, "type": type, "value": dict(value)}


def _single_result(field: Field, value: Any, item: Item) -> list[Result]:
    return [_result(field.id, field.id, "choices", {"choices": [str(value)]})]


def _scale_result(field: Field, value: Any, item: Item) -> list[Result]:
    if _has_stars(field):
        return [_result(field.id, field.id, "rating", {"rating": value})]
    return _single_result(field, value, item)


def _multi_result(field: Field, value: Any, item: Item) -> list[Result]:
    found = [_result(field.id, field.id, "choices", {"choices": [each["label"] for each in value]})]
    for each in value:
        if "strength" in each:
            name = f"{field.id}_{each['label']}"
            found.append(_result(name, name, "rating", {"rating": each["strength"]}))
    return found


def _spans_result(field: Field, value: Any, item: Item) -> list[Result]:
    found = []
    for number, span in enumerate(value):
        place = {"start": span["start"], "end": span["end"], "text": span["quote"]}
        region = f"{field.id}-{number}"
        found.append(_result(region, field.id, "labels", {**place, "labels": [span["label"]]}))
        if "polarity" in span:
            said = {**place, "choices": [span["polarity"]]}
            found.append(_result(region, f"{field.id}_polarity", "choices", said))
    return found


def _text_result(field: Field, value: Any, item: Item) -> list[Result]:
    return [_result(field.id, field.id, "textarea", {"text": [value]})]


def _preference_result(field: Field, value: Any, item: Item) -> list[Result]:
    ids = [*(alternatives(item.task.context, field.needs) or ()), TIE]
    sides = dict(zip(ids, SIDES, strict=True))
    return [_result(field.id, field.id, "choices", {"choices": [sides[value["chosen"]]]})]


def _context(context: Mapping[str, object]) -> str:
    """The context as lines to read."""
    return "\n".join(f"{key}: {_told(value)}" for key, value in context.items())


def _told(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence) and all(isinstance(each, Mapping) and "text" in each for each in value):
        return "".join(f"\n[{number}] {each['text']}" for number, each in enumerate(value, start=1))
    return json.dumps(value, ensure_ascii=False)


_CONTROLS: Mapping[str, Callable[[Element, Field], None]] = MappingProxyType(
    {
        "single": _single_control,
        "scale": _scale_control,
        "multi": _multi_control,
        "spans": _spans_control,
        "text": _text_control,
        "preference": _preference_control,
    }
)
_RESULTS: Mapping[str, Callable[[Field, Any, Item], list[Result]]] = MappingProxyType(
    {
        "single": _single_result,
        "scale": _scale_result,
        "multi": _multi_result,
        "spans": _spans_result,
        "text": _text_result,
        "preference": _preference_result,
    }
)

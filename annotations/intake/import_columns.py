"""Which column of a file is what of a task, and what its cells say. Knows nothing of files or of the queue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from annotations.schemes.scheme import Field, Scheme
from pipeline.tables.cells import clean, label, read_date, read_price_band, read_rating
from pipeline.tables.columns import REVIEW_COLUMNS, Names
from pipeline.tables.rejects import Refusal, printable

TASK_COLUMNS: Names = {
    **REVIEW_COLUMNS,
    "id": (*REVIEW_COLUMNS["id"], "key", "task_id"),
    "text": (*REVIEW_COLUMNS["text"], "answer", "답변"),
    "question": ("question", "질문"),
    "context": ("context", "맥락"),
    "priority": ("priority", "우선순위"),
    "due": ("due", "due_date", "deadline", "마감", "마감일", "기한"),
    "labels": ("labels", "gold", "gold_labels", "라벨", "정답"),
    "suggestion": ("suggestion", "suggestions", "제안", "모델제안"),
}
"""The names by which each part of a task is known, as for reviews."""

GOLD_COLUMNS: Names = {name: TASK_COLUMNS[name] for name in ("id", "labels")}

_NAMED = ("title", "restaurant", "category", "district", "reply_to", "question")
_HIGHEST = 999_999

Cells = Mapping[str, object]


def cells_of(values: Mapping[str, object], fields: Mapping[str, str]) -> dict[str, object]:
    """The cells of a row by part of a task; absent is None."""
    return {part: values.get(column) for part, column in fields.items()}


def key_of_content(text: str, context: Mapping[str, object]) -> str:
    """What names an item without an id: what it says, so that bringing its file in again brings nothing twice."""
    said = json.dumps([text, context], ensure_ascii=False, sort_keys=True)
    return f"text-{hashlib.sha256(said.encode()).hexdigest()[:20]}"


def context_of(cells: Cells) -> dict[str, object]:
    """What is shown beside the text, without what is empty; an object in ``context`` comes first.

    Raises:
        Refusal: a rating that is none, a context that is no object.
    """
    found = dict(json_object("context", cells.get("context")))
    for name in _NAMED:
        found[name] = label(cells.get(name)) or found.get(name, "")
    found["restaurant"] = found["restaurant"] or label(cells.get("restaurant_id"))
    found["rating"] = _first(read_rating(cells.get("rating")), found.get("rating"))
    found["date"] = read_date(cells.get("date")) or found.get("date", "")
    found["price_band"] = _first(read_price_band(cells.get("price_band")), found.get("price_band"))
    return {name: value for name, value in found.items() if value not in (None, "")}


def _first(found: object, otherwise: object) -> object:
    return otherwise if found is None else found


def priority_of(cell: object, otherwise: int) -> int:
    """The priority that a cell says.

    Raises:
        Refusal: it is no whole number that a priority may be.
    """
    text = label(cell)
    if not text:
        return otherwise
    try:
        number = int(text)
    except ValueError:
        number = _HIGHEST + 1
    if abs(number) > _HIGHEST:
        raise _bad(
            "priority", text, f"±{_HIGHEST:,} 안의 정수를 적어 주세요.", f"Write a whole number within ±{_HIGHEST:,}."
        )
    return number


def due_of(cell: object, otherwise: str) -> str:
    """The day that a cell says.

    Raises:
        Refusal: it says something else.
    """
    text = label(cell)
    day = read_date(cell)
    if text and not day:
        raise _bad("due", text, "2026-12-31처럼 적어 주세요.", "Write it like 2026-12-31.")
    return day or otherwise


def json_object(column: str, cell: object) -> Mapping[str, Any]:
    """A cell that holds an object, or JSON of one; empty when there is none.

    Raises:
        Refusal: it holds something else.
    """
    value = cell
    if isinstance(cell, str):
        if not cell.strip():
            return {}
        try:
            value = json.loads(clean(cell))
        except (ValueError, RecursionError) as error:
            raise _no_object(column, cell) from error
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _no_object(column, value)
    # Parquet has every key in every row, with None where one is not there.
    return {str(key): each for key, each in _without_none(value).items()}


def labels_of(values: Mapping[str, object], cell: object, scheme: Scheme) -> Mapping[str, Any]:
    """Labels: of a cell that holds them all, or of columns named after the scheme's fields; not yet validated.

    In a column of its own a number or an option is written plainly, several options as ``joy:2; anger:1``, all else as
    JSON.

    Raises:
        Refusal: a cell can't be read.
    """
    found = json_object("labels", cell)
    if found:
        return found
    apart = {field.id: _label(field, values.get(field.id)) for field in scheme.fields}
    return {id: value for id, value in apart.items() if value is not None}


def _label(field: Field, cell: object) -> Any:
    if not isinstance(cell, str):
        return _without_none(cell)
    text = clean(cell)
    if not text:
        return None
    if field.kind == "scale":
        return int(text) if text.isdecimal() else text
    if field.kind in ("single", "text"):
        return text
    if field.kind == "multi" and not text.startswith("["):
        return [_several(field, part) for part in text.split(";") if part.strip()]
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad(field.id, text, "JSON으로 적어 주세요.", "Write it as JSON.") from error


def _several(field: Field, part: str) -> dict[str, object]:
    option, _, strength = (piece.strip() for piece in part.partition(":"))
    if not field.strength:
        return {"label": option}
    return {"label": option, "strength": int(strength) if strength.isdecimal() else strength}


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_none(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_none(each) for each in value]
    return value


def _no_object(column: str, value: object) -> Refusal:
    shown = str(value)
    return _bad(column, shown, 'JSON 객체({"이름": 값})를 적어 주세요.', 'Write a JSON object ({"name": value}).')


def _bad(column: str, value: str, ko: str, en: str) -> Refusal:
    return Refusal("bad-cell", column=column, value=printable(value), ko=ko, en=en)

"""READ FIRST of bringing tasks in: from a file to tasks and rejects; ``incoming`` takes them into the queue.

A row that can't be used becomes a reject with its line and reason, the rest is brought in; the same file again brings
nothing twice, for a task is known by its id (or, without one, by what it says).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from annotations.intake.import_columns import (
    GOLD_COLUMNS,
    TASK_COLUMNS,
    cells_of,
    context_of,
    due_of,
    json_object,
    key_of_content,
    labels_of,
    priority_of,
)
from annotations.intake.incoming import Defaults, Incoming, refusal_of, refused_by_scheme
from annotations.intake.overview import NewSuggestion
from annotations.schemes.labels import validate
from annotations.schemes.scheme import Scheme
from annotations.types import Labels, NewTask
from pipeline.errors.schemes import BadContext, BadLabels
from pipeline.tables.cells import label, read_text
from pipeline.tables.columns import Names, assign, missing
from pipeline.tables.rejects import Refusal, printable
from pipeline.tables.rows import Row, Table, open_table
from pipeline.types import Reject

_NOTHING_NAMED: Mapping[str, str] = MappingProxyType({})


def read_tasks(
    path: Path,
    scheme: Scheme,
    defaults: Defaults,
    *,
    format: str = "auto",
    columns: Mapping[str, str] = _NOTHING_NAMED,
    gold: Path | None = None,
) -> Iterator[Incoming | Reject]:
    """The tasks of a CSV, TSV, JSON Lines or Parquet file, in order, and a reject for each row that can't be used.

    The files are looked at, and their columns found, before this returns; rows are read when they are asked for.

    Args:
        path: the file. It needs a column for the text; ids, context, priority, due, gold labels and a suggestion are
            taken where there are columns for them.
        scheme: what labels are checked against.
        defaults: what holds where a row says nothing.
        format: ``auto`` (by extension), ``csv``, ``tsv``, ``jsonl`` or ``parquet``.
        columns: the column of a part (``{"text": "본문"}``), for those that their names don't tell.
        gold: a file of known labels by id; a task whose gold labels are wrong is rejected with them.

    Raises:
        FileProblem: a file is missing, empty, damaged, not text, or of an unknown format.
        MissingColumn: there is no column for the text, or for the ids of gold labels.
    """
    table = open_table(path, format)
    _require(table, "text", columns, TASK_COLUMNS)
    known: dict[str, _Gold] = {}
    wrong: list[Reject] = []
    if gold is not None:
        answers = open_table(gold)
        _require(answers, "id", _NOTHING_NAMED, GOLD_COLUMNS)
        wrong = list(_read_gold(answers, scheme, known))
    return _tasks(table, scheme, defaults, columns, known, wrong)


@dataclass(slots=True)
class _Gold:
    """Known labels of an id, where they stand, and whether a task has taken them."""

    path: Path
    line: int
    labels: Mapping[str, Any]
    used: bool = False


def _require(table: Table, part: str, named: Mapping[str, str], names: Names) -> None:
    # JSON Lines of which no line at the beginning can be read have no columns: their lines are rejected one by one.
    if table.columns and part not in assign(table.path, table.columns, named, names):
        raise missing(table.path, part, table.columns)


def _rows(table: Table, named: Mapping[str, str], names: Names) -> Iterator[tuple[Row, dict[str, object]] | Reject]:
    """Each row with its cells by part."""
    columns = dict.fromkeys(table.columns)
    fields = assign(table.path, columns, named, names)
    for row in table.rows():
        if isinstance(row, Reject):
            yield row
            continue
        if not columns.keys() >= row.values.keys():
            # JSON Lines may bring a new column at any row; those found before keep their parts.
            columns |= dict.fromkeys(row.values)
            fields = assign(table.path, columns, fields, names)
        yield row, cells_of(row.values, fields)


def _read_gold(table: Table, scheme: Scheme, known: dict[str, _Gold]) -> Iterator[Reject]:
    """Fill ``known`` by id; yields the rows that can't be used."""
    for found in _rows(table, _NOTHING_NAMED, GOLD_COLUMNS):
        if isinstance(found, Reject):
            yield found
            continue
        row, cells = found
        try:
            name = label(cells.get("id"))
            if not name or name in known:
                raise Refusal("duplicate-id", value=name)
            known[name] = _Gold(table.path, row.line, labels_of(row.values, cells.get("labels"), scheme))
        except Refusal as refusal:
            yield refusal.at(table.path, row.line)


def _tasks(
    table: Table,
    scheme: Scheme,
    defaults: Defaults,
    named: Mapping[str, str],
    known: Mapping[str, _Gold],
    wrong: Iterable[Reject],
) -> Iterator[Incoming | Reject]:
    yield from wrong
    seen: set[str] = set()
    for found in _rows(table, named, TASK_COLUMNS):
        if isinstance(found, Reject):
            yield found
            continue
        row, cells = found
        try:
            yield _incoming(row.line, cells, scheme, defaults, known, seen)
        except Refusal as refusal:
            yield refusal.at(table.path, row.line)
        except _GoldRefused as refused:
            yield refused.reject
    for name, gold in known.items():
        if not gold.used:
            yield Refusal("gold-without-item", value=name).at(gold.path, gold.line)


class _GoldRefused(Exception):
    """Gold labels of another file don't fit the task: the reject stands in that file."""

    def __init__(self, reject: Reject) -> None:
        super().__init__(reject.code)
        self.reject = reject


def _incoming(
    line: int,
    cells: Mapping[str, object],
    scheme: Scheme,
    defaults: Defaults,
    known: Mapping[str, _Gold],
    seen: set[str],
) -> Incoming:
    named = label(cells.get("id"))
    if named in known:
        known[named].used = True
    text, context = read_text(cells.get("text")), context_of(cells)
    own = {} if defaults.ignore_labels else json_object("labels", cells.get("labels"))
    key = named or key_of_content(text, context)
    if key in seen:
        raise Refusal("duplicate-id" if named else "duplicate-text", value=key, excerpt=text)
    task = NewTask(
        key=key,
        scheme=scheme.id,
        version=scheme.version,
        text=text,
        context=context,
        seats=defaults.seats,
        priority=priority_of(cells.get("priority"), defaults.priority),
        due=due_of(cells.get("due"), defaults.due),
        batch=defaults.batch,
        gold=_gold(own, known.get(key), scheme, text, context),
    )
    refused_by_scheme(task)
    incoming = Incoming(line, task, _suggestion(task, cells, scheme))
    seen.add(key)
    return incoming


def _gold(
    own: Mapping[str, object], gold: _Gold | None, scheme: Scheme, text: str, context: Mapping[str, object]
) -> Labels | None:
    if gold is None:
        return _validated(scheme, own, text, context) if own else None
    try:
        return _validated(scheme, gold.labels, text, context)
    except Refusal as refusal:
        raise _GoldRefused(refusal.at(gold.path, gold.line)) from refusal


def _suggestion(task: NewTask, cells: Mapping[str, object], scheme: Scheme) -> NewSuggestion | None:
    said = json_object("suggestion", cells.get("suggestion"))
    if not said:
        return None
    labels = _validated(scheme, said.get("labels", {}), task.text, task.context)
    scores = said.get("scores", {})
    if not isinstance(scores, Mapping) or not all(isinstance(score, int | float) for score in scores.values()):
        raise Refusal(
            "bad-cell",
            column="suggestion.scores",
            value=printable(str(scores)),
            ko="이름과 수의 객체를 적어 주세요.",
            en="Write an object of names and numbers.",
        )
    return NewSuggestion(task.key, str(said.get("model") or "import"), labels, dict(scores))


def _validated(scheme: Scheme, labels: object, text: str, context: Mapping[str, object]) -> Labels:
    try:
        return validate(scheme, labels, text, context)
    except (BadLabels, BadContext) as error:
        raise refusal_of(error, text) from error

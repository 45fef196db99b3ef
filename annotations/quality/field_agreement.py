"""Agreement on one field: alpha by every distance, per label, per person, kappa per pair, marked places, confusions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from annotations.quality.agreement import (
    Pairs,
    Rating,
    Table,
    alpha_parts,
    binary,
    kappa_parts,
    pairs,
    rater_pairs,
    rater_parts,
    tabulate,
)
from annotations.quality.bootstrap import Estimate, Parts, Resampler, estimate, mean_parts
from annotations.quality.distances import Metric, Value
from annotations.quality.field_values import KAPPA, items, labels_of, metrics, named, value_of
from annotations.quality.selection import Answer
from annotations.quality.types import Confusion, FieldAgreement, Measure, PairAgreement
from annotations.schemes.scheme import Field

Marks = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Compared:
    """The answers to compare, the tasks that are drawn from, and how often each is drawn."""

    answers: Sequence[Answer]
    tasks: Sequence[int]
    resampler: Resampler | None

    def table(self, value: Callable[[Answer], Value | None], chosen: Sequence[Answer] | None = None) -> Table:
        """The answers that have a value, numbered."""
        rated = ((answer, value(answer)) for answer in (self.answers if chosen is None else chosen))
        ratings = (Rating(a.task.id, a.annotation.annotator, given) for a, given in rated if given is not None)
        return tabulate(ratings, self.tasks)


def judged(field: Field, metric: Metric) -> Callable[[Answer], Value | None]:
    """What an answer says of a field; None where the task was found unjudgeable or isn't asked."""

    def value(answer: Answer) -> Value | None:
        if answer.annotation.outcome != "labelled":
            return None
        return value_of(field, answer.annotation.labels, metric)

    return value


def field_agreement(field: Field, compared: Compared) -> FieldAgreement:
    """Everything about one field. All is drawn from the same resamples, so that its intervals can be compared."""
    measures = metrics(field)
    tables = [compared.table(judged(field, metric)) for metric in measures]
    main, among = tables[0], pairs(tables[0])
    by_label = _label_tables(field, compared)
    met = rater_pairs(main, among)
    kappa = KAPPA[measures[0]]
    parts = [alpha_parts(table, metric) for table, metric in zip(tables, measures, strict=True)]
    parts += [alpha_parts(table, "nominal") for table in by_label.values()]
    parts += [rater_parts(main, measures[0], rater, among) for rater in main.raters]
    parts += [kappa_parts(main, kappa, one, other, among) for one, other in met]
    parts += [_overlap(field, compared)] if field.kind == "spans" else []
    found = iter(estimate(parts, compared.resampler))
    return FieldAgreement(
        field=field.id,
        kind=field.kind,
        measures=tuple(Measure(metric, next(found)) for metric in measures),
        labels={label: next(found) for label in by_label},
        people={rater: next(found) for rater in main.raters},
        pairs=tuple(PairAgreement(one, other, next(found)) for one, other in met),
        overlap=next(found, None),
        confusion=_confusion(field, compared) if field.kind in ("single", "multi", "preference") else None,
    )


def main_alpha(field: Field, compared: Compared, answers: Sequence[Answer] | None = None) -> Parts:
    """The field's main alpha over some of the answers."""
    metric = metrics(field)[0]
    return alpha_parts(compared.table(judged(field, metric), answers), metric)


def outcome_agreement(compared: Compared) -> Estimate:
    """Agreement on whether a task can be judged."""
    table = compared.table(lambda answer: answer.annotation.outcome)
    return estimate([alpha_parts(table, "nominal")], compared.resampler)[0]


def _label_tables(field: Field, compared: Compared) -> Mapping[str, Table]:
    """For each label, who named it and who didn't. A step of a scale is no label: agreement on it ignores how near."""
    if field.kind == "scale":
        return {}
    named_by = compared.table(_named(field))
    return {
        label: binary(named_by, [isinstance(value, tuple) and label in value for value in named_by.values])
        for label in labels_of(field)
    }


def _named(field: Field) -> Callable[[Answer], Value | None]:
    def value(answer: Answer) -> Value | None:
        return named(field, answer.annotation.labels) if answer.annotation.outcome == "labelled" else None

    return value


def _overlap(field: Field, compared: Compared) -> Parts:
    """F1 = 2 |A ∩ B| / (|A| + |B|) of the marked characters with their labels, of pairs where either marked any."""
    places: dict[Marks, Value] = {}
    marks: list[Marks] = []

    def value(answer: Answer) -> Value | None:
        if named(field, answer.annotation.labels) is None or answer.annotation.outcome != "labelled":
            return None
        found = _marks(answer.annotation.labels.get(field.id, ()))
        if found not in places:
            places[found] = len(marks)
            marks.append(found)
        return places[found]

    table = compared.table(value)
    among = pairs(table)
    order = [marks[int(str(value))] for value in table.values]
    left, right = ([order[code] for code in table.value[side]] for side in (among.left, among.right))
    either = np.array([bool(a or b) for a, b in zip(left, right, strict=True)], dtype=np.bool_)
    scores = [2 * len(a & b) / (len(a) + len(b)) for a, b in zip(left, right, strict=True) if a or b]
    return mean_parts(among.item[either], np.array(scores, dtype=np.float64), len(table.items))


def _marks(value: object) -> Marks:
    spans = items(value) if isinstance(value, list | tuple) else ()
    places = ((str(span["label"]), range(int(str(span["start"])), int(str(span["end"])))) for span in spans)
    return frozenset((label, place) for label, run in places for place in run)


def _confusion(field: Field, compared: Compared) -> Confusion:
    table = compared.table(_named(field))
    among: Pairs = pairs(table)
    labels = labels_of(field)
    place = {label: n for n, label in enumerate(labels)}
    sets = [{place[label] for label in value if label in place} for value in _tuples(table)]
    cells = np.zeros((len(labels), len(labels) + 1))
    left, right = table.value[among.left], table.value[among.right]
    for one, other, share in zip(left.tolist(), right.tolist(), among.share.tolist(), strict=True):
        _confuse(cells, sets[one], sets[other], share)
        _confuse(cells, sets[other], sets[one], share)
    return Confusion(labels, tuple(map(tuple, cells.tolist())), len(np.unique(among.item)))


def _tuples(table: Table) -> list[tuple[str, ...]]:
    return [tuple(map(str, value)) for value in table.values if isinstance(value, tuple)]


def _confuse(
    cells: np.ndarray[tuple[int, int], np.dtype[np.float64]], said: set[int], heard: set[int], by: float
) -> None:
    """Add what one answer named against another: the label itself, what stands instead of it, or nothing."""
    instead = heard - said
    for label in said:
        if label in heard:
            cells[label, label] += by
        elif instead:
            for other in instead:
                cells[label, other] += by / len(instead)
        else:
            cells[label, -1] += by

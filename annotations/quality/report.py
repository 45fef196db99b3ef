"""The quality report of a scheme, from a snapshot. Pure: reads no database, knows no page.

Blind and assisted answers are told apart by ``selection`` and never mixed; gold tasks and silent self-repeats are
scored by themselves and kept out of agreement, since everybody answers the same few of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from annotations.quality.bootstrap import Estimate, Resampler, estimate
from annotations.quality.field_agreement import Compared, field_agreement, main_alpha, outcome_agreement
from annotations.quality.field_values import labels_of, measured, named
from annotations.quality.people import gold_scores, repeat_scores, speeds
from annotations.quality.placing import placings
from annotations.quality.pulls import pulls
from annotations.quality.remarks import remarks
from annotations.quality.selection import Answer, Selection, by_task, select, versions, week
from annotations.quality.types import Coverage, Filters, QualityReport, Week
from annotations.schemes.scheme import Field, Scheme
from annotations.types import Snapshot

EVERYTHING = Filters()


def quality(snapshot: Snapshot, scheme: Scheme, filters: Filters = EVERYTHING, resamples: int = 1_000) -> QualityReport:
    """Build the report. ``scheme`` is the version that ``version_of`` names; no resamples make no intervals."""
    found = select(snapshot, filters)
    compared = _compared(found.compared, resamples)
    fields = measured(scheme)
    return QualityReport(
        scheme=snapshot.scheme,
        version=found.version,
        versions=tuple(versions(snapshot)),
        batches=tuple(sorted({task.batch for task in snapshot.tasks if task.batch})),
        up_to=snapshot.up_to,
        taken_at=snapshot.taken_at,
        filters=filters,
        resamples=resamples,
        people=tuple(dict.fromkeys(each.annotator for each in sorted(snapshot.annotations, key=lambda each: each.id))),
        coverage=_coverage(snapshot, found),
        excluded=dict(sorted(found.excluded.items())),
        outcome=outcome_agreement(compared),
        fields=tuple(field_agreement(field, compared) for field in fields),
        assisted=_assisted(fields, found.assisted, resamples),
        weeks=_weeks(fields, found, compared),
        gold=gold_scores(scheme, found.gold),
        repeats=repeat_scores(scheme, found.repeats, found.chains),
        speed=speeds(found.chains),
        pulls=pulls(scheme, snapshot, found.chains),
        placings=placings(scheme, found.blind),
        remarks=remarks(snapshot, found.version, filters),
    )


def version_of(snapshot: Snapshot, filters: Filters = EVERYTHING) -> int | None:
    """The version of the scheme that a report with these filters is about; None where the scheme has no task yet."""
    used = versions(snapshot)
    return filters.version if filters.version is not None else max(used, default=None)


def _compared(answers: Sequence[Answer], resamples: int) -> Compared:
    tasks = sorted({answer.task.id for answer in answers})
    return Compared(answers, tasks, Resampler(len(tasks), resamples) if resamples and tasks else None)


def _assisted(fields: Sequence[Field], answers: Sequence[Answer], resamples: int) -> Mapping[str, Estimate]:
    compared = _compared(answers, resamples)
    found = estimate([main_alpha(field, compared) for field in fields], compared.resampler)
    return {field.id: each for field, each in zip(fields, found, strict=True)}


def _coverage(snapshot: Snapshot, found: Selection) -> Coverage:
    of_tasks = {task.id for task in found.tasks}
    return Coverage(
        tasks=len(found.tasks),
        answered=len({chain.task.id for chain in found.chains} & of_tasks),
        paired=len({answer.task.id for answer in found.compared}),
        answers=len(found.compared) + found.excluded.total(),
        compared=len(found.compared),
        unjudgeable=sum(answer.annotation.outcome == "unjudgeable" for answer in found.compared),
        revised=sum(answer.replaced > 0 for answer in found.compared),
        people=len({answer.annotation.annotator for answer in found.blind}),
        skips=sum(skip.task_id in of_tasks for skip in snapshot.skips),
        statuses=dict(Counter(task.status for task in found.tasks)),
    )


def _weeks(fields: Sequence[Field], found: Selection, compared: Compared) -> tuple[Week, ...]:
    answered: dict[date, list[Answer]] = {}
    for answer in found.blind:
        answered.setdefault(week(answer.annotation.saved_at), []).append(answer)
    finished: dict[date, list[Answer]] = {}
    for answers in by_task(compared.answers).values():
        finished.setdefault(max(week(answer.annotation.saved_at) for answer in answers), []).extend(answers)
    mondays = sorted(answered)
    parts = [main_alpha(field, compared, finished.get(monday, [])) for monday in mondays for field in fields]
    alphas = iter(estimate(parts, compared.resampler))
    return tuple(
        Week(
            monday,
            len(answered[monday]),
            {field.id: next(alphas) for field in fields},
            {field.id: _shares(field, answered[monday]) for field in fields},
        )
        for monday in mondays
    )


def _shares(field: Field, answers: Sequence[Answer]) -> Mapping[str, float]:
    given = [named(field, each.annotation.labels) for each in answers if each.annotation.outcome == "labelled"]
    judged = [names for names in given if names is not None]
    counts = Counter(label for names in judged for label in names)
    return {label: counts[label] / len(judged) for label in labels_of(field)} if judged else {}

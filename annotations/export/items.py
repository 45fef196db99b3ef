"""From a snapshot of every revision to one item per task: which answers count, and what they come to.

Of each person's revisions two can stand: the last one given without a model's help (``blind``) and the last one given
after its suggestion had been seen (``assisted``). A correction belongs to the stage it was made in. Labels are made of
one stage only; an adjudicated task has the labels that settled it, a gold task those that are known.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from annotations.export.aggregating import aggregate, majority
from annotations.export.types import Aggregate, AnswerStage, Dropped, ExportSettings, Given, Item, Recipe, Source
from annotations.schemes.labels import asked
from annotations.schemes.preference import alternatives
from annotations.schemes.scheme import Field, Scheme
from annotations.types import Annotation, Labels, Outcome, Snapshot, Suggestion, Task

Name = Callable[[str], str]


def pseudonyms(salt: str) -> Name:
    """Names that stand for annotators: always the same for one salt, not to be undone without it (HMAC-SHA-256)."""
    known: dict[str, str] = {}

    def name(annotator: str) -> str:
        if annotator not in known:
            known[annotator] = "a-" + hmac.new(salt.encode(), annotator.encode(), hashlib.sha256).hexdigest()[:12]
        return known[annotator]

    return name


def resolve(snapshot: Snapshot, recipe: Recipe, name: Name) -> Iterator[Item | Dropped]:
    """Every task of a snapshot as an item, in the order of the snapshot, or why it isn't one."""
    answers: defaultdict[int, list[Annotation]] = defaultdict(list)
    for annotation in snapshot.annotations:
        answers[annotation.task_id].append(annotation)
    suggestions: defaultdict[int, list[Suggestion]] = defaultdict(list)
    for suggestion in snapshot.suggestions:
        suggestions[suggestion.task_id].append(suggestion)
    first_seen: dict[tuple[str, int], int] = {}
    for seen in snapshot.seen:
        key = (seen.annotator, seen.task_id)
        first_seen[key] = min(seen.annotation_id, first_seen.get(key, seen.annotation_id))
    for task in snapshot.tasks:
        given = [_given(annotation, first_seen, name) for annotation in answers[task.id]]
        found = _item(task, given, snapshot.settled.get(task.id), recipe)
        yield replace(found, suggestions=tuple(suggestions[task.id])) if isinstance(found, Item) else found


def drop(task: Task, code: str, ko: str, en: str, field: str = "") -> Dropped:
    """Why a task, or one field of it, isn't in an export."""
    return Dropped(task.id, task.key, code, ko, en, field)


def _given(annotation: Annotation, first_seen: Mapping[tuple[str, int], int], name: Name) -> Given:
    stage: AnswerStage = "blind"
    seen_with = first_seen.get((annotation.annotator, annotation.task_id), annotation.id)
    if annotation.stage == "adjudicated":
        stage = "adjudicated"
    elif annotation.stage == "assisted" or annotation.id > seen_with:
        # Whatever is corrected after the suggestion was seen has seen it, whatever the page called it.
        stage = "assisted"
    return Given(
        annotation=annotation.id,
        annotator=name(annotation.annotator),
        stage=stage,
        revision=annotation.revision,
        outcome=annotation.outcome,
        labels=annotation.labels,
        spare=annotation.seat is None and stage != "adjudicated",
        flag=annotation.flag,
        seconds=annotation.seconds,
        saved_at=annotation.saved_at,
    )


def _item(task: Task, given: Sequence[Given], settled: int | None, recipe: Recipe) -> Item | Dropped:
    if task.version != recipe.scheme.version:
        ko = f"라벨 체계의 다른 판({task.version}판)으로 한 과제입니다"
        return drop(task, "other-version", ko, f"It belongs to version {task.version} of the scheme")
    if task.repeat_of is not None:
        ko, en = f"과제 {task.repeat_of}을(를) 다시 보여 준 것입니다", f"It shows task {task.repeat_of} again"
        return drop(task, "repeat", ko, en)
    verdict = next((each for each in given if each.annotation == settled), None)
    standing = _standing(given)
    counted = tuple(each for each in standing if each.stage == recipe.settings.basis and not each.spare)
    if verdict is not None:
        fields = _verdict_fields(task, verdict, counted, recipe.scheme)
        shown = (*standing, verdict)
        return Item(task, "adjudicated", "adjudicated", verdict.outcome, fields, counted, shown)
    if len(counted) < max(1, recipe.settings.min_answers):
        return _too_few(task, len(counted), standing, recipe.settings)
    return _resolved(task, counted, tuple(standing), recipe)


def _standing(given: Sequence[Given]) -> list[Given]:
    """The last revision of each person in each stage; verdicts stand for themselves."""
    last = {(each.annotator, each.stage): each for each in given if each.stage != "adjudicated"}
    return sorted(last.values(), key=lambda each: each.annotation)


def _too_few(task: Task, counted: int, standing: Sequence[Given], settings: ExportSettings) -> Dropped:
    if not standing:
        return drop(task, "unanswered", "아직 답이 없습니다", "Nobody has answered it")
    needed = max(1, settings.min_answers)
    ko = f"셈할 답({settings.basis} 단계)이 {counted}개뿐입니다({needed}개 필요)"
    en = f"It has {counted} answers of stage {settings.basis} that count; {needed} are needed"
    return drop(task, "too-few-answers", ko, en)


def _verdict_fields(task: Task, verdict: Given, counted: Sequence[Given], scheme: Scheme) -> dict[str, Aggregate]:
    """The verdict's labels; soft labels stay those of the annotators, who are many."""
    judged = [each.labels for each in counted if each.outcome == "labelled"]
    found = {}
    for field in _fields(task, scheme, verdict.outcome):
        one, many = _aggregate(task, field, [verdict.labels]), _aggregate(task, field, judged)
        agreement = None
        if many.agreement is not None:
            agreement = sum(labels.get(field.id) == verdict.labels.get(field.id) for labels in judged) / len(judged)
        soft, mean = (one.soft, one.mean) if many.soft is None else (many.soft, many.mean)
        found[field.id] = Aggregate(one.value, soft, agreement, mean)
    return found


def _resolved(task: Task, counted: tuple[Given, ...], shown: tuple[Given, ...], recipe: Recipe) -> Item:
    found = _outcome(task, counted)
    judged = [each.labels for each in counted if each.outcome == found]
    fields = {}
    for field in _fields(task, recipe.scheme, found):
        fields[field.id] = _aggregate(task, field, judged)
        if task.gold is not None and field.id in task.gold:
            known = _aggregate(task, field, [task.gold])
            fields[field.id] = replace(fields[field.id], value=known.value)
    source: Source = "gold" if task.gold is not None else "majority" if len(counted) > 1 else "single"
    return Item(task, source, recipe.settings.basis, found, fields, counted, shown)


def _outcome(task: Task, counted: Sequence[Given]) -> Outcome:
    """What most say; when as many say one as the other, the labels that were given are used."""
    votes = {"labelled": sum(each.outcome == "labelled" for each in counted)}
    votes["unjudgeable"] = len(counted) - votes["labelled"]
    return "unjudgeable" if task.gold is None and majority(votes) == "unjudgeable" else "labelled"


def _fields(task: Task, scheme: Scheme, outcome: Outcome) -> list[Field]:
    return [field for field in asked(scheme, task.context) if outcome == "labelled" or field.kind == "text"]


def _aggregate(task: Task, field: Field, labels: Sequence[Labels]) -> Aggregate:
    pair = tuple(alternatives(task.context, field.needs) or ()) if field.kind == "preference" else ()
    return aggregate(field, [each.get(field.id) for each in labels], task.text, pair)

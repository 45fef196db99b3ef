"""Answers to imitate, as TRL's SFTTrainer takes them: ``train.jsonl``, conversational ``prompt`` and ``completion``.

For an item, the better answers that graders wrote; without one the graded answer itself, when its grade reaches
``min_score``, most graders found no error, and nobody was needed to say that it can't be judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from annotations.export import grading
from annotations.export.form import Drop, read_lines, write_lines
from annotations.export.items import drop as dropped
from annotations.export.types import Dropped, Item, Recipe, Record
from annotations.schemes.scheme import Scheme, Wording

TITLE = Wording("SFT: TRL의 prompt와 completion", "SFT: TRL's prompt and completion")
FILE = "train.jsonl"


def unfit(scheme: Scheme) -> Wording | None:
    """Only schemes that grade answers."""
    return grading.not_grades(scheme)


def records(items: Iterable[Item], recipe: Recipe, drop: Drop) -> Iterator[Record]:
    """A conversation for each answer that is worth imitating."""
    for item in items:
        prompt = grading.prompt(item)
        if prompt is None:
            drop(dropped(item.task, "no-question", "질문이 없습니다", "It has no question"))
            continue
        written = grading.better(item)
        refused = None if written else _refused(item, recipe)
        if refused is not None:
            drop(refused)
            continue
        for text in written or [item.task.text]:
            yield {
                "prompt": prompt,
                "completion": grading.answer(text),
                "id": item.task.key,
                "source": "better" if written else "graded",
                "score": None if written else grading.grade(item, recipe.scheme),
            }


def _refused(item: Item, recipe: Recipe) -> Dropped | None:
    if item.outcome == "unjudgeable":
        return dropped(item.task, "unjudgeable", "판단할 수 없다고 했습니다", "It was found unjudgeable")
    grade = grading.grade(item, recipe.scheme)
    if grade is None or grade < recipe.settings.min_score:
        shown = "-" if grade is None else f"{grade:.2f}"
        wanted = f"{recipe.settings.min_score:.2f}"
        return dropped(item.task, "low-grade", f"점수 {shown} < {wanted}", f"Its grade {shown} is below {wanted}")
    found = ", ".join(grading.errors(item, recipe.scheme))
    if found:
        return dropped(item.task, "has-errors", f"오류가 있습니다: {found}", f"It has errors: {found}")
    return None


def write(records: Iterable[Record], to: Path, recipe: Recipe) -> None:
    """Write the conversations."""
    write_lines(records, to / FILE)


def read(folder: Path, recipe: Recipe) -> Iterator[Record]:
    """Read the conversations back."""
    return read_lines(folder / FILE)

"""Pairs of answers, as TRL's DPOTrainer takes them: ``train.jsonl`` with conversational prompt, chosen and rejected.

Which pairs there are, and what their margin and agreement mean, is in ``annotations.export.pairs``. Every pair that
doesn't reach ``min_margin`` and ``min_agreement`` is listed among what was left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from annotations.export import grading, pairs
from annotations.export.form import Drop, read_lines, write_lines
from annotations.export.items import drop as dropped
from annotations.export.types import Item, Recipe, Record
from annotations.schemes.scheme import Scheme, Wording

TITLE = Wording("DPO: TRL의 prompt, chosen, rejected", "DPO: TRL's prompt, chosen and rejected")
FILE = "train.jsonl"


def unfit(scheme: Scheme) -> Wording | None:
    """Only schemes that grade answers."""
    return grading.not_grades(scheme)


def records(items: Iterable[Item], recipe: Recipe, drop: Drop) -> Iterator[Record]:
    """A record for each pair that is far and sure enough apart."""
    for pair in pairs.all_pairs(_asked(items, drop), recipe.scheme, recipe.settings):
        why = pairs.refused(pair, recipe.settings)
        if why is not None:
            code, ko, en = why
            beside = f" · {pair.other.task.key}" if pair.other else ""
            drop(dropped(pair.item.task, code, ko, en, f"{pair.source}{beside}"))
            continue
        yield {
            "prompt": grading.prompt(pair.item),
            "chosen": grading.answer(pair.chosen),
            "rejected": grading.answer(pair.rejected),
            "id": pair.item.task.key,
            "source": pair.source,
            "margin": pair.margin,
            "agreement": pair.agreement,
        }


def _asked(items: Iterable[Item], drop: Drop) -> Iterator[Item]:
    for item in items:
        if grading.prompt(item) is None:
            drop(dropped(item.task, "no-question", "질문이 없습니다", "It has no question"))
        elif item.outcome == "unjudgeable":
            drop(dropped(item.task, "unjudgeable", "판단할 수 없다고 했습니다", "It was found unjudgeable"))
        else:
            yield item


def write(records: Iterable[Record], to: Path, recipe: Recipe) -> None:
    """Write the pairs."""
    write_lines(records, to / FILE)


def read(folder: Path, recipe: Recipe) -> Iterator[Record]:
    """Read the pairs back."""
    return read_lines(folder / FILE)

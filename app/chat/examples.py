"""What the chat offers to ask first: questions of the demo's own, or such as any index of restaurants can answer."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np

from pipeline.errors.base import HansangError
from pipeline.index import Index
from pipeline.service import Service

DEMO = "demo"
DEMO_QUESTIONS = Path(__file__).parents[2] / "data" / "demo" / "questions.jsonl"
OFFERED = 6
_CHARS = 26


def examples(service: Service, name: str) -> tuple[str, ...]:
    """At most six questions for an index; none where it has nothing that they could name, or can't be opened."""
    if name == DEMO and DEMO_QUESTIONS.exists():
        return _of_demo()
    try:
        return _of(service.index(name)) if name else ()
    except HansangError:  # whoever asks is told what is wrong
        return ()


@cache
def _of_demo() -> tuple[str, ...]:
    """Six questions of different types, the last one without an answer."""
    rows = [json.loads(line) for line in DEMO_QUESTIONS.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if len(row["question"]) <= _CHARS]
    types = list(dict.fromkeys(row["type"] for row in rows))
    answerable = {kind: [r["question"] for r in rows if r["type"] == kind and r["answerable"]] for kind in types}
    mixed = [found[place] for place in range(OFFERED) for found in answerable.values() if place < len(found)]
    unanswerable = [row["question"] for row in rows if not row["answerable"]]
    return tuple(mixed[: OFFERED - 1] + unanswerable[:1])


def _of(index: Index) -> tuple[str, ...]:
    """Questions that the index's own names and numbers answer."""
    known, names = index.lexicon, _most_reviewed(index)
    made = [f"{name} {asked}" for name, asked in zip(names, ("어때?", "단점 알려줘"), strict=False)]
    if len(known.restaurants) > 1:
        made += ["별점 높은 식당 TOP 5"] if known.rating_top else []
        made += ["요즘 평이 나빠진 식당 있어?"] if known.dates else []
        made += [f"평 좋은 {kind}" for kind in known.categories[:1]]
    if names and known.rating_top:
        made.append("별점 1점에서 가장 많은 불만은?")
    return tuple(made[:OFFERED])


def _most_reviewed(index: Index) -> list[str]:
    """The two restaurants that most passages are of."""
    codes, values = index.passages.codes("restaurant")
    numbers = np.bincount(codes, minlength=len(values))
    order = sorted(range(len(values)), key=lambda place: (-numbers[place], values[place] or ""))
    return [values[place] for place in order if values[place]][:2]

"""The prompts that a language model gets from us: an index's questions with the reviews found for them, as messages.

Made as the pipeline makes them, down to the fences, so that what is calibrated or timed on them is what will be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.errors.base import HansangError
from pipeline.errors.optimising import NoPrompts
from pipeline.evidence.calibration import FOREIGN, FOREIGN_REVIEWS, pseudo_question
from pipeline.llm_line import Line, room_for_prompt
from pipeline.prompting.budget import fitting
from pipeline.prompting.files import Prompt, read_prompt
from pipeline.prompting.messages import Message, messages
from pipeline.service import Request, Service
from pipeline.setting_groups.models import Llm
from pipeline.types import ASIDES, Passage

Told = Callable[[str, int], None]
"""Told of every prompt made."""


Fit = Callable[[str, Sequence[Passage], Prompt], Sequence[Passage]]
"""Of the sources for a question those that a prompt has room for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the conversation that asks it."""

    question: str
    turns: Sequence[Message]


def pseudo_questions(service: Service, index: str, seed: int = 0) -> Iterator[str]:
    """Questions out of an index's own sentences (see ``calibration``), each once, until it has no more passages."""
    rag = service.rag(index)
    passages, terms, random = rag.index.passages, rag.terms, np.random.default_rng(seed)
    restaurants, names = passages.codes("restaurant")
    seen: set[str] = set()
    for row in random.permutation(len(passages)).tolist():
        restaurant = names[restaurants[row]]
        query = pseudo_question(row, passages, terms, random, FOREIGN_REVIEWS if restaurant else FOREIGN)
        text = f"{restaurant} {query.text}".strip() if query is not None else ""
        if text and text not in seen:
            seen.add(text)
            yield text


def room_at(line: Line, limits: Llm, tokens: int) -> Fit:
    """What fits where a server is asked for answers of so many tokens, as the generator reckons it.

    Raises (when called):
        PromptTooLong: the answer alone fills the model's window.
    """

    def fit(question: str, sources: Sequence[Passage], prompt: Prompt) -> Sequence[Passage]:
        counted = line.count(messages(question, sources, prompt))
        room = room_for_prompt(replace(limits, answer_tokens=tokens), counted)
        return fitting(sources, room, lambda some: line.count(messages(question, some, prompt)).tokens)

    return fit


def prompts(
    service: Service, index: str, questions: Iterator[str] | Sequence[str], count: int,
    overrides: Mapping[str, object] | None = None, told: Told = lambda what, done: None, fit: Fit | None = None,
) -> list[Asked]:  # fmt: skip
    """The first ``count`` prompts that the questions make. A question that asks no reviews, or finds none, makes none.

    Raises:
        HansangError: the index or a setting can't be used.
        NoPrompts: no question made one.
    """
    prompt = read_prompt(service.rag(index, overrides).settings.prompt)
    found: list[Asked] = []
    for question in questions:
        if len(found) == count:
            break
        try:
            *_, trace = service.ask(Request(question, index, overrides or {}, answer=False, keep=False))
        except HansangError as error:
            if error.code in ("question-empty", "question-too-long"):
                continue
            raise
        sources = [c.passage for c in trace.candidates if c.in_prompt]
        understood = trace.understanding
        if understood is None or understood.shape in ASIDES or not sources:
            continue
        asked = understood.search_text
        found.append(Asked(question, messages(asked, fit(asked, sources, prompt) if fit else sources, prompt)))
        told("prompt", len(found))
    if not found:
        raise NoPrompts(name=index)
    return found

"""Prompts as files: one TOML a version, ``answer@1`` in ``prompts/answer@1.toml``. A version is never changed: a better
prompt is a new file, so that the name in a trace says what was asked.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors.llm import PromptNotFound, PromptUnfit

FOLDER = Path(__file__).parent / "prompts"
FIELDS = ("note", "marker", "system", "source", "question", "none")
HOLES: Mapping[str, frozenset[str]] = {
    "system": frozenset({"marker"}),
    "source": frozenset({"number", "about", "text"}),
    "question": frozenset({"sources", "question", "marker"}),
}
"""What each template may leave open."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question with the reviews found for it, and the answer that is wanted."""

    question: str
    sources: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt of one version. ``marker`` is the sentence by which the model says that the reviews hold no answer;
    ``none`` stands where the sources would where there are none.
    """

    name: str
    note: str
    marker: str
    system: str
    source: str
    question: str
    none: str
    examples: tuple[Example, ...] = ()


def known() -> tuple[str, ...]:
    """The prompts that there are, by name and version."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def read_prompt(name: str) -> Prompt:
    """The prompt of a name like ``answer@1``. Only those of the folder: a request may name one, so it isn't a path.

    Raises:
        PromptNotFound: there is none; the error lists those that there are.
        PromptUnfit: its file is no prompt.
    """
    if name not in known():
        raise PromptNotFound(name=name, known=", ".join(known()))
    return parse(name, (FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Prompt:
    """The prompt that a file's text holds.

    Raises:
        PromptUnfit: it isn't TOML, a field is missing, or a template leaves open what nothing fills.
    """
    try:
        value = tomllib.loads(text)
        fields = {field: _text(value, field) for field in FIELDS}
        for field, holes in HOLES.items():
            fields[field].format(**dict.fromkeys(holes, ""))
        examples = tuple(
            Example(_text(each, "question"), tuple(map(str, each["sources"])), _text(each, "answer"))
            for each in value.get("examples", ())
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise PromptUnfit(name=name, reason=f"{type(error).__name__}: {error}") from error
    return Prompt(name, **fields, examples=examples)


def _text(value: Mapping[str, Any], field: str) -> str:
    found = value[field]
    if not isinstance(found, str) or not found.strip():
        raise ValueError(f"{field} must be a text")
    return found.strip()

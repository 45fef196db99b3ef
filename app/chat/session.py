"""What one browser tab holds: the conversation, what the panel shows, the settings in force. Changed in place.

Gradio hands the same Session to every event of a tab, so that two events at once (an answer that grows, a language that
is switched) see each other's changes.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from app.chat.words import Lang
from pipeline.errors.base import HansangError
from pipeline.strengths.portraits import Portrait
from pipeline.traces import Feedback
from pipeline.types import Analysis, Trace, Unanalysed
from pipeline.xray import Xray

Form = Literal["", "reasons", "compare"]
Tab = Literal["evidence", "ranks", "times", "morphemes", "review", "restaurant", "settings"]


@dataclass(frozen=True, slots=True)
class Queued:
    """An answer is in the graders' queue as a task; ``known`` when it had been there before."""

    task: int
    known: bool


@dataclass(slots=True)
class Turn:
    """One question and its answer. ``other`` is the answer under other settings, beside it, ``queued`` its task."""

    question: str
    previous: str = ""
    removed: tuple[str, ...] = ()
    trace: Trace | None = None
    error: HansangError | None = None
    other: Trace | None = None
    form: Form = ""
    feedback: Feedback | None = None
    working: bool = False
    stopped: bool = False
    stored: bool = False
    queued: Queued | None = None


def default_index(names: Sequence[str]) -> str:
    """The index that a new page asks: the demo where there is one, else the first; empty when there is none."""
    return "demo" if "demo" in names else names[0] if names else ""


@dataclass(slots=True)
class Session:
    """The state of one tab. ``focus`` is the trace that the panel shows, ``chosen`` the passage under the X-ray.

    ``review`` is what stands in the box of the review tab, ``analysed`` the text that its ``analysis`` is of;
    ``portrait`` is of the ``restaurant`` that was chosen, ``drawing`` while it is being made, ``picked`` the point of
    its figures whose reviews are shown, ``wording`` the language model that is putting its summary into words. ``id``
    decides which variant of the profile answers, where there are some. ``account`` is who signed in, where people have
    to.
    """

    id: str = field(default_factory=lambda: secrets.token_hex(8), compare=False)
    account: str = ""
    lang: Lang = "ko"
    index: str = ""
    turns: list[Turn] = field(default_factory=list)
    overrides: dict[str, object] = field(default_factory=dict)
    settings_error: HansangError | None = None
    focus: str = ""
    expanded: bool = False
    tab: Tab = "evidence"
    chosen: str = ""
    xray: Xray | HansangError | None = None
    review: str = ""
    analysed: str = ""
    analysis: Analysis | Unanalysed | HansangError | None = None
    restaurant: str = ""
    portrait: Portrait | HansangError | None = None
    drawing: bool = False
    picked: str = ""
    wording: str = ""
    busy: bool = False
    stop: bool = False
    notice: str = ""

    def traces(self) -> Iterator[tuple[Turn, Trace]]:
        """Every answer on the page, oldest first, with the turn it belongs to."""
        for turn in self.turns:
            for trace in (turn.trace, turn.other):
                if trace is not None:
                    yield turn, trace

    def find(self, trace_id: str) -> tuple[Turn, Trace] | None:
        """The answer of that id and its turn."""
        return next(((turn, trace) for turn, trace in self.traces() if trace.id == trace_id), None)

    @property
    def focused(self) -> Trace | None:
        """The answer that the panel shows."""
        found = self.find(self.focus)
        return found[1] if found else None

    @property
    def last(self) -> Trace | None:
        """The newest answer, which a new question follows up."""
        return next((turn.trace for turn in reversed(self.turns) if turn.trace is not None), None)

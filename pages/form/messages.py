"""What the form in the browser sends, and the replies. Knows nothing of desks, tasks or Streamlit.

The browser sends a message again until its reply has come back, so every message may arrive more than once, in one run
or in several: it is handled once, and its reply is kept for as long as the browser may still ask.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from math import isfinite
from secrets import token_hex
from typing import Protocol

from annotations.types import Annotation, Draft, Labels, LabelValue
from pipeline.errors.accounts import SignedOut
from pipeline.errors.base import HansangError, MachineError
from pipeline.errors.labelling import BadSubmission, Stale

Message = Mapping[str, object]
Json = dict[str, object]

KEPT = 64
"""Replies that are kept: many more than the browser ever has on their way."""


class Work(Protocol):
    """What stands behind the form of one page: handles a message, raising HansangError, and says what to show."""

    def handle(self, message: Message) -> Json:
        """Do what a message asks for; returns what to reply beside ``ok``."""

    def data(self) -> Json:
        """What to show now, as JSON. ``digest`` names the content of ``scheme`` and ``guide``."""


class Exchange:
    """The replies of one browser session. ``session`` tells the browser when it talks to a new one."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.session = token_hex(8)
        self._replies: OrderedDict[str, Json] = OrderedDict()
        self._had: set[str] = set()
        self._shown: Json = {}

    def receive(self, messages: object) -> bool:
        """Handle those messages that are new, in their order; whether there were any."""
        new = [each for each in _listed(messages) if text(each, "id") not in self._replies]
        for message in new:
            self._had.add(str(message.get("have")))
            self._replies[text(message, "id")] = self._answer(message)
            while len(self._replies) > KEPT:
                self._replies.popitem(last=False)
        return bool(new)

    def data(self) -> Json:
        """What the component is given. A scheme with its guideline goes out until the browser says that it has it.

        What was shown stays where there is ``trouble`` with what is to be shown now.

        Raises:
            HansangError: there is trouble, and nothing was shown before.
        """
        trouble = None
        try:
            self._shown = self.work.data()
        except HansangError as error:
            if not self._shown:
                raise
            trouble = None if isinstance(error, SignedOut) else error_json(error)
        data = self._shown | {"trouble": trouble}
        if data["digest"] in self._had:
            data = {name: value for name, value in data.items() if name not in ("scheme", "guide")}
        return {"session": self.session, "replies": dict(self._replies), **data}

    def _answer(self, message: Message) -> Json:
        if message.get("kind") == "ping":
            return {"ok": True}
        if message.get("kind") == "hello":
            self._had.clear()
            return {"ok": True}
        try:
            return {"ok": True, **self.work.handle(message)}
        except Stale as stale:
            return {"ok": False, "error": error_json(stale), "current": current_json(stale.current)}
        except HansangError as error:
            return {"ok": False, "error": error_json(error), "current": None}


def _listed(messages: object) -> list[Message]:
    if not isinstance(messages, list):
        return []
    return [each for each in messages if isinstance(each, Mapping) and isinstance(each.get("id"), str)]


def error_json(error: HansangError) -> Json:
    """An error for the page. ``passing``: no fault of the answer, so the same may be sent again later."""
    return {
        "code": error.code,
        "ko": error.korean,
        "en": error.english,
        "field": error.fields.get("field"),
        "passing": isinstance(error, MachineError | SignedOut),
    }


def current_json(current: object) -> Json | None:
    """What is stored, for whoever came with something older."""
    if isinstance(current, Annotation):
        return {"id": current.id, "labels": current.labels, "outcome": current.outcome, "flag": current.flag}
    if isinstance(current, Draft):
        return {"version": current.version, "labels": current.labels}
    return None


def text(message: Message, name: str) -> str:
    """A string of a message; BadSubmission where there is none."""
    value = message.get(name)
    if isinstance(value, str):
        return value
    raise BadSubmission(name=name, value=str(value)[:60])


def whole(message: Message, name: str) -> int:
    """A whole number of a message; BadSubmission where there is none."""
    value = message.get(name)
    if type(value) is int:
        return value
    raise BadSubmission(name=name, value=str(value)[:60])


def whole_or_none(message: Message, name: str) -> int | None:
    """A whole number of a message, None where it is absent or null."""
    return None if message.get(name) is None else whole(message, name)


def seconds(message: Message) -> float:
    """Time spent on a task, at least 0."""
    value = message.get("seconds")
    if type(value) in (int, float) and isfinite(float(str(value))):
        return max(0.0, float(str(value)))
    raise BadSubmission(name="seconds", value=str(value)[:60])


def labels(message: Message) -> Labels:
    """The labels of a message; whether they fit the scheme is for the desk to say."""
    value = message.get("labels")
    if not isinstance(value, Mapping):
        raise BadSubmission(name="labels", value=str(value)[:60])
    found: dict[str, LabelValue] = {str(field): given for field, given in value.items()}
    return found

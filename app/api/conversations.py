"""Which stored answer a conversation has come to, so that its next message is a follow-up.

The OpenAI API keeps nothing between requests: the client sends the whole conversation each time. It is recognised by
its words.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict

KEPT = 10_000  # conversations; a longer forgotten one is answered as if it began now

Turns = list[tuple[str, str]]
"""Who said what: ``user`` or ``assistant``, and the text. The instructions of a system count for nothing."""


class Conversations:
    """The last answers of conversations. Safe to use from several threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._traces: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def previous(self, model: str, before: Turns) -> str:
        """The id of the trace with which these turns ended; empty for those that aren't known."""
        if not before:
            return ""
        with self._lock:
            return self._traces.get(_key(model, before), "")

    def keep(self, model: str, turns: Turns, answer: str, trace_id: str) -> None:
        """Remember that these turns were answered so."""
        key = _key(model, [*turns, ("assistant", answer)])
        with self._lock:
            self._traces[key] = trace_id
            self._traces.move_to_end(key)
            while len(self._traces) > self._kept:
                self._traces.popitem(last=False)


def _key(model: str, turns: Turns) -> str:
    words = [model, [(role, " ".join(text.split())) for role, text in turns]]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()

"""Keys of the label page. They are places on the keyboard (KeyboardEvent.code), so they work with the Hangul layout on.

Knows nothing of schemes; which keys an option may have is decided here, once, for every scheme.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

GLOBAL: Mapping[str, str] = MappingProxyType(
    {
        "skip": "S",
        "unjudgeable": "0",
        "flag": "F",
        "save": "Enter",
        "keys": "?",
        "search": "/",
        "undo": "Ctrl+Z",
    }
)
"""What the page itself listens to, whatever the scheme."""

# Z would undo with Ctrl; Streamlit keeps C (clear the cache) and R (run again) for itself.
_TAKEN = frozenset("S0FZCR")
_KEY = re.compile(r"(?P<shift>Shift\+)?(?P<key>[A-Z0-9])")


@dataclass(frozen=True, slots=True)
class Press:
    """A key of an option: ``code`` as KeyboardEvent.code has it, with or without Shift."""

    code: str
    shift: bool


def press(key: str) -> Press | None:
    """``"Q"``, ``"1"`` or ``"Shift+1"`` as a press; None when no option can have that key."""
    match = _KEY.fullmatch(key)
    if match is None or match["key"] in _TAKEN:
        return None
    kind = "Digit" if match["key"].isdigit() else "Key"
    return Press(f"{kind}{match['key']}", match["shift"] is not None)

"""JSON as it goes to a model's server and comes back: what a model writes is a value or a ValueError, never a crash.

A model that loops on ``[`` writes JSON deeper than Python reads, and one that is cut off in an emoji leaves half of a
surrogate pair, which is a string to Python but can't be sent, written to a file or shown.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn


def loads(text: str | bytes, *, strict: bool = False) -> Any:
    """The value of a JSON text, with U+FFFD for each half of a surrogate pair.

    Raises:
        ValueError: it is no JSON, or nested deeper than Python reads; with ``strict`` also NaN and the infinities.
    """
    try:
        return _whole(json.loads(text, parse_constant=_refuse if strict else None))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def dumps(value: Any) -> bytes:
    """A value as the body of a request, with U+FFFD for each half of a surrogate pair."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return whole(text).encode("utf-8")


def whole(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {whole(name): _whole(one) for name, one in value.items()}
    return value

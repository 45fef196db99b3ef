"""Finding what a judge meant in what it wrote: JSON among prose, in Markdown, with NaN. Nothing is guessed."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from pipeline.judges.types import Unreadable

PLACES = 50  # braces at which an object is looked for: each look may read the whole text
LONGEST = 200  # entries of a list; a judge that writes more has lost itself


def find_object(text: str, key: str) -> list[dict[str, Any]]:
    """The list under ``key`` of the first JSON object in a text that has it; its entries are objects.

    Prose and Markdown fences around it are passed over.

    Raises:
        Unreadable: there is none, it was cut off, it holds NaN or an infinity, or the list isn't one of objects.
    """
    decoder = json.JSONDecoder(parse_constant=_refuse)
    place = text.find("{")
    if place < 0:
        raise Unreadable("JSON 객체가 없습니다")
    problem = f'"{key}" 목록이 없습니다'
    for _ in range(PLACES):
        if place < 0:
            break
        try:
            value, end = decoder.raw_decode(text, place)
        except Unreadable:
            raise
        except (ValueError, RecursionError):
            problem = "JSON이 중간에 끊겼거나 깨졌습니다"
            end = place + 1
        else:
            if isinstance(value, dict) and isinstance(value.get(key), list):
                return _entries(value[key], key)
        place = text.find("{", max(end, place + 1))
    raise Unreadable(problem)


def _entries(found: list[Any], key: str) -> list[dict[str, Any]]:
    if not found:
        raise Unreadable(f'"{key}" 목록이 비었습니다')
    if len(found) > LONGEST:
        raise Unreadable(f'"{key}" 목록이 {LONGEST}개를 넘습니다')
    if not all(isinstance(entry, dict) for entry in found):
        raise Unreadable(f'"{key}" 목록에 객체가 아닌 것이 있습니다')
    return found


def yes_or_no(entry: dict[str, Any], key: str) -> bool:
    """A verdict that must be 0 or 1 (or true, false).

    Raises:
        Unreadable: it is something else, or missing.
    """
    value = entry.get(key)
    if isinstance(value, bool) or (isinstance(value, int) and value in (0, 1)):
        return bool(value)
    raise Unreadable(f'"{key}" 값은 0이나 1이어야 하는데 {json.dumps(value, ensure_ascii=False)[:40]}입니다')


def words(entry: dict[str, Any], key: str) -> str:
    """A text that must not be empty.

    Raises:
        Unreadable: it is empty or missing.
    """
    value = entry.get(key)
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise Unreadable(f'"{key}" 글이 없습니다')


def is_korean(text: str) -> bool:
    """Whether a text has a Hangul syllable."""
    return any("가" <= c <= "힣" for c in text)


def _refuse(constant: str) -> NoReturn:
    raise Unreadable(f"수가 아닌 값({constant})이 들어 있습니다")

"""How many a question wants (TOP 3, 다섯 곳, 3가지), and which place of a ranking it means (2위 식당, 첫 번째 집)."""

from __future__ import annotations

import re

from pipeline.types import Span

MOST = 30
"""Restaurants that are ranked at most, however many are asked for."""

_COUNTED = {"한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10}
_NUMBER = re.compile(
    r"(?<![가-힣a-z\d.])(?:(?:top|톱|탑|상위)\s*-?\s*(?P<top>\d{1,2})(?:위까지|위|곳|개|군데)?"
    rf"|(?P<digits>\d{{1,2}})\s*(?:곳|군데|가지|개)|(?P<word>{'|'.join(_COUNTED)})\s*(?:곳|군데|가지|개))(?:만|씩)?(?![가-힣\d])",
    re.IGNORECASE,
)


def said_number(text: str) -> list[Span]:
    """Where the text says how many are wanted; nothing where it doesn't."""
    found = _NUMBER.search(text)
    return [found.span()] if found else []


def wanted(text: str) -> tuple[int, str]:
    """How many are wanted, 0 where that isn't said, and the text without it."""
    found = _NUMBER.search(text)
    if found is None:
        return 0, text
    digits = found["top"] or found["digits"]
    number = int(digits) if digits else _COUNTED[found["word"]]
    return min(number, MOST), f"{text[: found.start()]} {text[found.end() :]}"


_PLACED = re.compile(
    r"(?<![가-힣\d])(?:(?P<digits>\d{1,2})\s*(?:위|번째)|(?P<word>첫|두|세|네|다섯)\s?번째)"
    r"(?:\s?(?:식당|음식점|집|가게|곳|카페|매장))?(?![가-힣]*\s*(?:까지|안에))"
)
_ORDINALS = {"첫": 1, "두": 2, "세": 3, "네": 4, "다섯": 5}


def placed(text: str) -> tuple[int, Span] | None:
    """The place of a ranking that a text means, from 1, and where it says so."""
    found = _PLACED.search(text)
    if found is None:
        return None
    return int(found["digits"]) if found["digits"] else _ORDINALS[found["word"]], found.span()

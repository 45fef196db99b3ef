"""What the cells of a row say: text made clean, ratings, dates and price bands understood. Knows nothing of files.

What can't be understood is refused where the review would mislead (text, rating), and left out where it would only be
less complete (date, price band).
"""

from __future__ import annotations

import datetime
import math
import re
import unicodedata

from pipeline.tables.rejects import Refusal

MAX_TEXT = 100_000
"""The most characters a text may have."""

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})

_FULL_STARS, _EMPTY_STARS = "★⭐✭✮🌟", "☆✩"
_STARS = re.compile(f"[{_FULL_STARS}{_EMPTY_STARS}\\s]+")
_RATING = re.compile(
    r"(?:별점|평점|별|rating|score)?\s*:?\s*"
    r"(?P<value>[0-9]+(?:[.,][0-9]+)?)\s*(?:점|개|stars?)?"
    r"(?:\s*(?:/|out of|of|점\s*만점에)\s*(?P<scale>[0-9]+(?:[.,][0-9]+)?)\s*(?:점|개|stars?)?)?",
    re.IGNORECASE,
)
# The year comes first, as in Korea and in ISO 8601; what follows the day must not be a further digit.
_DATES = (
    re.compile(
        r"(?P<year>[0-9]{4}|[0-9]{2})\s*(?P<mark>[-./])\s*(?P<month>[0-9]{1,2})\s*(?P=mark)\s*(?P<day>[0-9]{1,2})(?![0-9])"
    ),
    re.compile(r"(?P<year>[0-9]{4}|[0-9]{2})\s*년\s*(?P<month>[0-9]{1,2})\s*월\s*(?P<day>[0-9]{1,2})\s*일"),
    re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})(?![0-9])"),
)
_PRICE_MARKS = re.compile(r"[₩\\$]{1,5}")


def clean(text: str) -> str:
    """A text as it is kept: NFC, line ends as line feeds, without control characters (tabs stay) and outer white space.

    Raises:
        Refusal: it holds lone surrogates, which are what is left of broken characters.
    """
    if _SURROGATES.search(text):
        raise Refusal("broken-encoding", excerpt=text)
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", text).strip()


def read_text(value: object) -> str:
    """The text of a review, clean, with at least one visible character and at most `MAX_TEXT`.

    Raises:
        Refusal: it is empty, too long, broken, or not a string.
    """
    if value is None:
        raise Refusal("empty-text")
    if not isinstance(value, str):
        raise Refusal("text-not-text", found=type(value).__name__, excerpt=label(value))
    text = clean(value)
    if all(unicodedata.category(character) in _INVISIBLE for character in text):
        raise Refusal("empty-text", excerpt=value)
    if len(text) > MAX_TEXT:
        raise Refusal("text-too-long", limit=MAX_TEXT, excerpt=text)
    return text


def label(value: object) -> str:
    """A name, an id or another short text on one line; whole numbers without a fraction; else empty.

    Raises:
        Refusal: it is a string with broken characters.
    """
    if isinstance(value, str):
        return " ".join(clean(value).split())
    if isinstance(value, float):
        return "" if not math.isfinite(value) else str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value) if isinstance(value, int) else ""


def read_rating(value: object) -> float | None:
    """A rating as a number, not rescaled; None when there is none.

    Understood are numbers, ``4.5점``, ``별 4개``, ``★★★★☆``, ``4/5`` and ``8/10`` (which stays 8.0).

    Raises:
        Refusal: it is not a number from 0 to 10, or more than its own scale.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    rating = _rating_of(value)
    # NaN compares false with everything, so it is refused too.
    if rating is None or not 0 <= rating <= 10:
        raise Refusal("bad-rating", value=value if isinstance(value, str) else repr(value))
    return rating


def _rating_of(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) <= 10 else None
    if not isinstance(value, str):
        # Decimal columns of a Parquet file.
        value = str(value)
    text = unicodedata.normalize("NFKC", value).replace("\ufe0f", "").strip()
    if _STARS.fullmatch(text):
        return float(sum(text.count(star) for star in _FULL_STARS))
    match = _RATING.fullmatch(text.strip(_FULL_STARS + _EMPTY_STARS + " "))
    if match is None:
        return None
    rating, scale = _number(match["value"]), _number(match["scale"] or "10")
    return rating if rating <= scale else None


def _number(digits: str) -> float:
    return float(digits.replace(",", "."))


def read_date(value: object) -> str:
    """A day as ``YYYY-MM-DD``, in the time zone it was written in; empty when there is none or it can't be understood.

    Two digits of a year are read as 2000–2049, and the year stands first: ``26/03/14`` is 2026-03-14. A date with the
    year last is ambiguous and left empty.
    """
    if isinstance(value, datetime.date):
        return value.isoformat()[:10]
    text = unicodedata.normalize("NFKC", label(value))
    match = next((match for match in (pattern.match(text) for pattern in _DATES) if match), None)
    if match is None:
        return ""
    year = int(match["year"])
    if len(match["year"]) == 2:
        if year >= 50:
            return ""
        year += 2000
    try:
        day = datetime.date(year, int(match["month"]), int(match["day"]))
    except ValueError:
        return ""
    return day.isoformat() if 1900 <= day.year < 2100 else ""


def read_price_band(value: object) -> int | None:
    """A price band from 1 (cheapest) to 9: a digit, or ``₩₩`` and ``$$`` counted; None when it can't be understood."""
    text = unicodedata.normalize("NFKC", label(value))
    if _PRICE_MARKS.fullmatch(text):
        return len(text)
    return int(text) if re.fullmatch("[1-9]", text) else None

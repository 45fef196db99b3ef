"""What a language model must reply, as a JSON schema, and its reply as an analysis. What doesn't fit is refused whole.

Shares are asked for in percent: models write whole numbers more evenly than fractions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.analysis import labels
from pipeline.analysis.labels import ASPECTS, NO_EMOTION, POLARITIES, SENTIMENTS
from pipeline.types import Analysis, Opinion, Span
from pipeline.wire import loads

LEVELS = tuple(str(level) for level in range(1, labels.LEVELS + 1))
EMOTIONS = tuple(name for name in labels.EMOTIONS if name != NO_EMOTION)

FELT = 50
"""Percent from which an emotion counts as felt."""

_SLACK = 5  # percent by which shares may miss 100; they are divided by their sum
_FENCED = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL)
_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)  # models that reason aloud do so before they reply


class Misfit(ValueError):
    """A reply that doesn't fit. The message names the place and what is wanted, for the model and for people."""


def schema(*, aspects: bool) -> dict[str, Any]:
    """The JSON schema of a reply. Every property is required and no other allowed, which strict servers insist on."""
    percent = {"type": "integer", "minimum": 0, "maximum": 100}
    emotion = _object({"label": {"type": "string", "enum": list(EMOTIONS)}, "score": percent})
    aspect = _object(
        {
            "aspect": {"type": "string", "enum": list(ASPECTS)},
            "polarity": {"type": "string", "enum": list(POLARITIES)},
            "quote": {"type": "string"},
            "score": percent,
        }
    )
    properties = {
        "sentiment": _object(dict.fromkeys(SENTIMENTS, percent)),
        "intensity": _object(dict.fromkeys(LEVELS, percent)),
        "emotions": {"type": "array", "items": emotion},
    }
    return _object(properties | ({"aspects": {"type": "array", "items": aspect}} if aspects else {}))


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def read_reply(text: str, reply: str, *, classifier: str, aspects: bool, note: str = "") -> Analysis:
    """The analysis that a reply about ``text`` holds.

    Raises:
        Misfit: it is no JSON of the schema, its shares don't add up, or it quotes what the review doesn't say.
    """
    value = _keyed(
        _json(reply), ("sentiment", "intensity", "emotions", *(("aspects",) if aspects else ())), "the reply"
    )
    sentiment = _shares(value["sentiment"], SENTIMENTS, "sentiment")
    intensity = _shares(value["intensity"], LEVELS, "intensity")
    scores = dict.fromkeys(EMOTIONS, 0.0) | dict(_emotions(value["emotions"]))
    felt = tuple(name for name in EMOTIONS if scores[name] >= FELT / 100)
    return Analysis(
        classifier=classifier,
        sentiment=dict(zip(SENTIMENTS, sentiment, strict=True)),
        intensity=tuple(intensity),
        emotions=scores,
        felt=felt or (NO_EMOTION,),
        opinions=tuple(_opinions(text, value["aspects"])) if aspects else (),
        note=note,
    )


def _json(reply: str) -> Any:
    bare = _THOUGHTS.sub("", reply).strip()
    fenced = _FENCED.fullmatch(bare)
    try:
        return loads(fenced[1] if fenced else bare, strict=True)
    except ValueError as error:
        raise Misfit(f"the reply is not one whole JSON object ({error})") from error


def _keyed(value: Any, names: Sequence[str], where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or set(value) != set(names):
        found = ", ".join(map(str, value)) if isinstance(value, dict) else type(value).__name__
        raise Misfit(f"{where} must be an object with exactly {', '.join(names)}; it has {found}")
    return value


def _percent(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise Misfit(f"{where} must be a number from 0 to 100; it is {json.dumps(value, ensure_ascii=False)}")
    return float(value)


def _shares(value: Any, names: Sequence[str], where: str) -> list[float]:
    found = _keyed(value, names, where)
    percents = [_percent(found[name], f"{where}.{name}") for name in names]
    total = sum(percents)
    if abs(total - 100) > _SLACK:
        raise Misfit(f"the shares of {where} must add up to 100; they add up to {total:g}")
    return [percent / total for percent in percents]


def _listed(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise Misfit(f"{where} must be a list; it is {type(value).__name__}")
    return value


def _one_of(value: Any, names: Sequence[str], where: str) -> str:
    if value not in names:
        raise Misfit(f"{where} must be one of {', '.join(names)}; it is {json.dumps(value, ensure_ascii=False)}")
    return str(value)


def _emotions(value: Any) -> Iterator[tuple[str, float]]:
    seen = set()
    for number, each in enumerate(_listed(value, "emotions")):
        where = f"emotions[{number}]"
        found = _keyed(each, ("label", "score"), where)
        name = _one_of(found["label"], EMOTIONS, f"{where}.label")
        if name in seen:
            raise Misfit(f"{where}: {name} is there twice")
        seen.add(name)
        yield name, _percent(found["score"], f"{where}.score") / 100


def _opinions(text: str, value: Any) -> Iterator[Opinion]:
    taken: set[tuple[str, Span]] = set()
    for number, each in enumerate(_listed(value, "aspects")):
        where = f"aspects[{number}]"
        found = _keyed(each, ("aspect", "polarity", "quote", "score"), where)
        aspect = _one_of(found["aspect"], ASPECTS, f"{where}.aspect")
        polarity = POLARITIES[POLARITIES.index(_one_of(found["polarity"], POLARITIES, f"{where}.polarity"))]
        span = _place(text, found["quote"], {span for name, span in taken if name == aspect}, where)
        taken.add((aspect, span))
        yield Opinion(aspect, polarity, span, _percent(found["score"], f"{where}.score") / 100)


def _place(text: str, quote: Any, taken: set[Span], where: str) -> Span:
    """Where the quote stands, each time it is given for an aspect a further place."""
    if not isinstance(quote, str) or not quote.strip():
        raise Misfit(f"{where}.quote must be words of the review")
    words = quote.strip()
    start = text.find(words)
    while start >= 0 and (start, start + len(words)) in taken:
        start = text.find(words, start + 1)
    if start < 0:
        raise Misfit(f"{where}.quote must be copied from the review letter by letter; it doesn't say “{words}”")
    return start, start + len(words)

"""The invented, labelled reviews of ``reviews.txt`` and ``indirect.txt``, whose opinions stand in brackets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pipeline.training.linear.data import Judged

WRITTEN = "written-"  # what the ids of all these reviews begin with
INDIRECT = f"{WRITTEN}indirect-"  # those that don't say plainly what they mean
FILES = {WRITTEN: Path(__file__).parent / "reviews.txt", INDIRECT: Path(__file__).parent / "indirect.txt"}

_ASPECTS = {
    "f": "food", "v": "value", "s": "service", "a": "ambience", "h": "hygiene", "w": "waiting", "l": "location",
}  # fmt: skip
_EMOTIONS = {
    "j": "joy", "d": "disappointment", "n": "annoyance", "a": "anger", "i": "interest", "u": "doubt", "s": "surprise",
    "g": "gratitude", "m": "admiration", "h": "disgust", "f": "affection", "w": "sadness",
}  # fmt: skip
_SIGNS = {"+": "positive", "-": "negative", "0": "neutral", "*": "mixed"}
_LINE = re.compile(r"([+\-0*]) ?([1-5]) ([a-z.]+) \| (.+)")
_MARK = re.compile(r"\[([fvsahwl])([+\-0]) (.+?)\]")


def written_reviews(files: Mapping[str, Path] = FILES) -> list[Judged]:
    """The reviews of the files, by what their ids begin with. Raises ValueError where a line is none."""
    return [
        _review(f"{kind}{number}", line)
        for kind, path in files.items()
        for number, line in enumerate(_lines(path), start=1)
    ]


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def _review(name: str, line: str) -> Judged:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(line)
    text, aspects, end = "", [], 0
    for mark in _MARK.finditer(match[4]):
        text += match[4][end : mark.start()]
        aspects.append((_ASPECTS[mark[1]], _SIGNS[mark[2]], len(text), len(text) + len(mark[3])))
        text += mark[3]
        end = mark.end()
    emotions = tuple(_EMOTIONS[letter] for letter in match[3] if letter != ".") or ("none",)
    return Judged(name, name, text + match[4][end:], _SIGNS[match[1]], int(match[2]), emotions, tuple(aspects))

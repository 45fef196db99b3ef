"""Reviews with known labels, read from JSON Lines: in the demo's form, or as ``hansang export`` writes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.analysis.combinations import digest_of
from pipeline.analysis.labels import LEVELS, SENTIMENTS
from pipeline.errors.files import FileProblem
from pipeline.types import Sentiment

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Labelled:
    """A review whose sentiment is known, and perhaps its intensity from 1 to 5."""

    id: str
    text: str
    sentiment: Sentiment
    intensity: int | None = None

    @property
    def fold(self) -> int:
        """Which part of a cross-validation it belongs to: the same text always to the same."""
        return int.from_bytes(hashlib.sha256(digest_of(self.text).encode()).digest()[:4], "big") % FOLDS


def read_labelled(path: Path) -> list[Labelled]:
    """The reviews of a file that have a sentiment.

    Raises:
        FileProblem: it is missing, a line of it is broken, or nothing in it has a sentiment.
    """
    try:
        with path.open(encoding="utf-8-sig") as lines:
            found = list(_read(lines))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _problem(
            path, f"라벨이 달린 후기로 읽지 못했습니다 ({error})", f"no labelled reviews ({error})"
        ) from error
    if not found:
        raise _problem(path, "감성 라벨이 달린 후기가 없습니다", "no review has a sentiment")
    return found


def _read(lines: Iterator[str]) -> Iterator[Labelled]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            review = _labelled(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{number}번째 줄 · line {number}: {error!r}") from error
        if review:
            yield review


def _labelled(row: Mapping[str, Any]) -> Labelled | None:
    labels = row.get("labels") or row
    sentiment, intensity = labels.get("sentiment"), labels.get("intensity")
    if sentiment is None:
        return None
    if sentiment not in SENTIMENTS:
        raise ValueError(f"sentiment {sentiment!r}")
    level = None if intensity is None else int(intensity)
    if level is not None and not 1 <= level <= LEVELS:
        raise ValueError(f"intensity {intensity!r}")
    if not isinstance(row["text"], str):
        raise TypeError("text")
    return Labelled(str(row["id"]), row["text"], sentiment, level)


def digests(reviews: Sequence[Labelled]) -> frozenset[str]:
    """What tells the reviews' texts again."""
    return frozenset(digest_of(review.text) for review in reviews)


def _problem(path: Path, ko: str, en: str) -> FileProblem:
    return FileProblem(
        path=path,
        problem=ko,
        cure="줄마다 id, text, labels(sentiment)가 있는 JSONL이나 `hansang export`의 data.jsonl을 주세요.",
        problem_en=en,
        cure_en="Give JSON Lines with id, text and labels (sentiment), or data.jsonl of `hansang export`.",
    )

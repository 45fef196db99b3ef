"""What the embedded classifier is trained on, read from where it lies: ratings, comments with emotions, the demo."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors.files import FileProblem
from pipeline.protocols import FloatArray

Integers = NDArray[np.int64]

KOTE_LABELS = (
    "불평/불만 환영/호의 감동/감탄 지긋지긋 고마움 슬픔 화남/분노 존경 기대감 우쭐댐/무시함 안타까움/실망 비장함"
    " 의심/불신 뿌듯함 편안/쾌적 신기함/관심 아껴주는 부끄러움 공포/무서움 절망 한심함 역겨움/징그러움 짜증 어이없음"
    " 없음 패배/자기혐오 귀찮음 힘듦/지침 즐거움/신남 깨달음 죄책감 증오/혐오 흐뭇함(귀여움/예쁨) 당황/난처 경악"
    " 부담/안_내킴 서러움 재미없음 불쌍함/연민 놀람 행복 불안/걱정 기쁨 안심/신뢰"
).split()


@dataclass(frozen=True, slots=True)
class Rated:
    """Film reviews with their rating from 1 to 10 and the film that each is about."""

    texts: list[str]
    ratings: Integers
    films: Integers

    def taken(self, rows: Integers) -> Rated:
        """Some of them."""
        return Rated([self.texts[row] for row in rows], self.ratings[rows], self.films[rows])


@dataclass(frozen=True, slots=True)
class Felt:
    """Comments with the emotions that are in them, 1 or 0. *Shape:* ``labels`` ``(texts, 44)``."""

    texts: list[str]
    labels: FloatArray


@dataclass(frozen=True, slots=True)
class Judged:
    """A restaurant review of the demo with its gold labels: ``aspects`` are (aspect, polarity, start, end)."""

    id: str
    restaurant: str
    text: str
    sentiment: str
    intensity: int
    emotions: tuple[str, ...]
    aspects: tuple[tuple[str, str, int, int], ...]


def read_ratings(path: Path) -> Rated:
    """The reviews of an NSMC file (JSON Lines, gzip).

    Raises:
        FileProblem: it is missing or isn't one.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        ratings = np.array([row["rating"] for row in rows], dtype=np.int64)
        return Rated([row["text"] for row in rows], ratings, np.array([int(row["movie"]) for row in rows]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path, error, "NSMC") from error


def read_emotions(path: Path) -> Felt:
    """The comments of a KOTE file: ``id, text, labels``, separated by tabs.

    Raises:
        FileProblem: it is missing or isn't one.
    """
    try:
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        labels = np.zeros((len(rows), len(KOTE_LABELS)), dtype=np.float32)
        for row, (_, _, numbers) in enumerate(rows):
            labels[row, [int(number) for number in numbers.split(",")]] = 1
        return Felt([text for _, text, _ in rows], labels)
    except (OSError, ValueError, IndexError) as error:
        raise _unreadable(path, error, "KOTE") from error


def read_judged(path: Path) -> list[Judged]:
    """The restaurant reviews with gold labels of the demo, or of a file like it.

    Raises:
        FileProblem: it is missing or isn't one.
    """
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [_judged(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path, error, "라벨이 있는 후기") from error


def _judged(row: Mapping[str, object]) -> Judged:
    labels = row["labels"]
    if not isinstance(labels, dict):
        raise TypeError("labels")
    return Judged(
        id=str(row["id"]),
        restaurant=str(row.get("restaurant_id") or row.get("restaurant") or row["id"]),
        text=str(row["text"]),
        sentiment=labels["sentiment"],
        intensity=int(labels["intensity"]),
        emotions=tuple(emotion["label"] for emotion in labels["emotions"]),
        aspects=tuple((a["label"], a["polarity"], a["start"], a["end"]) for a in labels.get("aspects", ())),
    )


def grouped(labels: FloatArray, groups: Mapping[str, Sequence[str]]) -> FloatArray:
    """KOTE's labels joined: 1 where any of a group's is. *Shape:* ``(texts, groups)``."""
    columns = [[KOTE_LABELS.index(label) for label in members] for members in groups.values()]
    joined: FloatArray = np.stack([labels[:, column].max(axis=1) for column in columns], axis=1)
    return joined


def _unreadable(path: Path, error: Exception, form: str) -> FileProblem:
    return FileProblem(
        path=path, problem=f"{form} 형식의 학습 자료로 읽지 못했습니다 ({error})", cure="경로와 파일을 확인하세요.",
        problem_en=f"it can't be read as training data ({form}, {error})", cure_en="Check the path and the file.",
    )  # fmt: skip

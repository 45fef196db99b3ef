"""An encoder of three scores without a neural network: letters stand for tokens. For tests of what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.batching.batcher import Limits
from pipeline.neural.hub import Found
from pipeline.neural.lanes import Lanes, as_they_are
from pipeline.neural.threefold import Threefold, ThreefoldEncoder, ThreefoldReader, build, checked
from pipeline.passages import PassageStore

WIDTH = 16
read: list[str] = []
"""Every text that was read, in order."""


@cache
def direction(letter: str) -> Any:
    vector = np.random.default_rng(ord(letter)).normal(size=WIDTH).astype(np.float32)
    return vector / np.linalg.norm(vector)


def told(text: str) -> Threefold:
    letters = [letter for letter in text if not letter.isspace()]
    vectors = np.array([direction(letter) for letter in letters], dtype=np.float32).reshape(-1, WIDTH)
    distinct = sorted({ord(letter) for letter in letters})
    weights = np.array([0.5 + number % 7 / 10 for number in distinct], dtype=np.float32)
    return Threefold(vectors.sum(axis=0), np.array(distinct, dtype=np.int32), weights, vectors)


def forward(texts: Sequence[str], *, question: bool) -> list[Threefold]:
    read.extend(texts)
    return [told(text) for text in texts]


def reader() -> ThreefoldReader:
    return ThreefoldReader(WIDTH, Lanes(as_they_are, checked(forward, "letters"), len, Limits(wait_ms=0)))


def encoder() -> ThreefoldEncoder:
    return ThreefoldEncoder(reader(), "letters")


def write(passages: PassageStore, folder: Path, scores: Sequence[str] = ("sparse", "colbert")) -> Any:
    """Put the scores of passages into an encoder's folder; the vectors come back."""
    return build(passages, folder, Found("letters", "1", folder), reader(), scores)

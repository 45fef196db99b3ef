"""P(the question can be answered from these candidates): a logistic model over what the best sentences have of it.

Two models are shipped. The one for articles was fitted on KorQuAD; a number from one corpus means another thing in the
next, so each index has a ``Calibration`` of its own (see ``pipeline.evidence.calibration``). The one for restaurants'
reviews weighs only shares of what is asked, which mean the same everywhere, and takes no calibration.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.evidence.reading import WEIGHTS, Reading, around, share
from pipeline.types import ScoredPassage

RESTAURANTS = WEIGHTS.parent.parent / "answerability-restaurants" / "weights.json"
NEXT = 5  # candidates that the first is compared with
SCALES = ("bm25", "window", "vector")
PRIOR = 0.8  # share of questions that can be answered; the model and the calibrations are fitted at even odds


@dataclass(frozen=True, slots=True)
class Calibration:
    """The line ``slope · score + offset`` that makes the model's scores on an index log odds, at even odds."""

    slope: float = 1.0
    offset: float = 0.0

    def to_json(self) -> dict[str, float]:
        """As it is kept in the index's folder."""
        return asdict(self)

    def probability(self, score: float) -> float:
        """A model's score (its log odds where it was fitted) as a probability on this index."""
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, self.slope * score + self.offset))))

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Calibration:
        """What ``to_json`` gave."""
        return cls(float(value["slope"]), float(value["offset"]))


@dataclass(frozen=True, slots=True)
class Model:
    """The fitted logistic: a weight for each feature by name, and an intercept."""

    weights: Mapping[str, float]
    intercept: float


@cache
def model(path: Path = WEIGHTS) -> Model:
    """The model that is shipped."""
    value = json.loads(path.read_text(encoding="utf-8"))["answerability"]
    return Model(value["weights"], value["intercept"])


def features(reading: Reading, candidates: Sequence[ScoredPassage]) -> dict[str, float]:
    """What the model weighs, raw. ``reading`` is of the first candidates, those in the prompt."""
    first, owner = reading.first, reading.owner
    w, v = reading.word_weights, reading.letter_weights
    mass = float(w.sum() + v.sum())
    pair = around(reading.words, owner, before_only=True), around(reading.letters, owner, before_only=True)
    words, letters = np.maximum.reduceat(reading.words, first), np.maximum.reduceat(reading.letters, first)
    passage_words, passage_letters = share(words, w), share(letters, v)
    both = np.sort(passage_words + passage_letters)[::-1]
    union_words, union_letters = words.max(axis=0, keepdims=True), letters.max(axis=0, keepdims=True)
    found = {
        "sentence_words": share(reading.words, w).max(),
        "sentence_letters": share(reading.letters, v).max(),
        "pair_words": share(pair[0], w).max(),
        "pair_letters": share(pair[1], v).max(),
        "passage_words": passage_words.max(),
        "passage_letters": passage_letters.max(),
        "passage_rare": share(words, w * w).max(),
        "first_words": passage_words[0],
        "first_letters": passage_letters[0],
        "union_words": share(union_words, w)[0],
        "union_letters": share(union_letters, v)[0],
        "union_rare": share(union_words, w * w)[0],
        "near": reading.near.max(),
        "margin": both[0] - both[1:].mean() if len(both) > 1 else 0.0,
        "agree": float(np.argmax(column(candidates, "bm25")) == np.argmax(column(candidates, "window"))),
    }
    for name in SCALES:
        top = np.sort(column(candidates, name))[::-1]
        scale = 1.0 if name == "vector" else max(mass, 1e-9)
        found[name] = top[0] / scale
        found[f"{name}_lead"] = (top[0] - top[1]) / scale if len(top) > 1 else 0.0
        found[f"{name}_margin"] = (top[0] - top[1 : NEXT + 1].mean()) / scale if len(top) > 1 else 0.0
    return {name: float(value) for name, value in found.items()}


def column(candidates: Sequence[ScoredPassage], name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The raw scores of one retriever."""
    return np.array([c.scores[name] for c in candidates])


def raw_score(found: Mapping[str, float], path: Path = WEIGHTS) -> float:
    """A model's score on the scale of the corpus that it was fitted on."""
    shipped = model(path)
    return shipped.intercept + sum(weight * found[name] for name, weight in shipped.weights.items())


def log_odds(probability: float) -> float:
    """The logarithm of the odds, bounded where the probability is 0 or 1."""
    bounded = min(max(probability, 1e-9), 1 - 1e-9)
    return math.log(bounded / (1 - bounded))


def probability(score: float, calibration: Calibration) -> float:
    """A score as a probability, given that ``PRIOR`` of the questions that people ask can be answered."""
    return replace(calibration, offset=calibration.offset + math.log(PRIOR / (1 - PRIOR))).probability(score)


def answerability(
    reading: Reading | None, candidates: Sequence[ScoredPassage], calibration: Calibration | None = None
) -> float:
    """P(answerable). ``reading`` is of the candidates in the prompt, None when nothing could be read.

    0 when no content word of the question is in any of them: whatever the model says, there is nothing to answer from.
    """
    if reading is None or not candidates or not reading.words.any():
        return 0.0
    found = features(reading, candidates)
    if candidates[0].passage.source.restaurant:
        return probability(raw_score(found, RESTAURANTS), Calibration())
    return probability(raw_score(found), calibration or Calibration())

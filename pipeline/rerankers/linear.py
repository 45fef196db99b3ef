"""The embedded profile's reranker: a dozen features of the match, weighed and added; no weight is below zero.

A feature counts by its share of the candidates' maximum, so the ranking carries over to corpora with other lengths and
scores. P(relevant) is a logistic model over that sum, its lead over the other candidates and what share of the
question's idf the passage has. ``pipeline.training.reranker`` fits both; ``models/reranker-linear/card.md`` says on
what.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import pipeline
from pipeline.errors.machine import BackendUnavailable
from pipeline.evidence.answerability import Calibration
from pipeline.evidence.matching import FEATURES, Match, match, relative
from pipeline.passages import PassageStore
from pipeline.protocols import FloatArray
from pipeline.settings import Settings
from pipeline.termstore import TermStore
from pipeline.types import Query, ScoredPassage

WEIGHTS = Path(pipeline.__file__).parent.parent / "models" / "reranker-linear" / "weights.json"
VERSION = 1
EVIDENCE = (
    "score",  # the weighed sum
    "lead",  # by how much it is above the best of the others
    "behind",  # by how much it is below (not above zero)
    "word_share",  # of the question's words, by idf, those that the passage has
    "sentence_share",  # of the question's bigrams, by idf, those that its best sentence has
)


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of ``FEATURES``, which sum to one, and the logistic model over ``EVIDENCE``."""

    features: FloatArray
    evidence: FloatArray
    intercept: float


class LinearReranker:
    """Ranks candidates by a weighed sum of features."""

    name = "linear"

    def __init__(self, weights: Weights, passages: PassageStore, terms: TermStore, relevance: Calibration) -> None:
        self._weights = weights
        self._relevance = relevance
        self._passages = passages
        self._terms = terms

    def rerank(self, query: Query, candidates: Sequence[ScoredPassage]) -> list[tuple[float, float | None]]:
        """See Reranker. What boosting chips added to the fused score is added to this one, too."""
        found = match(query, candidates, self._passages, self._terms)
        scores = relative(found.features) @ self._weights.features
        logits = evidence(scores, found) @ self._weights.evidence + self._weights.intercept
        return [
            (float(score) + candidate.scores.get("boost", 0.0), self._relevance.probability(float(logit)))
            for score, logit, candidate in zip(scores, logits, candidates, strict=True)
        ]


def evidence(scores: FloatArray, found: Match) -> FloatArray:
    """What P(relevant) is judged by. *Shape:* ``(candidates, len(EVIDENCE))``."""
    highest = np.sort(np.append(scores, (0, 0)))[::-1]  # a candidate without rivals leads by its whole score
    best, second = highest[0], highest[1]
    margin = scores - np.where(scores == best, second, best)
    columns = (
        scores,
        np.maximum(margin, 0),
        np.minimum(margin, 0),
        found.column("words") / max(found.word_mass, 1e-6),
        found.column("sentence_letters") / max(found.letter_mass, 1e-6),
    )
    return np.stack(columns, axis=1).astype(np.float32)


def read_weights(path: Path) -> Weights:
    """The weights in a file that ``pipeline.training.reranker`` wrote.

    Raises:
        BackendUnavailable: it is missing, damaged or of another version.
    """
    try:
        value: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if value["version"] != VERSION:
            raise ValueError(f"버전 {value['version']} (필요한 버전 {VERSION})")
        relevance = value["relevance"]
        weights = Weights(
            _named(value["features"], FEATURES), _named(relevance["weights"], EVIDENCE), float(relevance["intercept"])
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackendUnavailable(
            name="linear 리랭커",
            reason=f"가중치 파일 {path}을(를) 읽지 못했습니다 ({error})",
            cure="저장소의 models/reranker-linear를 되살리거나 `--set reranker=none`으로 리랭커를 끄세요",
        ) from error
    return weights


def _named(values: Mapping[str, float], names: Sequence[str]) -> FloatArray:
    if set(values) != set(names):
        raise ValueError(f"{sorted(set(values) ^ set(names))}")
    weights = np.array([values[name] for name in names], dtype=np.float32)
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError("음수이거나 유한하지 않은 가중치")
    return weights


def calibrated_as(settings: Settings) -> str:
    """The name under which an index keeps this reranker's calibration."""
    return "linear"


def load(passages: PassageStore, terms: TermStore, relevance: Calibration | None, settings: Settings) -> LinearReranker:
    """The reranker with the weights that are shipped; ``relevance`` makes its P(relevant) that of an index.

    Raises:
        BackendUnavailable: they are missing or damaged.
    """
    return LinearReranker(read_weights(WEIGHTS), passages, terms, relevance or Calibration())

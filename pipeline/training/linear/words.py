"""What words of restaurants change: the same phrases as the film model hears them, and as the one that ships does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.analysis.labels import LEVELS, SENTIMENTS
from pipeline.analysis.model import DOMAINS, Model, read_batch

PHRASES = (
    "불맛 미쳤다",
    "불맛이 나요",
    "불맛이 확 살아있어요",
    "웨이팅이 길어요",
    "웨이팅 한 시간",
    "완전 혜자",
    "혜자스러운 양",
    "창렬",
    "노맛",
    "존맛탱",
    "잡내가 전혀 안 나요",
    "안 짜고 좋아요",
    "고기가 질겨요",
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a phrase is taken for: sentiment and expected intensity, by ``DOMAINS``."""

    phrase: str
    sentiment: tuple[str, ...]
    intensity: tuple[float, ...]


def heard(model: Model, phrases: Sequence[str] = PHRASES) -> list[Heard]:
    """The phrases as the model hears them with what it knows of restaurants, and without."""
    read = [read_batch(model, phrases, domain) for domain in DOMAINS]
    labels = [[SENTIMENTS[row] for row in batch.sentiment.argmax(axis=1)] for batch in read]
    levels = [(batch.intensity @ range(1, LEVELS + 1)).tolist() for batch in read]
    return [Heard(*each) for each in zip(phrases, zip(*labels, strict=True), zip(*levels, strict=True), strict=True)]

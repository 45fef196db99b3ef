"""Small classifiers that really judge, by words and by letters, for tests that need several of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pipeline.analysis.labels import EMOTIONS, NO_EMOTION, SENTIMENTS
from pipeline.analysis.remarks import refused
from pipeline.types import Analysis, Opinion, Part, Unanalysed

FELT = tuple(name for name in EMOTIONS if name != NO_EMOTION)


def shares(key: str, count: int) -> list[float]:
    """Shares that sum to one and look like chance, but are the same for the same key."""
    raw = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:count]
    return [(byte + 1) / (sum(raw) + count) for byte in raw]


class HashJudge:
    """Says of each text something that only the text and the judge's name decide.

    ``fingerprint`` is what it gives itself, as a classifier does that is dear to ask.
    """

    def __init__(self, name: str, *, fails: str = "불능", fingerprint: str = "1") -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.asked = 0
        self._fails = fails

    def classify(self, texts: Sequence[str], *, aspects: bool = True) -> list[Analysis | Unanalysed]:
        self.asked += len(texts)
        return [refused(text, self.name) or self._one(text, aspects) for text in texts]

    def _one(self, text: str, aspects: bool) -> Analysis | Unanalysed:
        if self._fails in text:
            return Unanalysed(self.name, "unable", "모릅니다", "It can't")
        key = f"{self.name} {text}"
        emotions = dict(zip(FELT, shares(f"{key} e", len(FELT)), strict=True))
        felt = tuple(name for name in FELT if emotions[name] > 0.1) or (NO_EMOTION,)
        middle = len(text) // 2
        opinions = (Opinion("food", "positive", (0, max(1, middle)), 0.7), Opinion("food", "negative", (0, 1), 0.3))
        part = Part((0, len(text)), dict(zip(SENTIMENTS, shares(f"{key} p", 4), strict=True)), 3.0)
        return Analysis(
            classifier=self.name,
            sentiment=dict(zip(SENTIMENTS, shares(f"{key} s", 4), strict=True)),
            intensity=tuple(shares(f"{key} i", 5)),
            emotions=emotions,
            felt=felt,
            opinions=opinions if aspects else (),
            parts=(part,),
        )


class WordJudge:
    """Positive where one of its words stands, negative where not, and as sure as it is told."""

    def __init__(self, name: str, words: Sequence[str], sure: float = 0.9) -> None:
        self.name = name
        self._words = words
        self._sure = sure

    def classify(self, texts: Sequence[str], *, aspects: bool = True) -> list[Analysis | Unanalysed]:
        return [self._one(any(word in text for word in self._words)) for text in texts]

    def _one(self, good: bool) -> Analysis:
        side = self._sure if good else 1 - self._sure
        sentiment = {"positive": side, "neutral": 0.0, "negative": 1 - side, "mixed": 0.0}
        return Analysis(self.name, sentiment, (1 - side, 0.0, 0.0, 0.0, side))

"""A classifier that knows the answers: what people labelled, or what a test says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.types import Analysis, Opinion, Polarity, Sentiment, Unanalysed

DEMO = Path(__file__).parents[3] / "data" / "demo"
SENTIMENTS: tuple[Sentiment, ...] = ("positive", "neutral", "negative", "mixed")


class Oracle:
    """See Classifier. A text that it doesn't know is Unanalysed."""

    name = "oracle"
    fingerprint = "1"

    def __init__(self, known: Mapping[str, Analysis]) -> None:
        self._known = known
        self.asked: list[str] = []

    def classify(self, texts: Sequence[str], *, aspects: bool = True) -> list[Analysis | Unanalysed]:
        self.asked += texts
        unknown = Unanalysed(self.name, "unknown", "모르는 글", "unknown text")
        return [self._known.get(text, unknown) for text in texts]


def analysis(sentiment: Sentiment, level: int, opinions: Sequence[Opinion] = ()) -> Analysis:
    shares = {name: float(name == sentiment) for name in SENTIMENTS}
    levels = tuple(float(place == level) for place in range(1, 6))
    return Analysis("oracle", shares, levels, opinions=tuple(opinions))


def opinion(text: str, aspect: str, polarity: Polarity, quote: str) -> Opinion:
    start = text.index(quote)
    return Opinion(aspect, polarity, (start, start + len(quote)))


def demo_oracle() -> Oracle:
    known = {}
    for line in (DEMO / "reviews.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        labels = row["labels"]
        opinions = [Opinion(a["label"], a["polarity"], (a["start"], a["end"])) for a in labels["aspects"]]
        known[row["text"]] = analysis(labels["sentiment"], labels["intensity"], opinions)
    return Oracle(known)

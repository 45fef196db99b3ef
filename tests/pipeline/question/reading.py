"""Questions read as they are on their way, over a lexicon of three restaurants."""

from __future__ import annotations

import datetime

from pipeline.protocols import Tokenizer
from pipeline.question.aspects import about_aspects
from pipeline.question.lexicon import Lexicon
from pipeline.question.overview import about_everything
from pipeline.question.understanding import understand
from pipeline.types import Source, Understanding

TODAY = datetime.date(2026, 10, 1)
SOURCES = [
    Source("r1", restaurant="숯골갈비", category="고깃집", district="마포", price_band=2, rating=5, date="2026-01-02"),
    Source("r2", restaurant="연탄집", category="고깃집", district="마포", price_band=2, rating=1, date="2025-12-04"),
    Source("r3", restaurant="낙선옥", category="국밥", district="종로", price_band=1, rating=4, date="2025-12-31"),
]


def altogether(
    question: str, kiwi: Tokenizer, lexicon: Lexicon, previous: Understanding | None = None
) -> Understanding:
    """The understanding with aspects, and with what is asked of reviews altogether."""
    analysed = next(iter(kiwi.analyse([question])))
    found = understand(question, analysed, lexicon, today=TODAY, previous=previous)
    return about_everything(about_aspects(found, found.search_text), question)

"""Traces made by hand, for the tests of what the chat page draws."""

from __future__ import annotations

from dataclasses import replace

from pipeline.settings import Settings
from pipeline.types import (
    Answer,
    Chip,
    Citation,
    Passage,
    Question,
    ScoredPassage,
    Source,
    Trace,
    TraceState,
    Understanding,
)

TEXTS = (
    "지하 주차장 2시간 무료라 편했어요. 고기도 좋습니다.",
    "주차가 불편합니다. 골목이라 대기도 길어요.",
    "분위기는 조용하고 반찬이 정갈해요.",
    "그냥 그랬어요.",
)


def candidate(number: int, text: str, *, in_prompt: bool = True) -> ScoredPassage:
    source = Source(
        f"d{number}", 0, len(text), restaurant=f"식당{number}", district="마포", rating=4.0, date="2026-03-14"
    )
    scores = {
        "bm25": 9.0 - number,
        "vector": 0.5 - number / 10,
        "window": 3.0,
        "fused": 1 - number / 10,
        "rerank": -number / 2,
    }
    ranks = {"bm25": number, "vector": number + 2, "window": 1, "fused": number + 1, "rerank": number}
    return ScoredPassage(
        Passage(f"p{number}", text, source), number, scores, ranks, relevance=0.83, in_prompt=in_prompt
    )


def cited(trace: Trace, *places: int) -> Trace:
    """The trace with an answer made of the first sentence of the passages at those places (from 0)."""
    citations = []
    for place in places:
        text = trace.candidates[place].passage.text
        end = text.find(".") + 1 or len(text)
        citations.append(Citation(text[:end], trace.candidates[place].passage.id, 0, end))
    answer = Answer(" ".join(c.sentence for c in citations), tuple(citations), confidence=0.83)
    return replace(trace, answer=answer)


def make_trace(*texts: str, state: TraceState = "done", prompt: int = 3, id_: str = "abc123") -> Trace:
    texts = texts or TEXTS
    return Trace(
        id=id_,
        question=Question(id_, "마포에서 주차 편한 고깃집 있어?"),
        index="demo",
        settings=Settings().flat(),
        state=state,
        understanding=Understanding("주차 편한", (Chip("district:마포", "district", ("마포",), "지역 마포"),)),
        candidates=tuple(candidate(n, text, in_prompt=n <= prompt) for n, text in enumerate(texts, start=1)),
        timings_ms={
            "understand": 2.0,
            "bm25": 1.0,
            "vector": 3.0,
            "window": 1.0,
            "fuse": 1.0,
            "rerank": 4.0,
            "generate": 8.0,
            "total": 21.0,
        },
        created="2026-11-22T05:00:00.000+00:00",
    )

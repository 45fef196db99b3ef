"""Three restaurants, what their reviews say, and an oracle that knows it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.index import Index, current_folder
from pipeline.service import Home
from pipeline.types import Document, Polarity, Sentiment, Source
from tests.pipeline.corpora import build
from tests.pipeline.restaurants.oracle import Oracle, analysis, opinion

Said = tuple[str, Polarity, str]
Row = tuple[str, str, float, str, str, Sentiment, int, Sequence[Said]]

ROWS: Sequence[Row] = (
    ("길남국밥", "국밥", 5, "2026-09-01", "돼지국밥 국물이 진하고 시원해요. 직원도 친절해요.", "positive", 5,
     [("food", "positive", "국물이 진하고 시원해요"), ("service", "positive", "직원도 친절해요")]),
    ("길남국밥", "국밥", 4, "2026-08-01", "돼지국밥 국물이 진하고 좋습니다. 줄이 길어요.", "mixed", 4,
     [("food", "positive", "국물이 진하고 좋습니다"), ("waiting", "negative", "줄이 길어요")]),
    ("길남국밥", "국밥", 5, "2026-07-01", "직원이 정말 친절하시네요. 국물이 시원합니다.", "positive", 5,
     [("service", "positive", "직원이 정말 친절하시네요"), ("food", "positive", "국물이 시원합니다")]),
    ("길남국밥", "국밥", 2, "2025-09-01", "한 시간 기다렸어요. 웨이팅이 너무 길어요.", "negative", 2,
     [("waiting", "negative", "웨이팅이 너무 길어요")]),
    ("길남국밥", "국밥", 3, "2025-08-01", "열 시에 문을 엽니다.", "neutral", 3, []),
    ("순이국밥", "국밥", 5, "2026-06-01", "사장님이 친절해요. 또 올게요.", "positive", 5,
     [("service", "positive", "사장님이 친절해요")]),
    ("순이국밥", "국밥", 4, "2026-05-01", "직원 분이 친절했어요. 김치가 맛있어요.", "positive", 4,
     [("service", "positive", "직원 분이 친절했어요"), ("food", "positive", "김치가 맛있어요")]),
    ("순이국밥", "국밥", 2, "2026-04-01", "주차장이 없어서 힘들었어요.", "negative", 2,
     [("location", "negative", "주차장이 없어서 힘들었어요")]),
    ("바다횟집", "횟집", 5, "2026-03-01", "창밖으로 바다가 보여요. 회가 싱싱해요.", "positive", 5,
     [("ambience", "positive", "창밖으로 바다가 보여요"), ("food", "positive", "회가 싱싱해요")]),
    ("바다횟집", "횟집", 4, "2026-02-01", "노을 뷰가 끝내줘요.", "positive", 5,
     [("ambience", "positive", "노을 뷰가 끝내줘요")]),
)  # fmt: skip


def documents(rows: Sequence[Row] = ROWS) -> list[Document]:
    """The rows as documents ``r1``, ``r2``, …"""
    return [
        Document(text, Source(f"r{n}", 0, len(text), "", name, category, "마포", None, rating, date))
        for n, (name, category, rating, date, text, *_) in enumerate(rows, start=1)
    ]


def oracle(rows: Sequence[Row] = ROWS) -> Oracle:
    return Oracle(
        {
            text: analysis(sentiment, level, [opinion(text, *said) for said in opinions])
            for _, _, _, _, text, sentiment, level, opinions in rows
        }
    )


def make_index(folder: Path, rows: Sequence[Row] = ROWS) -> Index:
    home = Home(folder)
    build(home, documents(rows), name="small")
    return Index(current_folder(home.indexes, "small"))

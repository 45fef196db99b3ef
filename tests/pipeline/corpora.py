"""A small corpus of restaurants, and indexes built from it, for tests that need the whole pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.config import with_overrides
from pipeline.index import Manifest
from pipeline.indexing import Job, build_index
from pipeline.service import Home
from pipeline.settings import Settings
from pipeline.types import Document, Reject, Source

PLACES = {
    "숯골갈비": ("고깃집", "마포"),
    "연탄집": ("고깃집", "광주 동구"),
    "바다횟집": ("횟집", "해운대"),
}
REVIEWS = (
    ("숯골갈비", 5, "2026-03-14", "건물 지하에 주차 2시간 무료라 편했어요. 갈비가 부드럽고 불맛이 좋아요."),
    ("숯골갈비", 2, "2026-05-02", "웨이팅이 한 시간이나 됐어요. 직원이 불러도 오질 않네요."),
    ("숯골갈비", 4, "2026-06-20", "냉면은 그냥 그런데 돼지갈비 17,000원에 이 정도면 만족합니다."),
    ("연탄집", 1, "2026-01-08", "주차장이 없어서 골목을 세 바퀴 돌았습니다. 주차는 포기하세요."),
    ("연탄집", 5, "2026-02-11", "연탄불에 구운 삼겹살 최고예요 ㅎㅎ 사장님이 친절하세요."),
    ("연탄집", 3, "2026-07-30", "맛은 있는데 옷에 냄새가 너무 배요. 환기가 안 됩니다."),
    ("바다횟집", 4, "2025-12-24", "오션뷰라 데이트하기 좋아요. 창가 자리는 예약해야 앉을 수 있어요."),
    ("바다횟집", 2, "2026-04-17", "모둠회 대자 9만원인데 양이 적어요. 매운탕은 별도 만원."),
    ("바다횟집", 5, "2026-08-05", "아이 의자가 있고 놀이방도 있어서 아이랑 가기 편했어요."),
)


def documents(reviews: Sequence[tuple[str, float, str, str]] = REVIEWS) -> list[Document]:
    """The reviews as documents ``r1``, ``r2``, …"""
    return [
        Document(text, Source(f"r{n}", 0, len(text), "", name, *PLACES[name], None, rating, date))
        for n, (name, rating, date, text) in enumerate(reviews, start=1)
    ]


def flip(path: Path, place: int) -> None:
    """Change one bit of a file, as a disk does that lies."""
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def build(
    home: Home,
    stream: Sequence[Document | Reject] | None = None,
    *,
    name: str = "small",
    analysers: tuple[str, ...] = ("kiwi",),
    **overrides: str,
) -> Manifest:
    """Build an index of the corpus, or of other documents, in a home."""
    settings = with_overrides(Settings(), {key.replace("__", "."): v for key, v in overrides.items()}, indexing=True)
    job = Job(home.indexes, name, settings, analysers, home.cache, ({"file": name},))
    return build_index(job, documents() if stream is None else stream)

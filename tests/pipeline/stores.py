"""Small stores made from texts, for tests that need what an index holds and not an index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.passages import PassageStore, PassageWriter
from pipeline.protocols import Tokenizer
from pipeline.termstore import TermStore, TermStoreWriter
from pipeline.types import Passage, Source

REVIEWS = (
    "건물 지하에 주차 2시간 무료라 편했어요. 갈비가 부드럽고 불맛이 좋아요.",
    "웨이팅이 한 시간이나 됐는데 직원분이 친절해서 기다릴 만했어요 ㅎㅎ",
    "주차장이 좁아서 발렛을 맡겨야 해요. 주차비는 3천원!",
    "분위기 좋고 조용해서 데이트하기 딱이에요. 와인 콜키지는 2만원입니다.",
    "ㅋㅋㅋㅋ",
    "냉면이 너무 짜요... 다시는 안 갑니다. 사장님이 불친절하네요.",
)


def make_stores(folder: Path, tokenizer: Tokenizer, texts: Sequence[str] = REVIEWS) -> tuple[PassageStore, TermStore]:
    """A passage store and a term store of the texts; ids are ``p0``, ``p1``, …"""
    folder.mkdir(parents=True, exist_ok=True)
    passages, terms = PassageWriter(folder / "passages.arrow"), TermStoreWriter()
    for number, analysed in enumerate(tokenizer.analyse(texts)):
        source = Source(
            f"p{number}", 0, len(analysed.text), restaurant=f"가게{number % 2}", date=f"2026-0{number + 1}-01"
        )
        passages.add(Passage(f"p{number}", analysed.text, source), analysed.sentences)
        terms.add(analysed)
    passages.close()
    return PassageStore(folder / "passages.arrow"), terms.write(folder / "terms")

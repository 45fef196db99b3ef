"""A handful of reviews as the parts that answering needs, without an index on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline import backends
from pipeline.evidence.calibration import candidates_of
from pipeline.passages import PassageStore, PassageWriter
from pipeline.protocols import Retriever, Tokenizer
from pipeline.settings import Settings
from pipeline.terms import make_query
from pipeline.termstore import TermStore, TermStoreWriter
from pipeline.types import Passage, Query, ScoredPassage, Source

REVIEWS: Sequence[tuple[str, str]] = (
    ("숯골갈비", "건물 지하에 주차 2시간 무료라 편했어요. 갈비가 부드럽고 불맛이 좋아요."),
    ("숯골갈비", "웨이팅이 너무 길어서 한 시간이나 기다렸어요. 그래도 직원분이 친절해요."),
    ("숯골갈비", "평일에 갔더니 웨이팅은 없었어요. 바로 앉아서 먹었네요."),
    ("숯골갈비", "콜키지는 병당 2만원입니다. 잔도 내주세요."),
    ("연탄집", "주차장이 좁아서 발렛을 맡겨야 해요. 주차비는 3천원!"),
    ("연탄집", "웨이팅이 길어요 ㅠㅠ 앞에 스무 팀 있었음. 고기는 맛있어요."),
    ("연탄집", "웨이팅이 길어요 ㅠㅠ 앞에 서른 팀 있었음. 볶음밥은 꼭 드세요."),
    ("연탄집", "ㅋㅋㅋㅋ"),
    ("연탄집", "불판을 자주 갈아줘서 좋았어요. 된장찌개가 구수합니다."),
    ("숯골갈비", "냉면이 너무 짜요. 육수는 시원했어요."),
)


@dataclass(frozen=True, slots=True)
class Reviews:
    """The reviews as stores and retrievers."""

    passages: PassageStore
    terms: TermStore
    retrievers: dict[str, Retriever]
    tokenizer: Tokenizer

    def query(self, text: str) -> Query:
        """A question, analysed."""
        return make_query(next(iter(self.tokenizer.analyse([text]))))

    def candidates(self, query: Query, prompt: int = 5) -> list[ScoredPassage]:
        """Every review in the order of the fused score, the first ``prompt`` of them in the prompt."""
        scores = {name: np.array(retriever.score(query)) for name, retriever in self.retrievers.items()}
        found = candidates_of(scores, self.passages)
        return [replace(c, in_prompt=i < prompt) for i, c in enumerate(found)]


def make_reviews(folder: Path, tokenizer: Tokenizer, reviews: Sequence[tuple[str, str]] = REVIEWS) -> Reviews:
    """Index ``(restaurant, text)`` pairs; ids are ``r0``, ``r1``, …"""
    writer, terms = PassageWriter(folder / "passages.arrow"), TermStoreWriter()
    for number, analysed in enumerate(tokenizer.analyse(text for _, text in reviews)):
        source = Source(f"r{number}", 0, len(analysed.text), restaurant=reviews[number][0])
        writer.add(Passage(f"r{number}", analysed.text, source), analysed.sentences)
        terms.add(analysed)
    writer.close()
    passages, store = PassageStore(folder / "passages.arrow"), terms.write(folder / "terms")
    bm25s, vector, lsa = (
        backends.load("retriever", "bm25s"), backends.load("retriever", "vector"), backends.load("encoder", "lsa")
    )  # fmt: skip
    windows = [(row, start, end) for row in range(len(passages)) for start, end in passages.sentences(row)]
    bm25s.build(store, folder / "bm25", k1=1.2, b=0.75)
    bm25s.build(store, folder / "windows", k1=1.2, b=0.4, windows=windows)
    vectors = lsa.learn(store, folder / "lsa", dimensions=8)
    retrievers = {
        "bm25": bm25s.load(store, folder / "bm25"),
        "window": bm25s.load(store, folder / "windows"),
        "vector": vector.load(lsa.load(folder / "lsa", Settings()), vectors),
    }
    return Reviews(passages, store, retrievers, tokenizer)

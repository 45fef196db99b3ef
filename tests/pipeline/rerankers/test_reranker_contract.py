"""What every reranker keeps, and what the two of the embedded profile do."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline import backends
from pipeline.errors.machine import BackendUnavailable
from pipeline.passages import PassageStore
from pipeline.protocols import Reranker, Tokenizer
from pipeline.rerankers.linear import WEIGHTS, read_weights
from pipeline.settings import Settings
from pipeline.terms import make_query
from pipeline.termstore import TermStore
from pipeline.types import Query, ScoredPassage
from tests.pipeline.stores import REVIEWS, make_stores

EMBEDDED = ("linear", "none")

Stores = tuple[PassageStore, TermStore]
Ask = Callable[[str], Query]


@pytest.fixture(scope="module")
def stores(kiwi: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Stores:
    return make_stores(tmp_path_factory.mktemp("stores"), kiwi)


@pytest.fixture(scope="module")
def ask(kiwi: Tokenizer) -> Ask:
    return lambda text: make_query(next(iter(kiwi.analyse([text]))))


def retrieved(passages: PassageStore) -> list[ScoredPassage]:
    """Every passage as a candidate; a retriever that could not tell them apart gave the scores."""
    even = {"bm25": 1.0, "vector": 0.2, "window": 1.0, "fused": 0.5}
    return [ScoredPassage(passage, row, even) for row, passage in enumerate(passages)]


@pytest.fixture(scope="module", params=backends.available("reranker"))
def reranker(request: pytest.FixtureRequest, stores: Stores) -> Reranker:
    """Every backend of the folder; one that needs what this machine hasn't says so and is skipped."""
    try:
        loaded: Reranker = backends.load("reranker", request.param).load(*stores, None, Settings())
    except BackendUnavailable as error:
        if request.param in EMBEDDED:
            raise
        pytest.skip(str(error))
    return loaded


class TestEveryReranker:
    def test_one_result_for_each_candidate(self, reranker: Reranker, stores: Stores, ask: Ask) -> None:
        judged = reranker.rerank(ask("주차 무료인가요?"), retrieved(stores[0]))
        assert len(judged) == len(REVIEWS)
        for score, relevance in judged:
            assert math.isfinite(score)
            assert relevance is None or 0 <= relevance <= 1

    def test_no_candidates(self, reranker: Reranker, ask: Ask) -> None:
        assert reranker.rerank(ask("주차 무료인가요?"), []) == []

    @pytest.mark.parametrize("text", ["ㅋㅋ", "qzx", "?", "주차 " * 200])
    def test_questions_without_known_words_or_with_many(
        self, reranker: Reranker, stores: Stores, ask: Ask, text: str
    ) -> None:
        judged = reranker.rerank(ask(text), retrieved(stores[0]))
        assert all(math.isfinite(score) for score, _ in judged)

    def test_the_same_again(self, reranker: Reranker, stores: Stores, ask: Ask) -> None:
        query, candidates = ask("와인 콜키지 얼마예요"), retrieved(stores[0])
        assert reranker.rerank(query, candidates) == reranker.rerank(query, candidates)

    def test_the_order_of_the_candidates_does_not_matter(self, reranker: Reranker, stores: Stores, ask: Ask) -> None:
        query, candidates = ask("와인 콜키지 얼마예요"), retrieved(stores[0])
        forwards, backwards = reranker.rerank(query, candidates), reranker.rerank(query, candidates[::-1])
        for (score, relevance), (same_score, same_relevance) in zip(forwards, backwards[::-1], strict=True):
            assert score == pytest.approx(same_score, abs=1e-4)
            assert relevance == (None if same_relevance is None else pytest.approx(same_relevance, abs=1e-3))


class TestNone:
    def test_it_changes_nothing(self, stores: Stores, ask: Ask) -> None:
        candidates = [ScoredPassage(p, row, {"fused": 1 / (1 + row)}) for row, p in enumerate(stores[0])]
        judged = backends.load("reranker", "none").load(*stores, None, Settings()).rerank(ask("주차"), candidates)
        assert judged == [(c.scores["fused"], None) for c in candidates]


class TestLinear:
    @pytest.mark.parametrize(
        ("question", "answer"),
        [
            ("주차 몇 시간 무료예요?", 0),
            ("웨이팅 한 시간 걸려요?", 1),
            ("발렛 돼요?", 2),
            ("와인 콜키지 얼마예요", 3),
            ("냉면 짠가요", 5),
        ],
    )
    def test_it_finds_what_the_retriever_did_not(self, stores: Stores, ask: Ask, question: str, answer: int) -> None:
        judged = (
            backends.load("reranker", "linear")
            .load(*stores, None, Settings())
            .rerank(ask(question), retrieved(stores[0]))
        )
        assert max(range(len(judged)), key=lambda i: judged[i][0]) == answer
        assert max(range(len(judged)), key=lambda i: judged[i][1]) == answer

    def test_what_is_asked_for_is_likelier_than_what_is_not_there(self, stores: Stores, ask: Ask) -> None:
        linear, candidates = backends.load("reranker", "linear").load(*stores, None, Settings()), retrieved(stores[0])
        present = max(p for _, p in linear.rerank(ask("와인 콜키지 얼마예요"), candidates))
        absent = max(p for _, p in linear.rerank(ask("와이파이 비밀번호 알려줘"), candidates))
        assert present > 2 * absent

    def test_a_boost_moves_the_score_and_not_the_relevance(self, stores: Stores, ask: Ask) -> None:
        linear, candidates = backends.load("reranker", "linear").load(*stores, None, Settings()), retrieved(stores[0])
        boosted = [candidates[0].scored("boost", 0.1, 1), *candidates[1:]]
        boosted[0] = ScoredPassage(boosted[0].passage, 0, {**boosted[0].scores, "fused": 0.6})
        plain, moved = linear.rerank(ask("냉면 짠가요"), candidates), linear.rerank(ask("냉면 짠가요"), boosted)
        assert moved[0][0] == pytest.approx(plain[0][0] + 0.1, abs=1e-5)
        assert moved[0][1] == pytest.approx(plain[0][1], abs=1e-5)


class TestWeights:
    def shipped(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
        return value

    def test_the_shipped_ones_are_shares(self) -> None:
        assert float(read_weights(WEIGHTS).features.sum()) == pytest.approx(1, abs=1e-3)

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(BackendUnavailable, match="reranker=none"):
            read_weights(tmp_path / "weights.json")

    @pytest.mark.parametrize(
        "spoil",
        [
            {"version": 0},
            {"features": {}},
            {"relevance": {"weights": {}, "intercept": 0}},
            {"relevance": None},
        ],
    )
    def test_bad(self, tmp_path: Path, spoil: Mapping[str, object]) -> None:
        path = tmp_path / "weights.json"
        path.write_text(json.dumps({**self.shipped(), **spoil}), encoding="utf-8")
        with pytest.raises(BackendUnavailable):
            read_weights(path)

    @pytest.mark.parametrize("weight", [-0.1, math.nan, math.inf, "x"])
    def test_a_weight_that_is_none(self, tmp_path: Path, weight: object) -> None:
        value = self.shipped()
        value["features"]["bm25"] = weight
        path = tmp_path / "weights.json"
        path.write_text(json.dumps(value), encoding="utf-8")
        with pytest.raises(BackendUnavailable):
            read_weights(path)

    def test_not_json(self, tmp_path: Path) -> None:
        (tmp_path / "weights.json").write_text("{", encoding="utf-8")
        with pytest.raises(BackendUnavailable):
            read_weights(tmp_path / "weights.json")

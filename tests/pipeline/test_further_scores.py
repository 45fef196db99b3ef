"""Sparse and ColBERT scores: how they are kept, and what they do to a question's way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.encoders import lsa
from pipeline.errors.evaluation import ScoresNotStored
from pipeline.errors.indexes import IndexDamaged, ScoresNotIndexed
from pipeline.evaluation.refusion import best_gold_rank, fused, stack
from pipeline.evaluation.replay import Changes, replay
from pipeline.evaluation.runs import execute
from pipeline.evaluation.summary import gold_ranks
from pipeline.evaluation.sweep import grid, parse_grid, sweep
from pipeline.fusion import extremes, fuse, min_max
from pipeline.neural import multivectors
from pipeline.neural.multivectors import Multivectors, MultivectorWriter
from pipeline.neural.postings import Postings, PostingsWriter
from pipeline.neural.threefold import Threefold
from pipeline.retrievers import bge_colbert, bge_sparse
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.trace_json import from_json, to_json
from pipeline.types import AnalysedText, Query, Trace
from tests.pipeline import letters
from tests.pipeline.corpora import build
from tests.pipeline.evaluation.questions import SAMPLES

ENCODER = "kiwi/encoder"
QUESTIONS = ("숯골갈비 주차 무료예요?", "아이랑 가기 편한 곳은?", "최근 후기 알려줘", "웨이팅 긴 집은?")
BOTH = {"fusion.sparse": 0.3, "fusion.colbert": 0.4}
TOKENS = st.dictionaries(st.integers(0, 40), st.floats(0.125, 4, width=16), max_size=12)
VECTORS = st.lists(st.lists(st.floats(-2, 2, width=16), min_size=3, max_size=3), max_size=6)


def query(text: str) -> Query:
    return Query(AnalysedText(text, ()), ())


# Kept


def arrays(weights: dict[int, float]) -> tuple[Any, Any]:
    return np.array(sorted(weights), np.int32), np.array([weights[token] for token in sorted(weights)], np.float32)


@given(st.lists(TOKENS, max_size=8), TOKENS)
def test_postings_give_the_dot_products(passages: list[dict[int, float]], asked: dict[int, float]) -> None:
    writer = PostingsWriter()
    for weights in passages:
        writer.add(*arrays(weights))
    with fresh() as folder:
        writer.write(folder)
        found = Postings(folder, len(passages)).score(*arrays(asked))
    expected = [sum(weight * weights.get(token, 0) for token, weight in asked.items()) for weights in passages]
    assert found == pytest.approx(expected, abs=1e-4)


@given(st.lists(VECTORS, max_size=8), VECTORS, st.integers(1, 9), st.data())
def test_multivectors_give_the_mean_of_the_best(
    passages: list[list[list[float]]], asked: list[list[float]], block: int, data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.integers(0, len(passages) - 1))) if passages else []
    with fresh() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(multivectors, "BLOCK", block)
        with MultivectorWriter(folder, 3) as writer:
            for each in passages:
                writer.add(np.array(each, np.float32).reshape(-1, 3))
        question = np.array(asked, np.float32).reshape(-1, 3)
        found = Multivectors(folder).score_rows(question, np.array(rows, np.int64))
    expected = [
        np.mean([max(np.dot(one, other) for other in passages[row]) for one in asked]) if asked and passages[row] else 0
        for row in rows
    ]
    assert found == pytest.approx(expected, abs=1e-4)


class fresh:  # noqa: N801 - a fixture that hypothesis may enter again and again
    """A path at which nothing is, removed afterwards."""

    def __enter__(self) -> Path:
        import tempfile

        self._folder = tempfile.TemporaryDirectory()
        return Path(self._folder.name) / "new"

    def __exit__(self, *rest: object) -> None:
        self._folder.cleanup()


# Scored


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an index whose encoder, beside its own vectors, left the scores of letters."""
    home = Home(tmp_path_factory.mktemp("built"))
    build(home)
    service = Service(home, Settings())
    index, scratch = service.index("small"), home.root / "scratch"
    letters.write(index.passages, scratch)
    for name in ("sparse", "colbert"):
        (scratch / name).rename(index.folder / ENCODER / name)
    service.close()
    return home.root


@pytest.fixture
def service(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A service over a copy of it."""
    shared = letters.encoder()

    class Both(lsa.LsaEncoder):
        def read(self, asked: Query) -> Threefold:
            return shared.read(asked)

    monkeypatch.setattr(lsa, "load", lambda folder, settings: Both(folder))
    made = Service(Home(shutil.copytree(built, tmp_path / "home")), Settings())
    yield made
    made.close()


def asked(service: Service, question: str, **overrides: object) -> Trace:
    settings = {name.replace("__", "."): value for name, value in overrides.items()}
    *_, trace = service.ask(Request(question, "small", settings, keep=False))
    return from_json(to_json(trace))


def timeless(trace: Trace) -> str:
    """All of a trace but its name, its time and what took how long."""
    value = to_json(replace(trace, timings_ms={}, created="", id="", versions={}))
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("question", QUESTIONS)
def test_without_a_share_every_trace_is_as_without_the_scores(service: Service, question: str) -> None:
    before = asked(service, question)
    assert "sparse" not in before.timings_ms
    for name in ("sparse", "colbert"):
        folder = service.index("small").folder / ENCODER / name
        folder.rename(folder.with_name(f"{name}.away"))
    plain = Service(service.home, Settings())
    assert timeless(asked(plain, question)) == timeless(before)
    plain.close()


@pytest.mark.parametrize("question", QUESTIONS)
def test_with_a_share_they_are_stages_of_their_own(service: Service, question: str) -> None:
    trace = asked(service, question, **BOTH)
    assert trace.understanding is not None
    text, folder = trace.understanding.search_text, service.index("small").folder / ENCODER
    sparse = bge_sparse.load(letters.encoder(), folder / "sparse").score(query(text))
    colbert = bge_colbert.load(letters.encoder(), folder / "colbert").score(query(text))
    assert trace.candidates
    for candidate in trace.candidates:
        assert candidate.scores["sparse"] == pytest.approx(sparse[candidate.row], abs=1e-5)
        assert candidate.scores["colbert"] == pytest.approx(colbert[candidate.row], abs=1e-5)
        assert candidate.ranks["colbert"] == 1 + sum(
            other.scores["colbert"] > candidate.scores["colbert"] for other in trace.candidates
        )
        for name in ("sparse", "colbert"):
            assert trace.extremes[name][0] <= candidate.scores[name] <= trace.extremes[name][1]
    assert {"sparse", "colbert"} <= trace.timings_ms.keys()
    order = [candidate.scores["fused"] for candidate in trace.candidates if "rerank" not in candidate.ranks]
    assert order == sorted(order, reverse=True)


def test_the_fused_score_is_the_shares_of_all_of_them(service: Service) -> None:
    trace = asked(service, "갈비 맛있는 곳", fusion__concept=0, **BOTH)
    stages = {
        name: np.array([candidate.scores[name] for candidate in trace.candidates], np.float32)
        for name in ("bm25", "vector", "window", "sparse", "colbert")
    }
    for name, values in stages.items():
        assert trace.extremes[name] == pytest.approx(extremes(values))  # all nine reviews are candidates
    settings = service.rag("small", BOTH).settings.fusion
    expected = fuse(stages, settings)
    assert [candidate.scores["fused"] for candidate in trace.candidates] == pytest.approx(expected.tolist(), abs=1e-6)
    alone = asked(service, "갈비 맛있는 곳", fusion__concept=0, fusion__colbert=1)
    turned = np.array([candidate.scores["colbert"] for candidate in alone.candidates], np.float32)
    expected = min_max(turned, *extremes(turned))
    assert [candidate.scores["fused"] for candidate in alone.candidates] == pytest.approx(expected.tolist(), abs=1e-6)


def test_sparse_brings_candidates_and_colbert_only_looks_at_them(service: Service) -> None:
    question = "의자"
    few = {"retrieval.depth": 1, "fusion.concept": 0}
    without, sparse, colbert = (
        {candidate.row for candidate in asked(service, question, **few, **more).candidates}
        for more in ({}, {"fusion.sparse": 0.5}, {"fusion.colbert": 0.5})
    )
    folder = service.index("small").folder / ENCODER / "sparse"
    best = int(np.argmax(bge_sparse.load(letters.encoder(), folder).score(query(question))))
    assert sparse == without | {best}
    assert colbert == without


def test_a_question_is_read_once_for_all_retrievers(service: Service) -> None:
    letters.read.clear()
    asked(service, "갈비 맛있는 곳", **BOTH)
    assert letters.read == ["갈비 맛있는 곳"]


def test_many_questions_are_read_together_and_each_once() -> None:
    reader, texts = letters.reader(), [f"질문 {number}" for number in range(90)]
    letters.read.clear()
    vectors = reader.questions([*texts, texts[0]])
    assert vectors.shape == (91, letters.WIDTH)
    assert np.array_equal(vectors[0], vectors[90])
    assert sorted(letters.read) == sorted(texts)
    assert np.array_equal(reader.question(texts[0]).dense, vectors[0])
    reader.question(texts[89])
    assert len(letters.read) == 91  # the last are kept, the first is read again


def test_a_question_of_nothing_scores_nothing() -> None:
    told = letters.encoder().read(query("?!"))
    assert not told.dense.any()
    assert len(told.tokens) == len(told.weights) == len(told.vectors) == 0


@pytest.mark.parametrize("stage", ["sparse", "colbert"])
def test_an_index_without_them_says_how_to_make_one_with(tmp_path: Path, stage: str) -> None:
    home = Home(tmp_path)
    build(home)
    service = Service(home, Settings())
    with pytest.raises(ScoresNotIndexed, match=r"models\.scores=dense") as told:
        service.ask(Request("주차", "small", {f"fusion.{stage}": 0.2}))
    assert f"fusion.{stage}이(가) 0.2" in told.value.korean
    service.close()


@pytest.mark.parametrize("file", ["sparse/rows.npy", "sparse/tokens.npy", "colbert/vectors.bin", "colbert/size.json"])
@pytest.mark.parametrize("left", [0, 100])
def test_damaged_scores_are_a_damaged_index(service: Service, file: str, left: int) -> None:
    path = service.index("small").folder / ENCODER / file
    path.write_bytes(path.read_bytes()[:left] if file != "colbert/size.json" else b"{" * left)
    with pytest.raises(IndexDamaged, match=ENCODER):
        service.ask(Request("주차", "small", BOTH))


def test_the_xray_shows_colbert_of_candidates_alone(service: Service) -> None:
    few = {"retrieval.depth": 1, "fusion.concept": 0, **BOTH}
    inside = {candidate.passage.id for candidate in asked(service, "의자", **few).candidates}
    for number in range(1, 10):
        found = service.explain(Request("의자", "small", few), f"r{number}")
        assert "sparse" in found.scores
        assert ("colbert" in found.scores) == (f"r{number}" in inside)
        assert found.scores.keys() == found.ranks.keys()
        assert any("희소" in why and "모두 후보 1개" in why for why in found.why) == (f"r{number}" not in inside)


# Gone through again


CHANGES: tuple[dict[str, object], ...] = (
    {},
    {"fusion.sparse": 0.9},
    {"fusion.sparse": 0},
    {"fusion.colbert": 1},
    {"fusion.colbert": 0},
    {"fusion.sparse": 0, "fusion.colbert": 0},
    {"fusion.method": "rrf"},
    {"fusion.weight": 1, "fusion.window": 0},
    {"retrieval.depth": 2},
    {"retrieval.depth": 2, "fusion.method": "rrf"},
    {"retrieval.depth": 2, "fusion.sparse": 0},
)


@pytest.mark.parametrize("changes", CHANGES, ids=str)
@pytest.mark.parametrize("question", [QUESTIONS[0], QUESTIONS[1], "사장님 친절하고 냉면 맛있는 곳은?"])
def test_a_replay_equals_asking_again(service: Service, question: str, changes: dict[str, object]) -> None:
    fresh = asked(service, question, **{**BOTH, **changes})
    found = replay(service, asked(service, question, **BOTH), Changes(changes))
    assert "retrieval" not in found.redone
    assert [c.passage.id for c in found.after.candidates] == [c.passage.id for c in fresh.candidates]
    for mine, real in zip(found.after.candidates, fresh.candidates, strict=True):
        assert mine.scores == pytest.approx(dict(real.scores), abs=2e-6)
        assert mine.in_prompt == real.in_prompt


def test_a_score_that_was_not_stored_is_searched_for(service: Service) -> None:
    for share in BOTH:
        assert replay(service, asked(service, QUESTIONS[0]), Changes({share: 0.2})).redone[0] == "retrieval"


def test_a_sweep_over_the_shares_says_what_a_run_would_have_said(service: Service, tmp_path: Path) -> None:
    request = Request("", "small", BOTH, keep=False)
    (tmp_path / "stored").mkdir()
    records = execute(service, tmp_path / "stored", SAMPLES, request)
    stored = stack(records)
    for number, changes in enumerate(CHANGES):
        overrides = {**BOTH, "reranker": "none", **changes}
        settings = service.rag("small", overrides).settings
        scores = fused(stored, settings.fusion, settings.retrieval.depth)
        found = best_gold_rank(stored, scores, settings)
        folder = tmp_path / str(number)
        folder.mkdir()
        real = execute(service, folder, SAMPLES, replace(request, overrides=overrides))
        assert found.tolist() == [min(gold_ranks(record, "final"), default=0) for record in real], changes
        for record, again, row in zip(records, real, scores, strict=True):
            known = dict(zip(record.candidates.id, row.tolist(), strict=False))
            order = np.array([known[id_] for id_ in again.candidates.id])
            assert np.isfinite(order).all()
            assert (np.diff(order) <= 2e-6).all(), changes
    settings = service.rag("small", BOTH).settings
    tried = sweep(records, settings, grid(dict([parse_grid("fusion.sparse=0:1:.5"), parse_grid("fusion.colbert=0,1")])))
    assert len(tried.tried) == 6
    assert tried.questions == sum(bool(sample.passage_ids) for sample in SAMPLES)


@pytest.mark.parametrize("stage", ["sparse", "colbert"])
def test_a_sweep_needs_the_scores(service: Service, tmp_path: Path, stage: str) -> None:
    (tmp_path / "run").mkdir()
    records = execute(service, tmp_path / "run", SAMPLES[:2], Request("", "small", keep=False))
    with pytest.raises(ScoresNotStored, match=f"fusion.{stage}"):
        sweep(records, Settings(), grid(dict([parse_grid(f"fusion.{stage}=0,0.5")])))
    assert sweep(records, Settings(), grid(dict([parse_grid(f"fusion.{stage}=0,0")]))).questions == 2

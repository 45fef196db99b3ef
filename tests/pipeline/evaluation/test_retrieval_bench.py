"""The retrieval benchmark: that it measures the pipeline itself, and that its peers do the same work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.config import load_profile
from pipeline.corpus.reader import read_samples
from pipeline.evaluation.retrieval_bench import (
    Ranked,
    bench_answers,
    bench_peers,
    bench_retrieval,
    benchmark_service,
    fusing_only,
    quality,
    search_only,
)
from pipeline.service import Service
from pipeline.types import Question, Sample
from tests.pipeline.evaluation.squad import write_squad


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_squad(tmp_path_factory.mktemp("squad"))


@pytest.fixture(scope="module")
def samples(data: Path) -> list[Sample]:
    return read_samples(data, "squad")


@pytest.fixture(scope="module")
def service(data: Path) -> Iterator[Service]:
    with benchmark_service(data, "squad", load_profile()) as made:
        yield made


def test_every_stage_is_measured_and_finds_what_is_asked_for(service: Service, samples: Sequence[Sample]) -> None:
    seen: list[int] = []
    report = bench_retrieval(service, samples, lambda what, done: seen.append(done))
    assert (report.passages, report.questions) == (4, 4)
    assert seen == [1, 2, 3, 4]
    assert list(report.quality) == ["bm25", "vector", "window", "fused", "rerank"]  # and none that isn't there
    for stage in ("bm25", "window", "fused", "rerank"):
        assert report.quality[stage].mrr10 == report.quality[stage].recall[1] == 1
    assert {"understand", "bm25", "vector", "window", "fuse", "rerank", "generate", "total"} <= report.timings.keys()
    assert all(0 < timing.p50 <= timing.p95 for timing in report.timings.values())


def test_a_stage_that_ranks_the_right_passage_lower_scores_less(samples: Sequence[Sample]) -> None:
    right = frozenset(samples[0].passage_ids)
    pairs: list[Ranked] = [(["x", *right], right), ([*right], right)]
    found = quality(pairs)
    assert found.mrr10 == pytest.approx(0.75)
    assert (found.recall[1], found.recall[5]) == (0.5, 1)


def test_answers_are_asked_with_and_without_the_right_passage(service: Service, samples: Sequence[Sample]) -> None:
    answers = bench_answers(service, samples)
    assert answers.best_sentence == answers.best_two == 1
    assert answers.abstention_auroc == 1  # what is nowhere else is missed when it is taken out
    nowhere = [Sample(Question("n", "조선의 도읍은 어디인가?"), "파리", samples[0].passage_ids)]
    assert bench_answers(service, nowhere).best_two == 0


def test_what_is_compared_with_peers_is_the_pipelines_own_order(service: Service, samples: Sequence[Sample]) -> None:
    whole, bare = search_only(service), fusing_only(service)
    for sample in samples:
        assert bare(sample.question.text) == whole(sample.question.text)


def test_every_peer_is_asked_every_question_in_turn(samples: Sequence[Sample]) -> None:
    asked: list[str] = []

    def peer(name: str, found: Sequence[str]) -> Callable[[str], list[str]]:
        def ask(question: str) -> list[str]:
            asked.append(f"{name} {question}")
            return list(found)

        return ask

    right = samples[0].passage_ids
    found = bench_peers({"a": peer("a", right), "b": peer("b", ["x"])}, samples[:1] * 2)
    question = samples[0].question.text
    assert asked == [f"a {question}", f"b {question}"] * 2
    assert (found["a"][0].mrr10, found["b"][0].mrr10) == (1, 0)
    assert json.dumps([found["a"][1].p50, found["a"][1].p95])

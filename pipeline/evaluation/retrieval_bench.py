"""Benchmark of retrieval: every question of a set through the real pipeline, quality and time of each stage."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Settings, with_overrides
from pipeline.corpus import read_corpus, read_samples
from pipeline.evaluation.metrics import ndcg, percentile, recall, reciprocal_rank
from pipeline.indexing import Job, build_index
from pipeline.service import Home, Request, Service
from pipeline.types import Sample, Trace

RECALLS = (1, 5, 10, 50)
RANKERS = ("bm25", "vector", "window", "fused", "rerank")


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over the questions that have a right passage."""

    questions: int
    mrr10: float
    ndcg10: float
    recall: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of a stage over all questions."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """What ``hansang bench retrieval`` prints. ``reading`` is the share of questions whose best one and best two cited
    sentences hold the answer, where the set has answers as spans.
    """

    passages: int
    quality: Mapping[str, Quality]
    timings: Mapping[str, Timing]


@contextmanager
def benchmark_service(path: Path, form: str, settings: Settings) -> Iterator[Service]:
    """A service over an index of the benchmark's documents, in a folder that is removed afterwards.

    Documents are passages as they are: a benchmark's judgements speak of documents.
    """
    whole = with_overrides(settings, {"indexing.passage_chars": "20000"}, indexing=True)
    with tempfile.TemporaryDirectory(prefix="hansang-bench-") as folder:
        home = Home(Path(folder))
        job = Job(home.indexes, "bench", whole, tuple(dict.fromkeys(("kiwi", settings.tokenizer))), home.cache)
        build_index(job, read_corpus([path], format=form))
        service = Service(home, whole)
        try:
            yield service
        finally:
            service.close()


def bench_retrieval(
    service: Service, samples: Sequence[Sample], progress: Callable[[int], None] = lambda done: None
) -> RetrievalReport:
    """Ask every question that has a right passage and measure each stage's ranking."""
    rankings: dict[str, list[tuple[list[str], frozenset[str]]]] = defaultdict(list)
    timings: dict[str, list[float]] = defaultdict(list)
    passages = service.index("bench").manifest.passages
    for done, sample in enumerate((s for s in samples if s.passage_ids), start=1):
        *_, trace = service.ask(Request(sample.question.text, "bench", keep=False))
        for ranker in RANKERS:
            rankings[ranker].append((ranking(trace, ranker), frozenset(sample.passage_ids)))
        for stage, value in trace.timings_ms.items():
            timings[stage].append(value)
        progress(done)
    return RetrievalReport(
        passages,
        {ranker: _quality(pairs) for ranker, pairs in rankings.items()},
        {stage: Timing(percentile(values, 0.5), percentile(values, 0.95)) for stage, values in timings.items()},
    )


def ranking(trace: Trace, ranker: str) -> list[str]:
    """The candidates' ids in the order of one stage; what the stage didn't rank comes after, in the fused order."""
    unranked = len(trace.candidates) + 1
    ordered = sorted(trace.candidates, key=lambda c: (c.ranks.get(ranker, unranked), c.ranks["fused"], c.row))
    return [candidate.passage.id for candidate in ordered]


def _quality(pairs: Sequence[tuple[list[str], frozenset[str]]]) -> Quality:
    def mean(values: Iterator[float]) -> float:
        return sum(values) / len(pairs)

    return Quality(
        len(pairs),
        mean(reciprocal_rank(ranked, gold) for ranked, gold in pairs),
        mean(ndcg(ranked, gold) for ranked, gold in pairs),
        {k: mean(recall(ranked, gold, k) for ranked, gold in pairs) for k in RECALLS},
    )

"""Benchmark of retrieval: every question of a set through the real pipeline, quality and time of each stage."""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import numpy as np

from pipeline.clock import Clock
from pipeline.config import with_overrides
from pipeline.corpus.reader import read_corpus
from pipeline.evaluation.metrics import auroc, ndcg, percentile, recall, reciprocal_rank
from pipeline.evidence.reading import read, sentence_scores
from pipeline.fusion import top_rows
from pipeline.indexing import Job, build_index
from pipeline.rag import Ask, Rag, add_up, read_question, retrieve
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.terms import make_query
from pipeline.types import Sample, Trace, Understanding

BENCH = "bench"
OURSELVES, BARE = "한상 (조건과 기록까지)", "한상 (검색과 융합만)"
FOUND = 50  # passages that each of those compared gives
RECALLS = (1, 5, 10, 50)
RANKERS = ("bm25", "vector", "window", "sparse", "colbert", "fused", "rerank")
Ranked = tuple[list[str], frozenset[str]]
Progress = Callable[[str, int], None]
"""Called with what is being done and how many questions are."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over the questions that have a right passage."""

    mrr10: float
    ndcg10: float
    recall: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds over all questions."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Answers:
    """What becomes of the retrieved passages.

    ``best_sentence`` and ``best_two`` are the shares of questions whose best one and two sentences of the prompt hold
    the reference answer; ``abstention_auroc`` how well the confidence tells a question from the same question asked
    with its right passages taken out of the index; ``abstained`` and ``wrongly_answered`` what the threshold makes of
    the two.
    """

    best_sentence: float
    best_two: float
    abstention_auroc: float
    abstained: float
    wrongly_answered: float


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """What ``hansang bench retrieval`` prints. ``peers`` are systems measured in the same run, by name."""

    passages: int
    questions: int
    quality: Mapping[str, Quality]
    timings: Mapping[str, Timing]
    answers: Answers | None = None
    peers: Mapping[str, tuple[Quality, Timing]] = field(default_factory=dict)


@contextmanager
def benchmark_service(path: Path, form: str, settings: Settings) -> Iterator[Service]:
    """A service over an index of the benchmark's documents, in a folder that is removed afterwards.

    Documents are passages as they are: a benchmark's judgements speak of documents.
    """
    whole = with_overrides(settings, {"indexing.passage_chars": "20000"}, indexing=True)
    with tempfile.TemporaryDirectory(prefix="hansang-bench-") as folder:
        home = Home(Path(folder))
        job = Job(home.indexes, BENCH, whole, tuple(dict.fromkeys(("kiwi", settings.tokenizer))), home.cache)
        build_index(job, read_corpus([path], format=form))
        service = Service(home, whole)
        try:
            yield service
        finally:
            service.close()


def bench_retrieval(
    service: Service, samples: Sequence[Sample], progress: Progress = lambda what, done: None
) -> RetrievalReport:
    """Ask every question that has a right passage and measure each stage's ranking."""
    rankings: dict[str, list[Ranked]] = defaultdict(list)
    timings: dict[str, list[float]] = defaultdict(list)
    rankers = measured(service.rag(BENCH))
    for done, sample in enumerate(samples, start=1):
        *_, trace = service.ask(Request(sample.question.text, BENCH, keep=False))
        for ranker in rankers:
            rankings[ranker].append((ranking(trace, ranker), frozenset(sample.passage_ids)))
        for stage, value in trace.timings_ms.items():
            timings[stage].append(value)
        progress("ask", done)
    return RetrievalReport(
        service.index(BENCH).manifest.passages,
        len(samples),
        {ranker: quality(pairs) for ranker, pairs in rankings.items()},
        {stage: timing(values) for stage, values in timings.items()},
    )


def measured(rag: Rag) -> list[str]:
    """The stages that rank in a pipeline: not all have bge-m3's further scores."""
    there = {*rag.retrievers, "fused", "rerank"} | ({"colbert"} if rag.colbert is not None else set())
    return [ranker for ranker in RANKERS if ranker in there]


def bench_answers(service: Service, samples: Sequence[Sample], progress: Progress = lambda what, done: None) -> Answers:
    """Read and answer every question, with its right passages in the index and with them taken out."""
    rag = service.rag(BENCH)
    one, two, with_gold, without_gold = [], [], [], []
    for done, sample in enumerate(samples, start=1):
        question = sample.question.text
        *_, trace = service.ask(Request(question, BENCH, keep=False))
        *_, lost = service.ask(Request(question, BENCH, keep=False, dropped=sample.passage_ids))
        with_gold.append(trace.answer)
        without_gold.append(lost.answer)
        sentences = best_sentences(trace, rag)
        one.append(sample.reference in sentences[0])
        two.append(any(sample.reference in sentence for sentence in sentences))
        progress("answer", done)
    confident, unsure = ([a.confidence or 0.0 for a in answers if a] for answers in (with_gold, without_gold))
    return Answers(
        _mean(one),
        _mean(two),
        auroc(confident, unsure),
        _mean(a is not None and a.abstained for a in with_gold),
        _mean(a is not None and not a.abstained for a in without_gold),
    )


def best_sentences(trace: Trace, rag: Rag, count: int = 2) -> list[str]:
    """The sentences of the prompt that the reader puts first, whether the answer was given or not."""
    _, query = read_question(trace.question.text, rag, Ask())
    prompt = [candidate for candidate in trace.candidates if candidate.in_prompt]
    reading = read(query, prompt, rag.index.passages, rag.terms)
    if reading is None:
        return [""]
    order = np.argsort(-sentence_scores(reading), kind="stable")[:count]
    return [prompt[reading.owner[i]].passage.text[slice(*reading.spans[i])] for i in order]


def search_only(service: Service) -> Callable[[str], list[str]]:
    """This pipeline as people use it, but for reranker and answer: what a question means, and a trace of it all."""

    def search(question: str) -> list[str]:
        request = Request(question, BENCH, {"reranker": "none"}, answer=False, keep=False)
        *_, trace = service.ask(request)
        return [candidate.passage.id for candidate in trace.candidates[:FOUND]]

    return search


def fusing_only(service: Service) -> Callable[[str], list[str]]:
    """This pipeline doing what its peers do and no more: analysing, searching and fusing.

    They look for no conditions in a question and keep no record of what each stage made of each passage.
    """
    rag, asked = service.rag(BENCH), Ask()

    def search(question: str) -> list[str]:
        meant = Understanding(question)
        query = make_query(next(iter(rag.tokenizer.analyse([question]))))
        fused = add_up(retrieve(query, meant, rag, asked, Clock()), meant, rag)
        return [rag.index.passages[row].id for row in top_rows(fused, FOUND).tolist()]

    return search


def bench_peers(
    peers: Mapping[str, Callable[[str], list[str]]],
    samples: Sequence[Sample],
    progress: Progress = lambda what, done: None,
) -> dict[str, tuple[Quality, Timing]]:
    """Ask several systems each question in turn, so that what else the machine is doing slows them all alike."""
    pairs: dict[str, list[Ranked]] = {name: [] for name in peers}
    times: dict[str, list[float]] = {name: [] for name in peers}
    for done, sample in enumerate(samples, start=1):
        for name, peer in peers.items():
            start = time.perf_counter()
            found = peer(sample.question.text)
            times[name].append((time.perf_counter() - start) * 1000)
            pairs[name].append((found, frozenset(sample.passage_ids)))
        progress("peers", done)
    return {name: (quality(pairs[name]), timing(times[name])) for name in peers}


def timing(values: Sequence[float]) -> Timing:
    """The median and the 95th percentile."""
    return Timing(percentile(values, 0.5), percentile(values, 0.95))


def ranking(trace: Trace, ranker: str) -> list[str]:
    """The candidates' ids in the order of one stage; what the stage didn't rank comes after, in the fused order."""
    unranked = len(trace.candidates) + 1
    ordered = sorted(trace.candidates, key=lambda c: (c.ranks.get(ranker, unranked), c.ranks["fused"], c.row))
    return [candidate.passage.id for candidate in ordered]


def quality(pairs: Sequence[Ranked]) -> Quality:
    """The means of all measures over rankings and what is right."""
    return Quality(
        _mean(reciprocal_rank(ranked, gold) for ranked, gold in pairs),
        _mean(ndcg(ranked, gold) for ranked, gold in pairs),
        {k: _mean(recall(ranked, gold, k) for ranked, gold in pairs) for k in RECALLS},
    )


def _mean(values: Iterable[float]) -> float:
    return float(fmean(values))

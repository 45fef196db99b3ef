"""READ FIRST: one question's way through the pipeline.

``run`` yields a growing ``Trace``: understood → retrieved → reranked → answering … → done. Each stage is a function
below, in the order in which a question meets them. Everything that is shown, stored or replayed is in the Trace.
"""

from __future__ import annotations

import datetime
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.config import Settings
from pipeline.evidence.concepts import ConceptRows
from pipeline.filters import boosts, filter_rows, recency
from pipeline.fusion import competition_ranks, extremes, fuse, top_rows
from pipeline.index import Index
from pipeline.protocols import FloatArray, Generator, Reranker, Retriever, Tokenizer
from pipeline.question.talk import talk_of
from pipeline.question.understanding import understand
from pipeline.terms import MORPHEME, make_query
from pipeline.termstore import TermStore
from pipeline.types import ASIDES, Answer, Query, ScoredPassage, Trace, Understanding

T = TypeVar("T")

FIRST_STAGES = ("bm25", "vector")  # the retrievers that bring candidates; the window score only weighs in


@dataclass(frozen=True, slots=True)
class Rag:
    """The parts of one pipeline, put together by ``assemble``."""

    settings: Settings
    index: Index
    terms: TermStore
    tokenizer: Tokenizer
    retrievers: Mapping[str, Retriever]
    reranker: Reranker
    generator: Generator
    concepts: ConceptRows | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """What goes with a question: the trace it follows up, chips taken off, the day it is asked, whether to answer.

    ``dropped`` are ids of passages that count as not being in the index, for this question only.
    """

    previous: Trace | None = None
    removed: Collection[str] = ()
    dropped: Collection[str] = ()
    today: datetime.date = field(default_factory=datetime.date.today)
    answer: bool = True


class Clock:
    """Milliseconds of work by stage. Time that a trace spends with whoever looks at it between stages isn't counted."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._timings: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to a stage."""
        start = self._now()
        try:
            yield
        finally:
            self._timings[name] = self._timings.get(name, 0.0) + (self._now() - start) * 1000

    def each(self, name: str, items: Iterator[T]) -> Iterator[T]:
        """The items; the time that each takes to come is added to a stage."""
        while True:
            with self.stage(name):
                item = next(items, None)
            if item is None:
                return
            yield item

    def read(self) -> dict[str, float]:
        """The timings so far, with their total."""
        return {**self._timings, "total": sum(self._timings.values())}


def run(trace: Trace, rag: Rag, ask: Ask) -> Iterator[Trace]:
    """Work on the question of a fresh trace; every yielded trace holds all that the one before held."""
    clock = Clock()
    with clock.stage("understand"):
        understanding, query = read_question(trace.question.text, rag, ask)
    trace = replace(trace, understanding=understanding, timings_ms=clock.read())
    yield trace

    if understanding.shape not in ASIDES:
        scores = retrieve(query, rag, clock)
        with clock.stage("fuse"):
            scores = forbid(scores, allowed_rows(understanding, ask, rag))
            trace = select(trace, scores, understanding, rag)
    yield replace(trace, state="retrieved", timings_ms=clock.read())

    with clock.stage("rerank"):
        candidates = rerank(query, trace.candidates, rag)
        candidates = mark_prompt(candidates, understanding, rag.settings)
    trace = replace(trace, state="reranked", candidates=candidates, timings_ms=clock.read())
    yield trace

    if ask.answer:
        for answer in clock.each("generate", rag.generator.generate(query, understanding, candidates)):
            trace = replace(trace, state="answering", answer=answer, candidates=mark_cited(candidates, answer))
            yield replace(trace, timings_ms=clock.read())
    yield replace(trace, state="done", timings_ms=clock.read())


def read_question(text: str, rag: Rag, ask: Ask) -> tuple[Understanding, Query]:
    """What the question means for this index, and the query that is searched for."""
    analysed = next(iter(rag.tokenizer.analyse([text])))
    understanding = understand(
        text,
        analysed,
        rag.index.lexicon,
        today=ask.today,
        previous=ask.previous.understanding if ask.previous else None,
        previous_restaurant=cited_restaurant(ask.previous),
        removed=ask.removed,
    )
    if understanding.search_text != text:
        analysed = next(iter(rag.tokenizer.analyse([understanding.search_text])))
    query = make_query(analysed)
    if rag.concepts is not None and rag.settings.fusion.concept > 0:
        query = replace(query, concepts=understanding.concepts)
    if not understanding.chips and not understanding.concepts:
        aside = talk_of(text, analysed, lambda word: MORPHEME + word in rag.terms.vocabulary)
        understanding = replace(understanding, shape=aside or understanding.shape)
    return understanding, query


def cited_restaurant(trace: Trace | None) -> str:
    """The restaurant that an answer's first citation is about; empty when there is none."""
    if trace is None or trace.answer is None:
        return ""
    restaurants = {c.passage.id: c.passage.source.restaurant for c in trace.candidates}
    return next((restaurants.get(citation.passage_id, "") for citation in trace.answer.citations), "")


def retrieve(query: Query, rag: Rag, clock: Clock) -> dict[str, FloatArray]:
    """Every passage's raw score from each retriever. *Shape:* ``(passages,)`` each."""
    scores = {}
    for name, retriever in rag.retrievers.items():
        with clock.stage(name):
            scores[name] = retriever.score(query)
    if rag.concepts is not None and query.concepts:
        with clock.stage("concept"):
            scores["concept"] = np.float32(rag.settings.fusion.concept) * rag.concepts.share(query.concepts)
    return scores


def select(trace: Trace, scores: dict[str, FloatArray], understanding: Understanding, rag: Rag) -> Trace:
    """The trace with its candidates, in the order of the fused score, and the extremes that min-max used."""
    passages, settings = rag.index.passages, rag.settings
    fused = fuse(scores["bm25"], scores["vector"], scores.get("window"), settings.fusion)
    favour = boosts(understanding, passages)
    if favour is not None:
        scores["boost"] = (settings.fusion.boost * favour).astype(np.float32)
        fused = fused + scores["boost"]
    if "concept" in scores:
        fused = fused + scores["concept"]
    rows = candidate_rows(scores, fused, settings.retrieval.depth)
    if understanding.shape == "list":  # the newest of all that meets the conditions must be there
        newest = np.where(np.isfinite(scores["bm25"]), recency(passages), np.float32(-np.inf))
        rows = np.union1d(rows, top_rows(newest, settings.retrieval.depth))
        rows = rows[np.lexsort((rows, -fused[rows]))]
    stages = {**scores, "fused": fused}
    found = np.stack([values[rows] for values in stages.values()], axis=1)
    ranks = np.stack([competition_ranks(values, values[rows]) for values in stages.values()], axis=1)
    candidates = tuple(
        ScoredPassage(
            passages[row], row, dict(zip(stages, values, strict=True)), dict(zip(stages, places, strict=True))
        )
        for row, values, places in zip(rows.tolist(), found.tolist(), ranks.tolist(), strict=True)
    )
    return replace(trace, candidates=candidates, extremes={name: extremes(values) for name, values in scores.items()})


def allowed_rows(understanding: Understanding, ask: Ask, rag: Rag) -> NDArray[np.bool_] | None:
    """The rows that may take part: those that the filters allow and nobody dropped; None when all may."""
    passages = rag.index.passages
    allowed = filter_rows(understanding, passages)
    dropped = [passages.rows[id_] for id_ in ask.dropped if id_ in passages.rows]
    if not dropped:
        return allowed
    allowed = np.ones(len(passages), dtype=bool) if allowed is None else allowed
    allowed[dropped] = False
    return allowed


def forbid(scores: Mapping[str, FloatArray], allowed: NDArray[np.bool_] | None) -> dict[str, FloatArray]:
    """The scores with −inf where a passage is not allowed, so that it takes part in nothing."""
    if allowed is None:
        return dict(scores)
    return {name: np.where(allowed, values, np.float32(-np.inf)) for name, values in scores.items()}


def candidate_rows(scores: Mapping[str, FloatArray], fused: FloatArray, depth: int) -> NDArray[np.int64]:
    """The best ``depth`` rows of each retriever that brings candidates, ordered by the fused score, then by row.

    A question with concepts has candidates in other words than its own: the best of the fused score, too.
    """
    bringing = [scores[name] for name in FIRST_STAGES] + ([fused] if "concept" in scores else [])
    rows = np.unique(np.concatenate([top_rows(values, depth) for values in bringing]))
    return rows[np.lexsort((rows, -fused[rows]))]


def rerank(query: Query, candidates: tuple[ScoredPassage, ...], rag: Rag) -> tuple[ScoredPassage, ...]:
    """The first candidates in the order of the reranker, then the rest as they were."""
    head, tail = candidates[: rag.settings.rerank.depth], candidates[rag.settings.rerank.depth :]
    judged = rag.reranker.rerank(query, head)
    order = sorted(range(len(head)), key=lambda i: -judged[i][0])
    scored = tuple(head[i].scored("rerank", judged[i][0], rank, judged[i][1]) for rank, i in enumerate(order, start=1))
    return scored + tail


def mark_prompt(
    candidates: tuple[ScoredPassage, ...], understanding: Understanding, settings: Settings
) -> tuple[ScoredPassage, ...]:
    """The candidates with the first ``k`` marked for the prompt.

    Unless the question names restaurants, one restaurant takes at most ``spread`` places, so that a question about many
    is answered from several. A text that has a place already (a review posted twice) takes none. A question that names
    conditions only gets the newest of what meets them, whoever it is about.
    """
    listing = understanding.shape == "list"
    named = any(chip.kind == "restaurant" and chip.mode == "filter" for chip in understanding.chips)
    limit = settings.retrieval.spread if settings.retrieval.spread and not named and not listing else len(candidates)
    taken: Counter[str] = Counter()
    texts: set[str] = set()
    marked, room = dict[int, ScoredPassage](), settings.retrieval.k
    for place in newest_first(candidates) if listing else range(len(candidates)):
        candidate = candidates[place]
        restaurant = candidate.passage.source.restaurant
        new = candidate.passage.text not in texts
        fits = room > 0 and new and (not restaurant or taken[restaurant] < limit)
        if fits:
            room -= 1
            texts.add(candidate.passage.text)
            taken[restaurant] += 1
        marked[place] = replace(candidate, in_prompt=True) if fits else candidate
    return tuple(marked[place] for place in range(len(candidates)))


def newest_first(candidates: Sequence[ScoredPassage]) -> list[int]:
    """The places of the candidates by date, the newest first; those of a day, and those without one, in their order."""
    return sorted(range(len(candidates)), key=lambda place: candidates[place].passage.source.date, reverse=True)


def mark_cited(candidates: tuple[ScoredPassage, ...], answer: Answer) -> tuple[ScoredPassage, ...]:
    """The candidates with those that the answer cites in the prompt: a count looks beyond the first ``k``."""
    cited = {citation.passage_id for citation in answer.citations}
    return tuple(replace(c, in_prompt=True) if c.passage.id in cited and not c.in_prompt else c for c in candidates)

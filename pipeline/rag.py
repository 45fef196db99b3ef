"""READ FIRST: one question's way through the pipeline.

``run`` yields a growing ``Trace``: understood → retrieved → reranked → answering … → done. Each stage is a function
below, in the order in which a question meets them. Everything that is shown, stored or replayed is in the Trace.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.clock import Clock
from pipeline.evidence.concepts import ConceptRows
from pipeline.evidence.figures import figures_answer
from pipeline.evidence.phrases import unmet
from pipeline.evidence.reading import ASKING
from pipeline.filters import allowed_rows, boosts, forbid, recency, within
from pipeline.fusion import competition_ranks, extremes, fuse, top_rows
from pipeline.index import Index
from pipeline.opining import answer_opinions
from pipeline.prompted import mark_cited, mark_prompt
from pipeline.protocols import (
    FloatArray,
    Found,
    Generator,
    OpinionSource,
    Reranker,
    Retriever,
    RowScorer,
    Searching,
    Tokenizer,
)
from pipeline.question.counted import about_counts
from pipeline.question.earlier import cited_restaurant, ranked_restaurants
from pipeline.question.talk import talk_of
from pipeline.question.understanding import understand
from pipeline.question.wording import PLACES
from pipeline.settings import Settings
from pipeline.settling import settle
from pipeline.terms import MORPHEME, make_query, without
from pipeline.termstore import TermStore
from pipeline.types import ASIDES, AnalysedText, Answer, Query, ScoredPassage, Trace, Understanding

FIRST_STAGES = ("bm25", "vector", "sparse")  # the retrievers that bring candidates; the window score only weighs in


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
    opinions: OpinionSource | None = None
    colbert: RowScorer | None = None


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


def run(trace: Trace, rag: Rag, ask: Ask) -> Iterator[Trace]:
    """Work on the question of a fresh trace; every yielded trace holds all that the one before held."""
    clock = Clock()
    with clock.stage("understand"):
        understanding, query = read_question(trace.question.text, rag, ask)
    trace = replace(trace, understanding=understanding, timings_ms=clock.read())
    yield trace

    if understanding.shape not in ASIDES:
        scores = retrieve(query, understanding, rag, ask, clock)
        with clock.stage("fuse"):
            fused = add_up(scores, understanding, rag)
            rows = find_rows(scores, fused, understanding, rag)
        if rag.colbert is not None:
            with clock.stage("colbert"):
                scores["colbert"] = look_closer(query, rows, scores, rag.colbert)
                fused = add_up(scores, understanding, rag)
        with clock.stage("fuse"):
            trace = select(trace, rows, scores, fused, rag)
    yield replace(trace, state="retrieved", timings_ms=clock.read())

    with clock.stage("rerank"):
        candidates = rerank(query, trace.candidates, rag)
        candidates = mark_prompt(candidates, understanding, rag.settings)
    trace = replace(trace, state="reranked", candidates=candidates, timings_ms=clock.read())
    yield trace

    if ask.answer:
        yield from write_answer(trace, query, rag, ask, clock)
    else:
        yield replace(trace, state="done", timings_ms=clock.read())


def write_answer(trace: Trace, query: Query, rag: Rag, ask: Ask, clock: Clock) -> Iterator[Trace]:
    """The traces of a question whose prompt is made, while its answer is written."""
    understanding, candidates = trace.understanding, trace.candidates
    assert understanding is not None
    if understanding.figures is not None:
        with clock.stage("figures"):
            passages = rag.index.passages
            names = rag.index.lexicon.dishes
            answer = figures_answer(understanding, passages, lambda u: allowed_rows(u, ask.dropped, passages), names)
        if answer is not None:
            trace = with_cited(replace(trace, state="answering", answer=answer), query, rag, ask)
            yield replace(trace, timings_ms=clock.read())
            yield replace(trace, state="done", timings_ms=clock.read())
            return
    if not trace.candidates and understanding.shape not in ASIDES:
        answer = unmet(understanding, lambda chip: _meeting(replace(understanding, chips=(chip,)), rag, ask))
        if answer is not None:
            yield replace(trace, state="done", answer=answer, timings_ms=clock.read())
            return
    if (understanding.aspects or understanding.overview) and rag.opinions is not None:
        for trace in count_opinions(trace, query, rag, ask, clock):  # noqa: B020  (each is the former one, grown)
            yield trace
        if trace.answer is not None:
            yield replace(trace, state="done", timings_ms=clock.read())
            return
    for answer in clock.each("generate", rag.generator.generate(query, understanding, candidates)):
        trace = replace(trace, state="answering", answer=answer, candidates=mark_cited(candidates, answer))
        yield replace(trace, timings_ms=clock.read())
    yield replace(trace, state="done", timings_ms=clock.read())


def count_opinions(trace: Trace, query: Query, rag: Rag, ask: Ask, clock: Clock) -> Iterator[Trace]:
    """The traces of a question about aspects: one for each restaurant that is counted, then one with the answer.

    There is none with an answer where the reviews judge none of what was asked; the generator is asked then.
    """
    understanding, passages = trace.understanding, rag.index.passages
    assert understanding is not None
    assert rag.opinions is not None
    allowed = allowed_rows(understanding, ask.dropped, passages)
    yield replace(trace, state="analysing", timings_ms=clock.read())
    told = answer_opinions(understanding, trace.candidates, passages, rag.opinions, allowed)
    for one in clock.each("opinions", told):
        if isinstance(one, Answer):
            trace = with_cited(replace(trace, state="answering", answer=one), query, rag, ask)
        yield replace(trace, state="answering" if trace.answer else "analysing", timings_ms=clock.read())


def with_cited(trace: Trace, query: Query, rag: Rag, ask: Ask) -> Trace:
    """A trace whose answer may cite passages that are no candidates, with these behind its candidates."""
    assert trace.understanding is not None
    assert trace.answer is not None
    known = {candidate.passage.id for candidate in trace.candidates}
    cited = (citation.passage_id for citation in trace.answer.citations)
    rows = {rag.index.passages.rows[id_] for id_ in cited if id_ not in known}
    more = beyond(sorted(rows), query, trace.understanding, ask, rag) if rows else ()
    return replace(trace, candidates=mark_cited((*trace.candidates, *more), trace.answer))


def beyond(
    rows: Sequence[int], query: Query, understanding: Understanding, ask: Ask, rag: Rag
) -> tuple[ScoredPassage, ...]:
    """Passages that are no candidates, with the scores that each stage gave them all the same."""
    scores = retrieve(query, understanding, rag, ask, Clock(), also=rows)
    unseen = {} if rag.colbert is None else {"colbert": np.zeros_like(scores["bm25"])}  # as the lowest of those seen
    scores["fused"] = add_up(scores | unseen, understanding, rag)
    return as_candidates(np.array(rows), scores, rag)


def answer_later(trace: Trace, rag: Rag, ask: Ask) -> Iterator[Trace]:
    """Go on where ``run`` stopped because no answer was wanted; as if it had not stopped."""
    _, query = read_question(trace.question.text, rag, ask)
    yield from write_answer(trace, query, rag, ask, Clock(spent=trace.timings_ms))


def read_question(text: str, rag: Rag, ask: Ask) -> tuple[Understanding, Query]:
    """What the question means for this index, and the query that is searched for."""
    analysed = next(iter(rag.tokenizer.analyse([text])))
    previous = ask.previous.understanding if ask.previous else None
    understanding = understand(
        text,
        analysed,
        rag.index.lexicon,
        today=ask.today,
        previous=previous,
        previous_restaurant=cited_restaurant(ask.previous),
        ranked=ranked_restaurants(ask.previous),
        removed=ask.removed,
        said=lambda word: MORPHEME + word in rag.terms.vocabulary,
    )
    if understanding.search_text != text:
        analysed = next(iter(rag.tokenizer.analyse([understanding.search_text])))
    query = query_of(analysed, rag)
    if rag.concepts is not None and rag.settings.fusion.concept > 0:
        query = replace(query, concepts=understanding.concepts)
    if not understanding.concepts and all(chip.inherited for chip in understanding.chips):
        follows = bool(understanding.chips)
        aside = talk_of(text, analysed, lambda word: MORPHEME + word in rag.terms.vocabulary, follows=follows)
        understanding = replace(understanding, shape=aside, chips=()) if aside else understanding
    counted = about_counts(
        understanding,
        text,
        rag.index.lexicon,
        lambda asked: _meeting(asked, rag, ask) > 0,
        opinions=rag.opinions is not None,
        previous=previous,
    )
    return counted, query


def _meeting(understanding: Understanding, rag: Rag, ask: Ask) -> int:
    """How many passages meet all conditions."""
    allowed = allowed_rows(understanding, ask.dropped, rag.index.passages)
    return len(rag.index.passages) if allowed is None else int(allowed.sum())


def query_of(analysed: AnalysedText, rag: Rag) -> Query:
    """The query that an analysed text is searched by; of restaurants' reviews 식당 itself is nothing to look for."""
    query = make_query(analysed)
    return without(query, PLACES, ASKING) if rag.index.lexicon.restaurants else query


def retrieve(
    query: Query, understanding: Understanding, rag: Rag, ask: Ask, clock: Clock, also: Sequence[int] = ()
) -> dict[str, FloatArray]:
    """Every passage's raw score from each retriever, −inf where it may not take part. *Shape:* ``(passages,)`` each.

    Those of a search engine are exact for the candidates and for the rows ``also``; see ``settling``.
    """
    passages = rag.index.passages
    allowed = allowed_rows(understanding, ask.dropped, passages)
    scores, found = dict[str, FloatArray](), dict[str, Found]()
    for name, retriever in rag.retrievers.items():
        with clock.stage(name):
            if isinstance(retriever, Searching):
                found[name] = retriever.search(query, within(understanding, ask.dropped, passages))
            scores[name] = found[name].scores if name in found else retriever.score(query)
    if rag.concepts is not None and query.concepts:
        with clock.stage("concept"):
            scores["concept"] = np.float32(rag.settings.fusion.concept) * rag.concepts.share(query.concepts)
    with clock.stage("fuse"):
        scores = forbid(scores, allowed)
        if found:
            fuse_all = partial(add_up, understanding=understanding, rag=rag)
            choose = partial(find_rows, understanding=understanding, rag=rag)
            scores = settle(scores, found, fuse_all, choose, rag.settings.retrieval.depth, also)
        return scores


def find_rows(
    scores: Mapping[str, FloatArray], fused: FloatArray, understanding: Understanding, rag: Rag
) -> NDArray[np.int64]:
    """The rows of the candidates, in order."""
    depth = rag.settings.retrieval.depth
    rows = candidate_rows(scores, fused, depth)
    if understanding.shape == "list":  # the newest of all that meets the conditions must be there
        newest = np.where(np.isfinite(scores["bm25"]), recency(rag.index.passages), np.float32(-np.inf))
        rows = np.union1d(rows, top_rows(newest, depth))
    return rows


def look_closer(
    query: Query, rows: NDArray[np.int64], scores: Mapping[str, FloatArray], scorer: RowScorer
) -> FloatArray:
    """The candidates' scores by what looks at them alone; every other allowed passage has the lowest of them.

    *Shape:* ``(passages,)``
    """
    found = scorer.score_rows(query, rows)
    lowest = found.min() if len(found) else np.float32(0)
    closer = np.where(np.isfinite(scores["bm25"]), lowest, -np.inf).astype(np.float32)
    closer[rows] = found
    return closer


def select(
    trace: Trace, rows: NDArray[np.int64], scores: Mapping[str, FloatArray], fused: FloatArray, rag: Rag
) -> Trace:
    """The trace with its candidates, in the order of the fused score, and the extremes that min-max used."""
    rows = rows[np.lexsort((rows, -fused[rows]))]
    candidates = as_candidates(rows, {**scores, "fused": fused}, rag)
    return replace(trace, candidates=candidates, extremes={name: extremes(values) for name, values in scores.items()})


def add_up(scores: dict[str, FloatArray], understanding: Understanding, rag: Rag) -> FloatArray:
    """The fused score, and into ``scores`` what the question's preferences add to it. *Shape:* ``(passages,)``."""
    fused = fuse(scores, rag.settings.fusion)
    favour = boosts(understanding, rag.index.passages)
    if favour is not None:
        added = np.float32(rag.settings.fusion.boost) * favour
        scores["boost"] = np.where(np.isfinite(fused), added, np.float32(-np.inf))  # among those allowed, as any stage
        fused = fused + scores["boost"]
    return fused + scores["concept"] if "concept" in scores else fused


def as_candidates(rows: NDArray[np.int64], stages: Mapping[str, FloatArray], rag: Rag) -> tuple[ScoredPassage, ...]:
    """Some passages with the score and the rank that each stage gave them."""
    found = np.stack([values[rows] for values in stages.values()], axis=1)
    ranks = np.stack([competition_ranks(values, values[rows]) for values in stages.values()], axis=1)
    return tuple(
        ScoredPassage(
            rag.index.passages[row], row, dict(zip(stages, values, strict=True)), dict(zip(stages, places, strict=True))
        )
        for row, values, places in zip(rows.tolist(), found.tolist(), ranks.tolist(), strict=True)
    )


def candidate_rows(scores: Mapping[str, FloatArray], fused: FloatArray, depth: int) -> NDArray[np.int64]:
    """The best ``depth`` rows of each retriever that brings candidates, in order.

    A question with concepts has candidates in other words than its own: the best of the fused score, too.
    """
    bringing = [scores[name] for name in FIRST_STAGES if name in scores] + ([fused] if "concept" in scores else [])
    return np.unique(np.concatenate([top_rows(values, depth) for values in bringing]))


def rerank(query: Query, candidates: tuple[ScoredPassage, ...], rag: Rag) -> tuple[ScoredPassage, ...]:
    """The first candidates in the order of the reranker, then the rest as they were."""
    head, tail = candidates[: rag.settings.rerank.depth], candidates[rag.settings.rerank.depth :]
    judged = rag.reranker.rerank(query, head)
    order = sorted(range(len(head)), key=lambda i: -judged[i][0])
    scored = tuple(head[i].scored("rerank", judged[i][0], rank, judged[i][1]) for rank, i in enumerate(order, start=1))
    return scored + tail

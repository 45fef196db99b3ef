"""How closely a passage's words match a question's: features of (question, candidate), larger when closer.

Everything is read from the analysis in the index and worked out for all candidates at once on flat arrays. A *term* is a
distinct morpheme or bigram of the question; a *hit* is a place in a candidate where a term of the question stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.passages import PassageStore
from pipeline.protocols import FloatArray
from pipeline.terms import MORPHEME
from pipeline.termstore import TermStore
from pipeline.types import Query, ScoredPassage

Ints = NDArray[np.int64]
Kind = Literal["morpheme", "bigram"]

K1, B = 1.2, 0.75  # BM25's usual constants
NEAR = 10  # content morphemes that a clause of a Korean sentence has at most
PASSAGE_WINDOW = 30  # content morphemes that two or three sentences have
HEADLINE_CHARS = 80  # a longer first line is text, not a headline
RETRIEVED = ("fused", "bm25", "vector", "window")


@dataclass(frozen=True, slots=True)
class Terms:
    """The distinct terms of one kind in a question, in order of appearance.

    ``slot`` maps a vocabulary id to the number of the term, −1 elsewhere; ``weights`` are idf, zero for terms that no
    passage has; ``pairs[a, b]`` is one where ``b`` follows ``a`` in the question (for bigrams: overlaps it by a letter).
    ``mass`` is the idf of all terms, those that no passage has at the idf of a term never seen.
    """

    keys: tuple[str, ...]
    slot: NDArray[np.int16]
    weights: FloatArray
    pairs: NDArray[np.bool_]
    mass: float

    @property
    def known(self) -> float:
        """The idf of the terms that some passage has."""
        return float(self.weights.sum())


@dataclass(frozen=True, slots=True)
class Hits:
    """Where the terms of one kind stand in the candidates, in order of candidate and place. All arrays run parallel.

    ``owner`` is the number of the candidate, ``term`` of the term, ``place`` counts morphemes (for bigrams: characters),
    ``sentence`` is unique over all candidates, ``head`` is true in a headline. ``lengths`` counts each candidate's terms.
    """

    owner: Ints
    term: Ints
    place: Ints
    sentence: Ints
    head: NDArray[np.bool_]
    lengths: Ints

    @property
    def candidates(self) -> int:
        """How many candidates there are."""
        return len(self.lengths)


def question_terms(query: Query, store: TermStore, kind: Kind) -> Terms:
    """The terms of one kind in a question, looked up in an index."""
    wanted = [term for term in query.terms if term.key.startswith(MORPHEME) == (kind == "morpheme")]
    number = {key: i for i, key in enumerate(dict.fromkeys(term.key for term in wanted))}
    unseen = float(np.log1p((len(store) + 0.5) / 0.5))
    slot = np.full(len(store.keys), -1, dtype=np.int16)
    weights = np.zeros(len(number), dtype=np.float32)
    for key, i in number.items():
        if (term_id := store.vocabulary.get(key)) is not None:
            slot[term_id] = i
            weights[i] = store.idf[term_id]
    pairs = np.zeros((len(number), len(number)), dtype=bool)
    for first, second in zip(wanted, wanted[1:], strict=False):
        if kind == "morpheme" or second.start == first.start + 1:
            pairs[number[first.key], number[second.key]] = first.key != second.key
    mass = float(weights.sum()) + unseen * int((weights == 0).sum())
    return Terms(tuple(number), slot, weights, pairs, mass)


def find_hits(
    morphemes: Terms, bigrams: Terms, rows: Sequence[int], passages: PassageStore, store: TermStore, heads: Sequence[int]
) -> tuple[Hits, Hits, Ints]:
    """The hits of both kinds, and the first sentence of each candidate.

    ``heads`` are the characters of each candidate's headline.
    """
    positions = [store.positions(row) for row in rows]
    counts = np.array([[p.morphemes, len(p.ids) - p.morphemes] for p in positions], dtype=np.int64).reshape(-1, 2)
    ids = np.concatenate([p.ids for p in positions])
    starts = np.concatenate([p.starts for p in positions])
    spans = [passages.sentences(row) for row in rows]
    first = np.cumsum([0] + [len(s) for s in spans])
    owner = np.repeat(np.arange(len(rows)), counts.sum(axis=1))
    place = np.arange(len(ids)) - np.repeat(np.cumsum(counts.sum(axis=1)) - counts.sum(axis=1), counts.sum(axis=1))
    is_morpheme = place < counts[owner, 0]
    wide = 1 + max(int(starts.max(initial=0)), max((s[-1][1] for s in spans), default=0))
    sentence_keys = np.array([i * wide + begin for i, s in enumerate(spans) for begin, _ in s], dtype=np.int64)
    head_chars = np.asarray(heads, dtype=np.int64)

    def hits(terms: Terms, kind: int) -> Hits:
        term = terms.slot[ids]
        found = np.flatnonzero((term >= 0) & (is_morpheme == (kind == 0)))
        where, begin = owner[found], starts[found].astype(np.int64)
        sentence = np.searchsorted(sentence_keys, where * wide + begin, side="right") - 1
        return Hits(
            owner=where,
            term=term[found].astype(np.int64),
            place=place[found] if kind == 0 else begin,
            sentence=np.maximum(sentence, first[where]),
            head=begin < head_chars[where],
            lengths=counts[:, kind],
        )

    return hits(morphemes, 0), hits(bigrams, 1), first[:-1].astype(np.int64)


def occurrences(terms: Terms, hits: Hits) -> FloatArray:
    """How often each candidate has each term. *Shape:* ``(candidates, terms)``."""
    flat = np.bincount(hits.owner * len(terms.keys) + hits.term, minlength=hits.candidates * len(terms.keys))
    return flat.reshape(hits.candidates, len(terms.keys)).astype(np.float32)


def bm25(terms: Terms, hits: Hits, counts: FloatArray) -> FloatArray:
    """BM25 over one kind of term alone; lengths are compared with the candidates' average. *Shape:* ``(candidates,)``."""
    average = max(float(hits.lengths.mean()), 1.0)
    norm = (K1 * (1 - B + B * hits.lengths / average)).astype(np.float32)
    scores: FloatArray = (counts / (counts + norm[:, None])) @ terms.weights
    return scores


def best_sentence(terms: Terms, hits: Hits, first: Ints, sentences: int) -> FloatArray:
    """The idf of the terms in the sentence that has most of it. ``first`` is each candidate's first sentence."""
    found = np.zeros((sentences, len(terms.keys)), dtype=np.float32)
    found[hits.sentence, hits.term] = 1
    best: FloatArray = np.maximum.reduceat(found @ terms.weights, first)
    return best


def best_windows(terms: Terms, hits: Hits, widths: Sequence[int]) -> list[FloatArray]:
    """The idf of the distinct terms in the best window of so many places, for each width.

    A window begins at a hit; it counts a hit if the one before of the same term lies before the window.
    """
    n = len(hits.term)
    key = hits.owner * max(len(terms.keys), 1) + hits.term
    order = np.argsort(key, kind="stable")
    previous = np.full(n, -1, dtype=np.int64)
    same = key[order[1:]] == key[order[:-1]]
    previous[order[1:][same]] = order[:-1][same]
    begin = np.arange(n)
    other = np.minimum(begin[:, None] + np.arange(max(widths)), max(n - 1, 0))
    distance = hits.place[other] - hits.place[:, None]
    counted = (hits.owner[other] == hits.owner[:, None]) & (previous[other] < begin[:, None])
    counted[:, 1:] &= other[:, 1:] > other[:, :-1]  # the last hits have no full row of neighbours
    weight = np.where(counted, terms.weights[hits.term][other], 0)
    best = []
    for width in widths:
        values = np.zeros(hits.candidates, dtype=np.float32)
        np.maximum.at(values, hits.owner, np.where(distance < width, weight, 0).sum(axis=1))
        best.append(values)
    return best


def pair_coverage(terms: Terms, hits: Hits, reach: int) -> FloatArray:
    """The idf of the question's neighbouring terms that also are neighbours, in order, at most ``reach`` places apart."""
    first, second = np.nonzero(terms.pairs)
    number = np.full(terms.pairs.shape, -1, dtype=np.int64)
    number[first, second] = np.arange(len(first))
    found = np.zeros((hits.candidates, len(first)), dtype=np.float32)
    for step in range(1, reach + 1):
        a, b = slice(None, -step), slice(step, None)
        pair = number[hits.term[a], hits.term[b]]
        near = (hits.owner[a] == hits.owner[b]) & (hits.place[b] - hits.place[a] <= reach) & (pair >= 0)
        found[hits.owner[a][near], pair[near]] = 1
    coverage: FloatArray = found @ (terms.weights[first] + terms.weights[second])
    return coverage


def headline_lengths(candidates: Sequence[ScoredPassage]) -> list[int]:
    """How many characters of each passage are a headline: its first line where that is short and text follows."""
    ends = [c.passage.text.find("\n") for c in candidates]
    return [end if 0 < end <= HEADLINE_CHARS else 0 for end in ends]


def headline(terms: Terms, hits: Hits, candidates: Sequence[ScoredPassage]) -> FloatArray:
    """The idf of the terms in the document's title or in the headline."""
    found = np.zeros((hits.candidates, len(terms.keys)), dtype=np.float32)
    found[hits.owner[hits.head], hits.term[hits.head]] = 1
    forms = [key[len(MORPHEME) :] for key in terms.keys]
    titles = [c.passage.source.title.lower() for c in candidates]
    named = {title: [form in title for form in forms] for title in set(titles)}
    found = np.maximum(found, np.array([named[title] for title in titles], dtype=np.float32).reshape(found.shape))
    coverage: FloatArray = found @ terms.weights
    return coverage


def compounds(query: Query) -> dict[str, None]:
    """The runs of two or more content morphemes that the question writes as one word."""
    runs: list[tuple[int, int, int]] = []
    for m in query.analysed.morphemes:
        if not m.content:
            continue
        if runs and runs[-1][1] == m.start:
            runs[-1] = (runs[-1][0], m.end, runs[-1][2] + 1)
        else:
            runs.append((m.start, m.end, 1))
    return {query.text[start:end].lower(): None for start, end, count in runs if count > 1}


def compound_count(query: Query, candidates: Sequence[ScoredPassage]) -> FloatArray:
    """How many of the question's compounds each candidate has, spaces aside."""
    words = list(compounds(query))
    texts = ["".join(c.passage.text.lower().split()) for c in candidates] if words else [""] * len(candidates)
    return np.array([sum(word in text for word in words) for text in texts], dtype=np.float32)

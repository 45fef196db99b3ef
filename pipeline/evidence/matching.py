"""How closely a passage's words match a question's: features of (question, candidate), larger when closer.

Everything is read from the analysis in the index and worked out for all candidates at once on flat arrays. A *term* is
a distinct morpheme ("word") or character bigram ("letters") of the question, numbered words first; a *hit* is a place
in a candidate where a term stands. A feature that adds up terms adds up their idf.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.evidence.concepts import Covered, covered, filler_factor, sentences_saying
from pipeline.passages import PassageStore
from pipeline.protocols import FloatArray
from pipeline.terms import MORPHEME
from pipeline.termstore import TermStore
from pipeline.types import Query, ScoredPassage, Span

Ints = NDArray[np.int64]

RETRIEVED = ("fused", "bm25", "vector", "window")
FEATURES = (
    *RETRIEVED,
    "words",  # of the question that the passage has
    "letters",  # bigrams of the question that the passage has
    "sentence_words",  # the same in the sentence that has most
    "sentence_letters",
    "near",  # words within some three sentences' length
    "pairs",  # neighbouring words of the question that are neighbours in the passage
    "headline",  # words in the document's title or the passage's first line
    "compounds",  # words that the question writes as one with another, and the passage too
)
NEAR = 30  # content morphemes: two or three sentences
REACH = 2  # neighbours may have one content morpheme between them
HEADLINE_CHARS = 80  # a longer first line is text


@dataclass(frozen=True, slots=True)
class Match:
    """Raw features, not below zero, *shape* ``(candidates, len(FEATURES))``, and the idf that the question has at all.

    The masses count terms that no passage has, so ``words / word_mass`` says the same in any corpus.
    """

    features: FloatArray
    word_mass: float
    letter_mass: float

    def column(self, name: str) -> FloatArray:
        """One feature. *Shape:* ``(candidates,)``."""
        return self.features[:, FEATURES.index(name)]


@dataclass(frozen=True, slots=True)
class Terms:
    """The distinct terms of a question; the first ``words`` of them are morphemes.

    ``slot`` maps a vocabulary id to the number of the term plus one, 0 elsewhere; ``weights`` are idf, zero for terms
    that no passage has; ``pairs`` are the numbers of words that follow each other in the question,
    *shape* ``(pairs, 2)``; ``cover`` says which terms the question's concepts stand for, None where it has none.
    """

    keys: tuple[str, ...]
    words: int
    slot: NDArray[np.int16]
    weights: FloatArray
    pairs: Ints
    cover: Covered | None


@dataclass(frozen=True, slots=True)
class Hits:
    """The words that were hit in order of candidate and place, then the letters. The arrays run parallel.

    ``owner`` is the number of the candidate, ``term`` of the term; ``place``, of words only, counts the candidate's
    content morphemes; ``sentence`` is numbered over all candidates, ``first_sentences`` says where each candidate's
    begin.
    """

    owner: Ints
    term: Ints
    place: Ints
    start: Ints
    sentence: Ints
    first_sentences: Ints
    sentences: int


def match(query: Query, candidates: Sequence[ScoredPassage], passages: PassageStore, store: TermStore) -> Match:
    """All features of some candidates."""
    terms = question_terms(query, store)
    word_mass, letter_mass = _masses(terms, store)
    if not candidates:
        return Match(np.zeros((0, len(FEATURES)), dtype=np.float32), word_mass, letter_mass)
    hits = find_hits(terms, [c.row for c in candidates], passages, store)
    sentence = _presence(hits.sentence, hits.term, hits.sentences, terms)
    if terms.cover is not None:
        spans = [passages.sentences(c.row) for c in candidates]
        sentence = terms.cover.lift(sentence, sentences_saying(terms.cover.ids, candidates, spans))
    own = np.maximum.reduceat(sentence, hits.first_sentences)
    best = [np.maximum.reduceat(values, hits.first_sentences) for values in _by_kind(sentence, terms)]
    columns = [
        *(_retrieved(candidates, name) for name in RETRIEVED),
        *_by_kind(own, terms),
        *best,
        _near(terms, hits, len(candidates)),
        _pairs(terms, hits, len(candidates)),
        _headline(terms, hits, candidates),
        _compounds(query, candidates),
    ]
    return Match(np.maximum(np.stack(columns, axis=1), 0).astype(np.float32), word_mass, letter_mass)


def relative(features: FloatArray) -> FloatArray:
    """Features divided by the candidates' maximum, since raw ones mean another thing in every corpus."""
    highest = features.max(axis=0, initial=0)
    return (features / np.where(highest > 0, highest, 1)).astype(np.float32)


def question_terms(query: Query, store: TermStore) -> Terms:
    """The terms of a question, looked up in an index."""
    words = [term.key for term in query.terms if term.key.startswith(MORPHEME)]
    letters = [term.key for term in query.terms if not term.key.startswith(MORPHEME)]
    number = {key: i for i, key in enumerate(dict.fromkeys(words + letters))}
    slot = np.zeros(len(store.keys), dtype=np.int16)
    weights = np.zeros(len(number), dtype=np.float32)
    for key, i in number.items():
        if (term_id := store.vocabulary.get(key)) is not None:
            slot[term_id] = i + 1
            weights[i] = store.idf[term_id]
    keys, cover = tuple(number), None
    if query.concepts:  # a word that no passage has is there in other words
        cover = covered(query, keys)
        unseen = (weights == 0) & (cover.terms.max(axis=0) > 0)
        weights = np.where(unseen, _unseen(store), weights) * filler_factor(query, keys)
    follow = dict.fromkeys((number[a], number[b]) for a, b in pairwise(words) if a != b)
    pairs = np.array(list(follow), dtype=np.int64).reshape(-1, 2)
    return Terms(keys, len(set(words)), slot, weights, pairs, cover)


def _masses(terms: Terms, store: TermStore) -> tuple[float, float]:
    mass = np.where(terms.weights > 0, terms.weights, _unseen(store))
    return float(mass[: terms.words].sum()), float(mass[terms.words :].sum())


def _unseen(store: TermStore) -> np.float32:
    """The idf of a term that no passage has."""
    return np.float32(np.log1p((len(store) + 0.5) / 0.5))


def find_hits(terms: Terms, rows: Sequence[int], passages: PassageStore, store: TermStore) -> Hits:
    """Where the terms stand in some passages."""
    words, letters = store.spread(rows)
    hit_words, hit_letters = (np.flatnonzero(terms.slot[found.ids]) for found in (words, letters))
    owner = np.concatenate((words.owner[hit_words], letters.owner[hit_letters]))
    start = np.concatenate((words.starts[hit_words], letters.starts[hit_letters])).astype(np.int64)
    ids = np.concatenate((words.ids[hit_words], letters.ids[hit_letters]))
    spans = [passages.sentences(row) for row in rows]
    first = np.cumsum([0] + [len(s) for s in spans])
    return Hits(
        owner=owner,
        term=terms.slot[ids].astype(np.int64) - 1,
        place=hit_words - words.first[owner[: len(hit_words)]],
        start=start,
        sentence=sentence_of(owner, start, spans),
        first_sentences=first[:-1],
        sentences=int(first[-1]),
    )


def sentence_of(owner: Ints, start: Ints, spans: Sequence[Sequence[Span]]) -> Ints:
    """The sentence, numbered over all passages, in which each place ``start`` of passage ``owner`` stands.

    What stands before a passage's first sentence (letters before the first morpheme) counts as in it.
    """
    first = np.cumsum([0] + [len(s) for s in spans])
    wide = 1 + max(int(start.max(initial=0)), max(s[-1][0] for s in spans))
    edges = np.array([i * wide + begin for i, s in enumerate(spans) for begin, _ in s], dtype=np.int64)
    number: Ints = np.maximum(np.searchsorted(edges, owner * wide + start, side="right") - 1, first[owner])
    return number


def _presence(unit: Ints, term: Ints, units: int, terms: Terms) -> FloatArray:
    """One where a unit has a term, else zero. *Shape:* ``(units, terms)``."""
    found = np.zeros((units, len(terms.keys)), dtype=np.float32)
    found[unit, term] = 1
    return found


def _by_kind(found: FloatArray, terms: Terms) -> tuple[FloatArray, FloatArray]:
    """The idf of the words and of the letters that each unit has."""
    n = terms.words
    return found[:, :n] @ terms.weights[:n], found[:, n:] @ terms.weights[n:]


def _retrieved(candidates: Sequence[ScoredPassage], name: str) -> FloatArray:
    """A retriever's scores; what chips add to the fused one is left out."""
    boost = "boost" if name == "fused" else ""
    return np.array([c.scores.get(name, 0.0) - c.scores.get(boost, 0.0) for c in candidates], dtype=np.float32)


def _near(terms: Terms, hits: Hits, candidates: int) -> FloatArray:
    """The idf of the distinct words in the best stretch of ``NEAR`` content morphemes.

    A stretch begins at a hit; a hit counts in it when the one before of the same word lies before the stretch.
    """
    place = hits.place
    owner, term = hits.owner[: len(place)], hits.term[: len(place)]
    key = owner * max(terms.words, 1) + term
    order = np.argsort(key, kind="stable")
    again = key[order[1:]] == key[order[:-1]]
    previous = np.full(len(key), -1, dtype=np.int64)
    previous[order[1:][again]] = order[:-1][again]
    along = owner * (int(place.max(initial=0)) + NEAR + 1) + place  # no stretch reaches into the next candidate
    begin = np.arange(len(key))
    total = terms.weights[term]
    for step in range(1, NEAR):  # a stretch has at most NEAR hits: one a place
        a, b = slice(None, -step), slice(step, None)
        inside = along[b] - along[a] < NEAR
        if not inside.any():
            break
        total[a] += np.where(inside & (previous[b] < begin[a]), terms.weights[term[b]], 0)
    best = np.zeros(candidates, dtype=np.float32)
    np.maximum.at(best, owner, total)
    return best


def _pairs(terms: Terms, hits: Hits, candidates: int) -> FloatArray:
    """The idf of the pairs of the question that a passage has in the same order, at most ``REACH`` places apart."""
    place = hits.place
    owner, term = hits.owner[: len(place)], hits.term[: len(place)]
    first, second = terms.pairs.T
    number = np.full((terms.words, terms.words), -1, dtype=np.int64)
    number[first, second] = np.arange(len(first))
    found = np.zeros((candidates, len(first)), dtype=np.float32)
    for step in range(1, REACH + 1):
        a, b = slice(None, -step), slice(step, None)
        pair = number[term[a], term[b]]
        near = (owner[a] == owner[b]) & (place[b] - place[a] <= REACH) & (pair >= 0)
        found[owner[a][near], pair[near]] = 1
    idf: FloatArray = found @ (terms.weights[first] + terms.weights[second])
    return idf


def _headline(terms: Terms, hits: Hits, candidates: Sequence[ScoredPassage]) -> FloatArray:
    """The idf of the words in the document's title or in the first line, where that is short and text follows."""
    ends = np.array([c.passage.text.find("\n", 0, HEADLINE_CHARS + 1) for c in candidates])
    owner, term, start = (column[: len(hits.place)] for column in (hits.owner, hits.term, hits.start))
    inside = start < ends[owner]
    found = np.zeros((len(candidates), terms.words), dtype=np.float32)
    found[owner[inside], term[inside]] = 1
    titles = [c.passage.source.title.lower() for c in candidates]
    forms = [key[len(MORPHEME) :] for key in terms.keys[: terms.words]]
    named = {title: [float(form in title) for form in forms] for title in set(titles) if title}
    for row, title in enumerate(titles):
        if title:
            found[row] = np.maximum(found[row], named[title])
    idf: FloatArray = found @ terms.weights[: terms.words]
    return idf


def _compounds(query: Query, candidates: Sequence[ScoredPassage]) -> FloatArray:
    """How many of the question's runs of content morphemes without a space each passage has, spaces aside."""
    runs: list[tuple[int, int, int]] = []
    for m in query.analysed.morphemes:
        if m.content and runs and runs[-1][1] == m.start:
            runs[-1] = (runs[-1][0], m.end, runs[-1][2] + 1)
        elif m.content:
            runs.append((m.start, m.end, 1))
    words = {query.text[start:end].lower() for start, end, count in runs if count > 1}
    spaced = [re.compile(r"\s*".join(map(re.escape, word))).search for word in words if len(word.split()) == 1]
    if not spaced:
        return np.zeros(len(candidates), dtype=np.float32)
    texts = [c.passage.text.lower() for c in candidates]
    return np.array([sum(found(text) is not None for found in spaced) for text in texts], dtype=np.float32)

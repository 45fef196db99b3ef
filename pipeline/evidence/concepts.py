"""Where the passages of an index, and their sentences, say what a question asks of in words of their own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.passages import PassageStore
from pipeline.protocols import FloatArray
from pipeline.question.concepts import LOOSE, concepts, find_words, notions
from pipeline.terms import MORPHEME
from pipeline.types import AskedConcept, Query, ScoredPassage, Span

SYNONYM = 0.9  # what another word for the same counts, where the question's own word counts 1


class ConceptRows:
    """How plainly each passage says a concept. Each concept is looked for in the whole index once, when first asked."""

    def __init__(self, passages: PassageStore) -> None:
        self._passages = passages
        self._known: dict[str, FloatArray] = {}
        self._table = concepts().concepts  # compiled now, so that nobody's first question waits for it

    def strength(self, concept_id: str) -> FloatArray:
        """1 where a passage has a word of the concept, ``LOOSE`` where one that points to it, else 0.

        *Shape:* ``(passages,)``.
        """
        known = self._known.get(concept_id)
        if known is None:
            words, says = self._table[concept_id].anywhere
            plain = self._passages.matching(words)
            loose = self._passages.matching(says) if says else plain
            known = np.where(plain, 1.0, np.where(loose, LOOSE, 0.0)).astype(np.float32)
            self._known[concept_id] = known
        return known

    def share(self, asked: Sequence[AskedConcept]) -> FloatArray:
        """How much of what is asked of each passage says, from 0 to 1; what few passages say counts more.

        *Shape:* ``(passages,)``.
        """
        total, weights = np.zeros(len(self._passages), dtype=np.float32), 0.0
        for notion in notions(asked):
            says = self._plainest(notion)
            weight = _rarity(says)
            total += np.float32(weight) * says
            weights += weight
        return total / np.float32(weights) if weights else total

    def given(self, asked: Sequence[AskedConcept], row: int) -> dict[str, float]:
        """What each concept gives to a passage's share, by id. Of those asked in the same words the plainest does."""
        groups = notions(asked)
        weights = [_rarity(self._plainest(notion)) for notion in groups]
        total = sum(weights, 0.0)
        parts: dict[str, float] = {}
        for notion, weight in zip(groups, weights, strict=True):
            says = [float(self.strength(concept.id)[row]) for concept in notion]
            giving = says.index(max(says))
            for place, concept in enumerate(notion):
                parts[concept.id] = weight * says[place] / total if place == giving and total else 0.0
        return parts

    def _plainest(self, notion: Sequence[AskedConcept]) -> FloatArray:
        says: FloatArray = np.max([self.strength(concept.id) for concept in notion], axis=0)
        return says


def _rarity(says: FloatArray) -> float:
    """Lucene's inverse document frequency of what some passages say."""
    number = float((says > 0).sum())
    return float(np.log1p((len(says) - number + 0.5) / (number + 0.5)))


@dataclass(frozen=True, slots=True)
class Covered:
    """Which of a question's terms its concepts stand for: 1 where a term lies within.

    *Shape:* ``(concepts, terms)``; ``syllables`` are those of the terms that are single syllables, ``(terms,)``.
    """

    ids: tuple[str, ...]
    terms: FloatArray
    syllables: NDArray[np.bool_]

    def lift(self, found: FloatArray, says: FloatArray) -> FloatArray:
        """What units have of the terms when another word of the concept counts, too.

        Of a single syllable (차, 대 of "차 대기") only the concept counts: by itself it is in anything.

        *Shape:* ``found`` is ``(units, terms)``, ``says`` ``(units, concepts)``.
        """
        if not len(self.ids):
            return found
        synonyms = SYNONYM * (says[:, :, None] * self.terms[None, :, :]).max(axis=1)
        lifted: FloatArray = np.maximum(np.where(self.syllables, 0, found), synonyms).astype(np.float32)
        return lifted


def covered(query: Query, keys: Sequence[str]) -> Covered:
    """The terms, by key, that lie within the words by which the question asks of its concepts."""
    places = _places(query, keys)
    found = np.zeros((len(query.concepts), len(keys)), dtype=np.float32)
    for row, concept in enumerate(query.concepts):
        found[row, places.number[places.inside(concept.spans)]] = 1
    single = np.array([key.startswith(MORPHEME) and len(key) == len(MORPHEME) + 1 for key in keys], dtype=bool)
    return Covered(tuple(concept.id for concept in query.concepts), found, single & found.any(axis=0))


def notions_said(query: Query, says: FloatArray) -> FloatArray:
    """How plainly units say each notion of the question: the plainest of its concepts.

    *Shape:* ``says`` is ``(units, concepts)``, the result ``(units, notions)``.
    """
    place = {concept.id: column for column, concept in enumerate(query.concepts)}
    columns = [says[:, [place[concept.id] for concept in notion]].max(axis=1) for notion in notions(query.concepts)]
    return np.stack(columns, axis=1) if columns else np.zeros((len(says), 0), dtype=np.float32)


def unworded(query: Query, cover: Covered) -> list[int]:
    """The notions of the question that none of its terms lies within, by number."""
    within = {id_ for id_, terms in zip(cover.ids, cover.terms, strict=True) if terms.any()}
    groups = notions(query.concepts)
    return [number for number, notion in enumerate(groups) if not any(concept.id in within for concept in notion)]


def filler_factor(query: Query, keys: Sequence[str]) -> FloatArray:
    """What the terms count: less where they go with anything asked of restaurants. All 1 without concepts.

    *Shape:* ``(terms,)``.
    """
    factor = np.ones(len(keys), dtype=np.float32)
    if not query.concepts:
        return factor
    table = concepts()
    fillers = [(m.start, m.end) for m in query.analysed.morphemes if m.content and m.form in table.fillers]
    poles = [table.poles, *(table.concepts[concept.id].poles for concept in query.concepts)]
    for pole in poles:  # is it 편하다? who finds it 불편하다 answers, too
        fillers += [hit.span() for words in (pole.good, pole.bad) for hit in words.finditer(query.text)]
    asked = [span for concept in query.concepts for span in concept.spans]
    places = _places(query, keys)
    factor[places.number[places.inside(fillers) & ~places.inside(asked)]] = table.filler_weight
    return factor


@dataclass(frozen=True, slots=True)
class _Places:
    """Where some terms of a question stand. The arrays run parallel; ``number`` is that of the term's key."""

    number: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def inside(self, spans: Sequence[Span]) -> NDArray[np.bool_]:
        """Whether at least half of each lies within one of the spans."""
        left, right = np.array(spans, dtype=np.int64).reshape(-1, 2).T[:, :, None]
        common = np.minimum(self.ends, right) - np.maximum(self.starts, left)
        within: NDArray[np.bool_] = (2 * common >= np.maximum(self.ends - self.starts, 1)).any(axis=0)
        return within


def _places(query: Query, keys: Sequence[str]) -> _Places:
    number = {key: i for i, key in enumerate(keys)}
    found = [(number[term.key], term.start, term.end) for term in query.terms if term.key in number]
    return _Places(*np.array(found, dtype=np.int64).reshape(-1, 3).T)


def sentences_saying(
    ids: Sequence[str], candidates: Sequence[ScoredPassage], spans: Sequence[Sequence[Span]]
) -> FloatArray:
    """How plainly each sentence says each concept. *Shape:* ``(sentences of all candidates, concepts)``."""
    rows: list[FloatArray] = []
    for candidate, sentences in zip(candidates, spans, strict=True):
        found = np.zeros((len(sentences), len(ids)), dtype=np.float32)
        starts = [start for start, _ in sentences]
        for column, id_ in enumerate(ids):
            for start, _, plain in find_words(id_, candidate.passage.text):
                at = max(bisect_right(starts, start) - 1, 0)
                found[at, column] = max(found[at, column], plain)
        rows.append(found)
    return np.concatenate(rows) if rows else np.zeros((0, len(ids)), dtype=np.float32)

"""Which clause of a review judges which aspect, and how: morphemes cut the clauses, n-grams say what is in them.

Two heads look at what the restaurant table says of a clause, of its neighbours and of the whole review: one at each
aspect, one at the polarity. An opinion's span is its clause, without what only leads in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.analysis import tables
from pipeline.analysis.clauses import Clause, clauses
from pipeline.analysis.grams import Grams
from pipeline.analysis.heads import Doubles, Head
from pipeline.analysis.labels import ASPECTS, POLARITIES
from pipeline.analysis.letters import Letters, Positions
from pipeline.analysis.model import Batch, Model, Scored
from pipeline.analysis.spans import places
from pipeline.protocols import FloatArray
from pipeline.types import AnalysedText, Opinion, Span

_FAR = np.int64(1) << 32  # more characters than a text has


@dataclass(frozen=True, slots=True)
class Clauses:
    """The clauses of a batch: which text each is of, where it begins in the batch's letters, and the clause itself.

    ``starts`` ends with the number of all letters. *Shape:* ``(clauses,)``, ``(clauses + 1,)``.
    """

    owner: Positions
    starts: Positions
    list: tuple[Clause, ...]


def cut(analysed: Sequence[AnalysedText], found: Letters) -> Clauses:
    """The clauses of the texts of a batch, one at least of each."""
    owners, begins, kept = [], [], []
    for row, text in enumerate(analysed):
        where = places(text.text)
        for clause in clauses(text) or [Clause((0, len(text.text)), (0, len(text.text)))]:
            owners.append(row)
            begin = clause.whole[0]
            begins.append(begin if where is None else int(np.searchsorted(where, begin)))
            kept.append(clause)
    owner = np.array(owners, dtype=np.int64)
    texts = np.repeat(np.arange(len(analysed)), np.diff(found.bounds))
    keys = texts * _FAR + np.maximum(found.origin, 0)
    starts = np.searchsorted(keys, owner * _FAR + np.array(begins, dtype=np.int64))
    first = np.searchsorted(owner, np.arange(len(analysed)))
    starts[first] = found.bounds[:-1]
    distinct = np.concatenate(
        ([True], np.diff(starts) > 0)
    )  # letters were squeezed out: the clause has none of its own
    return Clauses(
        owner[distinct], np.append(starts[distinct], len(found.codes)), tuple(np.array(kept, dtype=object)[distinct])
    )


def scores_of(given: Clauses, scored: Scored, families: Sequence[Grams]) -> FloatArray:
    """What a table says of each clause. *Shape:* ``(clauses, scores)``."""
    scores: FloatArray = tables.sums(scored.table, families, given.starts).scores() + scored.intercepts
    return scores


def clause_features(given: Clauses, restaurant: FloatArray, film: FloatArray, reviews: Doubles) -> FloatArray:
    """What the heads look at: the scores of a clause, of the one before and the one after, of the review; its length.

    ``reviews`` are the probabilities of the reviews' sentiments. *Shape:* ``(clauses, features)``.
    """
    sizes = np.log(np.diff(given.starts))[:, None]
    own = np.concatenate((restaurant, film.mean(axis=1, keepdims=True), sizes), axis=1)
    same = given.owner[1:] == given.owner[:-1]
    before, after = np.zeros_like(own), np.zeros_like(own)
    before[1:][same] = own[:-1][same]
    after[:-1][same] = own[1:][same]
    features: FloatArray = np.concatenate((own, before, after, reviews[given.owner]), axis=1).astype(np.float32)
    return features


def decide(
    given: Clauses, features: FloatArray, aspect: Head, polarity: Head, threshold: float, texts: int
) -> list[tuple[Opinion, ...]]:
    """The opinions of each text, in order: of each clause the most probable aspect, where it is probable enough."""
    opinions: list[list[Opinion]] = [[] for _ in range(texts)]
    if not len(features):
        return []
    sure, signs = aspect.labels(features), polarity.classes(features)
    best, sign = sure.argmax(axis=1), signs.argmax(axis=1)
    for row in np.flatnonzero(sure.max(axis=1) >= threshold).tolist():
        score = float(sure[row, best[row]] * signs[row, sign[row]])
        span: Span = given.list[row].core
        opinions[given.owner[row]].append(Opinion(ASPECTS[best[row]], POLARITIES[sign[row]], span, score))
    return [tuple(each) for each in opinions]


def find_opinions(model: Model, known: Batch, analysed: Sequence[AnalysedText]) -> list[tuple[Opinion, ...]]:
    """The opinions of each text of a batch that was read, in order."""
    given = cut(analysed, known.found)
    restaurant = scores_of(given, model.restaurant, known.families)
    film = scores_of(given, model.film, known.families)
    features = clause_features(given, restaurant, film, known.sentiment)
    return decide(given, features, model.heads["aspects"], model.heads["polarities"], model.opinion, len(analysed))

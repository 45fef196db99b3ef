"""The restaurant table: what a clause judges and what it is about, learned on conjugated, written and labelled clauses.

Film reviews know nothing of 불맛, 웨이팅 or 잡내; this table does. It is trained on clauses, so it can be asked of a
review's pieces as well as of the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.analysis.labels import ASPECTS
from pipeline.analysis.model import Scored
from pipeline.protocols import FloatArray
from pipeline.training.linear.data import Integers, Judged
from pipeline.training.linear.pairs import Pairs, inverse, pairs, weigh
from pipeline.training.linear.sentences import Clause
from pipeline.training.linear.shrinking import Weighed
from pipeline.training.linear.written import INDIRECT

SCORES = ("positive", "negative", *ASPECTS)
SIGNS = np.array([1, -1, *(0 for _ in ASPECTS)], dtype=np.float32)
LEAST = 2  # texts that a gram stands in
SIZE = 150_000
RIDGE = 0.3
CONJUGATED, WRITTEN, MARKED, WHOLE = 0.2, 1.0, 0.5, 2.0  # what a text of each origin counts
ROUNDABOUT = 0.15  # what one of a review counts beside that, where the review means more than its words say
EVERYWHERE = -1


@dataclass(frozen=True, slots=True)
class Example:
    """A text with what it judges ("" or "mixed": neither side), the aspects it is about and what it counts.

    ``review`` is the number of the review that it is of, ``EVERYWHERE`` where it is of none.
    """

    text: str
    polarity: str
    aspects: frozenset[str]
    weight: float
    review: int = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Course:
    """Examples made ready to be learned from, again and again without some of them.

    ``inverted``: see ``pipeline.training.linear.pairs.inverse``.

    *Shape:* ``targets`` ``(examples, scores)``, ``reviews`` ``(examples,)``.
    """

    given: Pairs
    inverted: FloatArray
    targets: FloatArray
    reviews: Integers


def examples(reviews: Sequence[Judged], conjugated: Sequence[Clause], written: Sequence[Clause]) -> list[Example]:
    """All that the table is trained on: clauses, and reviews as wholes with all that they are about."""
    made = [_example(clause, CONJUGATED) for clause in conjugated] + [_example(clause, WRITTEN) for clause in written]
    for number, review in enumerate(reviews):
        share = ROUNDABOUT if review.id.startswith(INDIRECT) else 1
        made += [_example(clause, MARKED * share, number) for clause in labelled(review)]
        about = frozenset(aspect for aspect, *_ in review.aspects)
        made.append(Example(review.text, review.sentiment, about, WHOLE * share, number))
    return made


def _example(clause: Clause, weight: float, review: int = EVERYWHERE) -> Example:
    return Example(clause.text, clause.polarity, frozenset({clause.aspect} - {""}), weight, review)


def labelled(review: Judged) -> list[Clause]:
    """The clauses that gold labels mark in a review, and what lies between them, which judges nothing."""
    clauses, end = [], 0
    for aspect, polarity, start, stop in review.aspects:
        clauses += _between(review.text[end:start])
        clauses.append(Clause(review.text[start:stop], aspect, polarity))
        end = stop
    return clauses + _between(review.text[end:])


def _between(text: str) -> list[Clause]:
    return [Clause(text.strip(), "", "")] if len(text.strip()) >= 4 else []


def course(given: Sequence[Example]) -> Course:
    """The examples, ready."""
    targets = np.full((len(given), len(SCORES)), -1, dtype=np.float32)
    for row, example in enumerate(given):
        about = (
            example.polarity == "positive",
            example.polarity == "negative",
            *(a in example.aspects for a in ASPECTS),
        )
        targets[row, list(about)] = 1
    shares = np.array([example.weight for example in given], dtype=np.float32)
    found = pairs([example.text for example in given], least=LEAST)
    return Course(found, inverse(found, shares, RIDGE), targets, np.array([example.review for example in given]))


def train_table(given: Course, without: Integers | None = None) -> Scored:
    """The table, learned without some of the reviews."""
    return weigh_table(given, without).scored()


def weigh_table(given: Course, without: Integers | None = None) -> Weighed:
    """Its weights."""
    rows = np.flatnonzero(~np.isin(given.reviews, [] if without is None else without))
    return weigh(given.given, given.inverted, rows, given.targets, SIZE, SIGNS)

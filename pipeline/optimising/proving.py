"""Holding an engine against its model on the user's own index: what is read, what is asked, what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evidence.calibration import FOREIGN, pseudo_question
from pipeline.optimising.gates import Figures, Recall, cosines, neighbours, recall, spread
from pipeline.passages import PassageStore
from pipeline.protocols import Encoder, FloatArray
from pipeline.termstore import TermStore
from pipeline.types import AnalysedText, Query, Sample

SEED = 0
PASSAGES, QUESTIONS = 1_000, 1_000  # read by the engine, and made where the user has none
_BATCH = 32

Read = Callable[[Sequence[str]], FloatArray]
"""*Shape:* ``(texts, dimensions)``."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the rows of the passages that are right."""

    text: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """What engine and model are held against each other on. ``vectors`` are the model's of every passage.

    ``reference`` opens the encoder that made them, which takes as much memory as the model. ``source`` says where the
    questions are from: ``file`` or ``pseudo``.
    """

    index: str
    version: str
    passages: PassageStore
    vectors: NDArray[np.floating]
    reference: Callable[[], Encoder]
    questions: tuple[Asked, ...]
    source: str


def of_samples(samples: Sequence[Sample], passages: PassageStore) -> tuple[Asked, ...]:
    """The questions whose right passages are in the index."""
    found = (
        (sample.question.text, tuple(passages.rows[id_] for id_ in sample.passage_ids if id_ in passages.rows))
        for sample in samples
    )
    return tuple(Asked(text, rows) for text, rows in found if rows)


def made_of(passages: PassageStore, terms: TermStore, count: int = QUESTIONS) -> tuple[Asked, ...]:
    """Questions made of the index's own sentences, a few of their words taken from elsewhere. Always the same ones."""
    random = np.random.default_rng(SEED)
    found: list[Asked] = []
    for row in random.permutation(len(passages)).tolist():
        query = pseudo_question(row, passages, terms, random, FOREIGN)
        if query is not None:
            found.append(Asked(query.text, (row,)))
        if len(found) == count:
            break
    return tuple(found)


def sample_rows(ground: Ground, most: int) -> list[int]:
    """The rows that an engine reads: all, or so many by lot beside those that are right answers."""
    count = len(ground.passages)
    if count <= most:
        return list(range(count))
    drawn = np.random.default_rng(SEED).permutation(count)[:most].tolist()
    return sorted({*drawn, *(row for asked in ground.questions for row in asked.rows)})


def measure(ground: Ground, questions: Read, passages: Read, most: int, told: Callable[[int], None]) -> Figures:
    """Hold an engine, which reads questions and passages, against the model. ``told`` hears of every text read."""
    rows = sample_rows(ground, most)
    place = {row: at for at, row in enumerate(rows)}
    texts = [asked.text for asked in ground.questions]
    width = int(ground.vectors.shape[1])
    ours_q = _read(questions, texts, width, told)
    ours_p = _read(passages, [ground.passages[row].text for row in rows], width, told)
    theirs_q = _reference(ground.reference(), texts)
    theirs_p = np.asarray(ground.vectors[rows], dtype=np.float32)
    known = np.any(theirs_p, axis=1, keepdims=True)  # of a text without a letter the index knows nothing
    ours_p = np.where(known, ours_p, 0)
    near_p, near_q = spread(cosines(ours_p, theirs_p)), spread(cosines(ours_q, theirs_q))
    ours_p, ours_q = np.nan_to_num(ours_p, nan=0.0), np.nan_to_num(ours_q, nan=0.0)  # finds nothing
    gold = [asked.rows for asked in ground.questions]
    inside = [[place[row] for row in each] for each in gold]
    return Figures(
        index=ground.index,
        version=ground.version,
        asked=ground.source,
        questions=len(texts),
        passages=len(ground.passages),
        sampled=len(rows),
        passage_cosine=near_p,
        question_cosine=near_q,
        recall=Recall(
            reference=recall(theirs_q, ground.vectors, gold),
            searched=recall(ours_q, ground.vectors, gold),
            whole_reference=recall(theirs_q, theirs_p, inside),
            whole=recall(ours_q, ours_p, inside),
        ),
        neighbours=recall(ours_q, ground.vectors, neighbours(theirs_q, ground.vectors)),
    )


def _read(read: Read, texts: Sequence[str], width: int, told: Callable[[int], None]) -> FloatArray:
    """Read texts of a length together. *Shape:* ``(len(texts), width)``."""
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    vectors = np.empty((len(texts), width), dtype=np.float32)
    for start in range(0, len(order), _BATCH):
        part = order[start : start + _BATCH]
        vectors[part] = read([texts[at] for at in part])
        told(len(part))
    return vectors


def _reference(reference: Encoder, texts: Sequence[str]) -> FloatArray:
    return reference.encode([Query(AnalysedText(text, ()), ()) for text in texts])

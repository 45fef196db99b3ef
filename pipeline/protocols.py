"""What each kind of backend must be able to do. One method each; a backend is any object that has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pipeline.errors.base import HansangError
from pipeline.types import (
    AnalysedText,
    Analysis,
    Answer,
    AskedAspect,
    AspectOpinions,
    Query,
    QuotedOpinion,
    ScoredPassage,
    Unanalysed,
    Understanding,
)

FloatArray = NDArray[np.float32]


class Tokenizer(Protocol):
    """Splits Korean text into morphemes. ``fingerprint`` changes whenever the same text may be analysed differently."""

    fingerprint: str

    def analyse(self, texts: Iterable[str]) -> Iterator[AnalysedText]:
        """Analyse texts lazily, in order. Every morpheme's offsets slice its text; forms are lower-cased."""
        ...


class Encoder(Protocol):
    """Turns texts into vectors."""

    def encode(self, queries: Sequence[Query]) -> FloatArray:
        """Encode prepared texts.

        *Shape:* ``(len(queries), dimensions)``, rows of unit length, or zero where nothing is known of the text.
        """
        ...


class Retriever(Protocol):
    """Scores every passage of an index against a query."""

    def score(self, query: Query) -> FloatArray:
        """Raw scores, higher is better.

        *Shape:* ``(passages,)``
        """
        ...


class RowScorer(Protocol):
    """Scores few passages of an index against a query: what would take too long for all of them."""

    def score_rows(self, query: Query, rows: NDArray[np.int64]) -> FloatArray:
        """Raw scores of the passages of some rows, higher is better.

        *Shape:* that of ``rows``
        """
        ...


class VectorRows(Protocol):
    """The vectors of an index's passages, wherever they are."""

    def __getitem__(self, rows: NDArray[np.int64], /) -> NDArray[np.floating[Any]]:
        """The vectors of some rows. *Shape:* ``(rows, dimensions)``."""
        ...


@dataclass(frozen=True, slots=True)
class Condition:
    """Passages whose value in a metadata column is one of some, or none of them where they aren't to ``keep``.

    Values are given by their codes (``PassageStore.codes``).
    """

    column: str
    codes: tuple[int, ...]
    keep: bool = True


@dataclass(frozen=True, slots=True)
class Within:
    """Which passages may take part: all that meet the conditions, less the dropped rows.

    ``allowed`` says the same row by row, None when all may. *Shape:* ``(passages,)``.
    """

    conditions: tuple[Condition, ...] = ()
    dropped: tuple[int, ...] = ()
    allowed: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search engine brought for a question.

    ``scores`` are exact where ``known``; elsewhere they are the lowest that any passage has that may take part.
    No passage that isn't known scores above ``beyond``. ``score_rows`` asks for the exact scores of rows.
    *Shapes:* ``(passages,)``.
    """

    scores: FloatArray
    known: NDArray[np.bool_]
    beyond: float
    score_rows: Callable[[NDArray[np.int64]], FloatArray]


@runtime_checkable
class Searching(Protocol):
    """A retriever behind a search engine: it brings the best passages instead of scoring every one."""

    def search(self, query: Query, within: Within) -> Found:
        """The best passages among those that may take part."""
        ...


@runtime_checkable
class Explaining(Protocol):
    """A retriever whose score is a sum over the query's terms and that can say what each of them gave."""

    def contributions(self, query: Query, row: int) -> list[float]:
        """What each term of the query gives to a passage's score, in the query's order."""
        ...


class Reranker(Protocol):
    """Looks at few candidates more closely than a retriever can."""

    def rerank(self, query: Query, candidates: Sequence[ScoredPassage]) -> list[tuple[float, float | None]]:
        """For each candidate, in order, its raw score (higher is better) and a calibrated P(relevant) if known."""
        ...


class Generator(Protocol):
    """Writes the answer from the passages in the prompt."""

    def generate(
        self, query: Query, understanding: Understanding, candidates: Sequence[ScoredPassage]
    ) -> Iterator[Answer]:
        """Yield the answer as it grows; the last one is complete. Only candidates with ``in_prompt`` may be cited."""
        ...


@runtime_checkable
class Checked(Protocol):
    """A backend that needs something outside this process and can tell whether it is there."""

    def trouble(self) -> HansangError | None:
        """Why it can't be used now, None when it can. Quick, and asks no more than once in a few seconds."""
        ...


class Classifier(Protocol):
    """Says of reviews how they judge: sentiment, intensity, emotions, and what they say of which aspect."""

    name: str

    def classify(self, texts: Sequence[str], *, aspects: bool = True) -> list[Analysis | Unanalysed]:
        """One analysis for each text, in order; a text that nothing can be made of doesn't fail the others.

        The result for a text doesn't depend on the texts beside it. Without ``aspects`` there are no opinions, which
        is faster.
        """
        ...


class OpinionSource(Protocol):
    """The opinions in a restaurant's reviews, computed when they are first asked for and kept from then on."""

    def open(self) -> None:
        """Load what all restaurants need, so that nobody's first question waits for it."""
        ...

    def opinions(
        self, restaurant: str, aspects: Sequence[AskedAspect], allowed: NDArray[np.bool_] | None
    ) -> list[AspectOpinions]:
        """What its reviews say of each aspect, in order; only passages that are ``allowed`` count.

        *Shape:* ``(passages,)``, None when all are.
        """
        ...

    def mentions(
        self, restaurant: str, concepts: Sequence[str], allowed: NDArray[np.bool_] | None
    ) -> tuple[QuotedOpinion, ...]:
        """A sentence of each of its reviews that speaks of one of the concepts, the newest first; judges none of them.

        *Shape:* ``(passages,)``, None when all are.
        """
        ...

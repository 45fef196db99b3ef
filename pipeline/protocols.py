"""What each kind of backend must be able to do. One method each; a backend is any object that has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import HansangError
from pipeline.types import (
    AnalysedText,
    Analysis,
    Answer,
    AskedAspect,
    AspectOpinions,
    Query,
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

    def opinions(
        self, restaurant: str, aspects: Sequence[AskedAspect], allowed: NDArray[np.bool_] | None
    ) -> list[AspectOpinions]:
        """What its reviews say of each aspect, in order; only passages that are ``allowed`` count.

        *Shape:* ``(passages,)``, None when all are.
        """
        ...

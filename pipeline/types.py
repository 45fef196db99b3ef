"""Every noun of the pipeline, as frozen dataclasses over the standard library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Span = tuple[int, int]
"""Half-open character offsets ``(start, end)`` into a text; ``text[start:end]`` is what it names."""

ChipKind = Literal["restaurant", "district", "category", "dish", "price", "rating", "date", "order"]
AnswerKind = Literal["extract", "count", "comparison", "abstention", "generated"]
TraceState = Literal["understood", "retrieved", "reranked", "answering", "done"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a passage comes from. Offsets are characters in the document; unknown metadata is empty or None."""

    document_id: str
    start: int = 0
    end: int = 0
    title: str = ""
    restaurant: str = ""
    category: str = ""
    district: str = ""
    price_band: int | None = None
    rating: float | None = None
    date: str = ""
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that is retrieved and cited as one."""

    id: str
    text: str
    source: Source


@dataclass(frozen=True, slots=True)
class Document:
    """A review or an article as it was read, before it is split into passages. ``source.document_id`` names it."""

    text: str
    source: Source


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be used: where it stood (``line`` from 1) and why, in Korean and English."""

    path: str
    line: int
    code: str
    ko: str
    en: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asked, as typed."""

    id: str
    text: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Morpheme:
    """One morpheme of an analysed text: its form, the analyser's part of speech, and where it stands.

    ``content`` is true for the morphemes that retrieval uses; particles, endings and symbols are not content.
    """

    form: str
    tag: str
    start: int
    end: int
    content: bool


@dataclass(frozen=True, slots=True)
class AnalysedText:
    """A text as an analyser sees it. ``sentences`` cover the text in order; empty when the analyser finds none."""

    text: str
    morphemes: tuple[Morpheme, ...]
    sentences: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A unit of lexical matching: ``m:주차`` for a morpheme, ``b:주차`` for a character bigram."""

    key: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Query:
    """A question made ready for retrieval: its analysis and its terms, computed once."""

    analysed: AnalysedText
    terms: tuple[Term, ...]

    @property
    def text(self) -> str:
        """The text that is searched for."""
        return self.analysed.text


@dataclass(frozen=True, slots=True)
class Chip:
    """Something the question said about metadata, shown to the user, who may take it off.

    ``values`` are alternatives (any of them satisfies the chip). For ``rating`` and ``price`` they are ``">=4"``-like
    bounds, for ``date`` ISO bounds, all of which must hold. ``span`` is where the question says it, None when inherited
    from the one before. ``approximate`` is true when the spelling had to be forgiven. A ``filter`` keeps what matches,
    an ``exclude`` what does not (숯골갈비 말고), a ``boost`` only prefers it.
    """

    id: str
    kind: ChipKind
    values: tuple[str, ...]
    label: str
    mode: Literal["filter", "boost", "exclude"] = "filter"
    span: Span | None = None
    inherited: bool = False
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Understanding:
    """What the question was understood to mean: the text to search for and the chips in force.

    ``shape`` is the form of answer asked for (``list``: whatever meets the conditions); ``removed`` are chips that the
    user took off.
    """

    search_text: str
    chips: tuple[Chip, ...] = ()
    shape: Literal["fact", "count", "comparison", "list"] = "fact"
    removed: tuple[Chip, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A candidate with the raw score and the rank (from 1) that each stage gave it. Stages add, never overwrite.

    ``relevance`` is a calibrated probability that the passage answers the question.
    """

    passage: Passage
    row: int
    scores: Mapping[str, float] = field(default_factory=dict)
    ranks: Mapping[str, int] = field(default_factory=dict)
    relevance: float | None = None
    in_prompt: bool = False

    def scored(self, stage: str, score: float, rank: int, relevance: float | None = None) -> ScoredPassage:
        """This candidate with the score and rank of one more stage, and what it makes of the relevance.

        Raises:
            ValueError: the stage has already scored it.
        """
        if stage in self.scores:
            raise ValueError(f"stage {stage!r} has already scored passage {self.passage.id!r}")
        scores, ranks = {**self.scores, stage: score}, {**self.ranks, stage: rank}
        known = self.relevance if relevance is None else relevance
        return replace(self, scores=scores, ranks=ranks, relevance=known)


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence of the answer and the characters of the passage it rests on."""

    sentence: str
    passage_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to the user. ``confidence`` is the calibrated probability that the question can be answered from the
    prompt, None when the generator gives none. ``note`` says how the answer was made or what was looked for.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    abstained: bool = False
    kind: AnswerKind = "extract"
    confidence: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything behind one answer. Grows while the question is worked on; ``state`` says how far it is.

    ``extremes`` holds each retriever's lowest and highest score over the passages that were allowed, which is what a
    replay of min-max fusion needs. ``timings_ms`` are milliseconds by stage.
    """

    id: str
    question: Question
    index: str
    settings: Mapping[str, object]
    state: TraceState = "understood"
    understanding: Understanding | None = None
    candidates: tuple[ScoredPassage, ...] = ()
    extremes: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    answer: Answer | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    previous: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """One question of an evaluation set with what is known to be right."""

    question: Question
    reference: str = ""
    passage_ids: tuple[str, ...] = ()
    answerable: bool = True

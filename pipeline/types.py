"""Every noun of the pipeline, as frozen dataclasses over the standard library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Span = tuple[int, int]
"""Half-open character offsets ``(start, end)`` into a text; ``text[start:end]`` is what it names."""

ChipKind = Literal["restaurant", "district", "category", "dish", "price", "rating", "date", "order"]
Side = Literal["", "positive", "negative"]
Overview = Literal["", "whole", "praise", "complaints", "change"]
Order = Literal["", "most", "least"]
By = Literal["", "month", "restaurant", "category", "district"]
AnswerKind = Literal["extract", "count", "comparison", "aspects", "figures", "abstention", "generated"]
COUNTED: frozenset[AnswerKind] = frozenset({"aspects", "figures"})
"""Answers that count reviews beyond the prompt."""

DoubtKind = Literal["number", "date", "name", "negation", "uncited", "unknown-source", "unlike"]
Shape = Literal["fact", "count", "comparison", "list", "talk", "system", "unclear"]
ASIDES: frozenset[Shape] = frozenset({"talk", "system", "unclear"})
"""Shapes of what asks nothing of reviews."""

TraceState = Literal["understood", "retrieved", "reranked", "analysing", "answering", "done"]


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

    @property
    def is_answer(self) -> bool:
        """Whether it answers a review and rates nothing, as owners do. A guest who answers a guest gives a rating."""
        return bool(self.reply_to) and self.rating is None


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
class AskedConcept:
    """Something that a question asks of in one of many words (웨이팅, 줄, 기다리다: 대기).

    ``spans`` are where the text that is searched for says it.
    """

    id: str
    name: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A question made ready for retrieval: its analysis, its terms and its concepts, computed once."""

    analysed: AnalysedText
    terms: tuple[Term, ...]
    concepts: tuple[AskedConcept, ...] = ()

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
    an ``exclude`` what does not (숯골갈비 말고), a ``boost`` only prefers it. ``unknown`` are the values that the index
    has no reviews of, ``near`` names of its own that are spelled nearly so.
    """

    id: str
    kind: ChipKind
    values: tuple[str, ...]
    label: str
    mode: Literal["filter", "boost", "exclude"] = "filter"
    span: Span | None = None
    inherited: bool = False
    approximate: bool = False
    unknown: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedAspect:
    """An aspect of restaurants that an opinion is asked of, named as in the label scheme ``review``.

    ``name`` is how the question means it; a ``concept`` narrows the aspect to what speaks of it (주차 of 위치·주차).
    ``side`` is the one that is looked for where it differs from aspect to aspect (맛은 있는데 불친절한 곳). A ``dish``
    narrows the aspect to what is said of it (만두 맛집).
    """

    aspect: str
    name: str
    concept: str = ""
    side: Side = ""
    dish: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether only part of what is said of the aspect is meant."""
        return bool(self.concept or self.dish)


@dataclass(frozen=True, slots=True)
class Figures:
    """What is asked of figures that reviews carry themselves: their rating, how many there are, of which restaurants,
    the ``share`` of those with the ratings of a condition, or which ``dishes`` they name.

    With an ``order`` restaurants are sought that have most or least of it (the highest rating, the fewest reviews);
    ``by`` is what it is told of one by one. ``bounds`` are conditions of a restaurant's mean rating (``>=4``).
    """

    of: Literal["rating", "reviews", "restaurants", "share", "dishes"]
    order: Order = ""
    by: By = ""
    bounds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Understanding:
    """What the question was understood to mean: the text to search for and the chips in force.

    ``shape`` is the form of answer asked for (``list``: whatever meets the conditions), or that nothing is asked of
    reviews: ``talk`` (고마워), ``system`` (넌 누구야?), ``unclear`` (asdf). ``removed`` are chips that the user took
    off; ``concepts`` are what it asks of restaurants, none where the index has no restaurants; ``counted`` is what a
    count counts (몇 군데: restaurants). Where nothing but opinions of ``aspects`` is asked for, these are in the order
    in which it says them, and ``seeks`` is the side that it looks for (서비스 나쁜 집: negative), if any. ``overview``
    is what it asks of reviews altogether (숯골갈비 어때?, 별점 1점의 불만은?, 요즘 나빠진 식당), or of what they say
    of ``aspects`` (위생 불만 보여줘), ``figures`` what of their figures. ``first`` is how many restaurants it wants to
    see ranked, 0 where it doesn't say; ``ranked`` are those that the conversation last ranked, in order (which 2위 is).
    """

    search_text: str
    chips: tuple[Chip, ...] = ()
    shape: Shape = "fact"
    removed: tuple[Chip, ...] = ()
    concepts: tuple[AskedConcept, ...] = ()
    counted: Literal["reviews", "restaurants"] = "reviews"
    aspects: tuple[AskedAspect, ...] = ()
    seeks: Side = ""
    overview: Overview = ""
    figures: Figures | None = None
    first: int = 0
    ranked: tuple[str, ...] = ()


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
        return ScoredPassage(self.passage, self.row, scores, ranks, known, self.in_prompt)


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence of the answer and the characters of the passage it rests on."""

    sentence: str
    passage_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something in a sentence of an answer that the sources it cites don't bear out: of what kind, and what it is.

    That is the number, date, name or word itself. ``uncited``: it cites nothing; ``unknown-source``: it cites a number
    that no source has; ``unlike``: it has hardly a word of its source.
    """

    sentence: str
    kind: DoubtKind
    what: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no answer, or none to be trusted as it stands, with the cure; ``code`` is for machines."""

    code: str
    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer took: tokens read and written, milliseconds until the first one came (None when none did).

    ``estimated`` is true where the server didn't count and we did.
    """

    model: str
    tokens_in: int = 0
    tokens_out: int = 0
    first_token_ms: float | None = None
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to the user. ``confidence`` is the calibrated probability that the question can be answered from the
    prompt, None when the generator gives none. ``note`` says how the answer was made or what was looked for.

    A language model's answer has more. ``doubts``: what of it its sources don't bear out. ``trouble``: why there is no
    text, or why the one there is isn't whole or isn't to be trusted. ``left_out``: ids of passages for which the prompt
    had no room. ``usage``: what it took.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    abstained: bool = False
    kind: AnswerKind = "extract"
    confidence: float | None = None
    note: str = ""
    doubts: tuple[Doubt, ...] = ()
    trouble: Trouble | None = None
    left_out: tuple[str, ...] = ()
    usage: Usage | None = None


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


Sentiment = Literal["positive", "neutral", "negative", "mixed"]
Polarity = Literal["positive", "neutral", "negative"]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a review says of one aspect, and the words it rests on. ``score`` is how sure that is, from 0 to 1.

    Aspects and polarities are named as in the label scheme ``review``.
    """

    aspect: str
    polarity: Polarity
    span: Span
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class QuotedOpinion:
    """An opinion in a passage: ``text`` slices the passage at ``start``–``end``; ``row`` is the passage's."""

    polarity: Polarity
    passage_id: str
    row: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class AspectOpinions:
    """What the reviews of a restaurant say of an aspect that was asked for: numbers of reviews that judge it.

    A review that praises and complains counts as ``both`` and as neither of the two. ``quotes`` stand for many, the
    best first; ``counted`` are all opinions that were counted, one of a review at each side.
    """

    restaurant: str
    asked: AskedAspect
    positive: int
    negative: int
    both: int
    quotes: tuple[QuotedOpinion, ...] = ()
    counted: tuple[QuotedOpinion, ...] = ()

    @property
    def judged(self) -> int:
        """The reviews that judge it."""
        return self.positive + self.negative + self.both


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence of a review by itself: the characters it has, its sentiment's probabilities, its intensity (1–5)."""

    span: Span
    sentiment: Mapping[Sentiment, float]
    intensity: float


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a classifier makes of one review. Labels are named as in the label scheme ``review``.

    ``sentiment`` are probabilities that sum to one, ``intensity`` the probabilities of 1 (very negative) to 5, empty
    where the classifier doesn't tell. An emotion's score is independent of the others'; ``felt`` are those over their
    threshold, or ``none``. ``parts`` are the sentences, where not all of them lean the same way. ``note`` says what is
    unusual of the text: ``orders`` (to the model, which count as nothing), ``no-words`` (only emoji or ㅋㅋㅋ),
    ``not-korean``, ``cut`` (read in part) or ``partial`` (one of several classifiers failed); empty otherwise.
    """

    classifier: str
    sentiment: Mapping[Sentiment, float]
    intensity: tuple[float, ...]
    emotions: Mapping[str, float] = field(default_factory=dict)
    felt: tuple[str, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    parts: tuple[Part, ...] = ()
    note: str = ""

    @property
    def label(self) -> Sentiment:
        """The most probable sentiment."""
        return max(self.sentiment, key=self.sentiment.__getitem__)

    @property
    def confidence(self) -> float:
        """The probability of the most probable sentiment."""
        return max(self.sentiment.values())

    @property
    def expected_intensity(self) -> float:
        """The mean of the intensity's distribution, from 1 to 5."""
        return sum(level * share for level, share in enumerate(self.intensity, start=1))


@dataclass(frozen=True, slots=True)
class Unanalysed:
    """A review that a classifier could make nothing of, and why. Nothing is guessed in its place."""

    classifier: str
    code: str
    ko: str
    en: str

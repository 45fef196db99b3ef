"""Sentences as evidence: what they have of a question, whether two say the same, whether one denies the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evidence.reading import Reading, around, sentence_scores, share
from pipeline.terms import bigram_terms
from pipeline.types import AnalysedText, Citation, Morpheme, ScoredPassage

SAME = 0.6  # Jaccard of letter pairs from which two sentences say the same
_BEFORE = frozenset({"안", "못"})
_AFTER = frozenset({"않", "못하", "없", "아니", "말", "안", "못"})
_NAMING = frozenset({"NNG", "NNP", "SL", "SH", "SN", "XR"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence of a candidate.

    ``score`` compares it with the others; ``coverage`` is what it and the sentence before it have of the question's
    words, by idf, from 0 to 1.
    """

    candidate: ScoredPassage
    start: int
    end: int
    score: float
    coverage: float

    @property
    def sentence(self) -> str:
        """The sentence as it stands in the passage."""
        return self.candidate.passage.text[self.start : self.end]

    @property
    def restaurant(self) -> str:
        """Whom it is about; empty when unknown."""
        return self.candidate.passage.source.restaurant

    def citation(self) -> Citation:
        """Where the sentence stands."""
        return Citation(self.sentence, self.candidate.passage.id, self.start, self.end)


def evidence_of(reading: Reading, candidates: Sequence[ScoredPassage]) -> list[Evidence]:
    """Every sentence that was read, best first; equal ones in the order in which they were read."""
    scores = sentence_scores(reading)
    coverage = share(around(reading.words, reading.owner, before_only=True), reading.word_weights)
    found = [
        Evidence(candidates[owner], *span, float(score), float(covered))
        for owner, span, score, covered in zip(reading.owner.tolist(), reading.spans, scores, coverage, strict=True)
    ]
    return [found[i] for i in np.argsort(-scores, kind="stable").tolist() if found[i].sentence.strip()]


def says_the_same(one: str, other: str) -> bool:
    """Whether two sentences share most of their letter pairs."""
    left, right = ({term.key for term in bigram_terms(text)} for text in (one, other))
    if not left or not right:
        return one.split() == other.split()
    return len(left & right) >= SAME * len(left | right)


def negations(morphemes: Sequence[Morpheme]) -> dict[str, bool]:
    """For each content word, whether it is negated.

    That is: right after 안 or 못, or with 않, 못하, 없, 아니, 말, 안, 못 between it and the next content word
    (짜지 않다, 주차는 안 돼요, 웨이팅 없음). No syntax: double negation and rhetorical questions are
    not seen through.
    """
    found: dict[str, bool] = {}
    for i, m in enumerate(morphemes):
        if not m.content:
            continue
        before = i > 0 and morphemes[i - 1].form in _BEFORE and morphemes[i - 1].tag == "MAG"
        found[m.form] = found.get(m.form, False) or before or _denied(morphemes[i + 1 :])
    return found


def _denied(following: Sequence[Morpheme]) -> bool:
    """Whether a negation comes before the next content word and isn't that word's own."""
    for m, then in zip(following, [*following[1:], None], strict=False):
        if m.content:
            return False
        if m.form in _AFTER:
            return not (m.form in _BEFORE and then is not None and then.content)
    return False


def denies(question: Sequence[Morpheme], sentence: Sequence[Morpheme], words: Iterable[str]) -> bool:
    """Whether a sentence negates one of the words that the question affirms, or the reverse."""
    asked, said = negations(question), negations(sentence)
    return any(word in asked and word in said and asked[word] != said[word] for word in words)


def topic(analysed: AnalysedText, words: Iterable[str]) -> str:
    """What a question is about in its own spelling: the eojeols with one of the words, nouns without particles."""
    kept = set(words)
    pieces: list[str] = []
    start = 0
    for eojeol in analysed.text.split():
        start = analysed.text.index(eojeol, start)
        end = start + len(eojeol)
        inside = [m for m in analysed.morphemes if m.content and m.form in kept and start <= m.start < end]
        if inside:
            last = inside[-1]
            pieces.append(analysed.text[start : last.end if last.tag in _NAMING else end].strip(".,?!~ "))
        start = end
    return " ".join(dict.fromkeys(pieces))

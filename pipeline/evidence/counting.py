"""Who says what a question counts, praise apart from complaint. What is unclear isn't counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.evidence.concepts import SYNONYM
from pipeline.evidence.polarity import Sign, sign_about, topics, wanted
from pipeline.evidence.reading import Reading, share
from pipeline.evidence.sentences import Evidence, denies
from pipeline.question.concepts import notions
from pipeline.termstore import TermStore
from pipeline.types import Morpheme, Query, ScoredPassage

COUNTED = 0.5  # share of the question's words, by idf, from which a sentence speaks of what was asked


@dataclass(frozen=True, slots=True)
class Tally:
    """The sentences that say what is counted, one a candidate; how many candidates say the opposite, how many speak of
    it without leaning either way. ``sign`` is which way the question counts, 0 where it only counts mentions.
    """

    counted: tuple[Evidence, ...]
    opposite: int = 0
    unclear: int = 0
    sign: Sign = 0

    @property
    def restaurants(self) -> list[str]:
        """Whom the counted sentences are about, each once, in their order."""
        return list(dict.fromkeys(evidence.restaurant for evidence in self.counted if evidence.restaurant))


def tally(
    query: Query, reading: Reading, candidates: Sequence[ScoredPassage], terms: TermStore, words: Sequence[str]
) -> Tally:
    """Count the candidates that say what a question counts. ``words`` are what it counts by, without how people judge.

    Where the question leans (불편하다는 사람) and asks of a concept, sentences that speak of the concept are told
    apart by their leaning; else a sentence counts that has most of the words and denies none of them.
    """
    about = [concept.id for concept in topics(query.text, query.concepts)]
    sign = wanted(query.text, query.analysed.morphemes, about) if about else 0
    best = _speaking(query, reading, candidates, terms, words, about if sign else ())
    if not sign:
        return Tally(tuple(evidence for evidence, _ in best.values()))
    signs = {owner: sign_about(evidence.sentence, said, about) for owner, (evidence, said) in best.items()}
    counted = tuple(evidence for owner, (evidence, _) in best.items() if signs[owner] == sign)
    found = list(signs.values())
    return Tally(counted, found.count(-1 if sign > 0 else 1), found.count(0), sign)


def _speaking(
    query: Query,
    reading: Reading,
    candidates: Sequence[ScoredPassage],
    terms: TermStore,
    words: Sequence[str],
    about: Sequence[str],
) -> Mapping[int, tuple[Evidence, Sequence[Morpheme]]]:
    """For each candidate that speaks of what is counted its best sentence and that one's morphemes, offsets in it.

    With ``about`` a sentence speaks of it that plainly says all of these concepts, whatever its words.
    """
    columns = [i for i, key in enumerate(reading.keys) if key in words]
    coverage = share(reading.words[:, columns], reading.word_weights[columns])
    speaks = coverage >= COUNTED
    if about:
        place = [i for i, notion in enumerate(notions(query.concepts)) if any(c.id in about for c in notion)]
        speaks = reading.notions[:, place].min(axis=1) >= SYNONYM
    best: dict[int, tuple[Evidence, Sequence[Morpheme]]] = {}
    for i, (owner, (start, end)) in enumerate(zip(reading.owner.tolist(), reading.spans, strict=True)):
        covered = float(coverage[i])
        if not speaks[i] or (owner in best and best[owner][0].coverage >= covered):
            continue
        candidate = candidates[owner]
        inside = terms.morphemes_in(candidate.row, start, end)
        if about or not denies(query.analysed.morphemes, inside, words):
            best[owner] = Evidence(candidate, start, end, covered, covered), inside
    return best

"""Answers with sentences of the passages and nothing else; says so when they hold none. Needs no language model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline.evidence.answerability import Calibration, answerability
from pipeline.evidence.counting import Tally, tally
from pipeline.evidence.ground import Ground
from pipeline.evidence.phrases import (
    abstention,
    aside,
    asked_about,
    content_morphemes,
    counted,
    left_out,
    only_opposite,
    uncounted,
)
from pipeline.evidence.polarity import Sign, sign_about, topics, wanted
from pipeline.evidence.reading import Reading, read
from pipeline.evidence.sentences import Evidence, evidence_of, says_the_same, topic
from pipeline.passages import PassageStore
from pipeline.question.dishes import noun_runs
from pipeline.setting_groups.search import Answering
from pipeline.terms import BIGRAM, MORPHEME
from pipeline.termstore import TermStore
from pipeline.types import ASIDES, Answer, Citation, Query, ScoredPassage, Understanding

ADDS = 0.85  # share of the best sentence's score from which a further one is worth saying
SIDE = 0.25  # coverage from which a sentence is evidence in a comparison
WORTH = 0.6  # share of the best sentence's score below which a sentence has little to do with the question
READ_ON = 20  # candidates read where the prompt says the opposite of what is sought
LOOKED_AT = 12  # sentences whose leaning is looked at when a question wants one

# How people judge, not what about: a count of "웨이팅이 길다고 불평한 사람" looks for 웨이팅 and 길다.
SAYING = frozenset(
    "불평 불만 칭찬 지적 언급 추천 비판 혹평 호평 말하 적 쓰 남기 느끼 얘기 이야기 만족 실망 후회"
    " 사람 손님 후기 리뷰 명 건 군데 곳 집 가게 식당 데".split()
)


class ExtractiveGenerator:
    """See Generator. Facts cite passages in the prompt only, but where those say the opposite of what is sought.

    Counts and comparisons look at, and may cite, any candidate: a count over the prompt alone would be wrong, and a
    side of a comparison may have no place in it.
    """

    name = "extractive"

    def __init__(
        self, passages: PassageStore, terms: TermStore, settings: Answering, calibration: Calibration | None
    ) -> None:
        self._passages = passages
        self._terms = terms
        self._settings = settings
        self._calibration = calibration

    def generate(
        self, query: Query, understanding: Understanding, candidates: Sequence[ScoredPassage]
    ) -> Iterator[Answer]:
        """See Generator. Deterministic."""
        if understanding.shape in ASIDES:
            yield aside(understanding.shape)
            return
        prompt = [c for c in candidates if c.in_prompt]
        reading = read(query, prompt, self._passages, self._terms)
        confidence = answerability(reading, [*prompt, *(c for c in candidates if not c.in_prompt)], self._calibration)
        sides = compared(understanding, candidates) if understanding.shape == "comparison" else []
        if understanding.shape == "list" and prompt:
            yield self._listing(understanding, candidates, prompt)
        elif understanding.shape == "count":
            yield self._count(query, understanding, candidates, confidence)
        elif len(sides) > 1 and (named_restaurants(understanding) or confidence >= self._settings.threshold):
            # each side of named restaurants is held to evidence of its own
            yield from self._compare(query, understanding, candidates, sides, confidence)
        elif reading is None or confidence < self._settings.threshold:
            yield abstention(query, understanding, confidence)
        else:
            yield from self._fact(query, understanding, reading, prompt, candidates, confidence)

    def _listing(
        self, understanding: Understanding, candidates: Sequence[ScoredPassage], prompt: Sequence[ScoredPassage]
    ) -> Answer:
        """The first sentences of the newest that meets the conditions, for a question that says nothing else."""
        labels = " · ".join(chip.label for chip in understanding.chips)
        dated = all(c.passage.source.date for c in prompt)
        newest = sorted(prompt, key=lambda c: c.passage.source.date, reverse=True)[: self._settings.sentences]
        first = [self._passages.sentences(c.row)[0] for c in newest]
        citations = tuple(
            Citation(c.passage.text[start:end], c.passage.id, start, end)
            for c, (start, end) in zip(newest, first, strict=True)
        )
        which = f"가운데 가장 새로운 {len(citations)}건을 최신 순으로" if dated else f"가운데 {len(citations)}건을"
        return Answer(
            text=" ".join(citation.sentence for citation in citations),
            citations=citations,
            note=f"조건({labels})에 맞는 후기 {which} 옮겼습니다. 찾은 후보는 {len(candidates)}건입니다.",
        )

    def _fact(
        self,
        query: Query,
        understanding: Understanding,
        reading: Reading,
        prompt: Sequence[ScoredPassage],
        candidates: Sequence[ScoredPassage],
        confidence: float,
    ) -> Iterator[Answer]:
        named = any(chip.kind == "restaurant" for chip in understanding.chips)
        found = evidence_of(reading, prompt)
        if not named_restaurants(understanding) and (sign := self._sought(query)):
            found = self._leaning(query, sign, found, candidates)
        chosen = choose(found, self._settings.sentences, spread=not named)
        note = f"‘{asked_about(query)}’에 가장 가까운 문장을 그대로 옮겼습니다."
        if unsaid := self._unsaid(query):
            note += f" {', '.join(f'‘{word}’' for word in unsaid)}: 어느 후기에도 없는 말이라 나머지 말로 찾았습니다."
        for count in range(1, len(chosen) + 1):
            yield Answer(
                text=" ".join(e.sentence for e in chosen[:count]),
                citations=tuple(e.citation() for e in chosen[:count]),
                confidence=confidence,
                note=note,
            )
        if not chosen:
            yield only_opposite(query, understanding)

    def _unsaid(self, query: Query) -> list[str]:
        """Nouns of the question that no review says, nor says in other words; a name that isn't known may be one."""
        spoken = [span for concept in query.concepts for span in concept.spans]
        unsaid: list[str] = []
        for run, _ in noun_runs(query.analysed):
            start, end = run[0].start, run[-1].end
            word = query.text[start:end].lower()
            known = any(m.end - m.start > 1 and MORPHEME + m.form in self._terms.vocabulary for m in run)
            written = all(BIGRAM + word[i : i + 2] in self._terms.vocabulary for i in range(len(word) - 1))
            if not known and not written and not any(a < end and start < b for a, b in spoken):
                unsaid.append(query.text[start:end])
        return unsaid

    def _sought(self, query: Query) -> Sign:
        about = _topics(query)
        return wanted(query.text, query.analysed.morphemes, about) if about else 0

    def _leaning(
        self, query: Query, sign: Sign, found: list[Evidence], candidates: Sequence[ScoredPassage]
    ) -> list[Evidence]:
        """The evidence for a question that seeks places of a kind (주차 편한 고깃집): nothing that leans the other way.

        Where the prompt has such, further candidates are read for what leans as the question does. A question about
        one restaurant (주차 편해요?) is answered by either, so this is not for it.
        """
        about = _topics(query)
        if not any(self._sign(e, about) == -sign for e in found[:LOOKED_AT]):
            return found
        further = read(query, candidates[:READ_ON], self._passages, self._terms)
        found = evidence_of(further, candidates[:READ_ON]) if further else found
        leaning = [(e, self._sign(e, about)) for e in found]
        against = {e.candidate.passage.id for e, leans in leaning if leans == -sign}
        near = [e for e in found if e.score >= WORTH * found[0].score and e.candidate.passage.id not in against]
        return [e for e, leans in leaning if leans == sign] or near

    def _sign(self, evidence: Evidence, about: Sequence[str]) -> Sign:
        start, end = evidence.start, evidence.end
        inside = self._terms.morphemes_in(evidence.candidate.row, start, end)
        return sign_about(evidence.sentence, inside, about)

    def _compare(
        self,
        query: Query,
        understanding: Understanding,
        candidates: Sequence[ScoredPassage],
        sides: list[str],
        confidence: float,
    ) -> Iterator[Answer]:
        reading = read(query, candidates, self._passages, self._terms)
        found = [e for e in (evidence_of(reading, candidates) if reading else []) if e.coverage >= SIDE]
        best = [next((e for e in found if e.restaurant == side), None) for side in sides]
        if not any(best):
            yield abstention(query, understanding, confidence)
            return
        for count in range(1, len(sides) + 1):
            parts = [
                f"{side}: {e.sentence}" if e else f"{side}에 대해서는 근거를 찾지 못했습니다."
                for side, e in zip(sides[:count], best, strict=False)
            ]
            yield Answer(
                text=" / ".join(parts),
                citations=tuple(e.citation() for e in best[:count] if e),
                kind="comparison",
                confidence=confidence,
                note=f"‘{asked_about(query)}’에 가장 가까운 문장을 가게마다 하나씩 옮겼습니다."
                " 어디가 나은지는 판단하지 않습니다.",
            )

    def _count(
        self, query: Query, understanding: Understanding, candidates: Sequence[ScoredPassage], confidence: float
    ) -> Answer:
        words = [m.form for m in content_morphemes(query) if m.form not in SAYING and m.tag != "MAG"]
        reading = read(query, candidates, self._passages, self._terms)
        countable = bool(words or query.concepts)
        found = tally(query, reading, candidates, self._terms, words) if reading and countable else Tally(())
        if not found.counted:
            return uncounted(query, understanding, found, confidence)
        about = topic(query.analysed, words) or asked_about(query)
        return Answer(
            text=f"찾은 후보 {len(candidates)}건 가운데 {counted(found, understanding)} ‘{about}’에 대해 말합니다."
            + left_out(found),
            citations=tuple(e.citation() for e in found.counted),
            kind="count",
            confidence=confidence,
            note="검색된 후보 안에서만 센 값입니다. 센 문장을 모두 인용했으니 함께 확인해 주세요.",
        )


def _topics(query: Query) -> list[str]:
    return [concept.id for concept in topics(query.text, query.concepts)]


def choose(found: Sequence[Evidence], limit: int, *, spread: bool) -> list[Evidence]:
    """The best sentence and those that add to it: nearly as good, not the same again.

    With ``spread`` restaurants that haven't been heard yet come first.
    """
    if not found:
        return []
    chosen = [found[0]]
    worth = [e for e in found[1:] if e.score >= ADDS * found[0].score]
    for again in (False, True) if spread else (True,):
        for e in worth:
            heard = any(e.restaurant == c.restaurant for c in chosen)
            new = not any(e is c or says_the_same(e.sentence, c.sentence) for c in chosen)
            if len(chosen) < limit and new and (again or not heard):
                chosen.append(e)
    return sorted(chosen, key=lambda e: -e.score)


def compared(understanding: Understanding, candidates: Sequence[ScoredPassage]) -> list[str]:
    """The restaurants that are compared: those the question names, else the two most frequent in the prompt."""
    if len(named := named_restaurants(understanding)) > 1:
        return named
    seen = Counter(c.passage.source.restaurant for c in candidates if c.in_prompt and c.passage.source.restaurant)
    return [name for name, _ in seen.most_common(2)]


def named_restaurants(understanding: Understanding) -> list[str]:
    """The restaurants that a question is about, in its order."""
    chips = [chip for chip in understanding.chips if chip.kind == "restaurant" and chip.mode == "filter"]
    return list(dict.fromkeys(value for chip in chips for value in chip.values))


def load(ground: Ground) -> ExtractiveGenerator:
    """The generator over an index."""
    return ExtractiveGenerator(ground.passages, ground.terms, ground.settings.answer, ground.calibration)

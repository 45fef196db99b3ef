"""Answers with sentences of the passages and nothing else; says so when they hold none. Needs no language model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline.config import Answering
from pipeline.evidence.answerability import Calibration, answerability
from pipeline.evidence.reading import Reading, content_query, read, share
from pipeline.evidence.sentences import Evidence, denies, evidence_of, says_the_same, topic
from pipeline.passages import PassageStore
from pipeline.termstore import TermStore
from pipeline.types import AnalysedText, Answer, Citation, Morpheme, Query, ScoredPassage, Understanding

ADDS = 0.85  # share of the best sentence's score from which a further one is worth saying
SIDE = 0.25  # coverage from which a sentence is evidence in a comparison
COUNTED = 0.5  # coverage from which a sentence counts as saying what was asked

# How people judge, not what about: a count of "웨이팅이 길다고 불평한 사람" looks for 웨이팅 and 길다.
SAYING = frozenset(
    "불평 불만 칭찬 지적 언급 추천 비판 혹평 호평 말하 적 쓰 남기 느끼 얘기 이야기 만족 실망 후회"
    " 사람 손님 후기 리뷰 명 건".split()
)


class ExtractiveGenerator:
    """See Generator. Facts cite passages in the prompt only.

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
            yield from self._fact(query, understanding, evidence_of(reading, prompt), confidence)

    def _listing(
        self, understanding: Understanding, candidates: Sequence[ScoredPassage], prompt: Sequence[ScoredPassage]
    ) -> Answer:
        """The first sentences of what meets the conditions, for a question that says nothing else (별점 낮은 후기?)."""
        labels = " · ".join(chip.label for chip in understanding.chips)
        first = [self._passages.sentences(c.row)[0] for c in prompt[: self._settings.sentences]]
        citations = tuple(
            Citation(c.passage.text[start:end], c.passage.id, start, end)
            for c, (start, end) in zip(prompt, first, strict=False)
        )
        return Answer(
            text=" ".join(citation.sentence for citation in citations),
            citations=citations,
            note=f"조건({labels})에 맞는 후보 {len(candidates)}건 가운데 앞의 {len(citations)}건입니다.",
        )

    def _fact(
        self, query: Query, understanding: Understanding, found: list[Evidence], confidence: float
    ) -> Iterator[Answer]:
        named = any(chip.kind == "restaurant" for chip in understanding.chips)
        chosen = choose(found, self._settings.sentences, spread=not named)
        note = f"‘{asked_about(query)}’에 가장 가까운 문장을 그대로 옮겼습니다."
        for count in range(1, len(chosen) + 1):
            yield Answer(
                text=" ".join(e.sentence for e in chosen[:count]),
                citations=tuple(e.citation() for e in chosen[:count]),
                confidence=confidence,
                note=note,
            )
        if not chosen:
            yield abstention(query, understanding, confidence)

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
        counted = self._counted(query.analysed, reading, candidates, words) if reading and words else []
        if not counted:
            return abstention(query, understanding, confidence)
        about = topic(query.analysed, words)
        return Answer(
            text=f"찾은 후보 {len(candidates)}건 가운데 {len(counted)}건이 ‘{about}’에 대해 말합니다."
            " 낱말로 센 값이라 칭찬인지 불만인지는 가리지 않았습니다.",
            citations=tuple(e.citation() for e in counted),
            kind="count",
            confidence=confidence,
            note="검색된 후보 안에서만 센 값입니다. 센 문장을 모두 인용했으니 함께 확인해 주세요.",
        )

    def _counted(
        self, question: AnalysedText, reading: Reading, candidates: Sequence[ScoredPassage], words: list[str]
    ) -> list[Evidence]:
        """The best sentence of each candidate that has most of the words and denies none of them."""
        columns = [i for i, key in enumerate(reading.keys) if key in words]
        coverage = share(reading.words[:, columns], reading.word_weights[columns])
        best: dict[int, tuple[float, Evidence]] = {}
        for owner, (start, end), covered in zip(reading.owner.tolist(), reading.spans, coverage.tolist(), strict=True):
            if covered >= COUNTED and covered > best.get(owner, (0.0, None))[0]:
                candidate = candidates[owner]
                if not denies(question.morphemes, self._morphemes(candidate.row, start, end), words):
                    best[owner] = covered, Evidence(candidate, start, end, covered, covered)
        return [evidence for _, evidence in best.values()]

    def _morphemes(self, row: int, start: int, end: int) -> list[Morpheme]:
        return [m for m in self._terms.morphemes(row) if start <= m.start < end]


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


def content_morphemes(query: Query) -> list[Morpheme]:
    """The content words of a question that do more than ask."""
    kept = {(t.key, t.start) for t in content_query(query).terms}
    return [m for m in query.analysed.morphemes if m.content and ("m:" + m.form, m.start) in kept]


def asked_about(query: Query) -> str:
    """What a question is about, in its own words."""
    return topic(query.analysed, [m.form for m in content_morphemes(query)]) or query.text.strip() or "물으신 내용"


def abstention(query: Query, understanding: Understanding, confidence: float) -> Answer:
    """Says what was looked for and that it wasn't found."""
    about = asked_about(query)
    labels = " · ".join(chip.label for chip in understanding.chips)
    return Answer(
        text=f"‘{about}’에 대해 말하는 후기를 찾지 못했습니다." + (f" (조건: {labels})" if labels else ""),
        abstained=True,
        kind="abstention",
        confidence=confidence,
        note=f"찾은 것: {about}" + (f" / {labels}" if labels else ""),
    )


def load(
    passages: PassageStore, terms: TermStore, settings: Answering, calibration: Calibration | None = None
) -> ExtractiveGenerator:
    """The generator over an index. Without the index's calibration, confidences are those of the fitted corpus."""
    return ExtractiveGenerator(passages, terms, settings, calibration)

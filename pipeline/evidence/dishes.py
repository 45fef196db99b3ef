"""The answer to what is eaten there (인기 메뉴, 대표 메뉴): dishes by how many reviews name them.

Their names are those that the index found in its reviews (``pipeline.question.dishes``). How often a dish is named is
counted, not whether it is liked; beside it stands what the same reviews rate.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from pipeline.evidence.cited_text import CitedText
from pipeline.evidence.opinions import RANKED, under_conditions
from pipeline.filters import by_guests, recency
from pipeline.passages import PassageStore
from pipeline.question.dishes import dish_like
from pipeline.question.hangul import PARTICLE
from pipeline.types import Answer, QuotedOpinion, Span, Understanding

CITED = 3  # reviews that a dish cites, the newest
READ = 5_000  # passages that are read at most, the newest
AGREED = 2  # reviews that have to name a dish: one alone may say 집에서 라면 끓여 먹는 게 낫죠
_LONGER = 3  # syllables that make another dish of one: 갈비탕, 만두전골
_ENDINGS = frozenset({"라면", "회"})  # 혼자라면, 기회: a dish only where it stands by itself


def dishes_answer(
    understanding: Understanding, passages: PassageStore, allowed: NDArray[np.bool_] | None, dishes: Collection[str]
) -> Answer | None:
    """The answer; None where no two reviews name the same dish. *Shape:* ``allowed`` is ``(passages,)`` or None."""
    rows = by_guests(passages, allowed)
    rows = rows[np.argsort(-recency(passages)[rows], kind="stable")]
    said = {dish: quotes for dish, quotes in _said(passages, rows[:READ], dishes).items() if len(quotes) >= AGREED}
    if not said:
        return None
    text, conditions = CitedText(), under_conditions(understanding)
    _rank(text, said, passages, understanding.first or RANKED)
    notes = ["메뉴 이름이 나온 후기를 센 값입니다. 많이 나온다고 평이 좋은 것은 아닙니다.", *conditions]
    if len(rows) > READ:
        notes.append(f"새 글부터 {READ:,}개를 읽었습니다.")
    return Answer(text.text, text.citations, kind="figures", note=" ".join(notes))


def named_in(text: str, dishes: Collection[str], longest: int) -> Iterator[tuple[str, Span]]:
    """The dishes that a text names and where, in order: of names within each other the longest that begins first."""
    letters = text.lower()
    if len(letters) != len(text):  # a few characters (İ) change length when lowered
        letters = text
    at = 0
    while at < len(letters):
        ends = range(min(len(letters), at + longest), at, -1)
        end = next((e for e in ends if letters[at:e] in dishes and _stands(letters, at, e)), 0)
        if end:
            yield letters[at:end], (at, end)
        at = end or at + 1


def _stands(text: str, start: int, end: int) -> bool:
    """Whether a name is none of the endings and parts of words that are spelled like it: 갈비탕 is no 갈비."""
    tail = next((i for i in range(end, len(text)) if not "가" <= text[i] <= "힣"), len(text))
    if any(dish_like(text[start:longer]) for longer in range(end + 1, min(tail, end + _LONGER) + 1)):
        return False
    if text[start:end] not in _ENDINGS:
        return True
    alone = start == 0 or not "가" <= text[start - 1] <= "힣"
    return alone and PARTICLE.fullmatch(text[end:tail]) is not None


def _said(passages: PassageStore, rows: NDArray[np.int64], dishes: Collection[str]) -> dict[str, list[QuotedOpinion]]:
    """The first mention of each dish in each review, by dish, in the order of the rows."""
    known, longest = frozenset(dishes), max(map(len, dishes), default=0)
    found: dict[str, dict[str, QuotedOpinion]] = {}
    for row in rows.tolist():
        passage = passages[row]
        for dish, (start, _) in named_in(passage.text, known, longest):
            reviews = found.setdefault(dish, {})
            if passage.source.document_id in reviews:
                continue
            spans = passages.sentences(row)
            begin, end = next(((a, b) for a, b in spans if a <= start < b), spans[0])
            quote = QuotedOpinion("neutral", passage.id, row, begin, end, passage.text[begin:end])
            reviews[passage.source.document_id] = quote
    return {dish: list(reviews.values()) for dish, reviews in found.items()}


def _rank(text: CitedText, said: dict[str, list[QuotedOpinion]], passages: PassageStore, most: int) -> None:
    known = sorted(said.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    place = 0
    for _, group in groupby(known[:most], key=lambda pair: len(pair[1])):
        tied = list(group)
        for dish, quotes in tied:
            rank = f"{'공동 ' if len(tied) > 1 else ''}{place + 1}위"
            text.add(f"{rank} {dish}: 후기 {len(quotes):,}건{_rated(quotes, passages)}", quotes[:CITED])
            text.add(f"“{quotes[0].text.strip()}”", quotes[:1], before=" ")
        place += len(tied)


def _rated(quotes: Sequence[QuotedOpinion], passages: PassageStore) -> str:
    ratings = [passages[quote.row].source.rating for quote in quotes]
    given = [rating for rating in ratings if rating is not None and math.isfinite(rating)]
    return f", 그 후기들의 평균 별점 {sum(given) / len(given):.2f}점" if given else ""

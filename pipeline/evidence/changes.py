"""The answer to which restaurants are spoken of better or worse of late than before.

A change is called clear only where the two shares differ beyond chance; the rest is shown with its counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.evidence.cited_text import CitedText
from pipeline.evidence.opinions import ENOUGH_TO_RANK, RANKED, counts, how_counted
from pipeline.evidence.shares import differs
from pipeline.types import Answer, AspectOpinions, Understanding

CITED = 4
"""Reviews that a counted piece cites."""

Pair = tuple[AspectOpinions, AspectOpinions]
"""A restaurant's reviews as wholes: the last months, and the time before."""


def change_answer(
    understanding: Understanding,
    now: Sequence[AspectOpinions],
    before: Sequence[AspectOpinions],
    since: str,
    limited: int = 0,
) -> Answer | None:
    """The restaurants whose share of praise moved most in the way that is sought; None where too few reviews tell.

    Args:
        now: of each restaurant its reviews as wholes from the month ``since`` on; ``before`` those before it.
        limited: how many were looked at where there are more than can be, else 0.
    """
    if not before:  # no review has a date
        return None
    pairs = [(one, two) for one, two in zip(now, before, strict=True) if _enough(one) and _enough(two)]
    if not pairs:
        return None
    worse = understanding.seeks == "negative"
    moved = [pair for pair in pairs if (_moved(pair) < 0 if worse else _moved(pair) > 0)]
    clear = [pair for pair in moved if _clear(pair)]
    moved.sort(key=lambda pair: (pair not in clear, -abs(_moved(pair)), pair[0].restaurant))
    text, way = CitedText(), "나빠진" if worse else "좋아진"
    text.add(
        f"평이 분명히 {way} 곳은 {len(clear)}곳입니다." if clear else f"건수에 비해 평이 분명히 {way} 곳은 없습니다."
    )
    if not moved:
        return _answer(understanding, text, since, limited, len(now) - len(pairs))
    if len(moved) > len(clear):
        text.add(f"{way} 쪽으로 움직인 폭이 큰 순서:" if not clear else "다음은 움직인 폭이 큰 순서:", before=" ")
    for place, (late, then) in enumerate(moved[: max(RANKED, len(clear))], start=1):
        sure = "" if (late, then) not in clear else " · 분명한 변화"
        text.add(f"{place}. {late.restaurant}: 요즘 {late.judged}건 가운데 {counts(late)}", late.counted[:CITED])
        text.add(f"그 전 {then.judged}건 가운데 {counts(then)}{sure}", then.counted[:CITED], before=" / ")
    return _answer(understanding, text, since, limited, len(now) - len(pairs))


def _answer(understanding: Understanding, text: CitedText, since: str, limited: int, few: int) -> Answer:
    note = how_counted(understanding, named=True, limited=limited)
    note += f" 번호로는 {CITED}건까지 보입니다. 요즘은 {since}부터입니다."
    if few:
        note += f" 요즘이나 그 전의 후기가 {ENOUGH_TO_RANK}건보다 적은 {few}곳은 뺐습니다."
    return Answer(text.text, text.citations, kind="aspects", note=note)


def _enough(one: AspectOpinions) -> bool:
    return one.judged >= ENOUGH_TO_RANK


def _good(one: AspectOpinions) -> float:
    return one.positive + one.both / 2


def _moved(pair: Pair) -> float:
    """By how much the share of praise rose; below 0 where it fell."""
    now, before = pair
    return _good(now) / now.judged - _good(before) / before.judged


def _clear(pair: Pair) -> bool:
    now, before = pair
    return differs((_good(now), now.judged), (_good(before), before.judged))

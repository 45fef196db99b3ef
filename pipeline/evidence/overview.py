"""The answer to a question about reviews altogether: how many are good and bad, what is praised and complained of most.

Every number is counted; a review that says several things of one aspect counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.evidence.cited_text import CitedText
from pipeline.evidence.opinions import CITED, ENOUGH, TOO_LITTLE, Told, compare, counts, how_counted
from pipeline.evidence.shares import differs
from pipeline.types import Answer, AspectOpinions, Overview, Polarity, QuotedOpinion, Understanding

ASPECTS_TOLD = 3  # of each side, where both sides are told
CITED_OF_MANY = 5  # reviews that a counted piece cites where many restaurants are told of as one
ASPECTS_LISTED = 5  # of the one side that is asked for
_TITLES: dict[Polarity, str] = {"positive": "칭찬이 많은 것", "negative": "불만이 많은 것"}
SIDES: dict[Overview, tuple[Polarity, ...]] = {
    "whole": ("positive", "negative"), "praise": ("positive",), "complaints": ("negative",),
}  # fmt: skip
"""What is told of for each kind of question."""


def overview_answer(
    understanding: Understanding,
    found: Sequence[Told],
    *,
    named: bool,
    limited: int,
    since: str = "",
    before: Sequence[AspectOpinions] = (),
) -> Answer | None:
    """The answer; None where not one of the reviews judges anything.

    Args:
        found: of each restaurant its reviews as wholes, then aspect by aspect.
        named: whether the question names these restaurants: then each is told of, else all are told of as one.
        limited: how many were looked at where there are more than can be, else 0.
        since: the month from which on ``found`` was counted, where the question asks for the last ones.
        before: of each restaurant its reviews as wholes before that month.
    """
    if not any(one.judged for told in found for one in told):
        return None
    text = CitedText()
    for place, group in enumerate([[told] for told in found] if named else [list(found)]):
        _tell(text, group, understanding.overview, named=named)
        if since:
            _beside(text, summed([told[0] for told in group]), summed(before[place : place + 1] if named else before))
    if named:
        compare(text, [told[0] for told in found], understanding.seeks)
    note = how_counted(understanding, named=True, limited=0)
    if not named:
        note += f" 번호로는 {CITED_OF_MANY}건까지 보입니다."
    if since:
        note += f" 요즘은 {since}부터입니다."
    if limited:
        note += f" 검색에서 먼저 나온 {limited}곳의 후기만 셌습니다."
    return Answer(text.text, text.citations, kind="aspects", note=note)


def _tell(text: CitedText, group: Sequence[Told], overview: Overview, *, named: bool) -> None:
    """What some restaurants' reviews come to together."""
    about = f"{group[0][0].restaurant}: " if named else ""
    whole = summed([told[0] for told in group])
    if not whole.judged:
        text.add(f"{about}좋고 나쁨이 분명한 후기를 찾지 못했습니다.")
        return
    places = "" if named else f"식당 {sum(told[0].judged > 0 for told in group)}곳의 "
    said = f"{about}{places}좋고 나쁨이 분명한 후기 {whole.judged}건 가운데 {counts(whole)}입니다."
    text.add(said, whole.counted[: CITED if named else CITED_OF_MANY])
    if whole.judged < ENOUGH:
        text.add(f"{TOO_LITTLE}: 한 건으로는 평가를 말할 수 없습니다.", before=" ")
    most = ASPECTS_TOLD if overview == "whole" else ASPECTS_LISTED
    for sign in SIDES[overview]:
        _side(text, group, sign, most, named=named)


def _beside(text: CitedText, now: AspectOpinions, then: AspectOpinions) -> None:
    """The time before beside the last months, and whether that tells of a change."""
    if not then.judged:
        text.add("그 전에는 좋고 나쁨이 분명한 후기가 없습니다.")
        return
    text.add(f"그 전: {then.judged}건 가운데 {counts(then)}.", then.counted[:CITED])
    shares = [(one.positive + one.both / 2, one.judged) for one in (now, then)]
    (good, all_now), (was_good, all_then) = shares
    if not now.judged or not differs(shares[0], shares[1]):
        text.add("건수에 비해 뚜렷한 변화는 없습니다.", before=" ")
    else:
        better = good * all_then > was_good * all_now
        text.add(f"요즘 {'나아졌습니다' if better else '나빠졌습니다'}.", before=" ")


def summed(parts: Sequence[AspectOpinions]) -> AspectOpinions:
    """Restaurants' counts of one thing as one. No review is of two restaurants."""
    return AspectOpinions(
        parts[0].restaurant, parts[0].asked,
        sum(one.positive for one in parts), sum(one.negative for one in parts), sum(one.both for one in parts),
        counted=tuple(quote for one in parts for quote in one.counted),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Row:
    """An aspect at one side: how many reviews, which, and the quotes of each restaurant, the most spoken of first."""

    name: str
    reviews: int
    counted: tuple[QuotedOpinion, ...]
    quotes: tuple[tuple[str, QuotedOpinion], ...]


def _side(text: CitedText, group: Sequence[Told], sign: Polarity, most: int, *, named: bool) -> None:
    """What is praised, or complained of, most."""
    rows = [_row([told[place] for told in group], sign) for place in range(1, len(group[0]))]
    rows = sorted((row for row in rows if row.reviews), key=lambda row: -row.reviews)[:most]
    title = _TITLES[sign]
    if not rows:
        thing = "칭찬" if sign == "positive" else "불만"
        text.add(f"무엇에 대한 {thing}인지 분명한 후기는 없습니다.")
        return
    text.add(f"{title}:")
    for place, row in enumerate(rows, start=1):
        text.add(f"{place}. {row.name} {row.reviews}건", row.counted[: CITED if named else CITED_OF_MANY])
        for restaurant, quote in row.quotes[: 1 if named else 2]:
            source = "" if named else f"({restaurant})"
            text.add(f"“{quote.text.strip()}”{source}", [quote], before=" ")


def _row(parts: Sequence[AspectOpinions], sign: Polarity) -> _Row:
    at = {one.restaurant: one.both + (one.positive if sign == "positive" else one.negative) for one in parts}
    quotes = [
        (one.restaurant, quote)
        for one in sorted(parts, key=lambda one: -at[one.restaurant])
        for quote in [quote for quote in one.quotes if quote.polarity == sign][:1]
    ]
    counted = tuple(quote for one in parts for quote in one.counted if quote.polarity == sign)
    return _Row(parts[0].asked.name, sum(at.values()), counted, tuple(quotes))

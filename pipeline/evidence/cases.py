"""The answer to a question for complaints or praise of an aspect or a dish themselves (위생 불만 보여줘): counted, and
quoted restaurant by restaurant.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.evidence.cited_text import CitedText
from pipeline.evidence.opinions import Told, counts, how_counted
from pipeline.evidence.overview import CITED_OF_MANY, SIDES, summed
from pipeline.types import Answer, AspectOpinions, Polarity, Understanding

LISTED = 8  # restaurants that are quoted
_CALLED: dict[Polarity, str] = {"positive": "칭찬", "negative": "불만"}


def cases_answer(
    understanding: Understanding, found: Sequence[Told], *, limited: int, since: str = ""
) -> Answer | None:
    """The answer; None where no review judges any of the aspects.

    Args:
        found: of each restaurant that was looked at, aspect by aspect.
        limited: how many were looked at where there are more than can be, else 0.
        since: the month from which on was counted, where the question asks for the last ones.
    """
    if not any(one.judged for told in found for one in told):
        return None
    text = CitedText()
    for place in range(len(understanding.aspects)):
        _tell(text, [told[place] for told in found], SIDES[understanding.overview])
    note = how_counted(understanding, named=True, limited=limited)
    note += f" 번호로는 {CITED_OF_MANY}건까지 보입니다." + (f" 요즘은 {since}부터입니다." if since else "")
    return Answer(text.text, text.citations, kind="aspects", note=note)


def _tell(text: CitedText, parts: Sequence[AspectOpinions], signs: Sequence[Polarity]) -> None:
    """One aspect: how many reviews are at which side, then who says it of whom."""
    whole = summed(parts)
    if not whole.judged:
        text.add(f"{whole.asked.name}: 좋고 나쁨이 분명한 후기를 찾지 못했습니다.")
        return
    asked = [quote for quote in whole.counted if quote.polarity in signs]
    said = f"{whole.asked.name}: 좋고 나쁨이 분명한 후기 {whole.judged}건 가운데 {counts(whole)}입니다."
    text.add(said, (asked or whole.counted)[:CITED_OF_MANY])
    for sign in signs:
        _side(text, parts, sign)


def _side(text: CitedText, parts: Sequence[AspectOpinions], sign: Polarity) -> None:
    called = _CALLED[sign]
    rows = sorted((one for one in parts if _at(one, sign)), key=lambda one: (-_at(one, sign), one.restaurant))
    if not rows:
        text.add(f"분명한 {called}은 없습니다.")
    for one in rows[:LISTED]:
        quotes = [quote for quote in one.counted if quote.polarity == sign]
        text.add(f"{one.restaurant}: {called} {_at(one, sign)}건", quotes[:CITED_OF_MANY])
        for quote in (quote for quote in one.quotes if quote.polarity == sign):
            text.add(f"“{quote.text.strip()}”", [quote], before=" ")
    if more := rows[LISTED:]:
        text.add(f"이 밖에 {len(more)}곳에 {called} {sum(_at(one, sign) for one in more)}건이 있습니다.")


def _at(one: AspectOpinions, sign: Polarity) -> int:
    """The reviews that say something at a side."""
    return one.both + (one.positive if sign == "positive" else one.negative)

"""The answer to a question about aspects: counted shares in words, quotes of both sides, who comes out ahead.

Every number is counted, no percentage stands without its count, and few reviews are said to be few.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from types import MappingProxyType

from pipeline.evidence.cited_text import CitedText
from pipeline.evidence.occasions import Mentioned, Mentions, how_it_counted, meant_by, most_spoken_of, those_for_it
from pipeline.evidence.phrases import nameless
from pipeline.evidence.shares import differs, wilson
from pipeline.question.hangul import has_final
from pipeline.types import Answer, AspectOpinions, Understanding

ENOUGH = 2  # reviews that judge an aspect, below which no share is told
ENOUGH_FOR_SHARE = 5  # below which counts are told without a percentage
ENOUGH_TO_RANK = 3  # below which a restaurant isn't ranked among others
RANKED = 5  # restaurants in a ranked list
CITED = 12  # reviews that a counted sentence cites
TOO_LITTLE = "근거 부족"

Told = Sequence[AspectOpinions]
"""What the reviews of one restaurant say of each aspect asked for, in the order of the question."""


def opinions_answer(
    understanding: Understanding,
    found: Sequence[Told],
    *,
    named: bool,
    limited: int,
    mentions: Mentions = MappingProxyType({}),
) -> Answer | None:
    """The answer; None where reviews judge too little of it, or where none of those looked for has enough.

    Args:
        found: what was counted of each restaurant that was looked at.
        named: whether the question names these restaurants: then each is told of, else the best are ranked.
        limited: how many were looked at where there are more than can be, else 0.
        mentions: the reviews that speak of what for a restaurant is looked for, where the question says that.
    """
    text, ranked = CitedText(), False
    if named:
        if not _worth_telling(found):
            return None
        for told in found:
            for one in told:
                _tell(text, one)
        for place in range(len(understanding.aspects)):
            compare(text, [told[place] for told in found], understanding.seeks)
        if unknown := [name for chip in understanding.chips for name in chip.unknown]:
            text.add(nameless(unknown))
    else:
        ranked = _rank(text, found, understanding, mentions)
        if not (
            ranked
            or _most_often(text, found, understanding.seeks, mentions)
            or _only_opposite(text, found, understanding.seeks, mentions)
        ):
            return None
    note = " ".join([how_counted(understanding, named=not ranked, limited=limited), *meant_by(mentions)])
    return Answer(text.text, text.citations, kind="aspects", note=note)


def _worth_telling(found: Sequence[Told]) -> bool:
    """Whether there is enough: of one restaurant a judgement, of several a share for one of them at least.

    What only part of an aspect's opinions speak of (주차) has enough everywhere or isn't told: a sentence of a review
    says more of it than the count of one.
    """
    every = [one for told in found for one in told]
    least = ENOUGH if len(found) > 1 else 1
    return any(one.judged >= least for one in every) and all(o.judged >= ENOUGH for o in every if o.asked.narrowed)


def _tell(text: CitedText, one: AspectOpinions) -> None:
    """One restaurant's share of one aspect, and quotes of both sides."""
    about = f"{one.restaurant}의 {one.asked.name}{_topical(one.asked.name)}"
    if not one.judged:
        text.add(f"{about} 좋고 나쁨이 분명한 후기를 찾지 못했습니다.")
        return
    few = ""
    if one.judged < ENOUGH:
        few = f" {TOO_LITTLE}: 한 건으로는 평가를 말할 수 없습니다."
    elif one.judged < ENOUGH_FOR_SHARE:
        few = " 건수가 적어 비율은 내지 않습니다."
    text.add(f"{about} 좋고 나쁨이 분명한 후기 {one.judged}건 가운데 {counts(one)}입니다.", one.counted[:CITED])
    if few:
        text.add(few.strip(), before=" ")
    for sign, title in (("positive", "좋다는 말"), ("negative", "아쉽다는 말")):
        quotes = [quote for quote in one.quotes if quote.polarity == sign]
        for place, quote in enumerate(quotes):
            if not place:
                text.add(f"{title}:")
            text.add(f"“{quote.text.strip()}”", [quote], before=" ")


def counts(one: AspectOpinions) -> str:
    """How many praise, complain or do both; with percentages from ``ENOUGH_FOR_SHARE`` on."""
    rows = (("긍정", one.positive), ("부정", one.negative), ("둘 다", one.both))
    percent = one.judged >= ENOUGH_FOR_SHARE
    told = (f"{name} {n}건" + (f"({n / one.judged:.0%})" if percent else "") for name, n in rows if n)
    return ", ".join(told)


def _topical(noun: str) -> str:
    return "은" if has_final(noun) else "는"


def _object(noun: str) -> str:
    return "을" if has_final(noun) else "를"


def _against(one: AspectOpinions, seeks: str) -> bool:
    """Whether complaints are sought."""
    return (one.asked.side or seeks) == "negative"


def _good(one: AspectOpinions, seeks: str) -> float:
    """The reviews at the side that is sought; one that does both counts half."""
    return (one.negative if _against(one, seeks) else one.positive) + one.both / 2


def compare(text: CitedText, sides: Sequence[AspectOpinions], seeks: str) -> None:
    """Which of the restaurants that were named is ahead in an aspect, where that can be told."""
    if len(sides) < 2:
        return
    name = sides[0].asked.name
    known = sorted((one for one in sides if one.judged >= ENOUGH), key=lambda one: -_good(one, seeks) / one.judged)
    if len(known) < 2:
        text.add(f"{name}: 견주기에는 {TOO_LITTLE}입니다.")
        return
    side = "부정" if _against(sides[0], seeks) else "긍정"
    first, second = known[0], known[1]
    if _good(first, seeks) * second.judged == _good(second, seeks) * first.judged:
        verdict = f"{first.restaurant} 쪽과 {second.restaurant} 쪽이 같습니다"
    elif differs((_good(first, seeks), first.judged), (_good(second, seeks), second.judged)):
        verdict = f"{first.restaurant} 쪽이 분명히 높습니다"
    else:
        verdict = f"{first.restaurant} 쪽이 높지만, 건수에 비해 차이가 분명하지는 않습니다"
    text.add(f"{name}에서 {side}의 몫은 {verdict}.")


def _rank(text: CitedText, found: Sequence[Told], understanding: Understanding, mentions: Mentions) -> bool:
    """The best of many as a list; whether there is any that can be ranked.

    Where a side is sought, a restaurant that most reviews don't put there is none of the best. Where enough of the
    rest are spoken of for an occasion that is asked of, these alone are ranked.
    """
    seeks = understanding.seeks
    known = [told for told in found if _rankable(told)]
    rows = [told for told in known if not seeks or all(2 * _good(one, seeks) > one.judged for one in told)]
    if not rows:
        return False
    rows.sort(key=lambda told: (-_score(told, seeks), told[0].restaurant))
    names = [told[0].restaurant for told in rows]
    kept = those_for_it(names, mentions)
    shown, place = [told for told in rows if told[0].restaurant in kept][: understanding.first or RANKED], 0
    for _, group in groupby(shown, key=lambda told: _score(told, seeks)):
        tied = list(group)
        for told in tied:
            _line(text, f"{'공동 ' if len(tied) > 1 else ''}{place + 1}위 {_name(told)}", told, seeks)
            _speaks(text, mentions.get(told[0].restaurant, ()))
        place += len(tied)
    if any(_close(one, other, seeks) for one, other in pairwise(shown)):
        text.add("앞뒤의 차이가 분명하지 않은 곳이 있습니다. 건수를 함께 보세요.")
    for said in how_it_counted(names, kept, mentions):
        text.add(said)
    for name, one in most_spoken_of(mentions, [told[0].restaurant for told in shown]):
        _spoken_of(text, f"‘{one.asked.word}’ 이야기가 많은 다른 곳: {name}", one, before="\n")
    if len(known) > len(rows):
        side = _called(found, seeks)
        text.add(f"{side}이 반을 넘지 않는 {len(known) - len(rows)}곳은 뺐습니다.")
    little = [told[0].restaurant for told in found if not _rankable(told) and any(one.judged for one in told)]
    if little:
        more = f" 외 {len(little) - RANKED}곳" if len(little) > RANKED else ""
        text.add(f"{TOO_LITTLE}({ENOUGH_TO_RANK}건 미만): {', '.join(little[:RANKED])}{more}")
    return True


def _most_often(text: CitedText, found: Sequence[Told], seeks: str, mentions: Mentions) -> bool:
    """Where no restaurant is mostly spoken of at the side that is sought: where that is said most often.

    Not for occasions: there other restaurants than these may be meant.
    """
    said = [told for told in found if _said(told, seeks)]
    if not (seeks and said) or any(mentions.values()):
        return False
    said.sort(key=lambda told: (-_said(told, seeks), sum(one.judged for one in told), _name(told)))
    side = _called(found, seeks)
    few = f"판단한 후기가 {ENOUGH_TO_RANK}건 이상인 곳"
    none = f"{few} 가운데 {side}이 반을 넘는 곳은" if any(map(_rankable, found)) else f"{few}이"
    text.add(f"{none} 없습니다. {side}을 말한 후기가 많은 곳:")
    _list(text, said, seeks)
    return True


def _only_opposite(text: CitedText, found: Sequence[Told], seeks: str, mentions: Mentions) -> bool:
    """Where no review at all is at the side that is sought: which restaurants it speaks against, so as not to quote
    these as an answer. Not of several aspects, of which each may have its own, nor of what only part of an aspect's
    opinions speak of (주차), where the facts that reviews tell say more.
    """
    against = "positive" if seeks == "negative" else "negative"
    said = [told for told in found if _said(told, against)]
    whole = all(len(told) == 1 and not told[0].asked.concept for told in found)
    if not (seeks and said and whole) or any(mentions.values()) or sum(t[0].judged for t in said) < ENOUGH:
        return False
    said.sort(key=lambda told: (-_said(told, against), _name(told)))
    name = said[0][0].asked.name
    sought, opposite = ("나쁘다고", "좋다고") if seeks == "negative" else ("좋다고", "아쉽다고")
    text.add(f"{name}{_object(name)} {sought} 분명히 말한 후기를 찾지 못했습니다. {opposite} 말한 후기가 많은 곳:")
    _list(text, said, against)
    if silent := len(found) - len(said):
        text.add(f"다른 {silent}곳의 후기에서는 어느 쪽으로도 분명한 말을 찾지 못했습니다.")
    return True


def _said(told: Told, seeks: str) -> int:
    """The reviews at the side that is sought; of several aspects the fewest."""
    return min((one.negative if _against(one, seeks) else one.positive) + one.both for one in told)


def _called(found: Sequence[Told], seeks: str) -> str:
    """The side that is sought; of several aspects each may have its own."""
    if any(one.asked.side for one in found[0]):
        return "찾는 쪽"
    return "부정" if seeks == "negative" else "긍정"


def _name(told: Told) -> str:
    return told[0].restaurant


def _rankable(told: Told) -> bool:
    return all(one.judged >= ENOUGH_TO_RANK for one in told)


def _score(told: Told, seeks: str) -> float:
    """How good a restaurant is for sure: Wilson's lower end, of several aspects the lowest."""
    return min(wilson(_good(one, seeks), one.judged)[0] for one in told)


def _close(one: Told, other: Told, seeks: str) -> bool:
    return not all(
        differs((_good(a, seeks), a.judged), (_good(b, seeks), b.judged)) for a, b in zip(one, other, strict=True)
    )


def _list(text: CitedText, said: Sequence[Told], seeks: str) -> None:
    for told in said[:RANKED]:
        _line(text, _name(told), told, seeks)
    if len(said) > RANKED:
        text.add(f"이 밖에 {len(said) - RANKED}곳에도 있습니다.")


def _line(text: CitedText, title: str, told: Told, seeks: str) -> None:
    said = ", ".join(f"{one.asked.name} {one.judged}건 가운데 {counts(one)}" for one in told)
    counted = [quote for one in told for quote in one.counted][:CITED]
    text.add(f"{title}: {said}", counted)
    for one in told:
        sign = "negative" if _against(one, seeks) else "positive"
        quote = next((quote for quote in one.quotes if quote.polarity == sign), None)
        if quote is not None:
            text.add(f"“{quote.text.strip()}”", [quote], before=" ")


def _speaks(text: CitedText, mentioned: Sequence[Mentioned]) -> None:
    """How many reviews speak of an occasion, and what the newest of them says."""
    for one in mentioned:
        if not one.quotes:
            text.add(f"‘{one.asked.word}’ 이야기를 한 후기는 없음", before=" · ")
            continue
        _spoken_of(text, f"‘{one.asked.word}’ 이야기를 한 후기", one, before=" · ")


def _spoken_of(text: CitedText, said: str, one: Mentioned, *, before: str) -> None:
    text.add(f"{said} {len(one.quotes)}건", one.quotes[:CITED], before=before)
    if one.first is not None:
        text.add(f"“{one.first.text.strip()}”", [one.first], before=" ")


def how_counted(understanding: Understanding, *, named: bool, limited: int) -> str:
    """What was counted and what may be wrong with it; the order of those that the question doesn't name."""
    said = ["후기를 분류기로 읽어 좋고 나쁨이 분명한 것만 센 값입니다. 틀릴 수 있으니 인용을 함께 확인해 주세요."]
    if dishes := [one.dish for one in understanding.aspects if one.dish]:
        said.append(f"‘{dishes[0]}’을(를) 말한 문장만 셌습니다.")
    if sought := [one for one in understanding.aspects if one.side]:
        sides = (f"{one.name} {'부정' if one.side == 'negative' else '긍정'}" for one in sought)
        said.append(f"찾는 쪽: {', '.join(sides)}.")
    if not named:
        said.append("순서는 건수까지 따진 몫(윌슨 95 % 구간의 아래 끝)을 따릅니다.")
    if limited:
        said.append(f"검색에서 먼저 나온 {limited}곳 안에서 견주었습니다.")
    return " ".join([*said, *under_conditions(understanding)])


def under_conditions(understanding: Understanding) -> list[str]:
    """That only what meets the question's conditions was counted, where it has any beside restaurants that it names."""
    told = [chip for chip in understanding.chips if chip.mode != "boost"]
    labels = [chip.label for chip in told if chip.kind != "restaurant" or chip.mode == "exclude"]
    return [f"조건({' · '.join(labels)})에 맞는 후기만 셌습니다."] if labels else []

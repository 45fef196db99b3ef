"""What answers say around the sentences they quote: of counts, of what wasn't found, of what asks nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from pipeline.evidence.counting import Tally
from pipeline.evidence.reading import content_query
from pipeline.evidence.sentences import topic
from pipeline.question.concepts import concepts
from pipeline.types import Answer, Chip, Morpheme, Query, Shape, Understanding

_CAN_BE_ASKED = "예) ‘주차 편한 카페 있어?’, ‘아이랑 가기 좋은 곳은?’, ‘웨이팅 길다는 사람 몇 명이야?’"
_IN_KOREAN = "The reviews are in Korean: please ask in Korean, e.g. ‘주차 편한 카페 있어?’ (a café with parking)."
_HANGUL = re.compile(r"[ㄱ-ㆎ가-힣]")
_LATIN = re.compile(r"[A-Za-z]{3}")
_ASIDES: Mapping[Shape, str] = {
    "talk": "저는 후기를 찾아 보여 드리는 일을 합니다. 가게나 메뉴, 주차, 대기 같은 것을 물어봐 주세요.",
    "system": "저는 색인된 후기에서 문장을 찾아 그대로 옮겨 드리는 검색 도구입니다."
    " 저 자신에 대한 질문에는 답하지 못하니, 후기에 있을 만한 것을 물어봐 주세요.",
    "unclear": "무엇을 물으셨는지 알아듣지 못했습니다. 후기에서 찾을 것을 한국어로 적어 주세요.",
}


def aside(shape: Shape) -> Answer:
    """What is said to what asks nothing of reviews: that, and what can be asked."""
    text = f"{_ASIDES[shape]} {_CAN_BE_ASKED}" + (f" {_IN_KOREAN}" if shape == "unclear" else "")
    return Answer(text, abstained=True, kind="abstention", note="후기에 대한 질문이 아닙니다.")


def counted(found: Tally, understanding: Understanding) -> str:
    """How many, in the unit that the question counts by, with its particle."""
    places = found.restaurants
    if understanding.counted == "restaurants" and places:
        return f"{len(places)}곳({', '.join(places)})의 후기 {len(found.counted)}건이"
    return f"{len(found.counted)}건이"


def left_out(found: Tally) -> str:
    """What a count left out, and what it can't tell."""
    if not found.sign:
        return " 낱말로 센 값이라 칭찬인지 불만인지는 가리지 않았습니다."
    kind = "칭찬" if found.sign > 0 else "불만"
    rest = [f"반대로 말한 {found.opposite}건"] if found.opposite else []
    rest += [f"어느 쪽인지 가리지 못한 {found.unclear}건"] if found.unclear else []
    return f" {kind}으로 읽히는 문장만 셌습니다." + (f" {'과 '.join(rest)}은 세지 않았습니다." if rest else "")


def uncounted(query: Query, understanding: Understanding, found: Tally, confidence: float) -> Answer:
    """The abstention of a count; says how many speak of the thing without saying what was asked."""
    nothing = abstention(query, understanding, confidence)
    if not (found.opposite or found.unclear):
        return nothing
    kind = "칭찬" if found.sign > 0 else "불만"
    rest = [f"반대로 말한 후기 {found.opposite}건"] if found.opposite else []
    rest += [f"어느 쪽인지 가리지 못한 후기 {found.unclear}건"] if found.unclear else []
    about = f"‘{asked_about(query)}’에 대해 {kind}이라고 확실히 읽히는 후기를 찾지 못해 세지 않았습니다."
    return replace(nothing, text=f"{about} {', '.join(rest)}이 있습니다.")


def content_morphemes(query: Query) -> list[Morpheme]:
    """The content words of a question that do more than ask."""
    kept = {(t.key, t.start) for t in content_query(query).terms}
    return [m for m in query.analysed.morphemes if m.content and ("m:" + m.form, m.start) in kept]


def asked_about(query: Query) -> str:
    """What a question is about, in its own words; words that go with anything are left out where others are left."""
    words = content_morphemes(query)
    if query.concepts:
        spans = [span for concept in query.concepts for span in concept.spans]
        fillers = concepts().fillers
        told = [m for m in words if m.form not in fillers or any(a <= m.start < b for a, b in spans)]
        bare = [query.text[a:b].strip() for a, b in spans if not any(a <= m.start < b for m in told)]
        words = told
        if bare:
            return " ".join([*bare, topic(query.analysed, [m.form for m in words])]).strip()
    return topic(query.analysed, [m.form for m in words]) or query.text.strip() or "물으신 내용"


def only_opposite(query: Query, understanding: Understanding) -> Answer:
    """An abstention where reviews do speak of what was looked for, and all say the opposite: how likely the reviews
    answer the question would mislead there, so it isn't told.
    """
    nothing = _abstention(query, understanding, "에 대해 물으신 대로라고 말하는")
    return replace(nothing, text=f"{nothing.text} 그 반대로 말하는 후기는 있습니다.")


def abstention(query: Query, understanding: Understanding, confidence: float) -> Answer:
    """Says what was looked for and that it wasn't found; of a place that has no reviews, that it has none."""
    if unheard := unheard_of(understanding):
        return unheard
    return replace(_abstention(query, understanding, "에 대해 말하는"), confidence=confidence)


def unheard_of(understanding: Understanding) -> Answer | None:
    """The abstention of a question about restaurants that all have no reviews; None for any other question.

    How likely reviews answer it isn't told: those that were looked at are others'.
    """
    named = [chip for chip in understanding.chips if chip.kind == "restaurant" and chip.mode == "filter"]
    unknown = [name for chip in named for name in chip.unknown]
    if not unknown or any(name not in unknown for chip in named for name in chip.values):
        return None
    near = dict.fromkeys(name for chip in named for name in chip.near)
    text = f"{nameless(unknown)} 가게 이름으로 보고, 다른 곳의 후기로 대신 답하지 않았습니다."
    if near:
        text += f" 이름이 비슷한 곳: {', '.join(near)}."
    labels = " · ".join(chip.label for chip in understanding.chips)
    note = f"찾은 것: {labels}. 가게 이름이 아니라면 그 조건을 빼고 다시 물어 주세요."
    return Answer(text, abstained=True, kind="abstention", note=note)


def unmet(understanding: Understanding, reviews: Callable[[Chip], int]) -> Answer | None:
    """The abstention of a question whose conditions no review meets; None where there are none.

    Args:
        reviews: how many reviews meet one of the conditions by itself.
    """
    if unheard := unheard_of(understanding):
        return unheard
    chips = [chip for chip in understanding.chips if chip.mode != "boost"]
    if not chips:
        return None
    told = " · ".join(f"{chip.label}({reviews(chip):,}건)" if len(chips) > 1 else chip.label for chip in chips)
    text = f"조건에 {'모두 ' if len(chips) > 1 else ''}맞는 후기가 이 색인에 없습니다: {told}."
    return Answer(text, abstained=True, kind="abstention", note="조건을 하나 빼고 다시 물어 주세요.")


def nameless(unknown: Sequence[str]) -> str:
    """That there are no reviews of some names, in a sentence."""
    return f"{', '.join(f'‘{name}’' for name in unknown)}의 후기는 이 색인에 없습니다."


def _abstention(query: Query, understanding: Understanding, saying: str) -> Answer:
    about = asked_about(query)
    labels = " · ".join(chip.label for chip in understanding.chips)
    foreign = f" {_IN_KOREAN}" if _LATIN.search(query.text) and not _HANGUL.search(query.text) else ""
    return Answer(
        text=f"‘{about}’{saying} 후기를 찾지 못했습니다." + (f" (조건: {labels})" if labels else "") + foreign,
        abstained=True,
        kind="abstention",
        note=f"찾은 것: {about}" + (f" / {labels}" if labels else ""),
    )

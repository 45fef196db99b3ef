"""What a question takes over from the one before it: 거기, 그 집, 그럼…, "웨이팅은?". Knows chips, no index."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from pipeline.question.bounds import WORTH, without_price
from pipeline.question.mentions import chip_of
from pipeline.types import AnalysedText, Chip, Morpheme, Span, Understanding

_EOJEOL = r"(?=$|[\s?!.,]|[은는이가를을도의에만랑]|하고|보다|말고|빼고|처럼|까지|부터|서|선|엔|요|야|죠|예요|이요)"
_PLACE = re.compile(
    rf"(?<![가-힣])(?:거기|거긴|그\s?(?:집|가게|곳|식당|카페|매장|지점|음식점|횟집|고깃집|술집)|그곳|여기|여긴|이\s?(?:집|가게|곳|식당|카페)|이곳|걔네|걔넨|얘네){_EOJEOL}"
    r"|(?<![가-힣])(?:거긴|여긴|걔넨)(?![가-힣])"
)
_BESIDE = re.compile(rf"{_PLACE.pattern}(?:랑|이랑|하고|과|와|보다)|(?:랑|하고|과|와|보다)\s+{_PLACE.pattern}")
_BOTH = re.compile(r"(?<![가-힣])(?:둘\s?다|두\s?(?:집|곳|군데|가게)|둘\s?중|셋\s?중|그중|그\s중|거기들|저\s?중)")
_THEN = re.compile(
    r"^\s*(?:그럼|그러면|그렇다면|그렇담|그리고|그런데|근데|그래서|그래도|아니|음|아|오|와|네)?[\s,]*(?P<then>그럼|그러면|그렇다면|그렇담|그리고|그런데|근데|그중|또)(?![가-힣])"
)
_ELSEWHERE = re.compile(
    r"다른\s?(?:데|곳|집|가게|식당|카페|고깃집|횟집|매장)|딴\s?(?:데|곳|집)|(?:거기|그\s?집|여기)\s*(?:말고|빼고|제외)"
)
_SEEKING = re.compile(
    r"추천|어디|(?:[은는한긴런을를할될]|있는|되는|좋은)\s(?:곳|데|집)(?![가-힣])|맛집|식당|가게|곳\s?(?:있|알|없)|데\s?(?:있|알|없)|(?:후기|리뷰)"
)
_NAMED = re.compile(r"식당|음식점|가게|맛집|밥집|메뉴")  # 만원 이하 식당 추천 stands by itself
_AGAIN = re.compile(r"(?:[은는]|만)\s*[?？!.~]*\s*$")
_HOW = re.compile(r"어때|어떤가|어떰|어떻|괜찮|좋아\?|좋나|추천")
_EMPTY = frozenset(
    "어떻 어떠하 어때 하 되 있 없 보 주 알 알리 말 싶 뭐 무엇 어디 언제 누구 왜 것 거 데 곳 집 가게 식당 "
    "수 중 때 점 좀 더 또 다른 딴 후기 리뷰 쪽 근처 "
    "거기 여기 저기 그곳 이곳 그집 걔네 얘네 걔 얘 그럼 그러면 그렇 그러 그리고 그런데 근데 너희 우리 나 "
    "저 가 오 나오 말하 얘기 이야기 궁금 궁금하 질문 사람 대하 관하 "
    "말고 빼 제외 둘 다 모두 정도 편 이 그 네 음".split()
)
_SHORT = 2
_WHY, _SHORT_WHY = re.compile(r"(?<![가-힣])왜(?![가-힣])|이유|까닭"), 4  # 평이 안 좋은 이유는?
_ENTITIES = frozenset({"restaurant", "district", "category"})


@dataclass(frozen=True, slots=True)
class Followup:
    """What is taken over: the chips, those of them that the user took off, and the earlier search text (or empty).

    ``beside`` are restaurants to set beside the question's own ("거기랑 연탄집 비교하면?").
    """

    chips: tuple[Chip, ...] = ()
    removed: tuple[Chip, ...] = ()
    text: str = ""
    beside: tuple[str, ...] = ()


def content_outside(analysed: AnalysedText, cuts: Collection[Span]) -> list[Morpheme]:
    """The morphemes outside the cuts that say what is asked."""
    return [
        morpheme
        for morpheme in analysed.morphemes
        if morpheme.content
        and morpheme.form not in _EMPTY
        and not any(start < max(morpheme.end, morpheme.start + 1) and morpheme.start < end for start, end in cuts)
    ]


def follow(
    analysed: AnalysedText,
    own: Collection[Chip],
    cuts: Collection[Span],
    previous: Understanding | None,
    previous_restaurant: str,
    removed: Collection[str],
) -> Followup:
    """What the question takes over from the one before; nothing when it stands by itself.

    Kinds that it mentions itself are its own, and a place of its own (연탄집 여기 …) is what 여기 means.

    Args:
        own: the question's own chips.
        cuts: their spans, and the particles behind them.
        previous_restaurant: what 거기 means when ``previous`` names no restaurant.
    """
    question = analysed.text
    kinds = {chip.kind for chip in own}
    place = _PLACE.search(question)
    beside = "restaurant" in kinds and _BESIDE.search(question) is not None
    prices = _narrowing(question, own, previous)
    content = content_outside(analysed, [*cuts, *prices, *([place.span()] if place else [])])
    if previous is None and not previous_restaurant:
        return Followup()
    narrows = bool(prices) and all(word.form == "추천" for word in content)
    if not (beside or narrows or _points_back(question, kinds, content) or _elliptical(question, kinds, content)):
        return Followup()
    earlier = previous or Understanding("")
    text = earlier.search_text if not content and (_THEN.match(question) or not _HOW.search(question)) else ""
    text = without_price(text) if narrows else text
    restaurants = _restaurants(earlier, previous_restaurant, question, elsewhere=_elsewhere(question, kinds))
    taken = [
        *(restaurants if not kinds & _ENTITIES else ()),
        *(c for c in earlier.chips if c.kind not in {*kinds, "restaurant"} and (c.kind != "dish" or text)),
    ]
    chips = tuple(replace(chip, span=None, inherited=True) for chip in taken)
    return Followup(
        chips=tuple(chip for chip in chips if chip.id not in removed),
        removed=tuple(chip for chip in chips if chip.id in removed),
        text=_without_names(text, earlier, chips),
        beside=tuple(value for chip in restaurants if chip.mode == "filter" for value in chip.values) if beside else (),
    )


def _narrowing(question: str, own: Collection[Chip], previous: Understanding | None) -> list[Span]:
    """Where a question says a price that may be of those asked for before (2만원 이하로, 더 싼 데는?).

    Not where it names what the price is of, nor where one restaurant was asked of.
    """
    named = previous is None or any(chip.kind == "restaurant" for chip in previous.chips)
    if named or {chip.kind for chip in own} != {"price"} or _NAMED.search(question):
        return []
    return [chip.span for chip in own if chip.span and WORTH not in question[slice(*chip.span)]]


def _points_back(question: str, kinds: Collection[str], content: Collection[Morpheme]) -> bool:
    """거기, 그 집, 그럼, 다른 데; or a bare name that the question before is asked of again (연탄집은?)."""
    place = "restaurant" not in kinds and _PLACE.search(question) is not None
    again = bool(_ENTITIES & set(kinds)) and not content and _AGAIN.search(question) is not None
    return place or again or _elsewhere(question, kinds) or bool(_THEN.match(question) or _BOTH.search(question))


def _elliptical(question: str, kinds: Collection[str], content: Collection[Morpheme]) -> bool:
    """So short that it says neither a place nor a kind, and looks for none (웨이팅은?)."""
    most = _SHORT_WHY if _WHY.search(question) else _SHORT
    return not _ENTITIES & set(kinds) and 0 < len(content) <= most and not _SEEKING.search(question)


def _elsewhere(question: str, kinds: Collection[str]) -> bool:
    return "restaurant" not in kinds and _ELSEWHERE.search(question) is not None


def _restaurants(earlier: Understanding, cited: str, question: str, *, elsewhere: bool) -> list[Chip]:
    """The restaurants that are meant; "다른 데" means others than these.

    They are those before, or the one cited where 거기 can mean no other.
    """
    before = [chip for chip in earlier.chips if chip.kind == "restaurant"]
    named = tuple(value for chip in before if chip.mode == "filter" for value in chip.values)
    if elsewhere:
        seen = tuple(
            dict.fromkeys((*(v for chip in before for v in chip.values), *([cited] if cited and not named else [])))
        )
        return [chip_of("restaurant", seen, span=None, exclude=True)] if seen else []
    single = cited and _PLACE.search(question) and not _BOTH.search(question)
    if single and (not named or (len(named) > 1 and cited in named)):
        return [chip_of("restaurant", (cited,), span=None)]
    return before


def _without_names(text: str, earlier: Understanding, chips: Collection[Chip]) -> str:
    """The earlier search text without the names of chips that are not taken over."""
    kept = {chip.id for chip in chips}
    for chip in earlier.chips:
        if chip.id not in kept and chip.kind in ("restaurant", "district", "category"):
            for value in chip.values:
                text = text.replace(value, " ")
    return " ".join(text.split())

"""Stars, prices and "최근" in a question, as bounds on metadata, and how such bounds are read.

Knows no single index.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt
}  # fmt: skip
_BOUND = re.compile(r"(>=|<=|>|<)(.+)")
_COUNTS = {"한": 1, "하나": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "네": 4, "넷": 4, "다섯": 5, "열": 10}
_DIRECTIONS = {
    "이상": ">=",
    "이하": "<=",
    "미만": "<",
    "초과": ">",
    "넘는": ">",
    "넘게": ">",
    "밑": "<",
    "아래": "<=",
    "안쪽": "<=",
}

_STARS = re.compile(
    r"""(?:(?<![가-힣])(?:별\s?점|평점|별)(?:이|은|을|도|만)?\s*
          (?P<n>\d{1,3}(?:\.\d)?|하나|한|둘|두|셋|세|넷|네|다섯|열)\s*(?P<unit>점|개|(?=\s|$|짜리|인|이|준|후기|리뷰))
        |(?<![\d.만])(?P<m>\d{1,3}(?:\.\d)?)\s*점(?=\s*(?:이상|이하|미만|초과|대(?!\s?가)|짜리|후기|리뷰|준|을\s?준|주신|남긴)))
        (?!\s*만점)\s*(?:짜리)?(?:\s*(?P<direction>이상|이하|미만|초과|넘는|넘게|밑|아래|대(?![가-힣])))?""",
    re.VERBOSE,
)
_STARS_HIGH = re.compile(
    r"(?<![가-힣])(?:별\s?점|평점|점수|별)(?:이|은|도|을|만)?\s*(?:(?:아주|제일|가장|좀|매우)\s*)?"
    r"(?P<word>안\s*좋은|낮은|낮게|나쁜|짠|짜게|박한|박하게|적은|높은|높게|좋은|좋게|후한|후하게|많은)"
    r"(?P<gave>\s*(?:준|주신|매긴|남긴|줬|단))?"
)
_VERDICT = re.compile(r"(?<![가-힣])(?P<word>혹평|악평|(?<!점 )만점)(?=\s|한|을|이|만|도|중|들|하|에|은|$|\?|짜리)")
_LOW = ("안", "낮", "나", "짠", "짜", "박", "적", "혹", "악")

_AMOUNT = re.compile(
    r"(?P<n>(?:\d{1,3}(?:,\d{3})+|(?<!\d)\d{1,9}(?:\.\d)?)\s*(?:만\s*\d?\s*천?|천)?|[일이삼사오육칠팔구]?만\s?(?:[이삼사오육칠팔구]?천)?|[이삼사오육칠팔구]?천)\s*원\s*"
    r"(?P<word>이하|이내|미만|안으로|안쪽|안에서|아래|밑|이상|초과|넘는|대(?![가-힣])|대의|대로|대에|선(?=에|으로|\s)|정도|안팎|내외|짜리)"
)
_CHEAP = "저렴(?:한데|한|하면서도?|하고|하게|히)"
_PRICE_WORDS = re.compile(
    rf"(?P<low>안\s*비싼|{_CHEAP}"
    rf"|(?<![가-힣])(?:(?:가격|값)[이은도]?\s*)?(?:{_CHEAP}|싼(?=\s|$)|싼데|싸면서도?|싸고)|가성비"
    r"|착한\s*가격|가격\s*착한|가격\s*부담\s*없|부담\s*없는\s*가격)"
    r"|(?P<high>(?<!안 )(?<![가-힣])비싼(?=\s|$)|고급(?=\s|진|스러|스런|져)|(?<![가-힣])럭셔리|(?<![가-힣])프리미엄)"
)
_NEWEST = re.compile(r"(?<![가-힣])(?:최근|요즘|요새|요즈음|최신|근래)(?=[\s에은는엔의도순이]|들어|$|[?.,])")
_DIGITS = {digit: number for number, digit in enumerate("일이삼사오육칠팔구", start=1)}
WORTH = "가성비"
"""Not what a meal costs but what it is worth, which reviews say."""

BANDS = (10_000, 25_000)
"""Won a head up to which price band 1 and 2 reach; band 3 is everything above."""


@dataclass(frozen=True, slots=True)
class BoundMention:
    """Bounds that must all hold (``>=4``), said at ``start`` to ``end``."""

    bounds: tuple[str, ...]
    label: str
    start: int
    end: int
    mode: Literal["filter", "boost"]


def holds(bound: str, value: float | str) -> bool:
    """Whether a value satisfies a bound: ``holds(">=4", 4.5)``; texts, such as ISO dates, compare letter by letter.

    A date known only to its month or year is compared as far as it is known.

    Raises:
        ValueError: no bound.
    """
    found = _BOUND.fullmatch(bound)
    if not found:
        raise ValueError(f"{bound!r} is no bound; expected >=, <=, > or < and a value")
    if isinstance(value, str):
        limit = found[2][: len(value)]
        return {">=": value >= limit, "<=": value <= limit, ">": value > limit, "<": value < limit}[found[1]]
    return _OPERATORS[found[1]](value, float(found[2]))


def find_stars(question: str, top: float) -> BoundMention | None:
    """The ratings a question selects, on a scale up to ``top``. "별점 낮은" is the lower two fifths of it."""
    for stars in _STARS.finditer(question):
        number = _COUNTS.get(stars["n"] or "") or float(stars["n"] or stars["m"])
        if number <= top:
            return _stars(stars, number)
    low, high = f"{top * 2 / 5:g}", f"{top * 4 / 5:g}"
    if found := _STARS_HIGH.search(question) or _VERDICT.search(question):
        if found["word"] == "만점":
            return BoundMention((f">={top:g}",), f"별점 {top:g}점", *found.span(), "filter")
        if found["word"].startswith(_LOW):
            return BoundMention((f"<={low}",), f"별점 {low}점 이하", *found.span(), "filter")
        return BoundMention((f">={high}",), f"별점 {high}점 이상", *found.span(), "filter")
    return None


def _stars(found: re.Match[str], number: float) -> BoundMention:
    direction = found["direction"]
    start, end = found.start(), found.start() + len(found.group().rstrip())
    if direction == "대":
        return BoundMention((f">={number:g}", f"<{number + 1:g}"), f"별점 {number:g}점대", start, end, "filter")
    if direction:
        return BoundMention(
            (f"{_DIRECTIONS[direction]}{number:g}",), f"별점 {number:g}점 {direction}", start, end, "filter"
        )
    return BoundMention((f">={number:g}", f"<={number:g}"), f"별점 {number:g}점", start, end, "filter")


def find_price(question: str, bands: tuple[int, ...]) -> BoundMention | None:
    """The price bands that a question would rather have, out of those the index knows (ascending)."""
    if len(bands) < 2:
        return None
    if found := _AMOUNT.search(question):
        won = _won(re.sub(r"[\s,]", "", found["n"]))
        band = 1 + sum(won > limit for limit in BANDS)
        word = found["word"]
        if word in ("이상", "초과", "넘는"):
            bounds: tuple[str, ...] = (f">={band + (won in BANDS)}",)
        elif word.startswith(("대", "선", "정도", "안팎", "내외", "짜리")):
            band += won in BANDS and word.startswith("대")
            bounds = (f">={band}", f"<={band}")
        else:
            bounds = (f"<={band}",)
        gap = "" if word.startswith(("대", "선", "짜리")) else " "
        return BoundMention(bounds, f"가격 {won:,}원{gap}{word}", *found.span(), "boost")
    if found := _PRICE_WORDS.search(question):
        if found["low"]:
            return BoundMention((f"<={bands[0]}",), "가격 낮은 곳", *found.span(), "boost")
        return BoundMention((f">={bands[-1]}",), "가격 높은 곳", *found.span(), "boost")
    return None


def widened(bounds: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Bounds of price bands, then the same with a band more at a time: ``<=1``, ``<=2``; ``>=3``, ``>=2``."""
    if len(bounds) != 1:
        return [bounds]
    sign, band, last = bounds[0][:2], int(bounds[0][2:]), len(BANDS) + 1
    bands = range(band, last) if sign == "<=" else range(band, 1, -1)
    return [(f"{sign}{one}",) for one in bands] or [bounds]


def told_price(bounds: tuple[str, ...]) -> str:
    """The price bands of some bounds as what is paid a head: ``가격대 1인 10,000–25,000원``.

    Above band 3 that isn't known.
    """
    bands = [band for band in range(1, len(BANDS) + 2) if all(holds(bound, band) for bound in bounds)]
    if not bands:
        return f"가격대 {bounds[0][2:]} 이상"
    above = BANDS[bands[0] - 2] if bands[0] > 1 else 0
    up_to = BANDS[bands[-1] - 1] if bands[-1] <= len(BANDS) else 0
    if above and up_to:
        return f"가격대 1인 {above:,}–{up_to:,}원"
    return f"가격대 1인 {up_to:,}원까지" if up_to else f"가격대 1인 {above:,}원 넘게"


def without_price(text: str) -> str:
    """A text without the prices that it names, as another takes their place."""
    for pattern in (_AMOUNT, _PRICE_WORDS):
        text = pattern.sub(" ", text)
    return " ".join(text.split())


def _won(amount: str) -> int:
    """Won in figures or words: 13000, 1만5천, 만오천, 2.5만."""
    if amount.isdecimal():
        return int(amount)
    above, separator, below = amount.partition("만")
    if not separator:
        above, below = "", amount
    tens = (_number(above) if above else 1) * 10_000 if separator else 0
    thousands = (_number(below.removesuffix("천")) if below != "천" else 1) * 1_000 if below else 0
    return int(tens + thousands)


def _number(word: str) -> float:
    return _DIGITS[word] if word in _DIGITS else float(word)


def find_newest(question: str) -> BoundMention | None:
    """Whether a question would rather hear of recent days."""
    found = _NEWEST.search(question)
    return BoundMention(("newest",), "최근 후기 먼저", *found.span(), "boost") if found else None

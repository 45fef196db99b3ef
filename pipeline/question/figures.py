"""Whether a question asks for figures that the reviews carry themselves: what they rate on average, how many there are,
which restaurants there are (평균 별점은?, 후기 몇 건?, 별점 높은 식당, 카페는 몇 곳?).

As with aspects, every word must be one of ours: whatever is left over asks for what a review says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from pipeline.question.hangul import PARTICLE
from pipeline.question.wanted import wanted
from pipeline.question.wording import outside, says, words_of
from pipeline.types import By, Chip, Figures, Order, Understanding

_MEAN = re.compile(r"평균(?:적)?")
_RATING = re.compile(r"(?:평균)?(?:별점|평점|별점수|점수|별)(?:평균|분포|순위|순|수|현황)?")
_REVIEW = re.compile(r"(?:후기|리뷰|평가|글|댓글)(?:수|개수|갯수|건수|순)?")
_PLACE = re.compile(r"(?:곳|데|집|식당|음식점|가게|맛집|밥집|매장|업소|카페|장소|레스토랑)(?:들|수|개수|순위)?")
_WHERE = re.compile(r"어디|어느|어떤|무슨")
_LISTED = re.compile(r"목록|리스트|종류|이름")
_WHAT = re.compile(r"어떤|무슨|뭐|뭐뭐|무엇|뭐가")
_MANY = re.compile(r"(?:많|최다)[가-힣]*")
_FEW = re.compile(r"(?:적[은을이게]|최소)[가-힣]*")
_HIGH = re.compile(r"(?:높|최고|좋[은고])[가-힣]*")
_LOW = re.compile(r"(?:낮|최저|최하|나쁜|안좋)[가-힣]*")
_MOST = re.compile(r"제일|가장|순위|순서|순|랭킹|베스트|상위")
_HOW_MANY = re.compile(
    r"(?:총|모두|전부|다)?몇(?:개|건|편|곳|군데|집|점|명)?|얼마나|얼마|(?:개|건|편|곳|군데|집|점|명)|수|개수|갯수|건수"
)
_NUMBER = re.compile(r"(?:후기|리뷰|평가|글|댓글)(?:수|개수|갯수|건수)")
_SCORE = re.compile(r"몇점|점")
_SPREAD = re.compile(r"(?:별점|평점)?분포")
_PEOPLE = re.compile(r"사람|손님|고객|분|이용자|리뷰어")
_BY: Mapping[By, re.Pattern[str]] = {
    "month": re.compile(r"월별|월간|달별|달마다|매달|매월|추이|추세|흐름|변화|변동"),
    "restaurant": re.compile(r"(?:식당|가게|업소|매장|음식점|맛집)별"),
    "category": re.compile(r"(?:업종|종류|카테고리|음식종류)별"),
    "district": re.compile(r"(?:지역|동네|구|위치)별"),
}
_RECOMMENDED = re.compile(r"추천[가-힣]*")
_SHARE = re.compile(r"비율|비중|퍼센트|프로|%")
_ASKING = re.compile(
    r"(?:알려|보여|말해|말씀|궁금|뽑아|나열|정리|비교|분포|현황)[가-힣]*|(?:있|달[려렸린리]|올라[오온와왔]|쌓[여였인이]|남[겨긴]|등록|되|돼|됩|나오|나와|뭐|뭘|누구|얼마)[가-힣]*"
    r"|더|덜|인|준|주신|매긴|쓴|줘|줘요|주세요|주라|좀|요|총|모두|전부|다|전체|각각|각|대략|정도|지금|현재|여기|거기|우리|그리고|순으로|순서대로|만|중|중에|중에서|가운데|이|가|은|는|을|를|의|도"
)
_HOW_IS_IT = re.compile(r"(?:어때|어떤[가지]|어떰|어떻|어떠)[가-힣]*")
_KINDS = (
    *(_MEAN, _RATING, _REVIEW, _PLACE, _WHERE, _LISTED, _WHAT, _MANY, _FEW, _HIGH, _LOW, _MOST, _HOW_MANY, _SCORE),
    *(_SPREAD, _SHARE, _PEOPLE, _RECOMMENDED, *_BY.values()),
)


def about_figures(understanding: Understanding, question: str) -> Understanding:
    """The understanding with the figures that ``question`` asks for, where it asks for nothing else.

    A rating without a number (별점 높은) is then no condition of reviews but what restaurants are ordered by.
    """
    if understanding.shape not in ("fact", "comparison", "list", "count"):
        return understanding
    if any(chip.mode == "boost" and chip.kind != "order" for chip in understanding.chips):
        return understanding
    chips = tuple(c for c in understanding.chips if c.kind != "rating" or _numbered(c, question))
    first, text = wanted(outside(question, chips))
    found = _figures(words_of(text.lower()), chips, ranked=first > 0)
    if found is None or (found.of != "rating" and chips != understanding.chips):
        chips = understanding.chips  # a condition after all, or what the question before asked
        first, text = wanted(understanding.search_text)
        found = _figures(words_of(text.lower()), chips, ranked=first > 0)
    if found is None:
        return understanding
    if found.bounds:  # of what restaurants rate on average, not of their reviews
        chips = tuple(chip for chip in chips if chip.kind != "rating")
    return replace(understanding, chips=chips, figures=found, first=first, aspects=(), overview="", seeks="")


def _numbered(chip: Chip, question: str) -> bool:
    """Whether a rating is said with a number; one that stands over from the question before was."""
    words = question[slice(*chip.span)] if chip.span else "1"
    return any(c.isdigit() for c in words) or re.search(r"[한두세네]\s*개|만점|반", words) is not None


def _ours(word: str) -> bool:
    return PARTICLE.fullmatch(word) is not None or says(word, *_KINDS, _ASKING, _HOW_IS_IT)


def _figures(asked: Sequence[str], chips: Sequence[Chip], *, ranked: bool) -> Figures | None:
    """What is asked for; None where a word is none of ours, or where one is missing that would say it.

    ``ranked`` is whether so and so many restaurants are wanted.
    """
    if not asked or not all(_ours(word) for word in asked):
        return None

    def said(*patterns: re.Pattern[str]) -> bool:
        return any(says(word, *patterns) for word in asked)

    filters = {chip.kind for chip in chips if chip.mode == "filter"}
    named, kinds = "restaurant" in filters, not {"category", "district", "price"}.isdisjoint(filters)
    place, high, low, many, few = said(_PLACE), said(_HIGH), said(_LOW), said(_MANY), said(_FEW)
    compared, which = high or low or many or few, place or kinds or said(_WHERE)
    plain, by = not (compared or place or ranked), _by(said)
    if high + low + many + few > 1 or (said(_PEOPLE) and "rating" not in filters):
        return None
    if said(_SHARE):
        return Figures("share") if "rating" in filters and plain else None
    if said(_RATING, _MEAN) or (named and said(_SCORE) and said(_HOW_MANY)):
        if named:  # several are compared by what each has
            return Figures("rating", by=by) if not (place or many or few or (compared and said(_REVIEW))) else None
        if not (by or said(_REVIEW)) and (high or low or ranked or said(_MOST)) and which:
            return Figures("rating", _order(low))
        mean = by or said(_MEAN, _HOW_IS_IT, _SCORE, _SPREAD)
        return Figures("rating", by=by) if mean and plain and not said(_WHERE) else None
    if high or low or (named and compared):
        return None
    if said(_REVIEW, _PEOPLE):
        if many or few:
            return Figures("reviews", _order(few)) if which and not by else None
        return Figures("reviews", by=by) if plain and (by or said(_HOW_MANY, _NUMBER)) else None
    bounds = next((chip.values for chip in chips if chip.kind == "rating" and chip.mode == "filter"), ())
    if len(bounds) == 1 and place and not (compared or named or by):
        return Figures("rating", _order(bounds[0].startswith("<")), bounds=bounds)
    listed = said(_HOW_MANY, _LISTED) or (said(_WHAT) and not said(_MOST))
    some = listed and (place or kinds) and not (compared or ranked or named or by or said(_HOW_IS_IT, _RECOMMENDED))
    return Figures("restaurants") if some else None


def _by(said: Callable[..., bool]) -> By:
    """What it is told of one by one, if anything."""
    return next((by for by, pattern in _BY.items() if said(pattern)), "")


def _order(least: bool) -> Order:
    return "least" if least else "most"

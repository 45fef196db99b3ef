"""Whether a question asks for figures that the reviews carry themselves: what they rate on average, how many there are,
which restaurants there are (평균 별점은?, 후기 몇 건?, 별점 높은 식당, 카페는 몇 곳?).

As with aspects, every word must be one of ours: whatever is left over asks for what a review says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.question.wanted import wanted
from pipeline.question.wording import is_particle, noun, outside, says, verb, words_of
from pipeline.types import By, Chip, Figures, Order, Understanding

_MEAN = re.compile(r"평균(?:적)?")
_RATING = re.compile(r"(?:평균)?(?:별점|평점|별점수|점수|별)(?:평균|분포|순위|순|수|현황)?")
_REVIEW = re.compile(r"(?:후기|리뷰|평가|글|댓글)(?:수|개수|갯수|건수|순)?")
_PLACE = re.compile(r"(?:곳|데|집|식당|음식점|가게|맛집|밥집|매장|업소|카페|장소|레스토랑)(?:들|수|개수|순위)?")
_WHERE = re.compile(r"어디|어느|어떤|무슨")
_LISTED = re.compile(r"목록|리스트|종류|이름")
_WHAT = re.compile(r"어떤|무슨|뭐|뭐뭐|뭔|뭘|무엇|뭐가|뭔가|뭔가요|뭐야|뭐예요|뭐에요")
_MANY = re.compile(f"{verb('많')}|{noun('최다')}")
_FEW = re.compile(f"{verb('적[은을이게]')}|{noun('최소')}")
_HIGH = re.compile(f"{verb('높|좋[은고]')}|{noun('최고')}")
_LOW = re.compile(f"{verb('낮|나쁜|안좋')}|{noun('최저|최하')}")
_MOST = re.compile(r"제일|가장|순위|순서|순|랭킹|베스트|상위")
_HOW_MANY = re.compile(
    r"(?:총|모두|전부|다)?몇(?:개|건|편|곳|군데|집|점|명)?|얼마나|얼마|(?:개|건|편|곳|군데|집|점|명)|수|개수|갯수|건수"
)
_COUNTED = re.compile(r"(?:총|모두|전부|다)?몇(?:개|곳|군데|집)?|얼마나|얼마|수|개수|갯수")
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
_RECOMMENDED = re.compile(noun("추천"))
_SHARE = re.compile(r"비율|비중|퍼센트|프로|%")
_ASKING = re.compile(
    verb("알려|보여|말해|말씀|궁금|뽑아|나열|정리|비교")
    + f"|{verb('있|달[려렸린리]|올라[오온와왔]|쌓[여였인이]|남[겨긴]|등록|되|돼(?!지)|됩|나오|나와|뭐|뭘|누구|얼마')}"
    + f"|{noun('분포|현황|총|모두|전부|다|전체|각각|대략|정도|지금|현재|여기|거기|우리|중|가운데')}"
    r"|거긴|여긴|더|덜|각|인|준|주신|매긴|쓴|줘|줘요|주세요|주라|좀|요|그리고|순으로|순서대로"
)
_MENU = re.compile(r"(?:인기|대표|추천|시그니처|주력|베스트)?메뉴|시그니처")
_EACH_DISH = re.compile(r"(?:메뉴|음식|요리)별")
_FOOD = re.compile(r"음식|요리")
_POPULAR = re.compile(
    f"{noun('인기|대표|유명|주력|간판')}|{verb('인기있|인기많|잘나가|잘|유명한|팔리|찾는|나가|언급|시키|시켜')}"
)
_EATEN = re.compile(verb("맛있|맛나|먹|시키|시켜|잘하|잘나가|유명한"))
_SHALL = re.compile(verb("해|하면|할까|좋을까"))
_HOW_IS_IT = re.compile(verb("어때|어떤[가지]|어떰|어떻|어떠"))
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
    return says(word, *_KINDS) or is_particle(word) or any(p.fullmatch(word) for p in (_ASKING, _HOW_IS_IT))


@dataclass(frozen=True, slots=True)
class _Said:
    """What a question's words and conditions say. ``compared``: there is a high, low, many or few in it.

    ``which``: it asks for restaurants, or names a kind of them; ``plain``: it asks for none and compares none.
    """

    says: Callable[..., bool]
    conditions: Mapping[str, tuple[str, ...]]
    by: By
    high: bool
    low: bool
    many: bool
    few: bool
    ranked: bool

    @property
    def named(self) -> bool:
        return "restaurant" in self.conditions

    @property
    def compared(self) -> bool:
        return self.high or self.low or self.many or self.few

    @property
    def kinds(self) -> bool:
        return not {"category", "district", "price"}.isdisjoint(self.conditions)

    @property
    def which(self) -> bool:
        return self.kinds or self.says(_PLACE, _WHERE)

    @property
    def plain(self) -> bool:
        return not (self.compared or self.ranked or self.says(_PLACE))


def _figures(asked: Sequence[str], chips: Sequence[Chip], *, ranked: bool) -> Figures | None:
    """What is asked for; None where a word is none of ours, or where one is missing that would say it.

    ``ranked`` is whether so and so many restaurants are wanted.
    """
    if _asks_of_dishes(asked):
        return Figures("dishes", "most")
    if not asked or not all(_ours(word) for word in asked):
        return None

    def says_one(*patterns: re.Pattern[str]) -> bool:
        return any(says(word, *patterns) for word in asked)

    conditions: dict[str, tuple[str, ...]] = {chip.kind: chip.values for chip in chips if chip.mode == "filter"}
    by: By = next((by for by, pattern in _BY.items() if says_one(pattern)), "")
    high, low, many, few = says_one(_HIGH), says_one(_LOW), says_one(_MANY), says_one(_FEW)
    said = _Said(says_one, conditions, by, high, low, many, few, ranked)
    if high + low + many + few > 1 or (says_one(_PEOPLE) and "rating" not in conditions):
        return None
    if says_one(_SHARE):
        return Figures("share") if "rating" in conditions and said.plain else None
    if says_one(_RATING, _MEAN) or (said.named and says_one(_SCORE) and says_one(_HOW_MANY)):
        return _of_ratings(said)
    if said.high or said.low or (said.named and said.compared):
        return None
    return _of_reviews(said) if says_one(_REVIEW, _PEOPLE) else _of_restaurants(said)


def _asks_of_dishes(asked: Sequence[str]) -> bool:
    """Whether it is asked which dishes are named most: what is recommended, known for, or simply there."""

    def says_one(*patterns: re.Pattern[str]) -> bool:
        return any(says(word, *patterns) for word in asked)

    known = [_MENU, _FOOD, _POPULAR, _EATEN, _SHALL, _WHAT, _MOST, _MANY, _PEOPLE, _RECOMMENDED, _LISTED]
    if says_one(_EACH_DISH):
        known += [_EACH_DISH, _RATING, _MEAN, _REVIEW, _HOW_MANY, _HOW_IS_IT]
    if not all(says(word, *known) or is_particle(word) or _ASKING.fullmatch(word) for word in asked):
        return False
    if says_one(_EACH_DISH):
        return True
    if says_one(_FOOD):
        return says_one(_POPULAR, _RECOMMENDED)
    return says_one(_MENU) or (says_one(_WHAT) and says_one(_EATEN))


def _of_ratings(said: _Said) -> Figures | None:
    if said.named:  # several are compared by what each has
        other = said.says(_PLACE) or said.many or said.few or (said.compared and said.says(_REVIEW))
        return None if other else Figures("rating", by=said.by)
    ordered = said.high or said.low or said.ranked or said.says(_MOST)
    if said.which and ordered and not (said.by or said.says(_REVIEW)):
        return Figures("rating", _order(said.low))
    asked = said.by or said.says(_MEAN, _HOW_IS_IT, _SCORE, _SPREAD)
    return Figures("rating", by=said.by) if asked and said.plain and not said.says(_WHERE) else None


def _of_reviews(said: _Said) -> Figures | None:
    if said.many or said.few:
        return Figures("reviews", _order(said.few)) if said.which and not said.by else None
    counted = said.by or said.says(_HOW_MANY, _NUMBER)
    return Figures("reviews", by=said.by) if counted and said.plain else None


def _of_restaurants(said: _Said) -> Figures | None:
    if said.compared or said.named or said.by:
        return None
    bounds = said.conditions.get("rating", ())
    if len(bounds) == 1 and said.says(_PLACE):
        return Figures("rating", _order(bounds[0].startswith("<")), bounds=bounds)
    listed = said.says(_COUNTED, _LISTED) or (said.says(_WHAT) and not said.says(_MOST))
    asked = listed and (said.kinds or said.says(_PLACE))
    return Figures("restaurants") if asked and not (said.ranked or said.says(_HOW_IS_IT, _RECOMMENDED)) else None


def _order(least: bool) -> Order:
    return "least" if least else "most"

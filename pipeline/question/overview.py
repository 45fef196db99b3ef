"""Whether a question asks what reviews come to altogether: of a restaurant (어때?, 장점은?, 요약해줘), of all that meet
conditions (별점 1점에서 가장 많은 불만은?), or which restaurants are spoken of best (평 좋은 고깃집).

As with aspects, every word must be one of ours: whatever is left over asks for more than counts can tell.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from pipeline.question.aspects import asked_aspects, says_of_aspects
from pipeline.question.bounds import holds
from pipeline.question.wanted import wanted
from pipeline.question.wording import ENDING, is_particle, joined, noun, outside, says, verb, words_of
from pipeline.types import AskedAspect, ChipKind, Overview, Side, Understanding

EVERY = (
    AskedAspect("food", "음식·맛"), AskedAspect("value", "양·가격"), AskedAspect("service", "서비스"),
    AskedAspect("ambience", "분위기"), AskedAspect("hygiene", "위생"), AskedAspect("waiting", "대기·예약"),
    AskedAspect("location", "위치·주차"),
)  # fmt: skip
"""The aspects of the label scheme ``review`` in its order, and how users read them."""

WHOLE = AskedAspect("whole", "전체 평")
"""Not an aspect of the label scheme: whole reviews, by their sentiment."""

_POINT = re.compile(
    r"(안\s*좋|좋|나쁘|나쁜|나빴|아쉬[운웠]|아쉽|불편|별로|부족|개선|고[칠쳐]|보완|마음에\s*[드들안])([가-힣]*)"
    r"(\s*(?:할|해야\s*할|야\s*할|하는|한|안\s*드는))?\s+(?:점|것|거|게|건|부분|사항)(?=[가-힣]|$|[\s?.!])"
)
_SHARE = re.compile(
    r"(긍정|부정)[가-힣]*\s*(?:(?:리뷰|후기|평가?|의견)[가-힣]?\s*)?(?:비율|비중)[이도]?\s*(?:(?:제일|가장|더)\s*)?"
    + verb("높|많|크|큰")
)
_PRAISE = re.compile(noun("장점|강점|호평|칭찬|매력(?!적)|자랑거리|좋[가-힣]{0,2}점|좋[은았]{0,2}던?[거것게건]"))
_COMPLAINT = re.compile(
    noun(
        "단점|약점|혹평|불만(?!족)|불만사항|불평|컴플레인|클레임|문제점|아쉬[운웠]던?[거것게건]"
        "|(?:안좋|나쁜|나빴|아쉬[운웠]|불편|별로|부족|개선|고[칠쳐]|보완)[가-힣]{0,5}점"
    )
    + "|문제(?:가|는|들|들은|들이)?"
)
_BOTH = re.compile(noun("장단점|호불호"))
_SUMMARY = re.compile(noun("요약|정리|총평|종합|전반|전반적|전체|전체적"))
_SENTIMENT = re.compile(r"(?:긍정|부정|중립)(?:적인?|률|율)?|감[정성](?:분석)?|호감도")
_PORTION = re.compile(r"비율|비중|퍼센트|프로|%|몇개|몇건|몇명|몇|개수|건수|개|건|명|수|분석|분포|현황")
_OPINION = re.compile(
    verb("어때|어떤[가지]|어떰|어떻(?!게)|어땠|어떠|괜찮|추천할?만")
    + f"|{noun('평가|평판|반응|인식|만족도|비교|차이|평|평점')}"
)
_REVIEW = re.compile(noun("(?:후기|리뷰|평|평가|글|댓글|의견|손님|고객|사람|방문자|이용자|리뷰어)들?"))
_MUCH = re.compile(
    verb("많|뭐|뭔|뭘|뭡|무엇|무슨|나오|나온|말하|말한|하는|했|한|있|없|크|큰")
    + f"|{noun('주로|자주|대부분|언급|지적|들|것|거|게|건|얼마|사람')}"
)
_PLACE = re.compile(noun("곳|데|집|식당|음식점|가게|맛집|밥집|매장|업소|카페|장소|레스토랑"))
_WHY = re.compile(noun("왜|이유|까닭|원인"))
_LIKED = re.compile(f"{noun('인기')}|{verb('인기있|인기많|유명한|유명하|유명해|높')}")
_DISLIKED = re.compile(verb("낮"))
_RATING = re.compile(noun("별점|평점|점수") + "|인|준")
_STARS = ((1, 2), (4, 5))  # few and many
_REASONED = (_LIKED, _DISLIKED, _RATING)
_RECOMMENDED = re.compile(noun("추천(?!할)|소개|맛집|밥집"))
_WHERE = re.compile(noun("어디|어느|어딜"))
_GO = re.compile(verb("갈만|가볼만|먹을만") + "|갈|가볼|먹을|만한|만한지|다른|딴")
_GOOD = re.compile(f"{verb('좋|괜찮|괜찬|훌륭|뛰어|나[은아을]|낫')}|{noun('최고|만족(?!도)|긍정|긍정적')}")
_BAD = re.compile(f"{verb('나[쁘쁜빠빴]|별로|형편없|안좋')}|{noun('최악|실망|불만족|부정적')}")
# They judge a price, an access, a look: something that whole reviews aren't counted by.
_PARTIAL = re.compile(
    f"{verb('저렴|싼|싸|비[싸싼쌌]|편[하한해했리]|불편|아늑|멋[지진]|심[하한해했각]|높|낮|[구후]린|끝내')}|{noun('우수')}"
)
_SIDES: tuple[tuple[Side, re.Pattern[str]], ...] = (("positive", _GOOD), ("negative", _BAD))
_TURNED: tuple[tuple[Side, re.Pattern[str]], ...] = (
    ("positive", re.compile(verb("(?:좋아|나아)[지졌진질져]|올라[갔간가]"))),
    ("negative", re.compile(verb("(?:안좋아|나빠|떨어)[지졌진질져]|내려[갔간가]|하락"))),
)
_SINCE = re.compile(
    r"(?:예전|이전|전|작년|지난해|올해|갈수록|점점|점차|최근|요즘|들어)(?:보다|에|에는|에비해|들어|비해)?"
)
_PRICED: frozenset[ChipKind] = frozenset({"category", "price"})  # 만원 이하 카페: restaurants, without another word
_NOT = re.compile(rf"안|{verb('않|못')}|[가-힣]+지(?:않|못){ENDING}|[가-힣]+지")


def about_everything(understanding: Understanding, question: str) -> Understanding:
    """The understanding with what ``question`` asks of reviews altogether, where it asks nothing else.

    Questions about aspects must have been told apart before. What is only preferred (a dish) can't be counted; 요즘
    asks for the last months beside the time before them.
    """
    if understanding.aspects or understanding.shape not in ("fact", "comparison", "list", "count"):
        return understanding
    if understanding.shape == "count" and not _SENTIMENT.search(question):
        return understanding
    if turned := _turned(understanding, question):
        return replace(understanding, overview="change", seeks=turned)
    if any(chip.mode == "boost" and chip.kind != "order" for chip in understanding.chips):
        return understanding
    text = understanding.search_text  # of the question before, where this one drops its topic
    text = outside(question, understanding.chips) if text == question else text
    lately = [chip.span for chip in understanding.chips if chip.kind == "order" and chip.span]
    for start, end in lately:  # it only prefers, so its words are searched for
        text = text.replace(question[start:end], " ")
    text = _SHARE.sub(r"\1적인", _POINT.sub(_together, joined(text)))
    first, text = wanted(text)
    words = words_of(text)
    why = _asked(words, _WHY)
    words = [word for word in words if not _asked([word], _WHY)]
    filters = {chip.kind for chip in understanding.chips if chip.mode == "filter"}
    places = filters >= _PRICED or _best_of_a_kind(understanding, question)
    if not (words or why or places):
        return understanding
    if not all(_ours(word) or (why and _asked([word], *_REASONED)) for word in words):
        return understanding
    side = _side(words)
    if side is None:
        return understanding
    if why:
        return replace(understanding, overview=_reasons(words, side or _rated(understanding)) if filters else "")
    if (
        not lately
        and "restaurant" not in filters
        and (places or _seeks_places(words, filters))
        and (side or _asked(words, _PRAISE, _COMPLAINT) or _recommends(words) or "price" in filters or places)
    ):
        return replace(understanding, aspects=(WHOLE,), seeks=side or _sought(words), first=first)
    overview = _overview(words, named="restaurant" in filters, filtered=bool(filters), side=side)
    return replace(understanding, overview=overview) if overview else understanding


def _turned(understanding: Understanding, question: str) -> Side:
    """The way in which restaurants are sought to have changed (요즘 평이 나빠진 식당, 작년보다 좋아진 곳), if they are.

    A named one is told of beside its past as any other; what it changed from is always the time before.
    """
    if any(c.kind in ("restaurant", "dish") or (c.kind == "date" and c.mode != "boost") for c in understanding.chips):
        return ""
    before = [chip for chip in understanding.chips if chip.kind in ("order", "date")]
    text = outside(question, [chip for chip in understanding.chips if chip not in before])
    for start, end in sorted((chip.span for chip in before if chip.span), reverse=True):
        text = text.replace(question[start:end], " ")
    words = words_of(text)
    ways = {side for word in words for side, pattern in _TURNED if pattern.fullmatch(word)}
    known = (*(pattern for _, pattern in _TURNED), _SINCE)
    if len(ways) != 1 or not _asked(words, _PLACE) or _asked(words, _NOT):
        return ""
    return ways.pop() if all(_asked([word], *known) or _ours(word) for word in words) else ""


def _reasons(words: Sequence[str], side: Side) -> Overview:
    """What explains that reviews are good or bad, where the words say which: what is praised or complained of."""
    if side == "negative" or _asked(words, _COMPLAINT, _DISLIKED):
        return "complaints"
    return "praise" if side or _asked(words, _PRAISE, _LIKED) else ""


def _rated(understanding: Understanding) -> Side:
    """The side that the ratings of a condition are on: 별점 1점인 이유."""
    bounds = [value for chip in understanding.chips if chip.kind == "rating" for value in chip.values]
    if not bounds:
        return ""
    low, high = (any(all(holds(bound, rating) for bound in bounds) for rating in ratings) for ratings in _STARS)
    return "" if low == high else "negative" if low else "positive"


def _together(found: re.Match[str]) -> str:
    """좋았던 점, 개선해야 할 점: one word."""
    return re.sub(r"\s+", "", f"{found[1]}{found[2]}{found[3] or ''}") + "점"


def _ours(word: str) -> bool:
    if is_particle(word):
        return True
    if _PARTIAL.fullmatch(word) or asked_aspects(f"{word} 어때"):
        return False
    if says(word, _SENTIMENT, _PORTION):
        return True
    known = (_PRAISE, _COMPLAINT, _BOTH, _SUMMARY, _OPINION, _REVIEW, _MUCH, _PLACE, _GOOD, _BAD, _GO)
    return any(pattern.fullmatch(word) for pattern in known) or says_of_aspects(word)


def _asked(words: Sequence[str], *patterns: re.Pattern[str]) -> bool:
    return any(pattern.fullmatch(word) for word in words for pattern in patterns)


def _side(words: Sequence[str]) -> Side | None:
    """The side that adjectives say, empty where none does; None where they contradict each other or are negated."""
    sides = {
        side
        for word in words
        for side, pattern in _SIDES
        if pattern.fullmatch(word) and not _asked([word], _PRAISE, _COMPLAINT)
    }
    if len(sides) > 1 or (sides and _asked(words, _NOT)):
        return None
    return next(iter(sides), "")


def _sought(words: Sequence[str]) -> Side:
    return "negative" if _asked(words, _COMPLAINT) else "positive"


def _recommends(words: Sequence[str]) -> bool:
    return _asked(words, _RECOMMENDED) and not _asked(words, _NOT)


def _best_of_a_kind(understanding: Understanding, question: str) -> bool:
    """국밥 맛집, said of a kind of restaurant in one."""
    kinds = (chip for chip in understanding.chips if chip.kind == "category" and chip.mode == "filter" and chip.span)
    return any(question[slice(*chip.span)].endswith("맛집") for chip in kinds if chip.span)


def _seeks_places(words: Sequence[str], filters: Collection[ChipKind]) -> bool:
    if _asked(words, _PLACE, _WHERE):
        return True
    sought = bool(_side(words)) or _recommends(words)
    return sought and not {"district", "category", "price"}.isdisjoint(filters)


def _overview(words: Sequence[str], *, named: bool, filtered: bool, side: Side) -> Overview:
    praise, complaint = _asked(words, _PRAISE), _asked(words, _COMPLAINT)
    if praise != complaint:
        return "praise" if praise else "complaints"
    told = {word[:2] for word in words if says(word, _SENTIMENT)}
    if told in ({"긍정"}, {"부정"}) and _asked(words, _REVIEW) and not any(says(word, _PORTION) for word in words):
        return "praise" if told == {"긍정"} else "complaints"
    shares = any(says(word, _SENTIMENT) for word in words) and any(says(word, _PORTION, _OPINION) for word in words)
    if praise or shares or _asked(words, _BOTH, _SUMMARY):
        return "whole"
    return "whole" if (named or filtered) and (_asked(words, _OPINION) or (named and side)) else ""

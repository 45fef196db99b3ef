"""Whether a question asks what reviews come to on aspects of restaurants (서비스 어때?) and on nothing more specific.

Every word of it must be an aspect, a judgement, or a way of asking: whatever is left over asks for more than shares can
tell (김치찌개, 왜, 몇 시). Words are told by their spelling, so that it doesn't matter which analyser is in use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.question.concepts import find_concepts, notions
from pipeline.question.hangul import PARTICLE, has_final
from pipeline.question.wanted import wanted
from pipeline.question.wording import ENDING, WORD, noun, verb
from pipeline.types import AskedAspect, Chip, Side, Understanding

_NEVER = re.compile(r"(?!)")  # matches nothing


@dataclass(frozen=True, slots=True)
class _Topic:
    """Words for an aspect. A ``factual`` one is asked for as a fact as well (주차는?), so it needs a judging word.

    ``good`` and ``bad`` are words that judge this and nothing else (긴 of a wait).
    """

    asked: AskedAspect
    words: re.Pattern[str]
    factual: bool = False
    good: re.Pattern[str] = _NEVER
    bad: re.Pattern[str] = _NEVER


def _topic(aspect: str, name: str, words: str, concept: str = "", *, factual: bool = False) -> _Topic:
    return _Topic(AskedAspect(aspect, name, concept), re.compile(words), factual)


_SHORT, _LONG = re.compile(verb("짧")), re.compile(verb("긴|길"))
_PLENTY, _SCARCE = re.compile(verb("많|푸짐|넉넉|후[하한해]")), re.compile(verb("적[은다고어었]|작[은다고아았]"))
_TOPICS = (
    _topic("food", "음식·맛", r"음식들?의?맛|음식들?|맛|요리"),
    _topic("value", "가성비", r"가성비|가격대비|값어치|돈값"),
    _topic("value", "양·가격", r"가격대?|값|음식값", factual=True),
    replace(_topic("value", "양", r"양|음식양", "portion", factual=True), good=_PLENTY, bad=_SCARCE),
    _topic(
        "service",
        "서비스",
        r"서비스|응대|접객|직원(?:분)?들?의?(?:서비스|응대|태도)?|사장님?|종업원들?|알바생?들?|친절도?",
    ),
    _topic("ambience", "분위기", r"분위기|인테리어|무드"),
    _topic("hygiene", "위생", r"위생(?:상태|관리)?|청결(?:도|함|상태)?|깨끗함"),
    replace(_topic("waiting", "대기·예약", r"웨이팅|대기(?:시간|줄)?|줄", factual=True), good=_SHORT, bad=_LONG),
    _topic("waiting", "예약", r"예약", "reservation", factual=True),
    _topic("location", "위치", r"위치|접근성|교통", "transit", factual=True),
    _topic("location", "주차", r"주차(?:장|공간|시설)?", "parking", factual=True),
)
_BY_NAME = {topic.asked.name: topic.asked for topic in _TOPICS}
# Judgements that say by themselves what of.
_IMPLIED: tuple[tuple[str, str, Side], ...] = (
    (verb("불친절"), "서비스", "negative"),
    (verb("친절[한하해히함했합]"), "서비스", "positive"),
    (verb("맛있|맛나|맛좋"), "음식·맛", "positive"),
    (verb("맛없"), "음식·맛", "negative"),
    (verb("(?:깨끗|깔끔|청결)[한하해했]"), "위생", "positive"),
    (verb("지저분|더[러럽]|비위생"), "위생", "negative"),
)
_GOOD = re.compile(
    f"{verb('좋|괜찮|괜찬|훌륭|뛰어|편[하한해했리]|나[은아을]|낫|저렴|싼|싸|멋[지진]|아늑|끝내|높')}"
    f"|{noun('장점|강점|칭찬|최고|만족(?!도)|우수')}"
)
_BAD = re.compile(
    f"{verb('아쉬|아쉽|나[쁘쁜빠빴]|별로|비[싸싼쌌]|형편없|심[하한해했각]|[구후]린|낮|안좋')}"
    f"|{noun('단점|약점|불평|문제|불만|불편|최악|실망|불만족')}"
)
_OPINION = re.compile(
    f"{verb('어때|어떤[가지]|어떰|어떻(?!게)|어땠|어떠')}"
    f"|{noun('평|평가|평판|평점|후기|리뷰|반응|의견|느낌|점수|수준|상태|만족도|비교')}"
)
_NOT = re.compile(rf"안|[가-힣]+지(?:않|못){ENDING}|{verb('않|못[한하해]')}")
_STEM_NOT = re.compile(rf"([가-힣]+)지(?:는|도)?(?:않|못){ENDING}|([가-힣]+)지(?:는|도)?")
_PLACE = r"(?:곳|데|집|식당|음식점|가게|맛집|밥집|매장|업소|카페|장소)"
_ASKING = re.compile(
    r"제일|가장|더|더욱|덜|좀|좀요|보통|평소|혹시|한마디로|그럼|그러면|근데|그리고|다들|대체로|전반적으로|전체적으로|면에서|거긴|여긴"
    f"|{verb('추천|알려|알고|말해|말씀|보여|궁금|정리|요약|부탁|골라|찾아|찾[고는]|싶|해|하는|대한|대해|관한|관해|줘|주세|주라|줄래|주실')}"
    f"|{verb('인가|인지|이야|되나|같[은아]|만한|하기|가기|갈려|갈리|전반적|전체적')}"
    f"|{noun(f'어떤|어떻게|어디|어느|순위|순서|순|베스트|점|쪽|편|정도|중|둘|셋|하나|그중|사람들|손님들|측면|부분|{_PLACE}|거기|여기|이야기|정리|요약|추천')}"
)
_THERE = re.compile(verb("있|없"))
_LACKING = re.compile(verb("없"))
_EXCLUDING = re.compile(
    rf"(?<=[가-힣])\s+{_PLACE}들?[은는을를]?\s*(?:빼고|빼고는|빼|말고|말고는|제외하고|제외한|제외|피하고)(?![가-힣])"
)
_SEEKING = re.compile(rf"비교|추천|맛집|어디|어느|제일|가장|순위|베스트|(?:[은한인는운쁜싼린진긴])\s*{_PLACE}")
OCCASIONS = frozenset({"date", "group", "alone", "kids", "elderly", "formal", "celebrate", "pet", "foreigner"})
"""Concepts that say what for, or with whom, a restaurant is looked for: their reviews are counted, too."""

_JOINING = re.compile(r"(?:이?랑|와|과|하고|및|vs|이나|나)?", re.IGNORECASE)
# What is one thing but written as two, and the other way round: what it is, and how our words have it.
_PLAINLY = tuple(
    (re.compile(found), plainly)
    for found, plainly in (
        (r"(?<![가-힣])맛[은도이]?\s+([있없])", r"맛\1"),
        (
            r"(음식|가격|위생|청결|대기|주차|직원(?:분)?들?의?)\s+(맛(?![있없])|양|대비|상태|관리|시간|공간|시설|서비스|응대|태도)",
            r"\1\2",
        ),
        (r"(?<![가-힣])(웨이팅|대기|줄)[이을]?\s*(?:안\s*서는|없는|없이|안\s*하는)", r"\1 짧은"),
        (
            r"(불만|불평|칭찬|호평|혹평|단점|장점)([이가은는도]?)\s*((?:(?:제일|가장|더)\s*)?)" + verb("많"),
            r"\3\1\2",
        ),
    )
)


def about_aspects(understanding: Understanding, text: str) -> Understanding:
    """The understanding with the aspects that ``text``, what is searched for, asks an opinion of, where it does.

    A question that names no restaurant must look for one (추천, 어디, 비교, 좋은 집), or name a district or a kind.
    """
    if understanding.shape not in ("fact", "comparison") or not _fits(understanding.chips):
        return understanding
    named = any(chip.kind == "restaurant" and chip.mode == "filter" for chip in understanding.chips)
    first, text = (0, text) if named else wanted(text)
    reading = _read(text, occasions=not named)
    if reading is None or (named and any(_is_occasion(word) for word in text.split())):
        return understanding
    kinds = {chip.kind for chip in understanding.chips if chip.mode == "filter"}
    bare = " ".join(word for word in text.split() if not _is_occasion(word))  # 좋은 데이트 식당
    if not (kinds & {"restaurant", "district", "category"} or _SEEKING.search(bare) or first):
        return understanding
    return replace(understanding, aspects=reading.asked, seeks=reading.side, first=first)


@dataclass(frozen=True, slots=True)
class Occasion:
    """What for, or with whom, a restaurant is looked for: the question's word, the concepts it may mean, by name."""

    word: str
    concepts: tuple[str, ...]
    names: tuple[str, ...]


def occasions(understanding: Understanding) -> list[Occasion]:
    """The occasions that a question names, in its order."""
    groups = notions([concept for concept in understanding.concepts if concept.id in OCCASIONS])
    return [
        Occasion(
            _without_with(understanding.search_text[slice(*group[0].spans[0])].strip()),
            tuple(concept.id for concept in group),
            tuple(concept.name for concept in group),
        )
        for group in groups
    ]


def _without_with(word: str) -> str:
    """A word without 랑 or 하고: concepts are found with it (아이랑)."""
    bare = word.removesuffix("하고").removesuffix("랑")
    long = bare != word and bare.endswith("이") and has_final(bare[:-1])
    return (bare[:-1] if long else bare) or word


def _is_occasion(word: str) -> bool:
    return any(concept.id in OCCASIONS for concept in find_concepts(word))


def asked_aspects(text: str) -> tuple[AskedAspect, ...]:
    """The aspects that an opinion is asked of by words which ask of nothing else; none where a word is none of ours."""
    reading = _read(text)
    return reading.asked if reading else ()


def says_of_aspects(word: str) -> bool:
    """Whether a word is one that questions about aspects are made of."""
    return _word(word) is not None


def _fits(chips: Sequence[Chip]) -> bool:
    """Whether all conditions are such that reviews can be counted under them: a dish or 최근 only prefers."""
    return all(chip.mode != "boost" for chip in chips)


@dataclass(frozen=True, slots=True)
class _Reading:
    asked: tuple[AskedAspect, ...]
    side: Side


def _read(text: str, *, occasions: bool = False) -> _Reading | None:
    """What the words come to; None where a word is none of ours, or where a fact may be asked for.

    With ``occasions`` words for these are ours.
    """
    for found, plainly in _PLAINLY:
        text = found.sub(plainly, text)
    text, excluding = _EXCLUDING.subn(" ", text)  # 불친절한 곳은 빼고: those that are not
    told = _told_by(WORD.findall(text), occasions=occasions)
    if told is None:
        return None
    topics = [topic for one in told for topic in one.topics]
    sides = [one.side for one in told if one.side]
    whole = {topic.asked.aspect for topic in topics if not topic.asked.concept}
    asked = tuple(dict.fromkeys(t.asked for t in topics if not t.asked.concept or t.asked.aspect not in whole))
    factual, judged = any(topic.factual for topic in topics), any(one.judges or one.side for one in told)
    if not asked or (factual and (not judged or any(one.there for one in told))):
        return None
    negated = sum(one.negates for one in told) % 2 == 1
    if len(set(sides)) > 1:
        return None if negated or excluding else _both_sides(told)
    side: Side = sides[0] if sides else ""
    if excluding and sides != ["negative"]:
        return None
    if negated != bool(excluding):
        side = {"positive": "negative", "negative": "positive"}.get(side, "")  # type: ignore[assignment]
    return _Reading(asked, side)


def _told_by(words: Sequence[str], *, occasions: bool) -> list[_Told] | None:
    """What each word says; None where one is none of ours."""
    found = [_Told()]
    for word in words:
        topics = [topic for one in found for topic in one.topics]
        told = _of_topic(word, topics) or _word(word)
        if found[-1].side and _LACKING.fullmatch(word):  # 불만 없는
            told = _Told(negates=True)
        if told is not None:
            found.append(told)
        elif not (occasions and _is_occasion(word)):
            return None
    return found


def _both_sides(told: Sequence[_Told]) -> _Reading | None:
    """Aspects of which each is looked for at a side of its own, by the judgement in its word or behind it.

    None where one has both, or none.
    """
    found: list[AskedAspect] = []
    waiting: list[AskedAspect] = []
    for one in told:
        waiting += [topic.asked for topic in one.topics]
        if one.side and not waiting and found[-1:] and found[-1].side != one.side:  # 서비스 좋고 나쁜 점
            return None
        if one.side:
            found += [replace(asked, side=one.side) for asked in waiting]
            waiting = []
    if waiting or len({asked.aspect for asked in found}) < len(found):
        return None
    return _Reading(tuple(found), "positive")


@dataclass(frozen=True, slots=True)
class _Told:
    """What one word of a question says."""

    topics: tuple[_Topic, ...] = ()
    side: Side = ""
    judges: bool = False
    there: bool = False
    negates: bool = False


def _of_topic(word: str, topics: Sequence[_Topic]) -> _Told | None:
    """A judgement that only the topic before it makes one (대기가 긴)."""
    for topic in topics[-1:]:
        if topic.good.fullmatch(word):
            return _Told(side="positive", judges=True)
        if topic.bad.fullmatch(word):
            return _Told(side="negative", judges=True)
    return None


def _word(word: str) -> _Told | None:
    """What a word says; None where it is none of ours."""
    if negated := _STEM_NOT.fullmatch(word):
        stem = negated[1] or negated[2]
        told = _word(f"{stem}다") or _word(f"{stem}한")
        if told is not None and told.side:
            return replace(told, negates=negated[1] is not None)
    for ways, name, side in _IMPLIED:
        if re.fullmatch(ways, word):
            return _Told((_Topic(_BY_NAME[name], re.compile("")),), side, judges=True)
    for told in _topical(word):
        return told
    return _judging(word)


def _judging(word: str) -> _Told | None:
    if _NOT.fullmatch(word):
        return _Told(negates=True)
    if _BAD.fullmatch(word):
        return _Told(side="negative", judges=True)
    if _GOOD.fullmatch(word):
        return _Told(side="positive", judges=True)
    if _OPINION.fullmatch(word):
        return _Told(judges=True)
    if _ASKING.fullmatch(word) or _JOINING.fullmatch(word):
        return _Told()
    return _Told(there=True) if _THERE.fullmatch(word) else None


def _topical(word: str) -> Iterator[_Told]:
    """An aspect by itself, with its particle, or written together with a judgement (분위기좋은)."""
    for topic in _TOPICS:
        found = topic.words.match(word)
        if found is None:
            continue
        for end in range(len(word), 0, -1):
            head, tail = word[:end], word[end:]
            if topic.words.fullmatch(head):
                if PARTICLE.fullmatch(tail):
                    yield _Told((topic,))
                elif (rest := _judging(tail)) is not None and (rest.judges or rest.side):
                    yield replace(rest, topics=(topic,))

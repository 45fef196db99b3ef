"""What one word of a question says of aspects of restaurants: which it is, that it is good or bad, that it is asked.

Words are told by their spelling, so that it doesn't matter which analyser is in use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.question.hangul import PARTICLE
from pipeline.question.wording import ENDING, noun, verb
from pipeline.types import AskedAspect, Side

_NEVER = re.compile(r"(?!)")  # matches nothing


@dataclass(frozen=True, slots=True)
class Topic:
    """Words for an aspect. A ``factual`` one is asked for as a fact as well (주차는?), so it needs a judging word.

    ``good`` and ``bad`` are words that judge this and nothing else (긴 of a wait).
    """

    asked: AskedAspect
    words: re.Pattern[str]
    factual: bool = False
    good: re.Pattern[str] = _NEVER
    bad: re.Pattern[str] = _NEVER


def _topic(aspect: str, name: str, words: str, concept: str = "", *, factual: bool = False) -> Topic:
    return Topic(AskedAspect(aspect, name, concept), re.compile(words), factual)


_SHORT, _LONG = re.compile(verb("짧")), re.compile(verb("긴|길"))
_PLENTY, _SCARCE = re.compile(verb("많|푸짐|넉넉|후[하한해]")), re.compile(verb("적[은다고어었]|작[은다고아았]"))
TOPICS = (
    _topic("food", "음식·맛", r"음식들?의?맛|음식들?|맛|요리"),
    _topic("value", "가성비", r"가성비|가격대비|값어치|돈값"),
    _topic("value", "양·가격", r"가격대?|값|음식값", factual=True),
    replace(_topic("value", "양", r"양|음식양", "portion", factual=True), good=_PLENTY, bad=_SCARCE),
    _topic(
        "service",
        "서비스",
        r"서비스|응대|접객|(?:직원(?:분)?|사장님?|종업원|알바생?)들?의?(?:서비스|응대|태도)?|친절도?",
    ),
    _topic("ambience", "분위기", r"분위기|인테리어|무드"),
    _topic("hygiene", "위생", r"위생(?:상태|관리)?|청결(?:도|함|상태)?|깨끗함"),
    replace(_topic("waiting", "대기·예약", r"웨이팅|대기(?:시간|줄)?|줄", factual=True), good=_SHORT, bad=_LONG),
    _topic("waiting", "예약", r"예약", "reservation", factual=True),
    _topic("location", "위치", r"위치|접근성|교통", "transit", factual=True),
    _topic("location", "주차", r"주차(?:장|공간|시설)?", "parking", factual=True),
)
_BY_NAME = {topic.asked.name: topic.asked for topic in TOPICS}
# Judgements that say by themselves what of.
_IMPLIED: tuple[tuple[str, str, Side], ...] = (
    (verb("불친절"), "서비스", "negative"),
    (verb("친절[한하해히함했합]"), "서비스", "positive"),
    (verb("맛있|맛나|맛좋"), "음식·맛", "positive"),
    (verb("맛없"), "음식·맛", "negative"),
    (verb("(?:깨끗|깔끔|청결)[한하해했]"), "위생", "positive"),
    (verb("지저분|더[러럽]|비위생"), "위생", "negative"),
    ("비싸다[는고]|비싸단|비쌌다[는고]", "양·가격", "negative"),
    ("저렴하다[는고]|저렴하단|싸다[는고]|싸단", "양·가격", "positive"),
)
_GOOD = re.compile(
    f"{verb('좋|괜찮|괜찬|훌륭|뛰어|편[하한해했리]|나[은아을]|낫|저렴|싼|싸|멋[지진]|아늑|끝내|높')}"
    f"|{noun('장점|강점|칭찬|호평|미담|최고|만족(?!도)|우수')}"
)
_BAD = re.compile(
    f"{verb('아쉬|아쉽|나[쁘쁜빠빴]|별로|비[싸싼쌌]|형편없|심[하한해했각]|[구후]린|낮|안좋')}"
    f"|{noun('단점|약점|불평|문제|불만|불만사항|컴플레인|클레임|민원|혹평|악평|불편|최악|실망|불만족')}"
)
CASE = re.compile(noun("불평|불만|불만사항|컴플레인|클레임|민원|혹평|악평|칭찬|호평|미담"))
"""What reviews say, told as things of which there are some."""
_OPINION = re.compile(
    f"{verb('어때|어떤[가지]|어떰|어떻(?!게)|어땠|어떠')}"
    f"|{noun('평|평가|평판|평점|후기|리뷰|반응|의견|느낌|점수|수준|상태|만족도|비교')}"
)
_NOT = re.compile(rf"안|[가-힣]+지(?:않|못){ENDING}|{verb('않|못[한하해]')}")
_STEM_NOT = re.compile(rf"([가-힣]+)지(?:는|도)?(?:않|못){ENDING}|([가-힣]+)지(?:는|도)?")
PLACE = r"(?:곳|데|집|식당|음식점|가게|맛집|밥집|매장|업소|카페|장소)"
_ASKING = re.compile(
    r"제일|가장|더|더욱|덜|좀|좀요|보통|평소|혹시|한마디로|그럼|그러면|근데|그리고|다들|대체로|전반적으로|전체적으로|면에서|거긴|여긴"
    f"|{verb('추천|알려|알고|말해|말씀|보여|궁금|정리|요약|부탁|골라|찾아|찾[고는]|싶|해|하는|대한|대해|관한|관해|줘|주세|주라|줄래|주실')}"
    f"|{verb('인가|인지|이야|되나|같[은아]|만한|하기|가기|갈려|갈리|전반적|전체적|모아|뽑아|나열')}"
    f"|{noun('관련|관련된|사례|내용|케이스|예시|목록|모음|것들')}"
    f"|{noun(f'어떤|어떻게|어디|어느|순위|순서|순|베스트|점|쪽|편|정도|중|둘|셋|하나|그중|사람들|손님들|측면|부분|{PLACE}|거기|여기|이야기|정리|요약|추천')}"
)
_THERE = re.compile(verb("있|없"))
LACKING = re.compile(verb("없"))
_JOINING = re.compile(r"(?:이?랑|와|과|하고|및|vs|이나|나)?", re.IGNORECASE)
# What is one thing but written as two, and the other way round: what it is, and how our words have it.
_PLAINLY = tuple(
    (re.compile(found), plainly)
    for found, plainly in (
        (r"(?<![가-힣])맛[은도이]?\s+([있없])", r"맛\1"),
        (
            r"(음식|가격|위생|청결|대기|주차|(?:직원(?:분)?|사장님?|종업원|알바생?)들?의?)\s+(맛(?![있없])|양|대비|상태|관리|시간|공간|시설|서비스|응대|태도)",
            r"\1\2",
        ),
        (r"(?<![가-힣])(웨이팅|대기|줄)[이을]?\s*(?:안\s*서는|없는|없이|안\s*하는)", r"\1 짧은"),
        (
            r"(불만|불평|칭찬|호평|혹평|단점|장점|(?<=다는\s)(?:후기|리뷰|평|말|얘기|이야기))([이가은는도]?)"
            r"\s*((?:(?:제일|가장|더)\s*)?)" + verb("많"),
            r"\3\1\2",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Told:
    """What one word of a question says."""

    topics: tuple[Topic, ...] = ()
    side: Side = ""
    judges: bool = False
    there: bool = False
    negates: bool = False


def plainly(text: str) -> str:
    """The text with what is one thing but written as two as one, and the other way round."""
    for found, ours in _PLAINLY:
        text = found.sub(ours, text)
    return text


def judged_of(word: str, topics: Sequence[Topic]) -> Told | None:
    """A judgement that only the topic before it makes one (대기가 긴)."""
    for topic in topics[-1:]:
        if topic.good.fullmatch(word):
            return Told(side="positive", judges=True)
        if topic.bad.fullmatch(word):
            return Told(side="negative", judges=True)
    return None


def told_by(word: str) -> Told | None:
    """What a word says; None where it is none of ours."""
    if negated := _STEM_NOT.fullmatch(word):
        stem = negated[1] or negated[2]
        told = told_by(f"{stem}다") or told_by(f"{stem}한")
        if told is not None and told.side:
            return replace(told, negates=negated[1] is not None)
    for ways, name, side in _IMPLIED:
        if re.fullmatch(ways, word):
            return Told((Topic(_BY_NAME[name], re.compile("")),), side, judges=True)
    for told in _topical(word):
        return told
    return judging(word)


def judging(word: str) -> Told | None:
    """What a word says that names no aspect; None where it is none of ours."""
    if _NOT.fullmatch(word):
        return Told(negates=True)
    if _BAD.fullmatch(word):
        return Told(side="negative", judges=True)
    if _GOOD.fullmatch(word):
        return Told(side="positive", judges=True)
    if _OPINION.fullmatch(word):
        return Told(judges=True)
    if _ASKING.fullmatch(word) or _JOINING.fullmatch(word):
        return Told()
    return Told(there=True) if _THERE.fullmatch(word) else None


def _topical(word: str) -> Iterator[Told]:
    """An aspect by itself, with its particle, or written together with a judgement (분위기좋은)."""
    for topic in TOPICS:
        found = topic.words.match(word)
        if found is None:
            continue
        for end in range(len(word), 0, -1):
            head, tail = word[:end], word[end:]
            if topic.words.fullmatch(head):
                if PARTICLE.fullmatch(tail):
                    yield Told((topic,))
                elif (rest := judging(tail)) is not None and (rest.judges or rest.side):
                    yield replace(rest, topics=(topic,))

"""The words of a claim: of facets those of the table, of food what the quotes themselves say of it. 15–28 characters.

A claim about food is put together from predicates of the quotes (진하다, 안 달다, 퍽퍽하지 않다), so that it can't say
more than they do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pipeline.question.concepts import concepts
from pipeline.question.hangul import has_final
from pipeline.strengths.facets import FOOD, PLAIN, facet_of
from pipeline.strengths.types import LONGEST, SHORTEST, Sign, Topic
from pipeline.types import Morpheme

_VAGUE = frozenset("좋 괜찮 훌륭하 맛있 맛나 별로 아쉽 나쁘 맛없".split())  # no more than praise or complaint
# Say nothing of how food tastes, or nothing by themselves.
_EMPTY = frozenset(
    "있 없 같 그렇 이렇 저렇 어떻 아니 많 적 크 작 길 짧 높 낮 빠르 늦 이르 멀 가깝 싶 필요하 가능하 비싸 싸 어리 새롭 "
    "다르 비슷하 똑같 급하 젊 늙 쉽 어렵 이러하 그러하 솔직하 정확하 춥 덥 심하 미안하 죄송하 고맙 감사하 힘들 "
    "바쁘 괜하 못하 무섭 웃기 친절하 유명하 멋지 대단하 배고프 배부르 편하 불편하 아깝 당연하 까다롭 오지 "
    "서운하 확실하".split()
)
# Of food always praise or always blame, unless denied; sharp, sweet or cold may be either.
_PRAISE = frozenset(
    "고소하 담백하 바삭하 촉촉하 쫄깃하 쫀득하 부드럽 두툼하 알차 개운하 향긋하 구수하 폭신하 탱글하 아삭하".split()
)
_BLAME = frozenset(
    "짜 싱겁 느끼하 밍밍하 텁텁하 뻑뻑하 뻣뻣하 들척지근하 물컹하 푸석하 시큼하 쓰 떫 딱딱하 미지근하 묽 질척하".split()
)
_MISREAD = frozenset({"달"})  # of food it means sweet, whatever the analyser makes of it
_OFF = frozenset("잡내 누린내 비린내 군내 쩐내 냄새 비린 느끼함".split())
_SENSED = ("향", "맛", "식감", "간")  # have no taste: they are good or not
_ENDINGS: Mapping[Sign, tuple[str, ...]] = {
    "positive": ("다는 평", "다는 칭찬", "다는 평이 있다", "다는 칭찬이 여럿 있다"),
    "negative": ("다는 불만", "다는 지적", "다는 불만이 있다", "다는 불만이 여럿 있다"),
}
_ONE_OF_MANY: Mapping[Sign, tuple[str, ...]] = {
    "positive": ("다는 등의 칭찬", "다는 등의 칭찬이 있다"),
    "negative": ("다는 등의 불만", "다는 등의 불만이 있다"),
}
_PLAINLY: Mapping[Sign, tuple[str, ...]] = {
    "positive": (" 맛이 좋다는 칭찬", " 맛이 좋다는 칭찬이 있다", " 맛이 좋다는 칭찬이 여럿 있다", " 맛 칭찬"),
    "negative": (" 맛이 아쉽다는 불만", " 맛이 아쉽다는 불만이 있다", " 맛이 아쉽다는 불만이 여럿 있다", " 맛 불만"),
}


def write_claim(
    topic: Topic, sign: Sign, said: Mapping[str, Sequence[Sequence[Morpheme]]], names: Sequence[str] = ()
) -> str:
    """The claim that evidence of a topic comes to; empty where the table has none of that sign.

    ``said`` are the morphemes of the quotes, by review. ``names`` are what is taken together where the topic is what is
    left of an aspect (dishes; other facets), the most frequent first.
    """
    if topic.aspect != FOOD or facet_of(topic):
        return _of_facets(topic, sign, names)
    about = (topic.name, topic.dish)
    by_review = (dict.fromkeys(s for q in quotes for s in predicates(q, sign, about)) for quotes in said.values())
    found = Counter(stem for stems in by_review for stem in stems)
    if topic.name == PLAIN:  # what is said of one dish isn't said of all
        found = Counter({stem: count for stem, count in found.items() if count > 1})
    stems = sorted((s for s in found if s not in _VAGUE), key=lambda stem: -found[stem])
    ways = (way for head in _heads(topic, names) for way in _phrasings(head, sign, stems, found, len(said)))
    return next((claim for claim in ways if fits(claim)), f"이 집 음식{_PLAINLY[sign][1]}")


def fits(claim: str) -> bool:
    """Whether a claim has the length of one."""
    return SHORTEST <= len(claim) <= LONGEST


def _of_facets(topic: Topic, sign: Sign, names: Sequence[str]) -> str:
    facet = facet_of(topic)
    if facet is None:
        return ""
    form = facet.many.get(sign, "")
    ways = (form.format("·".join(names[:number])) for number in (2, 1) if form and names)
    return next((claim for claim in ways if fits(claim)), facet.claims.get(sign, ""))


def _heads(topic: Topic, names: Sequence[str]) -> Iterator[str]:
    if topic.name == PLAIN:
        for number in (2, 1):
            if names:
                yield f"{'·'.join(names[:number])} 등 음식"
        yield "전반적으로 음식"
        return
    if topic.dish and topic.dish != topic.name:
        yield f"{topic.dish} {topic.name}"
    yield topic.name


def _phrasings(head: str, sign: Sign, stems: Sequence[str], found: Mapping[str, int], reviews: int) -> Iterator[str]:
    """Ways to say it, the most telling first. What only one of several reviews says is called one of several things."""
    subject = f"{head}{'이' if has_final(head) else '가'} "
    for told in (stems[:2], stems[:1]):
        if told:
            often = len(told) == reviews or all(found[stem] > 1 for stem in told)
            for ending in _ENDINGS[sign] if often else _ONE_OF_MANY[sign]:
                yield subject + "고 ".join(told) + ending
    for ending in _PLAINLY[sign]:
        yield head + ending if not head.endswith(_SENSED) else subject + ending.removeprefix(" 맛이 ")


def predicates(morphemes: Sequence[Morpheme], sign: Sign, about: Sequence[str] = ()) -> list[str]:
    """What a quote says food is, as stems that -고 and -다는 can follow; not what is said of the opposite sign.

    What stands before a noun (새콤한 소스) is said of that, and counts only where it is what the claim is ``about``.
    """
    found: list[str] = []
    for place in range(len(morphemes)):
        stem = _stem(morphemes, place)
        if not stem or stem in _EMPTY or _of_another(morphemes, place, about):
            continue
        denied = _denied(morphemes, place)
        if _leans(stem, denied, sign):
            found.append(denied or stem)
    smell = next((m.form for m in morphemes if m.form in _OFF), "")
    if smell and sign == "positive" and any(m.form in ("없", "없이", "안") for m in morphemes):
        found.append(f"{smell}{'이' if has_final(smell) else '가'} 없")
    return list(dict.fromkeys(found))


def _stem(morphemes: Sequence[Morpheme], place: int) -> str:
    m = morphemes[place]
    if m.tag == "VA" or (m.tag == "VV" and m.form in _MISREAD):
        return m.form
    if m.tag == "XSA" and place and morphemes[place - 1].tag in ("XR", "NNG", "MAG"):
        return morphemes[place - 1].form + m.form
    return ""


def _of_another(morphemes: Sequence[Morpheme], place: int, about: Sequence[str]) -> bool:
    after = morphemes[place + 1 : place + 3]
    before_noun = len(after) == 2 and after[0].tag == "ETM" and after[1].tag in ("NNG", "NNP")
    return before_noun and after[1].form not in about


def _denied(morphemes: Sequence[Morpheme], place: int) -> str:
    """The stem with what denies it: 안 달, 퍽퍽하지 않; empty where nothing does."""
    stem = _stem(morphemes, place)
    first = place - (morphemes[place].tag == "XSA")
    if first and morphemes[first - 1].form == "안" and morphemes[first - 1].tag == "MAG":
        return f"안 {stem}"
    after = [m.form for m in morphemes[place + 1 : place + 4]]
    if after[:1] == ["지"] and any(form in ("않", "못하") for form in after[1:]):
        return f"{stem}지 않"
    return ""


def _leans(stem: str, denied: str, sign: Sign) -> bool:
    """Whether a stem, with its denial, may stand for that sign: a word of praise is no complaint unless denied."""
    poles = concepts().poles
    good = stem in _PRAISE or bool(poles.good.search(stem))
    bad = stem in _BLAME or bool(poles.bad.search(stem))
    if denied:
        good, bad = bad, good
    return not bad if sign == "positive" else not good

"""Names of restaurants that an index has no reviews of, told from what stands around them and how they are made.

"스타벅스 분위기 어때?" must not be answered with what others' reviews say. A name that isn't known can only be guessed,
and a question that is refused wrongly is worse than one that is answered loosely: each rule prefers to miss. Proper
nouns are told by the analyser; with Okt, which tells none, names are known only by how they are written.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from pipeline.question.aspects import asked_aspects, says_of_aspects
from pipeline.question.categories import GROUPS
from pipeline.question.concepts import find_concepts
from pipeline.question.dishes import dish_like
from pipeline.question.everyday import EVERYDAY
from pipeline.question.followups import content_outside
from pipeline.question.hangul import NOUNS, QUOTES, key_of
from pipeline.question.lexicon import PROVINCES, Lexicon
from pipeline.types import AnalysedText, Morpheme, Span

Said = Callable[[str], bool]
"""Whether reviews say a word."""

NEAR = 3  # names that an unknown one may have meant
_ALIKE = 0.5  # of difflib's ratio, from which a name may be meant
_NEARLY = 0.7  # from which a word can be nothing but a name spelled wrongly
_INSIDE = (*NOUNS, "SN", "SH", "XSN", "MM", "NR", "Number", "Foreign", "Modifier")
_WORD = re.compile(r"[^\s?!.,~·/&'\"“”‘’()\[\]<>《》「」『』]+")
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>")
_SUBJECT = re.compile(
    r"(?P<called>이?라는|이?란)?|(?P<said>은요?|는요?|이|가|의|도|요|에서[는도]?|에[는도]?|엔|이?랑|하고|과|와)"
)
# What makes a name a measure of something else (스타벅스 같은 분위기, 스타벅스 근처).
_BESIDE = re.compile(
    r"\s*(?:같[은이아]|처럼|느낌|스타일|감성|근처|인근|주변|부근|옆|앞|뒤|맞은편|건너|쪽|만큼|보다|말고|빼고|아닌|출신|에서\s*온)"
)
_SEEKING = re.compile(r"추천|어디|어느|찾[아고는]|(?:있|없)(?:어|나|는지|을까|습니까)")
_BEGINS = frozenset("혹시 그럼 그러면 그런데 근데 그리고 아니 음 저기 저기요 참 그렇다면 혹시나".split())
_PLACE = re.compile(r"(?:식당|카페|가게|음식점|레스토랑|매장|집|곳|데)(?P<rest>[가-힣]*)")
_PLACES = re.compile(
    r"(?P<stem>.+?)(?P<end>정육식당|한식당|식당|반점|면옥|포차|분식|횟집|다방|가든|베이커리|카페|커피|키친|다이닝|비스트로|레스토랑|주점|호프"
    r"|국밥|국수|칼국수|냉면|족발|보쌈|곱창|치킨|통닭|피자|갈비|집)"
)
_HOMELY = frozenset({"식당", "반점", "면옥", "포차", "분식", "횟집", "다방", "가든", "정육식당"})
"""Ends that make a name of almost any noun (우정식당); 애견카페 and 한우집 are none."""

_KIND = frozenset("카페 집 국밥 국수 칼국수 냉면 족발 보쌈 곱창 치킨 통닭 피자 갈비 커피".split())
"""Ends that with a place (전주냉면) or a thing name a kind."""

_SPLIT = re.compile(rf"[가-힣]{{2,}}(?:{'|'.join(sorted(_HOMELY))})")
_SAYING = ("V", "E", "MA", "Verb", "Adjective", "Adverb")
_NO_SUBJECT = re.compile(r"(?:있|없)는(?:식당|카페|가게|음식점|집)")
_ALTOGETHER = re.compile(
    r"(?:장단점|장점|단점|강점|약점|불만|불평|칭찬|호평|혹평|평가?|평판|반응|후기|리뷰|요약|정리|총평)[은는이가도을를의]?"
    r"|(?:요약|정리)[해하][가-힣]*|(?:뭐|뭔|무엇|무슨)[가-힣]*"
)
_BRANCH = re.compile(r"(?!편의|백화|전문|음식|체인|가맹|프랜차이즈)[가-힣A-Za-z0-9]{2,}점")
_THINGS = frozenset(
    "wifi wi-fi tv bgm dj lp vip vvip ktx atm as cs qr pc mz sns ok a/s md pos usb led hot ice diy bar pub".split()
)
_NO_PLACES = frozenset(
    "네이버 구글 카카오 카카오맵 카카오톡 인스타 인스타그램 유튜브 블로그 캐치테이블 테이블링 배민 배달의민족 "
    "요기요 쿠팡 쿠팡이츠 당근 미슐랭 미쉐린 블루리본 한국 일본 중국 미국 태국 베트남 인도 이탈리아 프랑스 "
    "스페인 멕시코 터키 튀르키예 네팔 몽골 러시아 독일 영국 그리스 홍콩 대만 유럽 아시아 서양 동양 한강 전라도 "
    "경상도 강원도 충청도 제주도 설날 추석 크리스마스 한글 코로나".split()
)
_ORDINARY = frozenset(
    "학생 구내 회사 사내 직원 교직원 기사 호텔 가족 고기 한정 셀프 무인 뷔페 동네 시장 골목 노포 휴게소 공항 "
    "병원 대학 학교 로컬 야외 실내 대형 소형 단골 유명 인기 일반 전문 전통 현지 관광지 관광 프랜차이즈 체인 "
    "개인 신상 새 옛 옆 앞 뒤 같은 다른 이런 그런 어떤 모든 여러 점심 저녁 아침 야식 새벽 혼밥 회식 데이트 "
    "모임 단체 상견례 접대 백반 생선 해물 해산물 채식 비건 할랄 아무 좋은 그 이 저 우리 너희 무한 실내포차".split()
)
_KIN = frozenset("동 우리 친구 누구 너희 그 이 저 언니 오빠 누나 형".split())


_KINDS = frozenset(word for group in GROUPS.values() for word in (*group.words, *group.serves)) | GROUPS.keys()


@dataclass(frozen=True, slots=True)
class _Found:
    """A name: where it stands, and whether how it is written is enough to know it by."""

    span: Span
    sure: bool


def find_strangers(
    analysed: AnalysedText, lexicon: Lexicon, taken: Collection[Span], said: Said, *, again: bool = False
) -> list[Span]:
    """Where a question that begins with names of restaurants has some that the lexicon doesn't know.

    Args:
        taken: what already is known to be a name, a district, a day.
        said: whether reviews say a word, which then is one of theirs.
        again: whether a bare name may ask what was asked before (스타벅스는?).
    """
    if not lexicon.restaurants or _MARKUP.search(analysed.text):
        return []
    found: list[_Found] = []
    words = [m.span() for m in _WORD.finditer(analysed.text)]
    place = 0
    while place < len(words):
        start, end = words[place]
        if any(a < end and start < b for a, b in taken) or (not found and analysed.text[start:end] in _BEGINS):
            place += 1
            continue
        name = _name_at(analysed, words, place, lexicon, said)
        if name is None:
            break
        found.append(name)
        place = next((n for n, word in enumerate(words) if word[0] >= name.span[1]), len(words))
    return [name.span for name in found] if found and _asked_of(found, analysed, taken, again=again) else []


def _asked_of(found: Sequence[_Found], analysed: AnalysedText, taken: Collection[Span], *, again: bool) -> bool:
    """Whether the rest of the question asks something of the names; of guessed ones it must do nothing else."""
    text = analysed.text
    spans = [*(name.span for name in found), *taken]
    rest = _without(text, spans)
    compares = "비교" in rest or len(spans) > 1
    if _SEEKING.search(rest) and not compares and not all(n.sure and " " not in text[slice(*n.span)] for n in found):
        return False
    if all(word[0] in _BEGINS for word in _WORD.finditer(rest)):
        return again or (len(found) == 1 and found[0].sure)
    if all(name.sure for name in found):
        return True
    if asked := asked_aspects(rest):
        tasted = all(one.aspect in ("food", "value") for one in asked)
        return not tasted or re.search(r"음식|가성비", rest) is not None
    if _asks_altogether([word[0] for word in _WORD.finditer(rest)]):
        return True
    after = text[found[-1].span[1] :]
    spoken = [span for one in find_concepts(text) for span in one.spans]
    return bool(spoken) and re.match(r"[가-힣]", after) is not None and not content_outside(analysed, [*spans, *spoken])


def _asks_altogether(words: Sequence[str]) -> bool:
    """Whether words ask what is said of a place and name nothing of it (어때?, 단점이 뭐야?)."""
    if not all(_ALTOGETHER.fullmatch(word) or says_of_aspects(word) for word in words):
        return False
    return any(_ALTOGETHER.fullmatch(word) or word.startswith(("어때", "어떤", "어떰", "어떻")) for word in words)


def _without(text: str, spans: Collection[Span]) -> str:
    """The text without some names and the particles behind them."""
    for start, end in sorted(spans, reverse=True):
        tail = _WORD.match(text, end)
        cut = tail.end() if tail and _SUBJECT.fullmatch(tail[0]) else end
        text = f"{text[:start]} {text[cut:]}"
    return text


def _name_at(analysed: AnalysedText, words: Sequence[Span], place: int, lexicon: Lexicon, said: Said) -> _Found | None:
    """The name that begins with a word, of two words where it can be."""
    text, (start, end) = analysed.text, words[place]
    if _NO_SUBJECT.fullmatch(text[start:end]) and not place:  # nothing stands before it that there is or isn't
        return _Found((start, end), sure=True)
    core = _core(analysed, start, end)
    if core is None or _BESIDE.match(text, core):
        return None
    called = _SUBJECT.fullmatch(text[core:end])
    if called is None:
        return None
    following = words[place + 1] if place + 1 < len(words) and core == end else None
    if following and (stop := _goes_on(analysed, (start, core), following, said)):
        return None if _BESIDE.match(text, stop) else _Found((start, stop), sure=True)
    name, inside = text[start:core], _inside(analysed, start, core)
    if _is_ordinary(name, lexicon):
        return None
    quoted = text[start - 1 : start] in QUOTES and text[core : core + 1] in QUOTES and start > 0
    if quoted or (called["called"] and place + 1 < len(words) and _PLACE.match(text, words[place + 1][0])):
        return _Found((start, core), sure=True)
    if _made_as_a_name(name, inside, lexicon, said):
        return _Found((start, core), sure=True)
    guessed = _may_be_a_name(name, inside, said) or _misspells_one(name, lexicon)
    return _Found((start, core), sure=False) if guessed else None


def _core(analysed: AnalysedText, start: int, end: int) -> int | None:
    """Where the nouns end that a word begins with; None where it begins with something else."""
    at = start
    for morpheme in analysed.morphemes:
        if morpheme.start < at or morpheme.end > end:
            continue
        if morpheme.start > at or not morpheme.tag.startswith(_INSIDE):
            break
        at = morpheme.end
    split = _SPLIT.match(analysed.text, start, end)  # 길남이식당 is read as 길남, a particle, 식당
    if split and at < split.end() and not any(m.tag.startswith(_SAYING) for m in _inside(analysed, start, split.end())):
        return split.end()
    return at if at > start else None


def _inside(analysed: AnalysedText, start: int, end: int) -> list[Morpheme]:
    return [morpheme for morpheme in analysed.morphemes if start <= morpheme.start and morpheme.end <= end]


def _goes_on(analysed: AnalysedText, first: Span, following: Span, said: Said) -> int | None:
    """Where a name of two words ends (홍길동 식당, 스타벅스 강남점)."""
    text, name, inside = analysed.text, analysed.text[slice(*first)], _inside(analysed, *first)
    core = _core(analysed, *following)
    if core is None or not _SUBJECT.fullmatch(text[core : following[1]]) or find_concepts(name):
        return None
    second, proper = text[following[0] : core], _is_proper(name, inside, said)
    homely = name.endswith("네") and len(name) > 2 and name[:-1] not in _KIN
    if second in ("식당", "카페", "분식", "포차", "횟집", "반점") and (proper or homely or _is_foreign(name)):
        return core
    return core if proper and _BRANCH.fullmatch(second) and not said(second) else None


def _is_ordinary(name: str, lexicon: Lexicon) -> bool:
    """Whether it is a word of everyday talk, of the index, for a kind of restaurant, or one that opinions are of."""
    key = key_of(name)
    return (
        not key
        or key in EVERYDAY
        or key in _ORDINARY
        or key in _NO_PLACES
        or key in lexicon.known
        or key in _KINDS
        or key.isdecimal()
        or says_of_aspects(name)
        or (dish_like(key) and not _PLACES.fullmatch(key))
    )


def _made_as_a_name(name: str, inside: Sequence[Morpheme], lexicon: Lexicon, said: Said) -> bool:
    """Whether it ends as names of restaurants do and begins as no kind of restaurant does."""
    found = _PLACES.fullmatch(name)
    if found is None:
        return False
    stem, end = found["stem"], found["end"]
    key = key_of(stem)
    if key in _ORDINARY or key in _NO_PLACES or key in PROVINCES or key in EVERYDAY or key in lexicon.known:
        return False
    if stem.endswith("네") and len(stem) > 1:
        return stem[:-1] not in _KIN
    begins = [morpheme for morpheme in inside if morpheme.end <= inside[0].start + len(stem)]
    if _is_foreign(stem):
        return end not in _KIND or end == "카페"
    if end not in _KIND and len(begins) == 1 and _is_proper(stem, begins, said):
        return True
    plain = bool(find_concepts(stem)) or dish_like(key) or key in _KINDS or says_of_aspects(stem) or said(key)
    return end in _HOMELY and len(stem) > 1 and not plain and "ᆫ" not in {m.form for m in inside}


def _may_be_a_name(name: str, inside: Sequence[Morpheme], said: Said) -> bool:
    """Whether it is nothing but a proper noun, or foreign letters, that no review says."""
    if find_concepts(name):
        return False
    return _is_proper(name, inside, said) or (_is_foreign(name) and len(name) > 2 and not said(name.lower()))


def _misspells_one(name: str, lexicon: Lexicon) -> bool:
    """Whether it begins as a known restaurant and is nearly spelled so, but not so nearly as to be taken for it."""
    key, names = key_of(name), lexicon.restaurants  # sorted
    begin = bisect_left(names, key[:2])
    alike = [key_of(one) for one in takewhile(lambda one: one.startswith(key[:2]), islice(names, begin, None))]
    return len(key) > 2 and bool(difflib.get_close_matches(key, alike, 1, _NEARLY)) and not find_concepts(name)


def _is_proper(name: str, inside: Sequence[Morpheme], said: Said) -> bool:
    """Whether the analyser knows it as one proper noun (스타벅스) and reviews don't say it."""
    whole = len(inside) == 1 and inside[0].tag in ("NNP", "ProperNoun") and len(name) > 1
    key = key_of(name)
    return whole and key not in PROVINCES and key not in _NO_PLACES and not said(inside[0].form)


def _is_foreign(name: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9&'’.-]*", name)) and name.casefold() not in _THINGS


def nearest_known(name: str, names: Collection[str]) -> tuple[str, ...]:
    """Restaurants that a name may have meant: those with much of its letters, the nearest first."""
    wanted = key_of(name)
    ends = _PLACES.fullmatch(wanted)
    own = ends["stem"] if ends else wanted  # what it ends in (식당) it shares with many
    pairs = {own[place : place + 2] for place in range(len(own) - 1)}
    by_key = {key: known for known in names if (key := key_of(known)) and any(pair in key for pair in pairs)}
    return tuple(by_key[key] for key in difflib.get_close_matches(wanted, list(by_key), NEAR, _ALIKE))

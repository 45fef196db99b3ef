"""Everyday words for kinds of restaurants, matched to the kinds that an index knows. Knows no single index."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.question.dishes import dish_like
from pipeline.question.hangul import key_of


@dataclass(frozen=True, slots=True)
class Group:
    """A kind of restaurant: words that name one (고깃집), what it serves (고기), and the wider kinds it belongs to."""

    words: tuple[str, ...]
    serves: tuple[str, ...] = ()
    within: tuple[str, ...] = ()


def _group(words: str, serves: str = "", within: str = "") -> Group:
    return Group(tuple(words.split()), tuple(serves.split()), tuple(within.split()))


GROUPS: Mapping[str, Group] = {
    "한식": _group("한식 한식집 한식당 한식점", "한국음식"),
    "한정식": _group("한정식 한정식집 백반집 가정식 가정식집 기사식당", "백반", "한식"),
    "고기": _group(
        "고깃집 고기집 고기구이집 구이집 삼겹살집 갈비집 갈빗집 숯불구이집 소고기집 쇠고기집 한우집 "
        "돼지갈비집 소갈비집 정육식당 화로구이집 바비큐집",
        "고기 고기구이 숯불구이 삼겹살 갈비 돼지갈비 소고기 한우 육류 구이 바비큐 정육",
        "한식",
    ),
    "곱창": _group("곱창집 막창집 대창집", "곱창 막창 양곱창", "고기"),
    "국밥": _group(
        "국밥집 순댓국집 순대국집 해장국집 곰탕집 설렁탕집 탕집 감자탕집 돼지국밥집",
        "국밥 해장국 순댓국 곰탕 설렁탕 탕 국물요리 탕반",
        "한식",
    ),
    "국수": _group(
        "국숫집 국수집 칼국숫집 칼국수집 냉면집 밀면집 막국수집 면집",
        "국수 칼국수 냉면 밀면 막국수 면 면류 면요리",
        "한식",
    ),
    "족발": _group("족발집 보쌈집", "족발 보쌈 족발보쌈", "한식"),
    "닭요리": _group("닭갈비집 찜닭집 삼계탕집 닭한마리집 닭요리집", "닭갈비 찜닭 삼계탕 닭요리 닭", "한식"),
    "횟집": _group(
        "횟집 회집 회센터 해산물집 해물집 조개구이집 생선구이집 생선집 장어집 초장집",
        "회 생선회 해산물 해물 수산 조개구이 생선 생선구이 활어 장어",
    ),
    "중식": _group(
        "중식 중식당 중식집 중국집 중국음식점 중국요릿집 중화요리 중화요릿집 짜장면집 짬뽕집 중화반점",
        "중국요리 중국음식 중화 짜장면 짬뽕",
    ),
    "마라": _group("마라탕집 양꼬치집 훠궈집", "마라탕 양꼬치 훠궈 마라", "중식"),
    "일식": _group("일식 일식집 일식당 일식점 일본음식점 일본요릿집", "일본음식 일본요리"),
    "초밥": _group("초밥집 스시집 스시야 오마카세집", "초밥 스시 오마카세", "일식"),
    "라멘": _group("라멘집 라멘가게 소바집 우동집", "라멘 소바 우동", "일식"),
    "돈카츠": _group("돈카츠집 돈까스집 돈가스집 카츠집", "돈카츠 돈까스 돈가스 카츠", "일식"),
    "이자카야": _group("이자카야 선술집", "", "일식 술집"),
    "양식": _group(
        "양식 양식집 양식당 양식점 레스토랑 서양식 경양식집 경양식 비스트로",
        "이탈리아음식 서양음식 이태리 이탈리안 프렌치",
    ),
    "파스타": _group("파스타집 파스타가게", "파스타 스파게티", "양식"),
    "피자": _group("피자집 피자가게 핏자집 피잣집", "피자 핏자", "양식"),
    "버거": _group("버거집 햄버거집 수제버거집", "버거 햄버거 수제버거", "양식"),
    "스테이크": _group("스테이크집 스테이크하우스", "스테이크", "양식"),
    "아시안": _group("아시아음식점 동남아음식점", "아시안 아시아음식 동남아 동남아음식 아시아 에스닉"),
    "베트남": _group("베트남음식점 베트남집 베트남식당 쌀국수집 쌀국숫집", "베트남 베트남음식 쌀국수", "아시안"),
    "태국": _group("태국음식점 태국집 태국식당", "태국 태국음식", "아시안"),
    "인도": _group("인도음식점 인도식당 카레집 커리집", "인도 인도음식 카레 커리", "아시안"),
    "분식": _group("분식 분식집 분식점 떡볶이집 떡볶잇집 김밥집 만두집", "떡볶이 김밥 만두"),
    "치킨": _group("치킨집 통닭집 닭집 치맥집 닭강정집", "치킨 통닭 치맥 닭강정"),
    "호프": _group("호프 호프집 맥줏집 맥주집", "맥주 생맥주", "술집 치킨"),
    "술집": _group(
        "술집 주점 포차 포장마차 펍 와인바 막걸리집 막걸릿집 전집 실내포차 요리주점",
        "술 안주 와인 막걸리 파전",
    ),
    "카페": _group("카페 까페 커피숍 커피샵 커피집 커피점 커피전문점 찻집 다방 디저트카페", "커피 차 티"),
    "디저트": _group("디저트집 케이크집 케익집 빙수집 디저트가게", "디저트 케이크 빙수", "카페"),
    "빵집": _group("빵집 베이커리 제과점 빵가게 베이커리카페", "빵 제과 제빵"),
    "뷔페": _group("뷔페 부페 한식뷔페 고기뷔페 무한리필집", "무한리필"),
    "샤브샤브": _group("샤브샤브집 샤브집", "샤브샤브 샤부샤부"),
}
_SEPARATORS = re.compile(r"[/,·>|&+()\[\]]|\s-\s")
_ENDINGS = ("전문점", "음식점", "레스토랑", "요리집", "요릿집", "가게", "요리", "식당", "집", "점", "당", "류")
_SERVED = frozenset(word for group in GROUPS.values() for word in group.serves)
_ANY = frozenset("기타 음식점 일반음식점 식당 맛집 음식 전체 외식 없음 미분류".split())
_PLACES = ("집", "맛집", "전문점", "가게", "식당", "전문", "음식점")


@dataclass(frozen=True, slots=True)
class CategoryWord:
    """What a word says of a category: the index's values, whether it says more than they (삼겹살집 of 고깃집)."""

    values: tuple[str, ...]
    narrower: bool = False


def category_words(values: Iterable[str]) -> dict[str, CategoryWord]:
    """Keys of the words that name the categories. Words that are dishes as well need a word like 집 behind them."""
    by_group: defaultdict[str, set[str]] = defaultdict(set)
    own: defaultdict[str, set[str]] = defaultdict(set)
    for value in {value for value in values if value.strip()}:
        for part in _parts(value):
            for name in _groups_of(part):
                by_group[name].add(value)
            for word in _own_words(part):
                own[word].add(value)
    words: dict[str, CategoryWord] = {}
    for name, group in GROUPS.items():
        found, wider = _values_of(name, by_group)
        if found:
            words.update({word: CategoryWord(found, wider or _says_more(word, found)) for word in _spoken(group)})
    for word, holders in own.items():
        shared = words.get(word)
        also = shared.values if shared and not shared.narrower else ()
        words[word] = CategoryWord(tuple(sorted({*holders, *also})))
    return words


def _parts(value: str) -> list[str]:
    return [key for part in _SEPARATORS.split(value) if (key := key_of(part)) and key not in _ANY]


def _stem(part: str) -> str:
    return next((part.removesuffix(end) for end in _ENDINGS if part.endswith(end) and len(part) > len(end) + 1), part)


def _groups_of(part: str) -> list[str]:
    spellings = {part, _stem(part)}
    return [name for name, group in GROUPS.items() if spellings & {name, *group.words, *group.serves}]


def _values_of(name: str, by_group: Mapping[str, set[str]]) -> tuple[tuple[str, ...], bool]:
    """Values of the group and of everything within it; failing these, those of the nearest wider groups (then True)."""
    found: set[str] = set()
    inner = [name]
    while inner:
        current = inner.pop()
        found |= by_group.get(current, set())
        inner += [other for other, group in GROUPS.items() if current in group.within]
    outer, wider = GROUPS[name].within, False
    while not found and outer:
        found, wider = {value for group in outer for value in by_group.get(group, ())}, True
        outer = tuple(further for group in outer for further in GROUPS[group].within)
    return tuple(sorted(found)), wider


def _says_more(word: str, values: tuple[str, ...]) -> bool:
    stem = _stem(word)
    return dish_like(stem) and not any(stem in value for value in values)


def _spoken(group: Group) -> list[str]:
    return [*group.words, *(word + place for word in group.serves if len(word) > 1 for place in _PLACES)]


def _own_words(part: str) -> set[str]:
    stem = _stem(part)
    words = {stem + place for place in _PLACES} | {part, stem}
    # What is also a dish (치킨, 냉면) or merely served (안주) is asked for, not filtered by, even as a category's name.
    return {word for word in words if len(word) > 1 and word not in _SERVED and not dish_like(word)}

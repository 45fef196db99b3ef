"""The words by which people ask of restaurants, and what they must not be taken for."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.question.concepts import LOOSE, concepts, find_concepts, find_words, notions, pattern

QUESTIONS = [
    ("대기 많이 하나요", ["waiting"]),
    ("줄 오래 서야 돼?", ["waiting"]),
    ("얼마나 기다려야 들어가요", ["waiting"]),
    ("자전거 말고 차를 댈 수 있나", ["parking"]),
    ("차 끌고 가도 될까요", ["parking"]),
    ("시바견 키우는데 애견 동반 돼요?", ["pet"]),
    ("개 데리고 들어가도 되나", ["pet"]),
    ("혼술하기 괜찮은 바", ["alone"]),
    ("유아 의자 있나요", ["highchair"]),
    ("개별 룸 예약되나요", ["room", "reservation"]),
    ("샴페인 들고 가면 추가 요금 있어요?", ["corkage", "freebie"]),
    ("고기 안 먹는 친구도 먹을 게 있나요", ["vegan"]),
    ("밀가루 못 먹는데 괜찮을까요", ["allergy"]),
    ("남은 음식 싸 갈 수 있어요?", ["takeout"]),
    ("집으로 시켜 먹을 수 있나", ["delivery"]),
    ("랩탑 펴고 일하기 좋은 데", ["outlet"]),
    ("사장님이 손님을 어떻게 대하나요", ["service"]),
    ("엘베 없으면 몇 층까지 걸어 올라가요", ["access"]),
    ("알바가 퉁명스럽다던데", ["service"]),
    ("국물이 밍밍한 편인가요", ["broth", "salty"]),
    ("혼자 가기 좋은 곳은?", ["alone"]),  # not how to get there
    ("차 없이 가기 쉬운 집", ["transit"]),
]


@pytest.mark.parametrize(("question", "expected"), QUESTIONS)
def test_other_words_for_the_same(question: str, expected: list[str]) -> None:
    found = find_concepts(question)
    assert [concept.id for concept in found] == expected
    for concept in found:
        assert all(question[start:end].strip() for start, end in concept.spans)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("조개가 싱싱하더라고요", "pet"),  # 개
        ("그렇더라고요", "noise"),  # 고요
        ("직장인이라 점심에 갔어요", "elderly"),  # 장인
        ("리뷰 보고 갔어요", "view"),  # 뷰
        ("부드럽게 넘어가요", "hygiene"),  # 드럽
        ("예술이에요", "alcohol"),  # 술
        ("방금 나왔어요", "room"),  # 방
        ("이상한 점은 없었어요", "fresh"),  # 상한
        ("비싸지 않아요", "nokids"),
        ("유지하는 게 대단해요", "access"),  # 지하
    ],
)
def test_a_word_within_another_is_none(text: str, concept: str) -> None:
    assert not find_words(concept, text)


def test_words_that_only_point_to_a_concept_count_less() -> None:
    assert {plain for _, _, plain in find_words("waiting", "웨이팅이 있어요")} == {1.0}
    assert {plain for _, _, plain in find_words("waiting", "앞에 12팀이나 있더군요")} == {LOOSE}
    assert {plain for _, _, plain in find_words("pet", "말티즈랑 갔어요")} == {LOOSE}


def test_a_concept_within_the_words_of_another_is_not_asked_for() -> None:
    assert [c.id for c in find_concepts("하이체어랑 아기 의자 있어요?")] == ["highchair"]
    assert {c.id for c in find_concepts("아기 데려가면 아기 의자 있어요?")} == {"kids", "highchair"}


def test_concepts_asked_in_the_same_words_are_one_notion() -> None:
    asked = find_concepts("아버지 칠순에 갈 룸 있는 집")
    groups = [{concept.id for concept in notion} for notion in notions(asked)]
    assert {"elderly", "celebrate"} <= groups[0]
    assert {"room"} in groups
    assert sum(map(len, groups)) == len(asked)


def test_the_table_is_whole() -> None:
    table = concepts()
    assert table.version >= 1
    assert 0 < table.filler_weight < 1
    assert len({concept.name for concept in table.concepts.values()}) == len(table.concepts)
    for concept in table.concepts.values():
        assert not concept.words.search(""), concept.id
        assert concept.words.groups == 0, concept.id  # what RE2 and find_words both read has no groups that capture
        assert not any(sign in concept.words.pattern for sign in ("(?=", "(?!")), concept.id


REVIEWS = [
    "줄을 한 시간 섰는데 바로 앞에서 재료가 다 떨어졌대요.",
    "차를 골목에 대고 걸어갔어요. 발렛은 없었습니다.",
    "3살 아이랑 갔는데 놀이방이 있어서 살았네요.",
    "방이 따로 있어서 조용히 이야기 나누기 좋았어요. 룸비는 안 받아요.",
    "직원이 불러도 안 와요. 화장실은 더럽고 휴지도 없어요.",
    "1인 세트가 있어서 혼자 먹기 편해요. 벽 보고 먹는 자리예요.",
    "짜요. 너무 짜요. 물을 세 병 마셨어요.",
    "엘리베이터가 없고 2층이라 할머니를 업고 올라갔습니다.",
    "강아지는 테라스만 된대요. 목줄은 꼭 하세요.",
    "ㅋㅋㅋ 존맛",
    "",
]


def test_both_engines_find_the_same() -> None:
    column = pa.array(REVIEWS)
    for concept in concepts().concepts.values():
        for python, re2 in zip((concept.words, concept.says), concept.anywhere, strict=True):
            if python is not None:
                found = pc.match_substring_regex(column, re2).to_pylist()
                assert found == [bool(python.search(text)) for text in REVIEWS], concept.id


def test_the_way_words_are_written() -> None:
    written = re.compile(pattern(["줄_서", "~개 동반"]))
    assert [hit.group() for hit in written.finditer("줄을 서고 줄서고 개동반 조개 동반")] == [
        "줄을 서",
        "줄서",
        "개동반",
    ]


@given(st.text(max_size=80))
@settings(deadline=None)
def test_any_text_can_be_asked(text: str) -> None:
    for concept in find_concepts(text):
        assert all(0 <= start < end <= len(text) for start, end in concept.spans)

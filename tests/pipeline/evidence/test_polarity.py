"""Which way sentences lean, denials counted in, and where nothing is claimed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evidence.polarity import clauses, leanings, sign_about, topics, wanted
from pipeline.protocols import Tokenizer
from pipeline.question.concepts import find_concepts

SENTENCES = [
    # plain
    ("주차가 편해요", "parking", 1),
    ("주차가 불편해요", "parking", -1),
    ("웨이팅이 길어요", "waiting", -1),
    ("줄이 짧아서 바로 앉았어요", "waiting", 1),
    ("한 시간을 기다렸어요", "waiting", -1),
    ("화장실이 깨끗하고 넓어요", "restroom", 1),
    ("조용해서 이야기하기 좋아요", "noise", 1),
    ("시끄러워서 대화가 안 돼요", "noise", -1),
    ("에어컨이 시원해요", "temperature", 1),
    ("옷에 냄새가 너무 배요", "clothes", -1),
    # denied
    ("주차가 편하지는 않아요", "parking", -1),
    ("주차 불편한 점이 없어요", "parking", 1),
    ("직원이 친절하지 않네요", "service", -1),
    ("직원이 불친절하지 않아요", "service", 1),
    ("직원이 안 친절해요", "service", -1),
    ("국이 안 짜요", "salty", 1),
    ("간이 짜지 않고 딱 좋아요", "salty", 1),
    ("별로 안 짜요", "salty", 1),
    ("서비스가 별로예요", "service", -1),
    ("양이 적지 않아요", "portion", 1),
    ("가격이 비싼 편은 아니에요", "price", 1),
    ("웨이팅이 길지 않아요", "waiting", 1),
    # there or not
    ("주차장 있어요", "parking", 1),
    ("주차장이 없어서 골목에 댔어요", "parking", -1),
    ("주차는 안 돼요", "parking", -1),
    ("주차 못 해요", "parking", -1),
    ("웨이팅 없음", "waiting", 1),
    ("고기 냄새 하나도 안 나요", "offsmell", 1),
    ("아이 의자 없어요", "highchair", -1),
    # other clauses are about other things
    ("맛은 있는데 직원이 불친절해요", "service", -1),
    ("직원은 친절한데 음식이 별로예요", "service", 1),
    ("가격이 비싸지만 맛있어요", "price", -1),
    # nothing claimed
    ("주차장이 넓은데 만차예요", "parking", 0),
    ("웨이팅 걸어놓고 동네를 돌았어요", "waiting", 0),
    ("콜키지는 병당 만원이래요", "corkage", 0),
    ("냉면이 맛있어요", "parking", 0),
]


@pytest.mark.parametrize(("sentence", "concept", "expected"), SENTENCES)
def test_leaning(kiwi: Tokenizer, sentence: str, concept: str, expected: int) -> None:
    (analysed,) = kiwi.analyse([sentence])
    assert sign_about(sentence, analysed.morphemes, [concept]) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("주차 불편하다는 사람 몇 명이야?", -1),
        ("주차 편하다고 한 사람은?", 1),
        ("웨이팅 없는 집", 1),
        ("직원 불친절하다는 후기 몇 개", -1),
        ("서비스 칭찬한 사람 몇 명", 1),
        ("위생에 불만인 사람 몇 명", -1),
        ("안 짠 국밥집", 1),
        ("주차 얘기한 사람 몇 명", 0),
        ("콜키지 얼마예요", 0),
    ],
)
def test_what_a_question_wants(kiwi: Tokenizer, question: str, expected: int) -> None:
    (analysed,) = kiwi.analyse([question])
    about = [concept.id for concept in topics(question, find_concepts(question))]
    assert wanted(question, analysed.morphemes, about) == expected


def test_a_judgement_is_no_topic() -> None:
    assert [c.id for c in topics("화장실 더럽다는 집", find_concepts("화장실 더럽다는 집"))] == ["restroom"]
    assert [c.id for c in topics("더럽다는 집", find_concepts("더럽다는 집"))] == ["hygiene"]
    assert topics("냉면 먹을 데", ()) == []


def test_the_longest_word_counts(kiwi: Tokenizer) -> None:
    (analysed,) = kiwi.analyse(["직원이 불친절했다"])
    (only,) = leanings("직원이 불친절했다", analysed.morphemes, ["service"])
    assert (only.sign, "직원이 불친절했다"[only.start : only.end]) == (-1, "불친절")


@given(st.text(alphabet="주차가편하지만안,. 근데ㅋ좋", max_size=40))
@settings(deadline=None)
def test_clauses_cover_the_text(text: str) -> None:
    assert "".join(text[start:end] for start, end in clauses(text)) == text

"""Counts: praise apart from complaint, restaurants apart from reviews, and what is unclear left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pipeline.evidence.counting import Tally, tally
from pipeline.evidence.phrases import content_morphemes, counted, left_out, uncounted
from pipeline.evidence.reading import read
from pipeline.generators.extractive import SAYING
from pipeline.protocols import Tokenizer
from pipeline.question.concepts import find_concepts
from pipeline.types import ScoredPassage, Understanding
from tests.pipeline.reviews import Reviews, make_reviews

TEXTS: Sequence[tuple[str, str]] = (
    ("가", "주차장이 넓어서 편했어요."),
    ("가", "주차가 너무 불편해요. 고기는 좋아요."),
    ("나", "차 댈 데가 없어서 세 바퀴 돌았어요."),
    ("나", "주차는 건물 뒤에 합니다."),
    ("다", "주차가 불편하지 않아요."),
    ("다", "냉면이 맛있어요."),
)


@pytest.fixture(scope="module")
def reviews(kiwi: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Reviews:
    return make_reviews(tmp_path_factory.mktemp("counting"), kiwi, TEXTS)


def count(reviews: Reviews, question: str, *, meant: bool = True) -> Tally:
    query = reviews.query(question)
    if meant:
        query = replace(query, concepts=find_concepts(question))
    scores = {"bm25": 0.0, "vector": 0.0, "window": 0.0, "fused": 0.0}
    candidates = [ScoredPassage(reviews.passages[row], row, scores) for row in range(len(reviews.passages))]
    reading = read(query, candidates, reviews.passages, reviews.terms)
    assert reading is not None
    words = [m.form for m in content_morphemes(query) if m.form not in SAYING]
    return tally(query, reading, candidates, reviews.terms, words)


def cited(found: Tally) -> set[str]:
    return {evidence.candidate.passage.id for evidence in found.counted}


def test_complaints_are_not_praise(reviews: Reviews) -> None:
    found = count(reviews, "주차 불편하다는 사람 몇 명이야?")
    assert cited(found) == {"r1", "r2"}
    assert (found.sign, found.opposite, found.unclear) == (-1, 2, 1)


def test_praise_is_no_complaint(reviews: Reviews) -> None:
    found = count(reviews, "주차 편하다는 사람 몇 명이야?")
    assert cited(found) == {"r0", "r4"}
    assert (found.sign, found.opposite) == (1, 2)


def test_mentions_are_counted_whatever_they_say(reviews: Reviews) -> None:
    found = count(reviews, "주차 얘기한 사람 몇 명이야?")
    assert cited(found) == {"r0", "r1", "r2", "r3", "r4"}
    assert found.sign == 0


def test_without_concepts_words_are_counted_and_denials_left_out(reviews: Reviews) -> None:
    assert cited(count(reviews, "주차 불편하다는 사람 몇 명이야?", meant=False)) == {"r1"}


def test_restaurants_are_counted_once(reviews: Reviews) -> None:
    found = count(reviews, "주차 얘기한 집이 몇 군데야?")
    assert found.restaurants == ["가", "나", "다"]
    places = Understanding("", shape="count", counted="restaurants")
    assert counted(found, places) == "3곳(가, 나, 다)의 후기 5건이"
    assert counted(found, Understanding("", shape="count")) == "5건이"


def test_what_was_left_out_is_said(reviews: Reviews) -> None:
    found = count(reviews, "주차 불편하다는 사람 몇 명이야?")
    assert "불만으로 읽히는 문장만" in left_out(found)
    assert "반대로 말한 2건" in left_out(found)
    assert "가리지 못한 1건" in left_out(found)
    assert "가리지 않았습니다" in left_out(Tally(()))


def test_a_count_of_what_nobody_clearly_says_is_no_zero(reviews: Reviews) -> None:
    answer = uncounted(reviews.query("주차 불편"), Understanding("주차 불편"), Tally((), 1, 2, -1), 0.9)
    assert answer.abstained
    assert "반대로 말한 후기 1건, 어느 쪽인지 가리지 못한 후기 2건이 있습니다." in answer.text
    nothing = uncounted(reviews.query("주차 불편"), Understanding("주차 불편"), Tally(()), 0.9)
    assert "찾지 못했습니다" in nothing.text

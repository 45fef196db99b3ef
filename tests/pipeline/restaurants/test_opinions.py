"""Opinions that questions ask of: counted by review, only where allowed, quoted as slices of passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.index import Index, current_folder
from pipeline.protocols import Classifier
from pipeline.question.overview import WHOLE
from pipeline.restaurants.opinions import IndexOpinions
from pipeline.restaurants.reviews import Restaurants
from pipeline.service import Home
from pipeline.types import AskedAspect
from tests.pipeline.corpora import build
from tests.pipeline.restaurants.corpus import Row, documents, make_index, oracle

SERVICE, WAITING, FOOD = (AskedAspect(id_, id_) for id_ in ("service", "waiting", "food"))


@pytest.fixture
def source(index: Index) -> IndexOpinions:
    return IndexOpinions(index, oracle)


def test_reviews_are_counted_on_each_side(source: IndexOpinions) -> None:
    service, waiting = source.opinions("길남국밥", [SERVICE, WAITING], None)
    assert (service.positive, service.negative, service.both) == (2, 0, 0)
    assert (waiting.positive, waiting.negative, waiting.judged) == (0, 2, 2)
    assert [one.passage_id for one in service.counted] == ["r1", "r3"]


def test_quotes_slice_their_passages(source: IndexOpinions, index: Index) -> None:
    for name in ("길남국밥", "순이국밥", "바다횟집"):
        for found in source.opinions(name, [SERVICE, WAITING, FOOD], None):
            for quote in (*found.quotes, *found.counted):
                passage = index.passages[quote.row]
                assert passage.id == quote.passage_id
                assert passage.text[quote.start : quote.end] == quote.text
                assert quote.text
                assert passage.source.restaurant == name


def test_only_allowed_passages_count(source: IndexOpinions, index: Index) -> None:
    allowed = np.ones(len(index.passages), dtype=bool)
    allowed[index.passages.rows["r1"]] = False
    (service,) = source.opinions("길남국밥", [SERVICE], allowed)
    assert [one.passage_id for one in service.counted] == ["r3"]
    assert source.opinions("길남국밥", [SERVICE], allowed & False)[0].judged == 0


def test_a_narrower_question_counts_what_says_it(source: IndexOpinions) -> None:
    line = AskedAspect("waiting", "대기", "waiting")
    booking = AskedAspect("waiting", "예약", "reservation")
    found, nothing = source.opinions("길남국밥", [line, booking], None)
    assert (found.negative, nothing.judged) == (2, 0)


EATEN: Sequence[Row] = (
    ("면집", "면요리", 3, "2026-03-01", "냉면은 밍밍한데 만두는 육즙이 가득해요.", "mixed", 3,
     [("food", "negative", "냉면은 밍밍한데"), ("food", "positive", "만두는 육즙이 가득해요")]),
    ("면집", "면요리", 5, "2026-02-01", "만두가 있는데 정말 맛있어요. 물냉면도 시원해요.", "positive", 5,
     [("food", "positive", "정말 맛있어요"), ("food", "positive", "물냉면도 시원해요")]),
    ("면집", "면요리", 2, "2026-01-01", "만두전골은 짜요. 나머지는 맛있어요. 물냉면은 못 먹었어요.", "mixed", 2,
     [("food", "negative", "만두전골은 짜요"), ("food", "positive", "나머지는 맛있어요")]),
)  # fmt: skip


def test_of_a_dish_counts_what_names_it_or_stands_in_its_sentence_and_names_no_other(tmp_path: Path) -> None:
    source = IndexOpinions(make_index(tmp_path, EATEN), lambda: oracle(EATEN))
    dumplings, noodles, none = (AskedAspect("food", dish, dish=dish) for dish in ("만두", "냉면", "국밥"))
    found = source.opinions("면집", [dumplings, noodles, none], None)
    assert [(one.positive, one.negative, one.both) for one in found] == [(2, 0, 0), (1, 1, 0), (0, 0, 0)]
    assert [quote.passage_id for quote in found[0].counted] == ["r1", "r2"]


def test_a_sentence_of_each_review_that_speaks_of_something(source: IndexOpinions, index: Index) -> None:
    found = source.mentions("길남국밥", ["waiting", "service"], None)
    assert [(one.passage_id, one.text.strip()) for one in found] == [
        ("r1", "직원도 친절해요."),
        ("r2", "줄이 길어요."),
        ("r3", "직원이 정말 친절하시네요."),
        ("r4", "한 시간 기다렸어요."),
    ]  # the newest first, one of each review
    for one in found:
        assert index.passages[one.row].text[one.start : one.end] == one.text
        assert one.polarity == "neutral"
    allowed = np.ones(len(index.passages), dtype=bool)
    allowed[index.passages.rows["r1"]] = False
    assert [one.passage_id for one in source.mentions("길남국밥", ["service"], allowed)] == ["r3"]
    assert source.mentions("길남국밥", ["date"], None) == source.mentions("길남국밥", [], None) == ()


@pytest.mark.parametrize(("rating", "counted"), [(None, ["r1"]), (4.0, ["r1", "r3"])])
def test_what_an_owner_answers_is_no_judgement_and_what_a_guest_answers_is_one(
    tmp_path: Path, rating: float | None, counted: list[str]
) -> None:
    rows = documents()
    third = next(place for place, one in enumerate(rows) if one.source.document_id == "r3")
    rows[third] = replace(rows[third], source=replace(rows[third].source, reply_to="r1", rating=rating))
    home = Home(tmp_path)
    build(home, rows, name="small")
    index = Index(current_folder(home.indexes, "small"))
    source = IndexOpinions(index, oracle)
    service, whole = source.opinions("길남국밥", [SERVICE, WHOLE], None)
    assert [one.passage_id for one in service.counted] == counted
    assert ("r3" in {one.passage_id for one in whole.counted}) == ("r3" in counted)
    assert ("r3" in {one.passage_id for one in source.mentions("길남국밥", ["service"], None)}) == ("r3" in counted)
    assert ("r3" in {review.id for review in Restaurants(index).reviews("길남국밥")}) == ("r3" in counted)


def test_what_was_opened_before_is_not_opened_with_a_question(index: Index) -> None:
    made = list[Classifier]()

    def classifier() -> Classifier:
        made.append(oracle())
        return made[-1]

    source = IndexOpinions(index, classifier)
    source.open()
    assert len(made) == 1
    assert source.opinions("길남국밥", [SERVICE], None)[0].positive == 2
    source.open()
    assert len(made) == 1


def test_nothing_is_opened_before_a_question(index: Index) -> None:
    def never() -> None:
        raise AssertionError("no question was asked")

    IndexOpinions(index, never)  # type: ignore[arg-type]

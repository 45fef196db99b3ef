"""A portrait puts together what the steps found; it is made once, and only of restaurants that are there."""

from __future__ import annotations

import pytest

from pipeline.errors.restaurants import RestaurantNotFound
from pipeline.index import Index
from pipeline.restaurants.remarks import AspectShare
from pipeline.strengths.ground import Ground
from pipeline.strengths.portraits import Portraits, draw_portrait, feelings_by_month, shares_of_kind
from tests.pipeline.restaurants.corpus import oracle


def test_shares_of_a_kind_count_reviews_and_one_that_does_both_half() -> None:
    shares = [
        AspectShare("food", positive=3, negative=1, both=0, neutral=5, intensity=4.0),
        AspectShare("food", positive=0, negative=2, both=2, neutral=0, intensity=2.0),
        AspectShare("waiting", positive=0, negative=0, both=0, neutral=4, intensity=3.0),
    ]
    assert shares_of_kind(shares) == {"food": 4 / 8}


def test_a_portrait_holds_every_review_that_it_speaks_of(ground: Ground) -> None:
    for name in ground.restaurants.names:
        found = draw_portrait(ground, name)
        sentences = [*found.summary.overall, *(s for aspect in found.summary.aspects for s in aspect.sentences)]
        said = {id_ for sentence in sentences for id_ in sentence.evidence}
        quotes = [quote for one in (*found.strengths.found, *found.weaknesses.found) for quote in one.quotes]
        assert said | {quote.review_id for quote in quotes} <= set(found.reviews)
        assert all(found.reviews[q.review_id].text[q.start : q.end] == q.text for q in quotes)


def test_feelings_are_counted_by_month(ground: Ground) -> None:
    table = ground.table(ground.restaurants.names[0])
    months = feelings_by_month(table)
    assert [month.month for month in months] == sorted({review.date[:7] for review in table.reviews if review.date})
    assert sum(month.reviews for month in months) == sum(bool(review.date) for review in table.reviews)
    felt = sum(len(a.felt) for r, a in zip(table.reviews, table.analyses, strict=True) if r.date)
    assert sum(sum(month.felt.values()) for month in months) == felt


def test_it_is_made_once_and_the_classifier_only_when_needed(index: Index) -> None:
    made = []

    def classifier() -> object:
        made.append(1)
        return oracle()

    portraits = Portraits(classifier)  # type: ignore[arg-type]
    name = portraits.names(index)[0]
    assert not made
    assert portraits.of(index, name) is portraits.of(index, name)
    assert made == [1]
    with pytest.raises(RestaurantNotFound):
        portraits.of(index, "없는 집 이름")

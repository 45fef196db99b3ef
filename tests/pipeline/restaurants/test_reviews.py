"""Whose reviews, by which name, whole again after they were cut into passages."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors.restaurants import NoRestaurants, RestaurantNotFound
from pipeline.index import Index, current_folder
from pipeline.restaurants.reviews import Restaurants
from pipeline.service import Home
from pipeline.types import Document, Source
from tests.pipeline.corpora import build


def test_a_restaurant_is_found_however_it_is_spaced(index: Index) -> None:
    restaurants = Restaurants(index)
    assert restaurants.names == ("길남국밥", "바다횟집", "순이국밥")
    assert restaurants.find("길남 국밥") == "길남국밥"
    assert restaurants.find("바다") == "바다횟집"
    assert restaurants.category("바다횟집") == "횟집"


@pytest.mark.parametrize("name", ["길람국밥", "길남국밥 본점"])
def test_an_unknown_name_gets_near_ones(index: Index, name: str) -> None:
    with pytest.raises(RestaurantNotFound) as error:
        Restaurants(index).find(name)
    assert "길남국밥" in error.value.korean
    assert name in error.value.korean
    assert error.value.exit_code == 3


def test_a_name_like_none_gets_some_that_there_are(index: Index) -> None:
    with pytest.raises(RestaurantNotFound) as error:
        Restaurants(index).find("?!")
    assert "바다횟집" in error.value.korean


def test_reviews_have_what_their_documents_had(index: Index) -> None:
    (first, *_, last) = Restaurants(index).reviews("순이국밥")
    assert (first.id, first.rating, first.date) == ("r6", 5, "2026-06-01")
    assert last.text == "주차장이 없어서 힘들었어요."


def test_articles_have_no_restaurants(tmp_path: Path) -> None:
    home = Home(tmp_path)
    build(home, [Document(text, Source(text[:1], 0, len(text))) for text in ("가나다라 마바사", "아자차카 타파하")])
    with pytest.raises(NoRestaurants) as error:
        Restaurants(Index(current_folder(home.indexes, "small"))).find("길남국밥")
    assert "--column restaurant" in error.value.korean


def test_a_long_review_is_put_together_again(tmp_path: Path) -> None:
    text = " ".join(f"{n}번째 문장은 국물이 진하다는 말입니다." for n in range(30))
    home = Home(tmp_path)
    long = Document(text, Source("long", 0, len(text), restaurant="길남국밥"))
    build(home, [long], indexing__passage_chars="120", indexing__overlap_chars="40")
    restaurants = Restaurants(Index(current_folder(home.indexes, "small")))
    (review,) = restaurants.reviews("길남국밥")
    assert len(review.rows) > 3
    assert review.text == text
    start = text.index("17번째")
    row, offset = review.row_at((start, start + 10))
    assert restaurants.index.passages[row].text[start - offset :].startswith("17번째 문장은")

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from pipeline.errors.files import MissingColumn, NamedColumnMissing
from pipeline.errors.settings import BadSetting
from pipeline.tables.columns import RESTAURANT_COLUMNS, REVIEW_COLUMNS, assign, missing, recognise

_PATH = Path("reviews.csv")


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("text", "리뷰"),
        ("text", "리뷰 내용"),
        ("text", "내용"),
        ("text", "후기"),
        ("text", "본문"),
        ("text", "Review_Text"),
        ("text", "TEXT"),
        ("text", "document"),
        ("text", "\ufefftext"),
        ("text", unicodedata.normalize("NFD", "리뷰")),
        ("rating", "별점"),
        ("rating", "평점"),
        ("rating", "Stars"),
        ("restaurant", "가게명"),
        ("restaurant", "상호 명"),
        ("restaurant", "Restaurant"),
        ("restaurant_id", "Restaurant ID"),
        ("restaurant_id", "restaurantId"),
        ("id", "아이디"),
        ("id", "review-id"),
        ("id", "번호"),
        ("date", "작성일자"),
        ("date", "created_at"),
        ("category", "음식종류"),
        ("district", "지역"),
        ("price_band", "가격대"),
        ("title", "제목"),
        ("reply_to", "답글"),
        ("id", "_id"),
    ],
)
def test_common_names_are_recognised(field: str, column: str) -> None:
    assert recognise([column]) == {field: column}


def test_unknown_names_are_not_guessed() -> None:
    assert recognise(["", "Unnamed: 0", "작성자", "texture"]) == {}


@pytest.mark.parametrize("names", [REVIEW_COLUMNS, RESTAURANT_COLUMNS])
def test_no_name_stands_for_two_fields(names: dict[str, tuple[str, ...]]) -> None:
    for field, aliases in names.items():
        for alias in aliases:
            assert recognise([alias], names) == {field: alias}


def test_the_more_telling_name_wins() -> None:
    assert recognise(["content", "id", "리뷰", "review_id"]) == {"text": "리뷰", "id": "review_id"}


def test_what_the_user_names_wins_and_serves_nothing_else() -> None:
    found = ["리뷰", "제목", "평점"]
    assert assign(_PATH, found, {"text": "제목"}) == {"text": "제목", "rating": "평점"}
    assert assign(_PATH, [*found, "Text", "text"], {"text": "Text"})["text"] == "Text"
    assert assign(_PATH, ["My Column"], {"text": "my_column"}) == {"text": "My Column"}


def test_a_named_column_that_does_not_exist() -> None:
    with pytest.raises(NamedColumnMissing, match=r"'본문'.*글, 점") as caught:
        assign(_PATH, ["글", "점"], {"text": "본문"})
    assert isinstance(caught.value, MissingColumn)
    assert "'본문'" in caught.value.english


def test_a_field_that_does_not_exist() -> None:
    with pytest.raises(BadSetting, match=r"txt=리뷰.*text/rating"):
        assign(_PATH, ["리뷰"], {"txt": "리뷰"})


def test_the_message_lists_many_columns_in_short() -> None:
    message = missing(_PATH, "text", [f"열{number}" for number in range(100)]).korean
    assert "열29 … (100)" in message
    assert "열30" not in message

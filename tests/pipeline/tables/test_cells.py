from __future__ import annotations

import datetime
import decimal
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tables.cells import MAX_TEXT, label, read_date, read_price_band, read_rating, read_text
from pipeline.tables.rejects import Refusal


@pytest.mark.parametrize(
    ("written", "rating"),
    [
        ("5", 5.0),
        ("4.5", 4.5),
        ("4,5", 4.5),
        (" 3 ", 3.0),
        (4, 4.0),
        (3.5, 3.5),
        (0, 0.0),
        ("10", 10.0),
        ("8.7", 8.7),
        ("★★★★☆", 4.0),
        ("★ ★ ★", 3.0),
        ("☆☆☆☆☆", 0.0),
        ("⭐⭐⭐⭐⭐", 5.0),
        ("⭐️⭐️", 2.0),
        ("★4.5", 4.5),
        ("4.5점", 4.5),
        ("별점 4점", 4.0),
        ("별 4개", 4.0),
        ("4/5", 4.0),
        ("4.5 / 5.0", 4.5),
        ("8/10", 8.0),
        ("5 stars", 5.0),
        ("4 out of 5", 4.0),
        ("４．５", 4.5),
        (decimal.Decimal("4.5"), 4.5),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_ratings_that_are_understood(written: object, rating: float | None) -> None:
    assert read_rating(written) == rating


@pytest.mark.parametrize(
    "written",
    [
        "-1",
        -0.5,
        "11",
        10.5,
        "nan",
        "NaN",
        float("nan"),
        "inf",
        float("inf"),
        "맛있음",
        "6/5",
        "80/100",
        "4/0",
        True,
        "1e1",
        "★" * 11,
        "4.5.1",
        10**400,
        [4],
        "--",
    ],
)
def test_absurd_ratings_are_refused(written: object) -> None:
    with pytest.raises(Refusal) as caught:
        read_rating(written)
    assert caught.value.code == "bad-rating"


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-03-14", "2026-03-14"),
        ("2026.3.14", "2026-03-14"),
        ("2026. 3. 14.", "2026-03-14"),
        ("2026/03/14", "2026-03-14"),
        ("26/03/14", "2026-03-14"),
        ("26.3.14.토", "2026-03-14"),
        ("2026년 3월 14일", "2026-03-14"),
        ("2026년3월14일 토요일", "2026-03-14"),
        ("26년 3월 14일", "2026-03-14"),
        ("2026-03-14T10:00:00", "2026-03-14"),
        ("2026-03-14T23:59:00+09:00", "2026-03-14"),
        ("2026-03-14 10:00", "2026-03-14"),
        ("20260314", "2026-03-14"),
        (20260314, "2026-03-14"),
        ("２０２６－０３－１４", "2026-03-14"),
        (datetime.date(2026, 3, 14), "2026-03-14"),
        (datetime.datetime(2026, 3, 14, 10), "2026-03-14"),
        ("2026-02-30", ""),
        ("2026-13-01", ""),
        ("2026-03-141", ""),
        ("14/03/2026", ""),
        ("3.14.토", ""),
        ("어제", ""),
        ("", ""),
        (None, ""),
        ("99/03/14", ""),
        ("1773446400", ""),
        ("0001-01-01", ""),
    ],
)
def test_dates(written: object, day: str) -> None:
    assert read_date(written) == day


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)))
def test_every_day_is_read_in_each_form(day: datetime.date) -> None:
    year, month, date = day.year, day.month, day.day
    assert read_date(day.isoformat()) == day.isoformat()
    assert read_date(f"{year}.{month}.{date}") == day.isoformat()
    assert read_date(f"{year}년 {month}월 {date}일") == day.isoformat()
    assert read_date(f"{year}{month:02}{date:02}") == day.isoformat()


@pytest.mark.parametrize(
    ("written", "band"),
    [
        ("2", 2),
        (3, 3),
        (2.0, 2),
        ("₩₩", 2),
        ("$$$", 3),
        ("￦￦", 2),
        ("15000", None),
        ("1만원대", None),
        ("0", None),
        ("", None),
    ],
)
def test_price_bands(written: object, band: int | None) -> None:
    assert read_price_band(written) == band


def test_control_characters_are_taken_out_of_text_and_line_ends_made_alike() -> None:
    assert read_text("\x00맛\x01있\x07어요\t굿\r\n둘째\r셋째\x0b \ufeff") == "맛있어요\t굿\n둘째\n셋째"


@pytest.mark.parametrize("written", ["", "  \n", "\x00\x01", "\u200b\u200d", None, "\u3000"])
def test_text_without_a_visible_character_is_refused(written: str | None) -> None:
    with pytest.raises(Refusal) as caught:
        read_text(written)
    assert caught.value.code == "empty-text"


@pytest.mark.parametrize("written", ["ㅋㅋ", "👍", "!", "\ue000"])
def test_text_without_letters_is_still_text(written: str) -> None:
    assert read_text(written) == written


def test_jamo_are_composed() -> None:
    assert read_text(unicodedata.normalize("NFD", "맛있어요")) == "맛있어요"


def test_text_of_the_greatest_length_is_kept_and_one_more_refused() -> None:
    assert len(read_text("가" * MAX_TEXT)) == MAX_TEXT == 100_000
    with pytest.raises(Refusal) as caught:
        read_text("가" * (MAX_TEXT + 1))
    assert caught.value.code == "text-too-long"
    assert caught.value.fields["limit"] == MAX_TEXT


@pytest.mark.parametrize("value", [["글"], {"a": 1}, 3, b"abc"])
def test_what_is_not_a_string_is_not_text(value: object) -> None:
    with pytest.raises(Refusal) as caught:
        read_text(value)
    assert caught.value.code == "text-not-text"


def test_lone_surrogates_are_broken_characters() -> None:
    with pytest.raises(Refusal) as caught:
        read_text("맛\ud800")
    assert caught.value.code == "broken-encoding"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (" 한상\n 식당 ", "한상 식당"),
        (7, "7"),
        (7.0, "7"),
        (7.5, "7.5"),
        (float("nan"), ""),
        (None, ""),
        ([1], ""),
        ({}, ""),
    ],
)
def test_labels(value: object, shown: str) -> None:
    assert label(value) == shown

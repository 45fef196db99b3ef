"""Ratings and numbers are what pandas makes of the same reviews; each piece cites reviews that it counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.evidence.figures import LISTED, MONTHS, RANKED, STEPS, figures_answer
from pipeline.evidence.opinions import ENOUGH_TO_RANK
from pipeline.filters import allowed_rows
from pipeline.passages import PassageStore
from pipeline.question.mentions import chip_of
from pipeline.types import Answer, Chip, Figures, Passage, Source, Understanding
from tests.pipeline.test_passages import write

REVIEW = st.fixed_dictionaries(
    {
        "restaurant": st.sampled_from(["가네", "나네", "다네", ""]),
        "rating": st.none() | st.sampled_from([1.0, 2.0, 3.5, 5.0]),
        "date": st.sampled_from(["", "2026-01-02", "2026-03-04"]),
        "reply_to": st.sampled_from(["", "", "r0"]),
        "parts": st.integers(1, 3),
    }
)
ONE_STAR = Chip("rating:>=1,<=1", "rating", (">=1", "<=1"), "별점 1점", "filter")


def store_of(path: Path, reviews: Sequence[dict[str, Any]]) -> PassageStore:
    """An index's passages; a review of several parts is several passages."""
    passages = []
    for number, review in enumerate(reviews):
        told = {
            name: review[name] for name in ("restaurant", "category", "rating", "date", "reply_to") if name in review
        }
        for part in range(review.get("parts", 1)):
            source = Source(f"r{number}", part * 10, part * 10 + 5, **told)
            passages.append((Passage(f"r{number}-{part}", f"글 {number} {part}. 끝", source), [(0, 5), (6, 7)]))
    return write(path / "passages.arrow", passages)


def asked(store: PassageStore, figures: Figures, *chips: Chip, first: int = 0) -> Answer | None:
    understanding = Understanding("", chips, figures=figures, first=first)
    answer = figures_answer(understanding, store, lambda one: allowed_rows(one, (), store))
    if answer is not None and answer.abstained:
        assert not answer.citations
        return None
    if answer is not None:
        assert answer.kind == "figures"
        for citation in answer.citations:
            passage = store[store.rows[citation.passage_id]]
            assert citation.sentence in answer.text
            assert passage.text[citation.start : citation.end]
            named = re.match(r"(?:.*위 )?(.네)", citation.sentence)
            assert not named or passage.source.restaurant == named[1]
    return answer


def table(reviews: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """The reviews that count: what an owner answers doesn't."""
    frame = pd.DataFrame(list(reviews), columns=["restaurant", "rating", "date", "reply_to"])
    return frame[(frame.reply_to == "") | frame.rating.notna()]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(reviews=st.lists(REVIEW, min_size=1, max_size=25))
def test_they_are_what_pandas_makes_of_the_same_reviews(reviews: list[dict[str, Any]], tmp_path: Path) -> None:
    store, frame = store_of(tmp_path, reviews), table(reviews)
    number = asked(store, Figures("reviews"))
    assert number is not None
    assert number.text.split("입니다")[0] == f"후기는 {len(frame)}건"

    rated = frame.rating.dropna()
    mean = asked(store, Figures("rating"))
    if mean is None:
        assert rated.empty
    else:
        first, second = mean.text.splitlines()
        assert first == f"별점을 준 후기 {len(rated)}건의 평균 별점은 {rated.mean():.2f}점입니다."
        told = {float(step): int(n) for step, n in re.findall(r"([\d.]+)점 (\d+)건", second)}
        assert told == rated.value_counts().to_dict()
        assert [*told] == sorted(told, reverse=True)

    by_place = frame[frame.restaurant != ""].groupby("restaurant").rating.agg(["size", "count", "mean"])
    for order, sign in (("most", -1), ("least", 1)):
        ranked = asked(store, Figures("rating", order))  # type: ignore[arg-type]
        known = by_place[by_place["count"] >= ENOUGH_TO_RANK]
        rows = re.findall(r"위 (.네): 평균 ([\d.]+)점\(별점을 준 후기 (\d+)건\)", ranked.text) if ranked else []
        assert {name: int(n) for name, _, n in rows} == known["count"].to_dict()
        assert all(sign * float(a[1]) <= sign * float(b[1]) for a, b in pairwise(rows))
        assert all(value == f"{known.loc[name, 'mean']:.2f}" for name, value, _ in rows)

    places = asked(store, Figures("restaurants"))
    assert (places.text.splitlines()[0] if places else "") == (
        f"식당은 {len(by_place)}곳입니다." if len(by_place) else ""
    )
    months = asked(store, Figures("reviews", by="month"))
    told_months = dict(re.findall(r"^([\d-]+): 후기 (\d+)건", months.text, re.MULTILINE)) if months else {}
    dated = frame[frame.date != ""]
    assert {month: int(n) for month, n in told_months.items()} == dated.date.str[:7].value_counts().to_dict()
    assert [*told_months] == sorted(told_months)

    ones = asked(store, Figures("share"), ONE_STAR)
    if ones is not None:
        assert ones.text.startswith(f"별점을 준 후기 {len(rated)}건 가운데 {(rated == 1).sum()}건(")


def test_a_named_restaurant_and_its_condition(tmp_path: Path) -> None:
    reviews = [
        {"restaurant": "가네", "rating": 5.0, "date": "2026-01-02"},
        {"restaurant": "가네", "rating": 1.0, "date": "2026-02-02"},
        {"restaurant": "가네", "date": "2026-03-02"},
        {"restaurant": "나네", "date": "2026-03-02"},
    ]
    store = store_of(tmp_path, reviews)
    both = chip_of("restaurant", ("가네", "나네"), span=None)
    answer = asked(store, Figures("rating"), both)
    assert answer is not None
    assert answer.text.splitlines() == [
        "가네: 별점을 준 후기 2건의 평균 별점은 3.00점입니다.", "5점 1건 · 1점 1건", "나네: 별점을 준 후기가 없습니다.",
    ]  # fmt: skip
    numbers = asked(store, Figures("reviews"), both)
    assert numbers is not None
    assert numbers.text == "가네의 후기는 3건입니다.\n나네의 후기는 1건입니다."
    assert [c.passage_id for c in numbers.citations] == ["r2-0", "r1-0", "r0-0", "r3-0"]  # the newest first
    ones = asked(store, Figures("reviews"), ONE_STAR)
    assert ones is not None
    assert ones.text == "후기는 1건입니다."
    assert ones.note == "색인에 있는 후기의 별점과 수를 그대로 센 값입니다. 조건(별점 1점)에 맞는 후기만 셌습니다."


def test_those_who_are_level_share_a_place_and_how_many_more_is_said(tmp_path: Path) -> None:
    reviews = [{"restaurant": f"{name}집", "rating": 4.0} for name in "가나다라마바사" for _ in range(3)]
    reviews += [{"restaurant": "으뜸집", "rating": 5.0} for _ in range(3)] + [{"restaurant": "하나집", "rating": 5.0}]
    store = store_of(tmp_path, reviews)
    answer = asked(store, Figures("rating", "most"))
    assert answer is not None
    lines = answer.text.splitlines()
    assert len(lines) == RANKED
    assert lines[0] == "1위 으뜸집: 평균 5.00점(별점을 준 후기 3건)"
    assert all(line.startswith("공동 2위 ") for line in lines[1:])
    assert "마지막과 같은 곳이 3곳 더 있습니다." in answer.note
    assert f"{ENOUGH_TO_RANK}건보다 적은 1곳은 뺐습니다." in answer.note
    two = asked(store, Figures("rating", "most"), first=2)
    assert two is not None
    assert len(two.text.splitlines()) == 2


@pytest.mark.parametrize("number", [LISTED, LISTED + 3])
def test_a_long_list_is_cut_and_says_so(tmp_path: Path, number: int) -> None:
    store = store_of(tmp_path, [{"restaurant": f"집{n:03}"} for n in range(number)])
    answer = asked(store, Figures("restaurants"))
    assert answer is not None
    assert answer.text.startswith(f"식당은 {number}곳입니다.\n집000, 집001")
    assert answer.text.endswith("외 3곳") == (number > LISTED)
    assert len(answer.citations) == LISTED


def test_many_different_ratings_are_told_by_whole_points(tmp_path: Path) -> None:
    store = store_of(tmp_path, [{"restaurant": "가네", "rating": n / 4} for n in range(4, 4 + STEPS + 5)])
    answer = asked(store, Figures("rating"))
    assert answer is not None
    assert answer.text.splitlines()[1] == "4점대 3건 · 3점대 4건 · 2점대 4건 · 1점대 4건"


@pytest.mark.parametrize(
    ("figures", "chips", "said"),
    [
        (Figures("rating"), (), "별점을 준 후기가 없어 셀 수 없습니다."),
        (Figures("rating", "most"), (), "별점을 준 후기가 없어 셀 수 없습니다."),
        (Figures("share"), (ONE_STAR,), "별점을 준 후기가 없어 셀 수 없습니다."),
        (Figures("restaurants"), (), "어느 식당의 것인지 아는 후기가 없어 셀 수 없습니다."),
        (Figures("reviews", "most"), (), "어느 식당의 것인지 아는 후기가 없어 셀 수 없습니다."),
        (Figures("reviews", by="district"), (), "지역을 아는 후기가 없어 셀 수 없습니다."),
        (Figures("reviews", by="month"), (), "날짜가 있는 후기가 없어 셀 수 없습니다."),
    ],
)
def test_where_there_is_nothing_to_count_that_is_said(
    tmp_path: Path, figures: Figures, chips: tuple[Chip, ...], said: str
) -> None:
    store = store_of(tmp_path, [{"reply_to": "x"}, {}])
    understanding = Understanding("", chips, figures=figures)
    answer = figures_answer(understanding, store, lambda one: allowed_rows(one, (), store))
    assert answer is not None
    assert (answer.text, answer.abstained, answer.kind) == (said, True, "abstention")


def test_where_no_review_meets_the_conditions_only_reviews_are_counted(tmp_path: Path) -> None:
    store = store_of(tmp_path, [{"restaurant": "가네", "rating": 5.0}])
    assert asked(store, Figures("rating"), ONE_STAR) is None
    assert asked(store, Figures("restaurants"), ONE_STAR) is None
    none, share = asked(store, Figures("reviews"), ONE_STAR), asked(store, Figures("share"), ONE_STAR)
    assert none is not None
    assert none.text == "후기는 0건입니다."
    assert share is not None
    assert "0%" in share.text


def test_of_restaurants_without_reviews_nothing_is_counted(tmp_path: Path) -> None:
    store = store_of(tmp_path, [{"restaurant": "가네", "rating": 5.0}])
    stranger = chip_of("restaurant", ("스타벅스",), span=None, unknown=("스타벅스",))
    assert asked(store, Figures("rating"), stranger) is None


def test_several_kinds_are_told_of_one_by_one(tmp_path: Path) -> None:
    kinds = ("고깃집", "고깃집", "횟집", "국밥")
    store = store_of(tmp_path, [{"category": kind, "rating": float(n)} for n, kind in enumerate(kinds, start=1)])
    two = chip_of("category", ("횟집", "고깃집"), span=None)
    answer = asked(store, Figures("rating"), two)
    assert answer is not None
    assert answer.text.splitlines()[::2] == [
        "고깃집: 별점을 준 후기 2건의 평균 별점은 1.50점입니다.",
        "횟집: 별점을 준 후기 1건의 평균 별점은 3.00점입니다.",
    ]
    one = asked(store, Figures("reviews"), chip_of("category", ("고깃집",), span=None))
    assert one is not None
    assert one.text == "후기는 2건입니다."


def test_none_that_meets_a_condition_is_a_number_too(tmp_path: Path) -> None:
    store = store_of(tmp_path, [{"restaurant": "가네", "rating": 5.0}])
    answer = asked(store, Figures("reviews"), ONE_STAR)
    assert answer is not None
    assert (answer.text, answer.citations) == ("후기는 0건입니다.", ())
    assert asked(store, Figures("rating"), ONE_STAR) is None


def test_months_are_told_in_order_and_the_last_ones_only(tmp_path: Path) -> None:
    dates = [f"{2023 + n // 12}-{n % 12 + 1:02}-05" for n in range(MONTHS + 6)]
    store = store_of(tmp_path, [{"date": date, "rating": 4.0} for date in (*reversed(dates), "")])
    answer = asked(store, Figures("rating", by="month"))
    assert answer is not None
    lines = answer.text.splitlines()
    assert [line[:7] for line in lines] == [date[:7] for date in dates[-MONTHS:]]
    assert lines[0].endswith(": 후기 1건, 평균 4.00점")


def test_each_restaurant_or_kind_is_told_of_the_highest_first(tmp_path: Path) -> None:
    reviews = [
        {"restaurant": f"집{n}", "category": "국밥" if n % 2 else "횟집", "rating": float(n)} for n in (1, 2, 3, 3)
    ]
    store = store_of(tmp_path, [*reviews, {"restaurant": "안매김"}])
    rated = asked(store, Figures("rating", by="restaurant"))
    assert rated is not None
    assert rated.text.splitlines() == [
        "집3: 후기 2건, 평균 3.00점", "집2: 후기 1건, 평균 2.00점", "집1: 후기 1건, 평균 1.00점", "안매김: 후기 1건",
    ]  # fmt: skip
    kinds = asked(store, Figures("reviews", by="category"))
    assert kinds is not None
    assert kinds.text.splitlines() == ["국밥: 후기 3건, 평균 2.33점", "횟집: 후기 1건, 평균 2.00점"]
    many = store_of(tmp_path, [{"restaurant": f"집{n}"} for n in range(LISTED + 2)])
    cut = asked(many, Figures("reviews", by="restaurant"))
    assert cut is not None
    assert len(cut.text.splitlines()) == LISTED + 1
    assert cut.text.endswith("\n외 2곳")


def test_of_late_only_the_last_months_count(tmp_path: Path) -> None:
    newest = Chip("order:newest", "order", ("newest",), "최근 후기 먼저", "boost")
    dates = ["2026-09-01", "2026-04-01", "2026-03-31", "2025-09-01", ""]
    store = store_of(tmp_path, [{"date": date, "rating": 4.0} for date in dates])
    answer = asked(store, Figures("reviews"), newest)
    assert answer is not None
    assert answer.text == "후기는 2건입니다."
    assert "마지막 6개월의 후기만" in answer.note


def test_restaurants_whose_mean_meets_a_bound(tmp_path: Path) -> None:
    ratings = {"가네": (5.0, 5.0, 3.0), "나네": (4.0, 4.0, 4.0), "다네": (5.0, 2.0, 2.0), "라네": (5.0,)}
    store = store_of(tmp_path, [{"restaurant": name, "rating": r} for name, each in ratings.items() for r in each])
    answer = asked(store, Figures("rating", "most", bounds=(">=4",)))
    assert answer is not None
    assert answer.text.splitlines() == [
        "평균 별점이 그런 곳은 2곳입니다.", "1위 가네: 평균 4.33점(별점을 준 후기 3건)",
        "2위 나네: 평균 4.00점(별점을 준 후기 3건)",
    ]  # fmt: skip
    assert "3건보다 적은 1곳은 뺐습니다." in answer.note
    none = asked(store, Figures("rating", "most", bounds=(">=4.9",)))
    assert none is not None
    assert none.text == "평균 별점이 그런 곳은 0곳입니다."

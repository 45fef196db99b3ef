"""What several answers come to: worked by hand, and laws that hold for any."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.export.aggregating import aggregate, majority
from annotations.export.types import Aggregate
from annotations.schemes.scheme import Field
from tests.annotations.filled import ANSWER, REVIEW, TEXT, span

OPTIONS = [option.id for option in REVIEW.fields[0].options]


def field(id: str) -> Field:
    found = REVIEW.field(id) or ANSWER.field(id)
    assert found is not None
    return found


def come_to(id: str, *values: Any, text: str = TEXT, alternatives: tuple[str, ...] = ()) -> Aggregate:
    return aggregate(field(id), values, text, alternatives)


def felt(**strengths: int) -> list[dict[str, object]]:
    return [{"label": label, "strength": strength} for label, strength in strengths.items()]


def test_the_most_votes_win_and_the_shares_are_soft() -> None:
    found = come_to("sentiment", "mixed", "mixed", "negative")
    assert found.value == "mixed"
    assert found.soft == {"positive": 0, "neutral": 0, "negative": pytest.approx(1 / 3), "mixed": pytest.approx(2 / 3)}
    assert found.agreement == pytest.approx(2 / 3)


def test_a_tie_decides_nothing_but_keeps_its_shares() -> None:
    found = come_to("sentiment", "mixed", "negative")
    assert found.value is None
    assert found.soft == {"positive": 0, "neutral": 0, "negative": 0.5, "mixed": 0.5}


def test_nobody_is_no_vote() -> None:
    assert come_to("sentiment") == Aggregate(None)
    assert come_to("intensity", None) == Aggregate(None)
    assert majority({"a": 0, "b": 0}) is None


@pytest.mark.parametrize(
    ("numbers", "median", "mean", "agreement"),
    [((1, 5, 5), 5, 11 / 3, 2 / 3), ((2, 4), 2, 3, 1 / 2), ((1, 2, 4, 5), 2, 3, 1 / 4), ((3,), 3, 3, 1)],
)
def test_a_scale_has_a_median_and_a_mean(numbers: tuple[int, ...], median: int, mean: float, agreement: float) -> None:
    found = come_to("intensity", *numbers)
    assert (found.value, found.mean) == (median, pytest.approx(mean))
    assert found.agreement == pytest.approx(agreement)


def test_emotions_are_soft_by_the_mean_strength_over_all_annotators() -> None:
    found = come_to("emotions", felt(joy=3), felt(joy=2, annoyance=3), felt(annoyance=1))
    assert found.soft is not None
    assert found.soft["joy"] == pytest.approx((3 + 2 + 0) / 9)
    assert found.soft["annoyance"] == pytest.approx((0 + 3 + 1) / 9)
    assert found.soft["none"] == 0
    # Two of three chose each; strengths 2.5 and 2 of those who did, halves up.
    assert found.value == felt(joy=3, annoyance=2)


def test_exactly_half_is_no_majority_of_an_emotion() -> None:
    assert come_to("emotions", felt(joy=3), felt(anger=3)).value == []


def test_nothing_chosen_is_an_answer_too() -> None:
    found = come_to("emotions", felt(joy=3), None, None)
    assert found.value == []
    assert found.soft is not None
    assert found.soft["joy"] == pytest.approx(1 / 3)
    assert found.agreement == pytest.approx((2 / 3 + 12) / 13)


def test_labels_without_strengths_are_shares() -> None:
    found = come_to("errors", [{"label": "negation"}], [{"label": "negation"}], [{"label": "none"}])
    assert found.value == [{"label": "negation"}]
    assert found.soft is not None
    assert found.soft["negation"] == pytest.approx(2 / 3)


def test_spans_are_what_more_than_half_marked() -> None:
    found = come_to(
        "aspects",
        [span(TEXT, "그래도 불맛은 인정", "food")],
        [span(TEXT, "불맛은 인정", "food"), span(TEXT, "웨이팅이 두 시간", "waiting", "negative")],
        [span(TEXT, "불맛은", "food", "neutral")],
    )
    # 불맛은 by three, " 인정" by two, 그래도 by one; the wait by one of three.
    assert found.value == [span(TEXT, "불맛은 인정", "food")]
    assert found.soft is None


def test_a_run_whose_polarity_is_tied_is_left_out() -> None:
    one, other = span(TEXT, "불맛은", "food"), span(TEXT, "불맛은", "food", "negative")
    assert come_to("aspects", [one], [other]).value == []


def test_runs_don_t_begin_or_end_in_white_space() -> None:
    found = come_to("aspects", [span(TEXT, "그래도 불맛은", "food")], [span(TEXT, "그래도", "food")], [])
    assert found.value == [span(TEXT, "그래도", "food")]
    gap = come_to("aspects", [span(TEXT, "그래도 불맛은", "food")], [span(TEXT, "도 불", "food")])
    assert [each["quote"] for each in gap.value] == ["도 불"]  # type: ignore[index, union-attr]


def test_texts_are_kept_once_each() -> None:
    assert come_to("note", "가", None, "나", "가").value == ["가", "나"]
    assert come_to("note", None).value is None


def test_a_preference_is_by_the_ids_of_the_answers() -> None:
    votes = [{"chosen": chosen, "shown": ["b", "a"]} for chosen in ("b", "b", "tie")]
    found = come_to("preference", *votes, alternatives=("a", "b"))
    assert found.value == "b"
    assert list((found.soft or {}).items()) == [
        ("a", 0),
        ("b", pytest.approx(2 / 3)),
        ("tie", pytest.approx(1 / 3)),
    ]


@given(st.lists(st.sampled_from(OPTIONS), min_size=1))
def test_soft_labels_of_votes_sum_to_one_and_ignore_the_order(votes: list[str]) -> None:
    found = come_to("sentiment", *votes)
    assert sum((found.soft or {}).values()) == pytest.approx(1)
    assert come_to("sentiment", *reversed(votes)) == found


@given(st.lists(st.dictionaries(st.sampled_from(["joy", "anger", "doubt"]), st.integers(1, 3)), min_size=1))
def test_soft_emotions_stay_between_none_and_full(answers: list[dict[str, int]]) -> None:
    found = come_to("emotions", *(felt(**answer) for answer in answers))
    assert found.soft is not None
    assert all(0 <= value <= 1 for value in found.soft.values())
    assert found.agreement is not None
    assert 0.5 <= found.agreement <= 1
    # Doubling every voice changes nothing.
    twice = come_to("emotions", *(felt(**answer) for answer in answers), *(felt(**answer) for answer in answers))
    assert twice.value == found.value
    assert twice.soft == pytest.approx(found.soft)


@given(
    st.lists(st.sampled_from(["불맛은", "불맛은 인정", "그래도 불맛은 인정", "맛은 있는데"]), min_size=1, max_size=5)
)
def test_what_everybody_marks_alike_stays_as_it_is(quotes: list[str]) -> None:
    answer = [span(TEXT, quotes[0], "food")]
    assert come_to("aspects", *([answer] * len(quotes))).value == answer

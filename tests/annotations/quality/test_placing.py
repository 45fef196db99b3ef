"""Whether the place on the screen decides which of two answers is preferred."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotations.quality.people import wilson
from annotations.quality.report import quality
from annotations.quality.types import Placing
from annotations.schemes.preference import TIE
from annotations.schemes.scheme import load_scheme
from annotations.types import Labels
from tests.annotations.snapshots import Book

SCHEME = load_scheme("answer")
FIELD = next(field.id for field in SCHEME.fields if field.kind == "preference")


def report(*labels: Labels, scheme: str = "answer") -> tuple[Placing, ...]:
    """What the quality report says of one person's answers."""
    book = Book(scheme=scheme)
    for each in labels:
        book.say("kim", book.task(), each)
    return quality(book.snapshot(), load_scheme(scheme), resamples=0).placings


def answers(*chosen: str) -> list[Labels]:
    """Preferences of answers that were shown as (a, b)."""
    return [{FIELD: {"chosen": each, "shown": ["a", "b"]}} for each in chosen]


def test_the_left_answer_preferred_too_often_is_told() -> None:
    (found,) = report(*answers(*["a"] * 40, *["b"] * 10, TIE))
    assert (found.field, found.first, found.second, found.ties, found.share) == (FIELD, 40, 10, 1, 0.8)
    assert (found.low, found.high) == wilson(40, 50)
    assert found.is_biased
    (even,) = report(*answers(*["a"] * 26, *["b"] * 24))
    assert not even.is_biased


def test_ties_alone_and_answers_without_a_preference_say_nothing() -> None:
    assert report(*answers(TIE, TIE)) == ()
    assert report({}) == ()
    assert report({"sentiment": "mixed"}, scheme="review") == ()


@given(st.lists(st.sampled_from(("a", "b", TIE)), min_size=1, max_size=40))
def test_mirrored_answers_mirror_the_share(chosen: list[str]) -> None:
    mirrored = [{"a": "b", "b": "a", TIE: TIE}[each] for each in chosen]
    for found, other in zip(report(*answers(*chosen)), report(*answers(*mirrored)), strict=True):
        assert abs(found.share + other.share - 1) < 1e-12
        assert (found.first, found.second, found.ties) == (other.second, other.first, other.ties)
        assert found.low <= found.share <= found.high

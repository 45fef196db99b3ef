"""The terms of a question: what is said of anything is left out, where something else is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import Tokenizer
from pipeline.question.wording import PLACES
from pipeline.terms import MORPHEME, make_query, without
from pipeline.types import AnalysedText, Morpheme, Query


def asked(text: str, kiwi: Tokenizer) -> Query:
    return make_query(next(iter(kiwi.analyse([text]))))


def words(query: Query) -> list[str]:
    return [term.key.removeprefix(MORPHEME) for term in query.terms if term.key.startswith(MORPHEME)]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("리모델링한 식당", ["리모델링"]),
        ("가게에 콘센트 있는지", ["콘센트"]),
        ("구내식당 같은 곳", None),  # not by itself
        ("식당 추천", None),  # nothing else is asked for
        ("식당", None),
        ("", None),
    ],
)
def test_what_every_review_is_about_is_no_term(text: str, left: list[str] | None, kiwi: Tokenizer) -> None:
    query = asked(text, kiwi)
    found = without(query, PLACES, {"추천"})
    if left is None:
        assert found == query
        return
    assert words(found) == left
    kept = "".join(text[term.start : term.end] for term in found.terms)
    assert not any(word in kept for word in PLACES)
    assert found.analysed == query.analysed


@given(st.lists(st.sampled_from(["식당", "가게", "주차", "콘센트", "추천"]), max_size=6))
def test_terms_are_only_ever_left_out(chosen: list[str]) -> None:
    text, start, morphemes = " ".join(chosen), 0, []
    for word in chosen:
        morphemes.append(Morpheme(word, "NNG", start, start + len(word), content=True))
        start += len(word) + 1
    query = make_query(AnalysedText(text, tuple(morphemes)))
    found = without(query, PLACES, {"추천"})
    told = [word for word in chosen if word not in PLACES]
    if set(told) - {"추천"}:
        assert words(found) == told
        assert set(found.terms) <= set(query.terms)
    else:
        assert found == query

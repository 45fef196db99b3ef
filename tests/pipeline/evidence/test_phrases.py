"""What is said where nothing is found: to whom it is said in English, too."""

from __future__ import annotations

import pytest

from pipeline.evidence.phrases import abstention, aside
from pipeline.protocols import Tokenizer
from pipeline.terms import make_query
from pipeline.types import Understanding


@pytest.mark.parametrize(
    ("question", "english"),
    [
        ("How is the parking?", True),
        ("wifi password", True),
        ("주차 되나요?", False),
        ("와이파이 wifi 되나요?", False),
        ("ㅋㅋ parking ㅋㅋ", False),
        ("駐車場はありますか", False),
        ("5", False),
    ],
)
def test_who_asks_in_english_is_told_that_reviews_are_in_korean(question: str, english: bool, kiwi: Tokenizer) -> None:
    query = make_query(next(iter(kiwi.analyse([question]))))
    said = abstention(query, Understanding(question), 0.1)
    assert said.abstained
    assert "후기를 찾지 못했습니다." in said.text
    assert ("please ask in Korean" in said.text) == english


def test_what_was_not_understood_is_told_in_both() -> None:
    assert "please ask in Korean" in aside("unclear").text
    assert "please ask" not in aside("talk").text

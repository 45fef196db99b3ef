"""Where one judgement ends and the next begins."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.choices import ClassifierChoice
from pipeline.analysis.clauses import clauses
from pipeline.classifiers.linear import load
from pipeline.protocols import Tokenizer
from pipeline.types import Analysis


def cut(text: str, kiwi: Tokenizer) -> list[str]:
    return [text[slice(*clause.core)] for clause in clauses(next(iter(kiwi.analyse([text]))))]


@pytest.mark.parametrize(
    "text",
    [
        "친절한데|고기가 질겨요",  # the analyser reads a place (친절한 데)
        "직원은 친절한데|고기가 질겨요",
        "분위기 좋은데|가격이 비싸요",
        "맛있는데|웨이팅이 길어요",
        "가격이 저렴한데|양도 많아요",  # here it reads the ending
        "서비스는 좋았지만|음식이 짰어요",
        "맛있고|사장님도 친절해요",
        "친절한 데 가고 싶어요",  # a place indeed
        "조용한 데라서 좋아요",
    ],
)
def test_a_clause_ends_where_the_statement_does(text: str, kiwi: Tokenizer) -> None:
    assert cut(text.replace("|", " "), kiwi) == text.split("|")


@pytest.mark.parametrize(
    "praise",
    ["직원은 친절한데", "분위기는 좋은데", "친절한데"],
)
def test_both_judgements_of_a_sentence_come_out(praise: str) -> None:
    text = f"{praise} 고기가 질겨요"
    (found,) = load(ClassifierChoice()).classify([text])
    assert isinstance(found, Analysis)
    said = {(o.aspect, o.polarity, text[slice(*o.span)]) for o in found.opinions}
    about = "ambience" if "분위기" in praise else "service"
    assert said == {(about, "positive", praise), ("food", "negative", "고기가 질겨요")}


words = st.sampled_from(
    "친절한데 맛있는데 고기가 질겨요 좋은 데 갔어요. 최고! ㅋㅋ ㅠㅠ 그런데 👍 값은 싸고 양이 많지만 no".split()
)


@given(st.lists(words, max_size=14))
def test_clauses_cover_a_text_in_order(kiwi: Tokenizer, chosen: list[str]) -> None:
    text = " ".join(chosen)
    found = clauses(next(iter(kiwi.analyse([text]))))
    assert not found or (found[0].whole[0], found[-1].whole[1]) == (0, len(text))
    for before, after in pairwise(found):
        assert before.whole[1] == after.whole[0]
    for clause in found:
        assert clause.whole[0] <= clause.core[0] < clause.core[1] <= clause.whole[1]

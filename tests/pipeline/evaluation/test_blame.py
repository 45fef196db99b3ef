"""Every verdict by a case of its own, and the laws that hold between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluation.answers import character_f1, exact_match, holds, normalise
from pipeline.evaluation.blame import GoldPath, Outcome, Verdict, blame

K, DEPTH = 5, 30


def path(bm25: int, vector: int, fused: int, rerank: int | None = None, *, prompt: bool = False) -> GoldPath:
    ranks = {"bm25": bm25, "vector": vector, "fused": fused} | ({"rerank": rerank} if rerank else {})
    return GoldPath("p", True, ranks, candidate=min(bm25, vector) <= 50, in_prompt=prompt)


ABSENT = GoldPath("p", False, {})
SHUT_OUT = GoldPath("p", True, {})
TABLE = [
    ("right", True, False, True, [path(1, 1, 1, 1, prompt=True)], Verdict.RIGHT),
    ("right from elsewhere", True, False, True, [path(60, 70, 90)], Verdict.RIGHT),
    ("in the prompt, wrong", True, False, False, [path(1, 1, 1, 1, prompt=True)], Verdict.WRONG),
    ("in the prompt, refused", True, True, False, [path(1, 1, 1, 1, prompt=True)], Verdict.REFUSED),
    ("not indexed", True, False, False, [ABSENT], Verdict.NOT_INDEXED),
    ("not indexed, refused", True, True, False, [ABSENT], Verdict.NOT_INDEXED),
    ("missed by both", True, False, False, [path(51, 60, 55)], Verdict.MISSED),
    ("shut out by a filter", True, True, False, [SHUT_OUT], Verdict.MISSED),
    ("fused too low for the reranker", True, False, False, [path(3, 900, 31)], Verdict.FUSION),
    ("fusion without a reranker", True, False, False, [path(3, 900, 12)], Verdict.FUSION),
    ("cut without a reranker", True, False, False, [path(7, 9, 8)], Verdict.CUT),
    ("pushed out by the reranker", True, False, False, [path(3, 2, 4, 9)], Verdict.RERANKER),
    ("reranked, but not far enough", True, False, False, [path(9, 20, 12, 6)], Verdict.CUT),
    ("the furthest decides", True, False, False, [ABSENT, path(60, 60, 60), path(3, 2, 4, 9)], Verdict.RERANKER),
    ("one in the prompt will do", True, False, False, [path(60, 60, 60), path(3, 2, 4, 2, prompt=True)], Verdict.WRONG),
    ("unanswerable, abstained", False, True, False, [], Verdict.RIGHT),
    ("unanswerable, answered", False, False, False, [], Verdict.SHOULD_ABSTAIN),
    ("no gold, wrong", True, False, False, [], Verdict.WRONG),
    ("no gold, refused", True, True, False, [], Verdict.REFUSED),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_the_table_of_verdicts(row: tuple[str, bool, bool, bool, list[GoldPath], Verdict]) -> None:
    _, answerable, abstained, correct, found, verdict = row
    assert blame(Outcome(answerable, abstained, correct, found, K, DEPTH)) is verdict


def test_every_verdict_has_a_case_and_a_korean_name() -> None:
    assert {row[-1] for row in TABLE} == set(Verdict)
    assert len({verdict.ko for verdict in Verdict}) == len(Verdict)


ranks = st.integers(1, 200)
paths = st.builds(path, ranks, ranks, ranks, st.none() | st.integers(1, DEPTH), prompt=st.booleans())


@given(st.lists(paths, max_size=4), st.booleans(), st.booleans(), st.booleans())
def test_the_order_of_the_right_passages_does_not_matter(
    found: list[GoldPath], answerable: bool, abstained: bool, correct: bool
) -> None:
    one = blame(Outcome(answerable, abstained, correct, found, K, DEPTH))
    assert one is blame(Outcome(answerable, abstained, correct, found[::-1], K, DEPTH))


@given(st.text(), st.text())
def test_f1_is_a_symmetric_share_and_one_for_equal_texts(one: str, other: str) -> None:
    score = character_f1(one, other)
    assert 0 <= score <= 1
    assert score == character_f1(other, one)
    assert character_f1(one, one) == 1
    assert exact_match(one, other) == (normalise(one) == normalise(other))
    assert not exact_match(one, other) or score == 1


def test_answers_are_compared_as_korquad_does() -> None:
    assert exact_match("《서울》 특별시", "서울특별시")
    assert character_f1("서울시", "서울특별시") == pytest.approx(2 * 3 / 8)
    assert holds("주차는 2시간 무료입니다.", "2시간")
    assert not holds("주차", "")

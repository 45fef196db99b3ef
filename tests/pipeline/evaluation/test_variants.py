"""Questions written otherwise: right by example, and by law never the same and never unreadable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluation.robustness import Moved, move, robustness
from pipeline.evaluation.variants import KINDS, sino_korean, variants
from pipeline.service import Request, Service
from pipeline.tokenizers.kiwi import load
from tests.pipeline.evaluation.questions import SAMPLES


def made(question: str) -> dict[str, str]:
    return {variant.kind: variant.text for variant in variants(question, load())}


@pytest.mark.parametrize(
    ("question", "kind", "text"),
    [
        ("갈빗집 발렛 되나요?", "띄어쓰기 없음", "갈빗집발렛되나요?"),
        ("사장님은 손님에게 친절해요?", "조사 뺌", "사장님 손님 친절해요?"),
        ("자리가 넓은가요?", "반말", "자리가 넓어?"),
        ("여기 유명합니까?", "반말", "여기 유명해?"),
        ("제일 맛있는 메뉴가 무엇인가요?", "반말", "제일 맛있는 메뉴가 무엇이야?"),
        ("아기 의자 있어?", "존댓말", "아기 의자 있나요?"),
        ("국물 진해?", "존댓말", "국물 진한가요?"),
        ("싼 집 알려줘", "존댓말", "싼 집 알려주세요"),
        ("재료가 신선했어?", "존댓말", "재료가 신선했나요?"),
        ("4명이서 2인분만 시켜도 되나요", "숫자 표기", "네 명이서 이 인분만 시켜도 되나요"),
        ("두 시간 기다리나요", "숫자 표기", "2시간 기다리나요"),
        ("와이파이 되나요", "영한 혼용", "wifi 되나요"),
    ],
)
def test_every_rule_by_example(question: str, kind: str, text: str) -> None:
    assert made(question)[kind] == text


def test_one_letter_is_wrong_and_no_more() -> None:
    question = "돈가스 바삭한가요?"
    wrong = made(question)["오타 한 글자"]
    assert len(wrong) == len(question)
    assert sum(a != b for a, b in zip(wrong, question, strict=True)) == 1


@given(st.text("가나다라 마바사아 갈비 주차?요는이을 12명원abc", min_size=1, max_size=25))
def test_variants_are_others_and_have_hangul(question: str) -> None:
    for variant in variants(question, load()):
        assert variant.kind in KINDS
        assert variant.text != question
        assert any("가" <= c <= "힣" for c in variant.text)


@pytest.mark.parametrize(
    ("number", "read"),
    [(0, "영"), (7, "칠"), (10, "십"), (100, "백"), (1_234, "천이백삼십사"), (10_000, "만"), (17_000, "만칠천"),
     (110_000, "십일만"), (20_500_000, "이천오십만"), (100_000_000, "일억")],
)  # fmt: skip
def test_numbers_are_read_as_people_read_them(number: int, read: str) -> None:
    assert sino_korean(number) == read


def test_a_question_without_hangul_has_no_variants() -> None:
    assert made("wifi?") == {}
    assert made("???") == {}


def test_right_passages_are_followed_through_the_variants(service: Service) -> None:
    request = Request("", "small")
    moves = [one for sample in SAMPLES[:3] for one in move(service, sample, request, load())]
    assert all(one.before == 1 for one in moves)
    assert {one.kind for one in moves} >= {"띄어쓰기 없음", "오타 한 글자"}
    summary = robustness(moves, k=5)
    assert [row.kind for row in summary] == [kind for kind in KINDS if any(m.kind == kind for m in moves)]


def test_what_was_lost_and_gained_is_counted() -> None:
    moves = [Moved("반말", "", 1, 0), Moved("반말", "", 2, 3), Moved("반말", "", 0, 4), Moved("존댓말", "", 9, 9)]
    familiar, polite = robustness(moves, k=5)[0], robustness(moves, k=5)[1]
    assert (familiar.questions, familiar.lost, familiar.gained, familiar.kept) == (3, 1, 1, 0.5)
    assert familiar.mean_reciprocal_before == pytest.approx(0.5)
    assert (polite.lost, polite.gained, polite.kept) == (0, 0, None)  # there was nothing to keep

"""A sentence against the characters it cites: numbers, dates, names and negation."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.assemble import load_tokenizer
from pipeline.evidence.citations import Amount, amounts, check, dates, numbers, uncited, unheld
from pipeline.types import AnalysedText, Answer, Citation, Passage, Source

TEXT = "건물 지하에 주차 2시간 무료라 편했어요. 돼지갈비 17,000원이고 웨이팅은 없었어요."
PASSAGE = Passage("p1", TEXT, Source("r1", 0, len(TEXT), "", "숯골갈비", "고깃집", "마포", None, 4.0, "2026-03-14"))
NAMES = ("숯골갈비", "연탄집")


def analyse(texts: Sequence[str]) -> list[AnalysedText]:
    return list(load_tokenizer("kiwi").analyse(texts))


def faults(sentence: str, kind: str = "generated") -> list[tuple[str, str]]:
    answer = Answer(sentence, (Citation(sentence, "p1", 0, len(TEXT)),), kind=kind)  # type: ignore[arg-type]
    (found,) = check(answer, {"p1": PASSAGE}, analyse, NAMES)
    return [(fault.kind, fault.what) for fault in found.faults]


@pytest.mark.parametrize(
    "sentence",
    [
        "숯골갈비는 지하에 두 시간 무료로 주차할 수 있습니다.",
        "돼지갈비는 1만 7천원입니다.",
        "돼지갈비는 만칠천 원입니다.",
        "2026년 3월 14일 후기에 웨이팅이 없었다고 합니다.",
        "별점 4점을 준 손님은 주차가 편했다고 합니다.",
    ],
)
def test_the_same_said_otherwise_passes(sentence: str) -> None:
    assert faults(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("주차는 3시간 무료입니다.", ("number", "3시간")),
        ("돼지갈비는 18,000원입니다.", ("number", "18,000원")),
        ("주차는 세 시간 무료입니다.", ("number", "3시간")),
        ("5월 후기에 주차가 편했다고 합니다.", ("date", "5월")),
        ("주말에는 주차가 무료입니다.", ("date", "주말")),
        ("연탄집은 주차가 편합니다.", ("name", "연탄집")),
        ("VIP 주차가 무료입니다.", ("name", "VIP")),
        ("주차가 편하지 않습니다.", ("negation", "편하")),
    ],
)
def test_what_the_evidence_does_not_say_is_found(sentence: str, fault: tuple[str, str]) -> None:
    assert fault in faults(sentence)


def test_word_for_word_needs_no_analyser() -> None:
    def nobody(texts: Sequence[str]) -> list[AnalysedText]:
        raise AssertionError("nothing is to be analysed")

    sentence = TEXT[: TEXT.index(".") + 1]
    answer = Answer(sentence, (Citation(sentence, "p1", 0, len(sentence)),))
    assert check(answer, {"p1": PASSAGE}, nobody, NAMES)[0].faults == ()


def test_a_sentence_without_evidence_is_a_fault_of_its_own() -> None:
    sentence = "건물 지하에 주차 2시간 무료라 편했어요."
    answer = Answer(f"{sentence} 발레파킹도 됩니다.", (Citation(sentence, "p1", 0, 24),), kind="generated")
    found = check(answer, {"p1": PASSAGE}, analyse)
    assert [(one.sentence, [f.kind for f in one.faults]) for one in found[1:]] == [("발레파킹도 됩니다.", ["uncited"])]
    gone = Answer(sentence, (Citation(sentence, "gone", 0, 24),), kind="generated")
    assert check(gone, {}, analyse)[0].faults[0].kind == "uncited"
    counted = Answer(f"후보 3건 가운데 1건이 말합니다. {sentence}", (Citation(sentence, "p1", 0, 24),), kind="count")
    assert [one.faults for one in check(counted, {"p1": PASSAGE}, analyse)] == [()]


def test_numbers_and_dates_of_a_text() -> None:
    assert numbers("17,000원, 1만 7천원, 1만5000원, 2.5배, 두 시간, 오천 원") == {17_000, 15_000, 2.5, 2, 5_000}
    assert numbers("한우와 두부") == set()
    assert amounts("9시간, 9시에, 세 사람, 2군데, 1만 명, 오천 원, 5분") == {
        Amount(9, "시간"), Amount(9, "시"), Amount(3, "명"), Amount(2, "곳"),
        Amount(10_000, "명"), Amount(5_000, "원"), Amount(5),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "held", "fault"),
    [
        ("9시간 기다렸어요", "9시에 갔어요", ["9시간"]),
        ("3명이 갔어요", "세 사람이 갔어요", []),
        ("2곳에 있어요", "두 군데", []),
        ("5분 걸려요", "다섯 명", []),  # 분 may be people, too
        ("1만 7천 원이에요", "17000", []),
        ("3인분 시켰어요", "3명이서 2인분", ["3인분"]),
        ("4점이에요", "4점", []),
    ],
)
def test_the_same_number_of_another_thing_is_not_held(said: str, held: str, fault: list[str]) -> None:
    assert [str(each) for each in unheld(amounts(said), amounts(held))] == fault


def test_days_are_no_amounts() -> None:
    found, rest = dates("2026-05-17과 6월 1일, 주말")
    assert found == {"2026년", "5월", "5-17", "6월", "6-1", "주말"}
    assert numbers(rest) == set()
    assert list(uncited("가나다입니다. [1] 라마바!", ["가나다입니다."])) == ["[1] 라마바!"]

"""The gate of a compressed model: what it counts, what it lets through, what it refuses and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors.evaluation import RunsNotComparable
from pipeline.evaluation.judgements import Judgement
from pipeline.evaluation.llm_gate import Gate, Rules, gate
from pipeline.evaluation.records import Record

REFERENCE = "주차 2시간이 무료입니다"


def record(number: int, answer: str = REFERENCE, **more: Any) -> Record:
    made = {"kind": "generated", "f1": 1.0 if answer == REFERENCE else 0.2, "correct": answer == REFERENCE} | more
    return Record(f"q{number}", f"{number}번 질문", "fact", REFERENCE, ("p",), True, answer=answer, **made)


def run(count: int = 30, **more: Any) -> list[Record]:
    return [record(n, **more) for n in range(count)]


def changed(records: list[Record], numbers: range, answer: str, **more: Any) -> list[Record]:
    return [record(n, answer, **more) if n in numbers else one for n, one in enumerate(records)]


def measure(found: Gate, name: str) -> tuple[float, float]:
    one = next(one for one in found.measures if one.measure == name)
    return one.original, one.compressed


def test_the_same_answers_pass() -> None:
    found = gate(run(), run())
    assert found.passed
    assert found.reasons == ()
    assert not found.unsure
    assert (found.questions, found.asked, found.exact, found.agreement) == (30, 30, 1.0, (1.0, 1.0, 1.0))
    assert {one.measure for one in found.measures} == {"replied", "f1", "accuracy"}
    assert all(one.needed is None for one in found.measures)


def test_other_answers_that_are_no_worse_are_refused_for_being_other() -> None:
    other = [record(n, "콜키지 만원", f1=1.0, correct=True) for n in range(30)]
    found = gate(run(), other)
    assert not found.passed
    ((ko, en),) = found.reasons
    assert "기준 0.70" in ko
    assert "agree" in en
    assert gate(run(), other, Rules(agreement=0.0)).passed


def test_answers_that_are_alike_and_worse_are_refused_for_that() -> None:
    worse = changed(run(), range(3), REFERENCE, f1=0.1, correct=False)
    found = gate(run(), worse)
    assert found.agreement[0] == 1.0
    assert {en.split()[0] for _, en in found.reasons} == {"f1", "accuracy"}
    assert measure(found, "accuracy") == (1.0, pytest.approx(0.9))
    assert gate(run(), worse, Rules(margin=0.1)).passed


def test_what_is_better_is_no_reason_to_refuse() -> None:
    poor = changed(run(), range(10), REFERENCE, f1=0.1, correct=False)
    assert gate(poor, run()).passed


@pytest.mark.parametrize(
    "broken",
    [
        {"answer": ""},
        {"answer": "!!!"},
        {"answer": "The parking lot is free for two hours, they said."},
        {"answer": "", "status": "error", "error": "llm-broken", "kind": ""},
    ],
)
def test_answers_that_nobody_can_read_count_against_it(broken: dict[str, Any]) -> None:
    found = gate(run(), changed(run(), range(4), **broken))
    assert measure(found, "replied") == (1.0, pytest.approx(26 / 30))
    assert not found.passed


def test_two_that_both_say_nothing_do_not_agree() -> None:
    silent = run(answer="", status="error", error="llm-down", kind="")
    assert gate(silent, silent).agreement[0] == 0.0


def test_an_abstention_has_nothing_of_the_reference() -> None:
    shy = changed(run(), range(30), "후기에서 답을 찾지 못했습니다.", kind="abstention", abstained=True, f1=None)
    assert measure(gate(run(), shy), "f1") == (1.0, 0.0)


def test_answers_by_rule_say_nothing_of_a_model() -> None:
    counted = [record(n, kind="count") for n in range(30, 60)]
    found = gate([*run(), *counted], [*run(), *counted])
    assert (found.questions, found.asked) == (60, 30)
    few = gate([*run(5), *counted], [*run(5), *counted])
    assert not few.passed
    assert "5개뿐" in few.reasons[0][0]


def test_without_references_agreement_and_readable_answers_decide() -> None:
    bare = [replace(one, reference="", gold=(), f1=None, correct=None) for one in run()]
    found = gate(bare, bare)
    assert found.passed
    assert [one.measure for one in found.measures] == ["replied"]


def test_faults_against_the_sources_are_compared_where_both_have_sentences() -> None:
    sound, faulty = run(sentences=2), run(sentences=2, faults=("number 17000",))
    found = gate(sound, faulty)
    assert measure(found, "sound") == (1.0, 0.0)
    assert not found.passed


def test_what_a_judge_made_of_both_is_compared_with_the_same_judge_only() -> None:
    def ledger(score: float, judge: str = "qwen") -> list[Judgement]:
        return [Judgement(f"q{n}", "faithfulness", "p@1", judge, "d", "ok", score) for n in range(30)]

    found = gate(run(), run(), ledgers=(ledger(0.9), ledger(0.6)))
    assert measure(found, "faithfulness (qwen)") == (pytest.approx(0.9), pytest.approx(0.6))
    assert not found.passed
    assert len(gate(run(), run(), ledgers=(ledger(0.9), ledger(0.6, "other"))).measures) == 3


def test_a_pass_that_few_questions_bear_out_says_so() -> None:
    worse = changed(run(), range(1), REFERENCE, f1=0.0, correct=False)
    found = gate(run(), worse)
    assert found.passed
    assert found.unsure


@pytest.mark.parametrize("other", [run(29), [record(n + 1) for n in range(30)], []])
def test_runs_over_other_questions_are_not_compared(other: list[Record]) -> None:
    with pytest.raises(RunsNotComparable):
        gate(run(), other)


answers = st.lists(st.sampled_from([REFERENCE, "주차 2시간", "웨이팅이 길어요", "", "no"]), min_size=20, max_size=40)


@settings(max_examples=15)  # each draws thousands of samples
@given(answers, st.data())
def test_whatever_is_said_a_pass_has_no_reasons_and_a_refusal_has(texts: list[str], data: st.DataObject) -> None:
    others = data.draw(st.lists(st.sampled_from(texts), min_size=len(texts), max_size=len(texts)))
    one, other = ([record(n, text) for n, text in enumerate(side)] for side in (texts, others))
    found = gate(one, other)
    assert found.passed == (not found.reasons)
    assert 0 <= found.exact <= 1
    assert found.agreement[1] <= found.agreement[0] + 1e-12
    assert found.agreement[0] <= found.agreement[2] + 1e-12
    turned = gate(other, one)
    assert turned.agreement[0] == pytest.approx(found.agreement[0])
    for here, there in zip(found.measures, turned.measures, strict=True):
        assert here.difference == pytest.approx(-there.difference)

"""The regression set keeps each question once, is asked like any file of questions, and its history says what broke."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpus.reader import read_samples
from pipeline.errors.files import FileProblem
from pipeline.evaluation.regression import (
    FILE,
    Case,
    NothingToRegress,
    Result,
    add_case,
    case_of,
    history,
    read_cases,
    read_results,
    remove_case,
    samples,
)
from pipeline.evaluation.running import Evaluation, evaluate
from pipeline.evaluation.runs import read_records
from pipeline.service import Service
from tests.pipeline.evaluation.questions import SAMPLES

ASKED = ("q1", "숯골갈비 주차\u2028무료예요?", "keyword", "2시간", ("r1",), True)
CASE = Case(*ASKED, "small", "base", "밀림", "kim", "2026-11-22T10:00:00+00:00")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILE


# The file


def test_a_question_is_in_the_set_once_for_each_index(path: Path) -> None:
    assert read_cases(path) == []
    assert add_case(path, CASE)
    assert not add_case(path, replace(CASE, id="other", question="숯골갈비  주차 무료예요? ", why="또"))
    assert add_case(path, replace(CASE, index="large"))
    assert add_case(path, replace(CASE, question="다른 질문"))
    assert [case.id for case in read_cases(path)] == ["q1", "q1-2", "q1-3"]
    assert read_cases(path)[0] == CASE
    assert remove_case(path, CASE.key)
    assert not remove_case(path, CASE.key)
    assert [case.id for case in read_cases(path)] == ["q1-2", "q1-3"]


def test_several_who_add_at_once_lose_nothing(path: Path) -> None:
    threads = [
        threading.Thread(target=add_case, args=(path, replace(CASE, id=f"q{number}", question=f"질문 {number}")))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {case.id for case in read_cases(path)} == {f"q{number}" for number in range(8)}


def test_evaluate_reads_the_file_as_it_is(path: Path) -> None:
    add_case(path, CASE)
    add_case(path, replace(CASE, id="q9", question="값은?", index="large", passage_ids=(), answerable=False))
    asked = samples(path, "small")
    assert [(s.question.id, s.passage_ids, s.reference) for s in asked] == [("q1", ("r1",), "2시간")]
    assert [sample.question.id for sample in read_samples(path)] == ["q1", "q9"]
    with pytest.raises(NothingToRegress, match="none"):
        samples(path, "none")


@pytest.mark.parametrize(
    "broken",
    [
        b"{",
        b"[]",
        b'{"id": "q1"}',
        b"\xff",
        {"nothing": 1},
        {"question": " "},
        {"passage_ids": [1]},
        {"why": None},
        {"at": "?"},
    ],
)
def test_a_broken_line_is_named_and_the_file_left_alone(path: Path, broken: bytes | dict[str, object]) -> None:
    add_case(path, CASE)
    if isinstance(broken, dict):
        broken = json.dumps(json.loads(path.read_bytes()) | broken).encode()
    before = path.read_bytes() + broken
    path.write_bytes(before)
    with pytest.raises(FileProblem, match="2번째 줄"):
        add_case(path, replace(CASE, question="다른 질문"))
    assert path.read_bytes() == before


# Its history


def test_what_passed_in_real_runs(service: Service, path: Path) -> None:
    runs = service.home.runs
    evaluate(service, SAMPLES, Evaluation("set-whole", "small"))
    evaluate(service, SAMPLES[:4], Evaluation("set-narrow", "small", {"retrieval.k": 1, "answer.threshold": 0.99}))
    for record in read_records(runs / "set-whole"):
        add_case(path, case_of(record, "small", "set-whole", "", "kim", ""))
    add_case(path, replace(CASE, question=SAMPLES[0].question.text, index="another"))
    cases = read_cases(path)
    by_answer, by_prompt = read_results(runs / "set-whole", cases), read_results(runs / "set-whole", cases, "prompt")
    for record in read_records(runs / "set-whole"):
        assert by_answer[record.id] == Result(record.verdict, record.verdict == "right", record.id)
        if record.gold:
            assert by_prompt[record.id].passed == any(path.in_prompt for path in record.paths)
        else:
            assert by_prompt[record.id] == by_answer[record.id]
    assert set(by_answer) == {sample.question.id for sample in SAMPLES}
    fewer = read_results(runs / "set-narrow", cases)
    assert set(fewer) == {sample.question.id for sample in SAMPLES[:4]}
    turns = history([("set-whole", by_answer), ("set-narrow", fewer)])
    assert set(turns[1].broken) == {id_ for id_ in fewer if by_answer[id_].passed and not fewer[id_].passed}
    assert turns[1].broken
    assert read_results(runs / "set-whole", [case for case in cases if case.index == "another"]) == {}


def test_a_question_is_held_against_the_run_that_asked_it_before() -> None:
    good, bad, unknown = Result("right", True), Result("cut", False), Result("", None)
    turns = history([
        ("1", {"a": good, "b": bad, "c": good}),
        ("2", {"b": good, "c": unknown}),
        ("3", {"a": bad, "b": good, "c": bad}),
        ("4", {"a": bad, "d": bad}),
    ])  # fmt: skip
    assert [(turn.broken, turn.mended) for turn in turns] == [((), ()), ((), ("b",)), (("a", "c"), ()), ((), ())]
    assert [(turn.passed, turn.judged) for turn in turns] == [(2, 3), (1, 1), (1, 3), (0, 2)]


RESULTS = st.dictionaries(
    st.sampled_from("abc"), st.builds(Result, st.just("x"), st.sampled_from([True, False, None])), max_size=3
)


@given(st.lists(RESULTS, max_size=6))
def test_what_broke_and_was_mended_adds_up(seen: list[dict[str, Result]]) -> None:
    turns = history([(str(number), results) for number, results in enumerate(seen)])
    for id_ in "abc":
        told = [turn.results[id_].passed for turn in turns if id_ in turn.results]
        states = [passed for passed in told if passed is not None]
        changes = [id_ in turn.mended for turn in turns if id_ in (*turn.mended, *turn.broken)]
        assert len(changes) == sum(one != other for one, other in pairwise(states))
        if changes:
            assert changes[-1] == states[-1]

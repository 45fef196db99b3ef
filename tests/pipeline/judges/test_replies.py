"""What a judge wrote is read as it was meant, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.judges.measures import read_classifications, read_questions, read_statements, read_verdicts
from pipeline.judges.replies import find_object, yes_or_no
from pipeline.judges.types import Unreadable

GOOD = '{"statements": [{"statement": "주차가 된다", "verdict": 1}, {"statement": "무료다", "verdict": 0}]}'


@pytest.mark.parametrize(
    "reply",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"Sure! Here is the JSON you asked for:\n\n{GOOD}\n\nLet me know if you need anything else.",
        f'생각: {{주장}}을 나눕니다. {{"x": 1}} 결과는 다음과 같습니다.\n{GOOD}',
        GOOD.replace("1", "true").replace("0", "false"),
    ],
)
def test_the_object_is_found_among_whatever_stands_around_it(reply: str) -> None:
    assert read_statements(reply) == [("주차가 된다", True), ("무료다", False)]


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("", "JSON 객체가 없습니다"),
        ("The answer is fully supported.", "JSON 객체가 없습니다"),
        (GOOD[:60], "끊겼거나"),
        (GOOD.replace("1", "NaN"), "NaN"),
        (GOOD.replace("1", "Infinity"), "Infinity"),
        (GOOD.replace("1", "0.5"), "0이나 1"),
        (GOOD.replace("1", '"yes"'), "0이나 1"),
        (GOOD.replace("1", "null"), "0이나 1"),
        (GOOD.replace("주차가 된다", " "), '"statement" 글이 없습니다'),
        ('{"statements": []}', "비었습니다"),
        ('{"statements": ["주차가 된다"]}', "객체가 아닌 것"),
        ('{"verdict": 1}', '"statements" 목록이 없습니다'),
        ("[" * 5_000, "JSON 객체가 없습니다"),
        ('{"a":' * 50_000, "끊겼거나"),
        (json.dumps({"statements": [{"statement": "x", "verdict": 1}] * 201}), "200개를 넘습니다"),
    ],
)
def test_what_can_not_be_read_is_said_and_not_guessed(reply: str, problem: str) -> None:
    with pytest.raises(Unreadable, match=problem):
        read_statements(reply)


def test_every_passage_needs_one_verdict_in_order() -> None:
    def reply(*numbers: int) -> str:
        return json.dumps({"verdicts": [{"passage": n, "verdict": 1} for n in numbers]})

    assert read_verdicts(reply(1, 2, 3), 3) == [True, True, True]
    for numbers in ((1, 2), (1, 3, 2), (1, 2, 3, 4), (1, 1, 2)):
        with pytest.raises(Unreadable, match="차례로"):
            read_verdicts(reply(*numbers), 3)


def test_questions_are_three_and_in_korean() -> None:
    def reply(*questions: str) -> str:
        return json.dumps({"questions": [{"question": q, "noncommittal": 0} for q in questions]})

    assert read_questions(reply("주차 돼요?", "무료예요?", "몇 시간이에요?"))[0] == ("주차 돼요?", False)
    with pytest.raises(Unreadable, match="한국어"):
        read_questions(reply("Is parking free?", "무료예요?", "몇 시간이에요?"))
    with pytest.raises(Unreadable, match="3개가 아니라 2개"):
        read_questions(reply("주차 돼요?", "무료예요?"))


def test_recall_reads_its_own_key() -> None:
    reply = '{"classifications": [{"statement": "무료다", "attributed": 1}]}'
    assert read_classifications(reply) == [("무료다", True)]
    with pytest.raises(Unreadable, match="attributed"):
        read_classifications(reply.replace("attributed", "verdict"))


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        found = find_object(text, "statements")
    except Unreadable:
        return
    assert found


@given(st.one_of(st.none(), st.floats(), st.text(), st.lists(st.integers()), st.integers()))
def test_only_zero_and_one_are_verdicts(value: Any) -> None:
    if isinstance(value, int) and value in (0, 1):
        assert yes_or_no({"verdict": value}, "verdict") == bool(value)
    else:
        with pytest.raises(Unreadable):
            yes_or_no({"verdict": value}, "verdict")

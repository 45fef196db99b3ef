"""What kind of reply a text is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.prompting.replies import (
    declines,
    is_foreign,
    is_marker,
    may_become_marker,
    repetition,
    says_nothing_found,
)

MARKER = "후기에서 답을 찾지 못했습니다."


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("숯골갈비는 주차가 됩니다.[1] " * 40, "숯골갈비는 주차가 됩니다.[1]"),
        ("맛있어요. " + "주차가 됩니다. " * 9, "맛있어요. 주차가 됩니다."),
        ("앞은 다릅니다. " + "ㅋ" * 80, "앞은 다릅니다. ㅋ"),
        ("네. " + "가나다 " * 30, "네. 가나다 "),
        (
            "주차 공간이 넓습니다.[1] 고기가 맛있습니다.[2] 주차 공간이 넓습니다.[3]"
            " 친절합니다. 주차 공간이 넓습니다.[4]",
            "주차 공간이 넓습니다.[1] 고기가 맛있습니다.[2]",
        ),
    ],
)
def test_what_is_said_over_and_over_is_cut(text: str, kept: str) -> None:
    place = repetition(text)
    assert place is not None
    assert text[:place].strip() == kept.strip()


@pytest.mark.parametrize(
    "text",
    ["", "ㅋㅋㅋㅋㅋㅋ 맛있어요", "주차가 됩니다. 주차가 됩니다.", "네. 네. 네. 네.",
     "1번은 숯골갈비, 2번은 연탄집, 3번은 국수집입니다.", "----------"],
)  # fmt: skip
def test_what_people_say_twice_is_not(text: str) -> None:
    assert repetition(text) is None


@given(st.text(max_size=40), st.text(min_size=1, max_size=30), st.integers(60, 80))
def test_any_endless_repetition_is_found_and_the_cut_lies_within(before: str, unit: str, times: int) -> None:
    place = repetition(before + unit * times)
    assert place is not None
    assert 0 < place <= len(before) + 2 * len(unit) + 60


def test_the_marker_is_known_in_any_punctuation() -> None:
    assert is_marker(f"“{MARKER}”", MARKER)
    assert is_marker("후기에서 답을 찾지 못했습니다", MARKER)
    assert not is_marker("주차가 됩니다.", MARKER)
    assert all(may_become_marker(MARKER[:n], MARKER) for n in range(len(MARKER)))
    assert not may_become_marker("후기에서 보면", MARKER)


@pytest.mark.parametrize(
    "text", ["제공된 후기에는 와이파이에 대한 정보가 없습니다.", f"아쉽지만 {MARKER}", "후기만으로는 알 수 없습니다."]
)
def test_other_words_for_nothing_found(text: str) -> None:
    assert says_nothing_found(text, MARKER)


def test_an_answer_says_something() -> None:
    assert not says_nothing_found("주차는 두 시간 무료이고 웨이팅이 없습니다.", MARKER)
    assert not declines("주차는 두 시간 무료입니다.")


@pytest.mark.parametrize(
    "text",
    ["죄송합니다. 도와드릴 수 없습니다.", "I'm sorry, but I can't help.", "As an AI model, I ...", "I cannot do that"],
)
def test_refusals(text: str) -> None:
    assert declines(text)


@pytest.mark.parametrize(("text", "foreign"), [
    ("Parking is free for two hours.", True), ("停车免费两个小时，非常方便。", True),
    ("駐車場は二時間無料です。", True),
    ("BBQ Olive Chicken의 SET A가 맛있습니다.", False), ("주차 됩니다.", False), ("OK", False),
    ("", False), ("12,000 / 3:00", False),
])  # fmt: skip
def test_languages(text: str, foreign: bool) -> None:
    assert is_foreign(text) == foreign

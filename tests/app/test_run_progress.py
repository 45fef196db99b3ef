"""What is said of a run while it goes on: rate, time left, success, memory; in a file a line now and then."""

from __future__ import annotations

import pytest

from app.cli.run_progress import EVERY_S, MIB, Rate, speed, watching, words
from pipeline.evaluation.runs import State


def state(done: int, *, gpu: int = 0, failures: int = 0) -> State:
    return State(done, 2_223, failures, 0, 2, 800 * MIB, 14_000 * MIB, gpu * MIB)


def test_a_rate_is_that_of_the_last_minute() -> None:
    times = iter([0.0, 10.0, 70.0, 140.0])
    rate = Rate(lambda: next(times))
    assert rate.at(500) == 0  # 500 were there before
    assert rate.at(600) == 10
    assert rate.at(720) == 2
    assert rate.at(860) == 2  # however long ago the last one was


def test_answers_after_searches_are_counted_from_their_own_beginning() -> None:
    times = iter([0.0, 10.0, 20.0, 30.0])
    rate = Rate(lambda: next(times))
    assert [rate.at(done) for done in (1, 101, 1, 21)] == [0, 10, 0, 2]


def test_the_line_says_rate_time_left_success_and_memory() -> None:
    said = words(state(223, failures=2), 8.0)
    assert said == "8.0개/초 · 남은 시간 4:10 · 성공 99.1% · 메모리 800 MiB(남음 14,000) · 동시 2"
    assert "GPU 9,000 MiB" in words(state(223, gpu=9_000), 8.0)
    assert "개/초" not in words(state(1), 0.0)
    assert speed(0, 36_000, 2.0) == "2.0개/초 · 남은 시간 5:00:00"


def test_a_file_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    with watching(2_223, lambda: now[0]) as (watch, told):
        for second in range(1, 100):
            now[0] = float(second)
            watch(state(second * 10))
        now[0] += EVERY_S
        told(5, 2_223)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" · ")[0] for line in lines] == [
        "질문 300/2,223", "질문 600/2,223", "질문 900/2,223", "검색 5/2,223",
    ]  # fmt: skip
    assert "10.0개/초 · 남은 시간" in lines[0]

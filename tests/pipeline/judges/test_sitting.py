"""A sitting keeps every judgement, asks only what is missing, and stops before it costs more than it may."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors.endpoints import EndpointDown
from pipeline.errors.judges import JudgeRefused
from pipeline.errors.machine import DiskFull, HomeLocked
from pipeline.evaluation.judgements import (
    LEDGER,
    MEASURES,
    Judgement,
    appending,
    from_line,
    read_ledger,
    to_line,
    write_ledger,
)
from pipeline.judges.asking import READINGS, TRIES, Bench, Todo, digest
from pipeline.judges.costs import Price, Spending
from pipeline.judges.endpoint import EndpointJudge
from pipeline.judges.measures import Ours
from pipeline.judges.pace import Pace
from pipeline.judges.sitting import LOCK, Sitting, State, calls_of_today, estimate_of, open_todos, sit, spent
from pipeline.judges.types import Case
from pipeline.storage import locked
from tests.pipeline.judges.server import JudgeServer, Said, fair, serving

OURS = Ours()
PASSAGES = ("(숯골집) 지하 주차 2시간 무료", "(숯골집) 고기가 부드럽고 좋아요")
CASES = (
    Case("q1", "주차 돼요?", "지하 주차 2시간 무료", PASSAGES, "지하 주차"),
    Case("q2", "고기 어때요?", "고기가 부드럽고 좋아요. 값이 싸요", PASSAGES, "고기가 부드럽고"),
    Case("q3", "환전소 있어요?", "찾지 못했습니다", PASSAGES, "", abstained=True),
)
NAME = "local:m"


async def similar(question: str, others: Sequence[str]) -> list[float]:
    return [0.9] * len(others)


def todo(case: Case, measure: Any) -> Todo:
    return Todo(case, measure, digest(measure, case, OURS, ""))


TODOS = [todo(c, m) for c in CASES for m in MEASURES if c.reference or m in ("answer_relevancy", "faithfulness")]


def bench(
    server: JudgeServer, *, seconds: float = 30, tries: int = TRIES, pace: Pace | None = None, **more: Any
) -> Bench:
    judge = EndpointJudge(NAME, server.url, "m", seconds=seconds)
    spending = Spending(more.pop("price", Price()), more.pop("budget", None), more.pop("spent", 0.0))
    return Bench(judge, OURS, pace or Pace(base=0.001), spending, similar, tries=tries)


def judged(folder: Path, server: JudgeServer, todos: Sequence[Todo] = TODOS, **more: Any) -> Sitting:
    return sit(folder, todos, bench(server, **more))


def timeless(rows: Sequence[Judgement]) -> list[Judgement]:
    return [replace(row, at="") for row in rows]


def scores(folder: Path) -> dict[tuple[str, str], float | None]:
    return {(row.question, row.measure): row.score for row in read_ledger(folder)}


def test_every_judgement_has_its_line(tmp_path: Path) -> None:
    seen: list[State] = []
    with serving() as server:
        sitting = sit(tmp_path, TODOS, bench(server), watch=seen.append)
    assert sitting.made == len(TODOS)
    assert sitting.left == 0
    assert sitting.statuses == {"ok": 8, "abstained": 2}
    assert server.asked == 8
    assert [state.done for state in seen] == list(range(1, len(TODOS) + 1))
    rows = read_ledger(tmp_path)
    assert [(row.question, row.measure) for row in rows] == [(t.case.id, t.measure) for t in TODOS]
    found = scores(tmp_path)
    assert found["q1", "faithfulness"] == 1
    assert found["q2", "faithfulness"] == 0.5
    assert found["q1", "context_precision"] == 1
    assert found["q2", "context_precision"] == 0.5
    assert found["q3", "faithfulness"] is None
    assert rows[0].replies
    assert (rows[0].calls, rows[0].tokens_in, rows[0].tokens_out) == (1, 100, 20)
    assert rows[0].at


def test_a_second_sitting_asks_nothing(tmp_path: Path) -> None:
    with serving() as server:
        judged(tmp_path, server)
        before = (tmp_path / LEDGER).read_bytes()
        again = judged(tmp_path, server)
        assert server.asked == 8
    assert again.made == 0
    assert (tmp_path / LEDGER).read_bytes() == before


def test_only_what_failed_is_tried_again(tmp_path: Path) -> None:
    def broken(body: dict[str, Any], number: int) -> Said:
        return Said("모르겠습니다") if "statements" in body["messages"][0]["content"] else fair(body, number)

    with serving(broken) as server:
        first = judged(tmp_path, server)
        assert first.statuses["parse-fail"] == 2
        before = server.asked
        server.behave = fair
        second = judged(tmp_path, server)
        assert server.asked == before + 2
    assert second.statuses == {"ok": 2}
    row = next(row for row in read_ledger(tmp_path) if row.measure == "faithfulness")
    assert row.calls == READINGS + 1
    assert row.tokens_in == 100 * (READINGS + 1)


def test_a_changed_answer_is_judged_again(tmp_path: Path) -> None:
    with serving() as server:
        judged(tmp_path, server)
        other = replace(CASES[0], answer="주차는 안 됩니다")
        changed = [todo(other, t.measure) if t.case.id == "q1" else t for t in TODOS]
        sitting = judged(tmp_path, server, changed)
    assert sitting.made == 4
    assert scores(tmp_path)["q1", "faithfulness"] == 0
    assert len(read_ledger(tmp_path)) == len(TODOS)


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("The answer is faithful.", "JSON 객체가 없습니다"),
        ('{"statements": [{"statement": "주차", "verdict": NaN}]}', "NaN"),
        ('{"statements": [{"statement": "주차", "ver', "끊겼거나"),
    ],
)
def test_a_judge_is_told_once_what_is_wrong(tmp_path: Path, reply: str, problem: str) -> None:
    first = [todo(CASES[0], "faithfulness")]

    def mended(body: dict[str, Any], number: int) -> Said:
        return Said(reply) if number == 1 else fair(body, number)

    with serving(mended) as server:
        sitting = judged(tmp_path, server, first)
        *_, said, told = server.bodies[1]["messages"]
    assert said == {"role": "assistant", "content": reply}
    assert problem in told["content"]
    assert sitting.statuses == {"ok": 1}
    never = tmp_path / "never"
    never.mkdir()
    with serving(lambda body, number: Said(reply)) as server:
        judged(never, server, first)
    (row,) = read_ledger(never)
    assert row.status == "parse-fail"
    assert row.score is None
    assert row.replies == (reply,)
    assert problem in row.detail


def test_a_reply_cut_for_want_of_room_is_not_believed(tmp_path: Path) -> None:
    with serving(lambda body, number: replace(fair(body, number), finish="length")) as server:
        judged(tmp_path, server, [todo(CASES[0], "faithfulness")])
    assert [row.status for row in read_ledger(tmp_path)] == ["parse-fail"]


def test_rate_limits_are_waited_out(tmp_path: Path) -> None:
    def limited(body: dict[str, Any], number: int) -> Said:
        return Said(status=429, headers={"Retry-After": "0"}) if number <= 2 else fair(body, number)

    with serving(limited) as server:
        sitting = judged(tmp_path, server)
    assert sitting.statuses == {"ok": 8, "abstained": 2}


def test_a_rate_limit_that_stays_is_a_row_to_try_again(tmp_path: Path) -> None:
    limited = Said(status=429, headers={"Retry-After": "0"}, raw='{"error": {"message": "slow down"}}')
    with serving(lambda body, number: limited) as server:
        sitting = judged(tmp_path, server, TODOS[:2])
    assert sitting.statuses == {"rate-limited": 2}
    assert {(row.detail, row.tokens_in) for row in read_ledger(tmp_path)} == {("slow down", 0)}


def test_a_long_pause_ends_the_sitting_and_not_the_work(tmp_path: Path) -> None:
    limited = Said(status=429, headers={"Retry-After": "3600"})
    with serving(lambda body, number: limited) as server:
        sitting = judged(tmp_path, server)
        assert sitting.stopped == "pace"
        assert sitting.wait > 3000
        assert sitting.made + sitting.left == len(TODOS)
        assert server.asked <= 4
        server.behave = fair
        assert judged(tmp_path, server).left == 0
    assert None not in {score for (q, _), score in scores(tmp_path).items() if q != "q3"}


def test_a_slow_judge_is_a_timeout(tmp_path: Path) -> None:
    with serving(lambda body, number: Said(hang=True)) as server:
        sitting = judged(tmp_path, server, TODOS[:2], seconds=0.2, tries=2)
    assert sitting.statuses == {"timeout": 2}
    assert all(row.calls == 2 and row.tokens_out > 0 for row in read_ledger(tmp_path))


def test_a_broken_connection_is_tried_again(tmp_path: Path) -> None:
    with serving(lambda body, number: replace(fair(body, number), cut=number == 1)) as server:
        assert judged(tmp_path, server, TODOS[:1]).statuses == {"ok": 1}
    assert read_ledger(tmp_path)[0].calls == 2


def test_a_judge_that_dies_is_told_and_taken_up_again(tmp_path: Path) -> None:
    with serving() as server:
        kept = judged(tmp_path, server, TODOS[:3])
        assert kept.made == 3
    with pytest.raises(EndpointDown, match="이어서"):
        judged(tmp_path, server)
    assert len([row for row in read_ledger(tmp_path) if row.status == "ok"]) == 3
    with serving() as server:
        judged(tmp_path, server)
        assert server.asked == 5


def test_a_judge_that_refuses_ends_the_sitting(tmp_path: Path) -> None:
    def no_more(body: dict[str, Any], number: int) -> Said:
        return fair(body, number) if number <= 2 else Said(status=401, raw='{"error": {"message": "bad key"}}')

    with serving(no_more) as server:
        with pytest.raises(JudgeRefused, match="bad key"):
            judged(tmp_path, server)
        assert server.asked <= 2 + 4
    assert [row.status for row in read_ledger(tmp_path)].count("ok") == 2


def test_what_was_paid_for_has_its_line_whatever_comes_after(tmp_path: Path) -> None:
    def turned(body: dict[str, Any], number: int) -> Said:
        return Said("모르겠습니다") if number == 1 else Said(status=403, raw='{"error": {"message": "no more"}}')

    with serving(turned) as server, pytest.raises(JudgeRefused):
        sit(tmp_path, TODOS[:2], bench(server), workers=1)
    (row,) = read_ledger(tmp_path)
    assert (row.status, row.calls, row.tokens_in) == ("error", 2, 100)
    assert "no more" in row.detail


def test_the_budget_stops_before_it_is_exceeded(tmp_path: Path) -> None:
    price = Price(10.0, 10.0)
    one = price.of(100, 20)
    with serving() as server:
        stopped = judged(tmp_path, server, price=price, budget=0.035)
        assert stopped.stopped == "budget"
        assert stopped.left > 0
        assert stopped.dollars <= 0.035
        done = read_ledger(tmp_path)
        assert stopped.dollars == pytest.approx(server.asked * one)
        assert spent(done, NAME, price) == pytest.approx(stopped.dollars)
        rest = judged(tmp_path, server, price=price, budget=0.2, spent=spent(done, NAME, price))
    assert rest.left == 0
    assert rest.dollars == pytest.approx(8 * one)


def test_the_estimate_is_of_what_is_left(tmp_path: Path) -> None:
    with serving() as server:
        judged(tmp_path, server, TODOS[:4])
    left = open_todos(TODOS, read_ledger(tmp_path), NAME, OURS)
    found = estimate_of(left, OURS, Price(1.0, 1.0))
    assert (found.judgements, found.calls) == (4, 4)
    assert found.tokens_in > 0
    assert open_todos(TODOS, read_ledger(tmp_path), "local:other", OURS) == TODOS


def test_calls_of_the_last_day_are_known_from_the_ledger(tmp_path: Path) -> None:
    with serving() as server:
        judged(tmp_path, server)
    rows = read_ledger(tmp_path)
    now = datetime.datetime.now(datetime.UTC).timestamp()
    assert len(calls_of_today(rows, NAME, now)) == 8
    assert calls_of_today(rows, "local:other", now) == []
    assert calls_of_today(rows, NAME, now + 90_000) == []


def test_a_line_that_was_cut_off_is_asked_again(tmp_path: Path) -> None:
    with serving() as server:
        judged(tmp_path, server)
        whole = read_ledger(tmp_path)
        lines = (tmp_path / LEDGER).read_bytes().splitlines(keepends=True)
        (tmp_path / LEDGER).write_bytes(b"".join(lines[:5]) + b"\x00\x00\n" + lines[5][:40])
        assert len(read_ledger(tmp_path)) == 5
        judged(tmp_path, server)
    assert timeless(read_ledger(tmp_path)) == timeless(whole)


def test_lines_come_back_and_hold_no_nan(tmp_path: Path) -> None:
    with serving() as server:
        judged(tmp_path, server)
    rows = read_ledger(tmp_path)
    assert [from_line(to_line(row)) for row in rows] == rows
    for score, status in ((float("nan"), "ok"), (1.2, "ok"), (None, "ok"), (0.5, "parse-fail")):
        with pytest.raises(ValueError, match="score"):
            replace(rows[0], score=score, status=status)  # type: ignore[arg-type]


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with serving() as server:
        judged(tmp_path, server, TODOS[:3])
    (row, *_) = read_ledger(tmp_path)
    full = tmp_path / "full"
    full.mkdir()
    (full / LEDGER).symlink_to("/dev/full")
    with pytest.raises(DiskFull, match="디스크가 가득"), appending(full) as append:
        append(row)
    assert len(read_ledger(tmp_path)) == 3


def test_two_do_not_judge_one_run(tmp_path: Path) -> None:
    with serving() as server, locked(tmp_path / LOCK), pytest.raises(HomeLocked):
        judged(tmp_path, server)


def test_the_ledger_of_nobody_is_empty(tmp_path: Path) -> None:
    assert read_ledger(tmp_path) == []
    write_ledger(tmp_path, [])
    assert read_ledger(tmp_path) == []

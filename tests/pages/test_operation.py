"""The page of operation: figures by hour and day in Korea, the server's parts, nothing where nothing is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plotly.graph_objects import Figure

from pages.operation import question_bars, time_lines
from pages.operation_figures import KST, Bin, figures
from pipeline.traces import TraceStore
from pipeline.types import Answer, Question, Trace, Trouble
from tests.pages.stored import html, looking, opened

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # twelve o'clock in Korea


def trace(
    number: int, asked: datetime, ms: float = 10.0, *, state: str = "done", abstained: bool = False,
    trouble: Trouble | None = None,
) -> Trace:  # fmt: skip
    answer = Answer("네", abstained=abstained, trouble=trouble) if state == "done" else None
    created = asked.astimezone(UTC).isoformat(timespec="milliseconds")
    return Trace(f"t{number}", Question(f"t{number}", f"질문 {number}"), "demo", {}, state, answer=answer,  # type: ignore[arg-type]
                 timings_ms={"total": ms}, created=created)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TraceStore]:
    made = TraceStore(tmp_path / "traces.db")
    yield made
    made.close()


def test_nothing_without_a_record_or_questions(tmp_path: Path, store: TraceStore) -> None:
    assert figures(tmp_path / "none.db", NOON, 1) is None
    assert figures(tmp_path / "traces.db", NOON, 1) is None


def test_today_begins_at_midnight_in_korea(tmp_path: Path, store: TraceStore) -> None:
    midnight = datetime(2026, 11, 23, tzinfo=KST)
    store.save(trace(1, midnight - timedelta(milliseconds=1)))
    store.save(trace(2, midnight, 20.0))
    store.save(trace(3, midnight + timedelta(hours=9, minutes=30), 40.0, abstained=True))
    store.save(trace(4, midnight + timedelta(hours=9, minutes=59), state="retrieved"))
    today = figures(tmp_path / "traces.db", NOON, 1)
    assert today is not None
    assert (today.questions, today.whole.answered, today.whole.abstained, today.whole.unfinished) == (3, 1, 1, 1)
    assert (today.whole.p50, today.whole.p95) == (pytest.approx(20, abs=20), pytest.approx(40, abs=2))
    assert [each.answered for each in today.bins[:1]] == [1]
    assert (today.bins[9].abstained, today.bins[9].unfinished, today.bins[9].p50) == (1, 1, 40.0)
    week = figures(tmp_path / "traces.db", NOON, 7)
    assert week is not None
    assert week.questions == 4
    assert week.bins[-2].answered == 1
    assert week.bins[-1].start == midnight


def test_the_last_vote_counts_and_complaints_are_listed(tmp_path: Path, store: TraceStore) -> None:
    now = datetime.now(UTC)
    for number in (1, 2):
        store.save(trace(number, now))
    store.add_feedback("t1", "down", "근거와 다름")
    store.add_feedback("t2", "down", "실수")
    store.add_feedback("t2", "up")
    found = figures(tmp_path / "traces.db", now, 7)
    assert found is not None
    assert (found.up, found.down) == (1, 1)
    assert [(each.question, each.reason, each.trace) for each in found.complaints] == [("질문 1", "근거와 다름", "t1")]


def test_what_failed_is_counted_apart_and_told_with_its_reason(tmp_path: Path, store: TraceStore) -> None:
    now = datetime.now(UTC)
    down = Trouble("llm-down", "언어 모델이 답하지 않습니다.", "The language model doesn't answer.")
    store.save(trace(1, now - timedelta(seconds=3)))
    store.save(trace(2, now - timedelta(seconds=2), trouble=down))
    store.save(trace(3, now - timedelta(seconds=1), state="retrieved"))
    found = figures(tmp_path / "traces.db", now, 7)
    assert found is not None
    whole = found.whole
    assert (found.questions, whole.answered, whole.troubled, whole.unfinished) == (3, 1, 1, 1)
    assert [(each.question, each.state, each.ko) for each in found.failures] == [
        ("질문 3", "retrieved", ""), ("질문 2", "done", down.ko),
    ]  # fmt: skip
    with looking(tmp_path, chat=1):
        told = html(opened("operation")).partition("hs-operation-failures")[2].partition("</table>")[0]
    left, troubled = [row.split("<td>")[3] for row in told.split("<tr>")[2:]]
    assert left.startswith("후기를 찾은 뒤에 멈췄습니다")
    assert troubled.startswith(down.ko)


def test_a_record_of_an_earlier_version_is_left_to_the_server(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "traces.db")) as made:
        made.execute("CREATE TABLE traces (id, created, question, index_name, state, abstained, total_ms, body)")
        made.commit()
    assert figures(tmp_path / "traces.db", NOON, 1) is None


@given(st.lists(st.tuples(st.integers(0, 7 * 24 * 60 - 1), st.sampled_from(["done", "retrieved"])), max_size=30))
def test_every_question_is_in_exactly_one_bin(asked: list[tuple[int, str]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path, start = Path(folder) / "traces.db", datetime(2026, 11, 17, tzinfo=KST)
        with closing(sqlite3.connect(path)) as made:
            made.execute(
                "CREATE TABLE traces (id, created, question, index_name, state, abstained, total_ms, trouble, body)"
            )
            made.execute("CREATE TABLE feedback (id INTEGER, trace_id, created, vote, reason)")
            made.execute("CREATE TABLE turned_away (hour, outcome, questions)")
            rows = [((start + timedelta(minutes=m)).astimezone(UTC).isoformat(timespec="milliseconds"), state)
                    for m, state in asked]  # fmt: skip
            made.executemany(
                "INSERT INTO traces (created, state, abstained, total_ms, trouble, body) VALUES (?, ?, 0, 1, '', '{}')",
                rows,
            )
            made.commit()
        found = figures(path, NOON, 7)
        if not asked:
            assert found is None
            return
        assert found is not None
        assert found.questions == len(asked)
        assert sum(each.answered + each.unfinished for each in found.bins) == len(asked)


def test_the_page_shows_the_figures_and_says_when_the_server_is_away(tmp_path: Path) -> None:
    store = TraceStore(tmp_path / "traces.db")
    store.save(trace(1, datetime.now(UTC), 1234.0))
    store.add_feedback("t1", "down", "<b>틀림</b>")
    store.add_turned_away({(f"{datetime.now(UTC):%Y-%m-%dT%H}", "refused"): 1_230})
    store.add_turned_away({(f"{datetime.now(UTC):%Y-%m-%dT%H}", outcome): 2 for outcome in ("refused", "server_error")})
    store.close()
    with looking(tmp_path, chat=1):  # nobody listens on port 1
        page = opened("operation")
        assert "서버가 답하지 않습니다" in page.error[0].value
        assert "1,234 ms" in html(page)
        assert "👎 1" in html(page)
        assert "1,234건 (몰림·한도·점검 1,232 · 오류 2)" in html(page)
        assert "<td>&lt;b&gt;틀림&lt;/b&gt;</td>" in html(page)
        assert "Answered" in html(opened("operation", "en"))


def test_the_page_says_that_there_is_nothing(tmp_path: Path) -> None:
    with looking(tmp_path, chat=1):
        assert "질문이 없습니다" in opened("operation").info[0].value


def test_plots_can_be_told_apart_without_colours() -> None:
    bins = (Bin(NOON, answered=2, abstained=1, p50=3.0, p95=4.0), Bin(NOON))
    bars: Figure = question_bars(bins, ["9시", "10시"], str)
    assert [list(bar.y) for bar in bars.data][:2] == [[2, 0], [1, 0]]
    assert len({bar.marker.pattern.shape for bar in bars.data}) == len(bars.data)
    lines = time_lines(bins, ["9시", "10시"], str)
    assert [list(line.y) for line in lines.data] == [[3.0, None], [4.0, None]]
    assert len({(line.line.dash, line.marker.symbol) for line in lines.data}) == 2

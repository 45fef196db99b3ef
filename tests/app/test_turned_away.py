"""Questions that left no trace: counted by the hour, kept across restarts and full disks, shown to administrators."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.operation import turned_away
from app.operation.turned_away import TurnedAway
from pages.operation_figures import figures
from pipeline.errors.machine import DiskFull
from pipeline.service import Home
from pipeline.traces import TraceStore
from tests.app.served import until
from tests.app.test_operation import QUESTION, made, opened

NOON = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)  # in Korea


def kept(path: Path) -> dict[tuple[str, str], int]:
    with closing(sqlite3.connect(path)) as database:
        return {(hour, how): count for hour, how, count in database.execute("SELECT * FROM turned_away")}


def shown(path: Path, now: datetime, days: int) -> tuple[int, int]:
    found = figures(path, now, days)
    return (found.refused, found.lost) if found else (0, 0)


@given(st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["refused", "server_error", "write"]))))
def test_nothing_is_lost_or_counted_twice(
    tmp_path_factory: pytest.TempPathFactory, happened: list[tuple[int, str]]
) -> None:
    path = tmp_path_factory.mktemp("away") / "traces.db"
    store, now = TraceStore(path), NOON
    counter = TurnedAway(store, lambda: now)
    for hours, what in happened:
        now = NOON - timedelta(hours=hours)
        counter.write() if what == "write" else counter.count(what)
    counter.stop()
    store.close()
    for days in (1, 7):
        since = NOON - timedelta(hours=12 + 24 * (days - 1))  # midnight in Korea, by the hour
        lately = [what for hours, what in happened if NOON - timedelta(hours=hours) >= since]
        assert shown(path, NOON, days) == (lately.count("refused"), lately.count("server_error"))


def test_what_cannot_be_kept_now_is_kept_later(tmp_path: Path) -> None:
    class Full(TraceStore):
        room = False

        def add_turned_away(self, counts: object) -> None:
            if not self.room:
                raise DiskFull(path=tmp_path, reason="full")
            super().add_turned_away(counts)  # type: ignore[arg-type]

    store = Full(tmp_path / "traces.db")
    counter = TurnedAway(store, lambda: NOON)
    counter.count("refused")
    counter.write()
    counter.count("refused")
    assert not kept(tmp_path / "traces.db")
    store.room = True
    counter.write()
    assert kept(tmp_path / "traces.db") == {("2026-11-23T03", "refused"): 2}
    store.close()


def test_it_is_written_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turned_away, "EVERY_SECONDS", 0.01)
    store = TraceStore(tmp_path / "traces.db")
    counter = TurnedAway(store, lambda: NOON)
    counter.start()
    counter.count("server_error")
    until(lambda: kept(tmp_path / "traces.db"))
    counter.stop()
    store.close()


def test_questions_that_end_without_a_trace_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = made(tmp_path)
    with TestClient(opened(operation), raise_server_exceptions=False) as client:
        assert client.post("/v1/ask", json=QUESTION).status_code == 200
        assert client.post("/v1/ask", json={}).status_code == 422
        assert client.get("/v1/made-up").status_code == 404
        monkeypatch.setattr(operation.service, "ask", broken)
        assert client.post("/v1/ask", json=QUESTION).status_code == 500
        operation.drain()
        for path in ("/v1/ask", "/v1/search", "/v1/feedback"):  # the last is no question
            assert client.post(path, json=QUESTION).status_code == 503
    operation.close()
    found = figures(Home(tmp_path).traces, datetime.now(UTC) + timedelta(seconds=1), 7)
    assert found is not None
    assert (found.questions, found.refused, found.lost) == (1, 2, 1)


def broken(*_: object) -> None:
    raise ZeroDivisionError


def test_a_server_that_only_refused_has_something_to_show(tmp_path: Path) -> None:
    operation = made(tmp_path)
    with TestClient(opened(operation)) as client:
        operation.drain()
        client.post("/v1/ask", json=QUESTION)
    operation.close()
    found = figures(Home(tmp_path).traces, datetime.now(UTC) + timedelta(seconds=1), 1)
    assert found is not None
    assert (found.questions, found.refused) == (0, 1)

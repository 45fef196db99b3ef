import json
import sqlite3
import threading
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.database import open_database, wal_is_safe
from pipeline.errors.questions import TraceNotFound
from pipeline.trace_json import candidate_json, from_json, to_json, to_text
from pipeline.traces import MIGRATIONS, TraceStore
from pipeline.types import (
    Answer,
    Chip,
    Citation,
    Doubt,
    Passage,
    Question,
    ScoredPassage,
    Source,
    Trace,
    Trouble,
    Understanding,
    Usage,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
WHOLE = st.integers(-(2**63), 2**63 - 1)
CHIPS = st.builds(
    Chip, TEXTS, st.sampled_from(["restaurant", "date"]), st.tuples(TEXTS), TEXTS,
    span=st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9)),
)  # fmt: skip
CANDIDATES = st.builds(
    ScoredPassage, st.builds(Passage, TEXTS, TEXTS, st.builds(Source, TEXTS, rating=st.none() | NUMBERS)),
    st.integers(0, 9), st.dictionaries(TEXTS, NUMBERS, max_size=3),
    st.dictionaries(TEXTS, st.integers(1, 9), max_size=3),
    st.none() | st.floats(0, 1), st.booleans(),
)  # fmt: skip
ANSWERS = st.builds(
    Answer, TEXTS, st.lists(st.builds(Citation, TEXTS, TEXTS, WHOLE, WHOLE), max_size=2).map(tuple),
    doubts=st.lists(st.builds(Doubt, TEXTS, st.sampled_from(["number", "uncited"]), TEXTS), max_size=2).map(tuple),
    trouble=st.none() | st.builds(Trouble, TEXTS, TEXTS, TEXTS),
    left_out=st.lists(TEXTS, max_size=2).map(tuple),
    usage=st.none() | st.builds(Usage, TEXTS, WHOLE, WHOLE, st.none() | NUMBERS, st.booleans()),
)  # fmt: skip


def trace(trace_id: str = "t1", **fields) -> Trace:
    return Trace(
        trace_id, Question(trace_id, "주차 돼요?"), "demo", {"fusion.weight": 0.25}, created="2026-01-01", **fields
    )


@given(
    st.none() | st.builds(Understanding, TEXTS, st.lists(CHIPS, max_size=2).map(tuple)),
    st.lists(CANDIDATES, max_size=2).map(tuple),
    st.none() | ANSWERS,
)
def test_json_and_back_is_the_same_trace(understanding, candidates, answer) -> None:
    grown = trace(understanding=understanding, candidates=candidates, answer=answer, extremes={"bm25": (0.0, 7.5)})
    assert from_json(json.loads(json.dumps(to_json(grown)))) == grown
    assert from_json(json.loads(to_text(grown))) == grown
    assert [candidate_json(candidate) for candidate in candidates] == to_json(grown)["candidates"]


def test_mappings_of_any_kind_are_written_and_nothing_else_is() -> None:
    assert to_json(trace(versions=MappingProxyType({"index": "1"})))["versions"] == {"index": "1"}
    with pytest.raises(TypeError):
        to_text(trace(versions={"index": object()}))


def test_an_answer_of_before_there_were_language_models_is_read() -> None:
    value = to_json(trace(answer=Answer("네.", confidence=0.5)))
    for later in ("doubts", "trouble", "left_out", "usage"):
        del value["answer"][later]
    assert from_json(value).answer == Answer("네.", confidence=0.5)


@pytest.fixture
def store(tmp_path: Path):
    opened = TraceStore(tmp_path / "traces.db")
    yield opened
    opened.close()


def test_what_was_saved_comes_back(store: TraceStore) -> None:
    store.save(trace())
    assert store.get("t1") == trace()


def test_saving_a_grown_trace_replaces_it_and_keeps_its_feedback(store: TraceStore) -> None:
    store.save(trace())
    store.add_feedback("t1", "down", "틀렸어요")
    store.save(trace(state="done"))
    assert store.get("t1").state == "done"
    assert [f.reason for f in store.feedback("t1")] == ["틀렸어요"]


def test_feedback_is_appended_never_replaced(store: TraceStore) -> None:
    store.save(trace())
    first, second = store.add_feedback("t1", "down", "근거와 다름"), store.add_feedback("t1", "up")
    assert store.feedback("t1") == [first, second]
    assert (second.vote, second.reason) == ("up", "")


def test_a_double_click_is_one_vote(store: TraceStore) -> None:
    store.save(trace())
    assert store.add_feedback("t1", "up") == store.add_feedback("t1", "up")
    store.add_feedback("t1", "down")
    store.add_feedback("t1", "up")
    assert [f.vote for f in store.feedback("t1")] == ["up", "down", "up"]


def test_unknown_trace(store: TraceStore) -> None:
    for call in (lambda: store.get("nope"), lambda: store.add_feedback("nope", "up")):
        with pytest.raises(TraceNotFound, match="nope"):
            call()
    assert store.feedback("nope") == []


def test_vote_that_is_none_is_refused_by_the_database(store: TraceStore) -> None:
    store.save(trace())
    with pytest.raises(sqlite3.IntegrityError):
        store.add_feedback("t1", "maybe")  # type: ignore[arg-type]
    assert store.feedback("t1") == []


def test_many_threads_lose_nothing(store: TraceStore) -> None:
    def work(worker: int) -> None:
        for n in range(10):
            store.save(trace(f"{worker}-{n}"))
            store.add_feedback(f"{worker}-{n}", "up")

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(store.feedback(f"{worker}-{n}")) == 1 for worker in range(8) for n in range(10))


def test_closing_waits_for_what_is_being_written(tmp_path: Path) -> None:
    store, writing, go = TraceStore(tmp_path / "traces.db"), threading.Event(), threading.Event()
    store._database.conn.create_function("hold", 0, lambda: writing.set() or int(go.wait(60)))
    store._database.execute("CREATE TEMP TRIGGER held BEFORE INSERT ON main.traces BEGIN SELECT hold(); END")
    saving = threading.Thread(target=store.save, args=(trace(),))
    saving.start()
    assert writing.wait(60)
    closing = threading.Thread(target=store.close)
    closing.start()
    closing.join(0.2)
    assert closing.is_alive()
    go.set()
    saving.join()
    closing.join()
    assert TraceStore(tmp_path / "traces.db").get("t1") == trace()
    with pytest.raises(sqlite3.ProgrammingError):
        store.save(trace("t2"))


def test_database_is_durable_and_strict(tmp_path: Path) -> None:
    database = open_database(tmp_path / "x.db", MIGRATIONS)
    pragmas = {name: database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("foreign_keys", "synchronous")}
    journal = database.execute("PRAGMA journal_mode").fetchone()[0]
    database.close()
    assert pragmas == {"foreign_keys": 1, "synchronous": 2}
    assert journal == ("wal" if wal_is_safe() else "delete")


@pytest.mark.parametrize(
    ("version", "safe"),
    [((3, 40, 1), False), ((3, 44, 6), True), ((3, 45, 0), False), ((3, 50, 7), True), ((3, 51, 2), False),
     ((3, 51, 3), True), ((3, 52, 0), True)],
)  # fmt: skip
def test_wal_only_without_its_bug(version: tuple, safe: bool) -> None:
    assert wal_is_safe(version) is safe

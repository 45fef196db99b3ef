"""A home that an earlier version left behind, ``var-<version>.tar.gz``, goes on as if nothing had happened.

It holds an index of fourteen reviews, an answer with a 👎, a run of six questions, accounts, ten answers of two
annotators (two of them revised), a draft, notes and a regression set.
"""

from __future__ import annotations

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from annotations.accounts.sessions import Sessions
from annotations.desk import Desk
from annotations.storage.migrations import MIGRATIONS
from annotations.storage.writer import Writer
from pipeline.evaluation.notes import FILE as NOTES
from pipeline.evaluation.notes import Notes
from pipeline.traces import TraceStore
from tests.app.cli_runs import run, run_json

STORED = sorted(Path(__file__).parent.glob("var-*.tar.gz"))
TRACE = "4d65b91ba2d788d1"
PASSWORD = "비밀번호-열두자-1234"


@pytest.fixture(params=STORED, ids=lambda path: path.name.removesuffix(".tar.gz"))
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "var"


def test_the_index_answers(home: Path) -> None:
    found = run_json(home, "ask", "콜키지 얼마예요?", "--index", "단골")
    assert found["answer"]["citations"][0]["passage_id"] == "r01-06"


def test_answers_and_what_was_said_of_them_are_there(home: Path) -> None:
    store = TraceStore(home / "traces.db")
    trace, (said,) = store.get(TRACE), store.feedback(TRACE)
    store.close()
    assert trace.answer is not None
    assert trace.answer.text == "외부 술은 와인만 되고 병당 만원, 잔은 줍니다."
    assert (said.vote, said.reason) == ("down", "근거와 다름")


def test_a_stored_answer_is_replayed(home: Path) -> None:
    assert run_json(home, "replay", TRACE, "--set", "retrieval.k=2")["after"]["answer"]["citations"]


def test_labels_are_whole_and_drafts_are_kept(home: Path) -> None:
    whole = run_json(home, "verify")
    assert whole["whole"]
    assert (whole["tasks"], whole["annotations"]) == (14, 10)
    with sqlite3.connect(home / "labels.db") as database:
        assert database.execute("SELECT labels FROM drafts").fetchall() == [('{"note":"쓰던 것"}',)]


def test_a_backup_is_noted_and_leaves_the_labels_to_the_program_they_are_of(home: Path) -> None:
    with closing(sqlite3.connect(home / "labels.db")) as database:
        before = database.execute("PRAGMA user_version").fetchone()
        made = run_json(home, "backup")["path"]
        assert database.execute("PRAGMA user_version").fetchone() == before
        noted = "SELECT by, json_extract(detail, '$.what') FROM events WHERE kind = 'backup'"
        assert database.execute(noted).fetchall() == [("terminal", made)]


def test_people_sign_in_with_their_passwords(home: Path) -> None:
    store = Writer(home / "labels.db", MIGRATIONS)
    try:
        account, _ = Sessions(store).sign_in("김라벨", PASSWORD)
        assert account.role == "annotator"
    finally:
        store.close()


def test_annotators_go_on(home: Path) -> None:
    with Desk(home / "labels.db") as desk:
        assert len(desk.mine("김라벨", "review")) == 4
        lease = desk.take("이라벨", "review")
        assert lease is not None


def test_runs_notes_and_the_regression_set_are_there(home: Path) -> None:
    again = run_json(home, "compare", "첫", "첫")
    assert again
    notes = Notes(home / NOTES)
    assert [note.text for note in notes.of("첫", "q001")] == ["콜키지 문장은 맞음"]
    assert notes.tags("첫") == {"q001": ("콜키지",)}
    assert notes.draft("첫", "q001", "관리") == "쓰던 메모"
    result = run(home, "evaluate", "--regression", "--index", "단골", "--run", "again")
    assert result.exit_code == 0, result.output

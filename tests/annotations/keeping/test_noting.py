"""An act noted in a file of labels that isn't open: it is there afterwards, and nothing else has changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from annotations.accounts.audit import audit_log
from annotations.keeping.home_backup import backup_home, contents
from annotations.keeping.noting import note_in
from annotations.keeping.verify import verify
from annotations.storage.contention import turn_file
from annotations.storage.migrations import MIGRATIONS
from annotations.storage.writer import Writer
from pipeline.database import open_database
from pipeline.errors.base import HansangError
from pipeline.errors.labels import LabelsDamaged, LabelsNewer
from pipeline.errors.machine import NotWritable
from tests.annotations.keeping.test_verify import fill


@pytest.fixture
def path(tmp_path: Path) -> Path:
    fill(tmp_path / "labels.db")
    return tmp_path / "labels.db"


def test_an_act_is_noted_beside_whoever_has_the_file_open(path: Path) -> None:
    before = verify(path)
    store = Writer(path, MIGRATIONS)
    note_in(path, "backup", "server", "/backup/0801", bytes=12, sha256={"labels.db": "ab"})
    (entry,) = audit_log(store)
    store.close()
    assert (entry.kind, entry.by, entry.what) == ("backup", "server", "/backup/0801")
    assert entry.detail == {"bytes": 12, "sha256": {"labels.db": "ab"}}
    after = verify(path)
    assert after.whole
    assert (after.annotations, after.receipts) == (before.annotations, before.receipts)


@pytest.mark.parametrize("version", range(2, len(MIGRATIONS) + 1))  # events came with the second
def test_a_file_of_an_earlier_program_stays_one(tmp_path: Path, version: int) -> None:
    path = tmp_path / "labels.db"
    open_database(path, MIGRATIONS[:version]).close()
    note_in(path, "backup", "terminal", "x")
    with closing(sqlite3.connect(path)) as labels:
        assert labels.execute("PRAGMA user_version").fetchone() == (version,)
        assert labels.execute("SELECT kind FROM events").fetchall() == [("backup",)]


def test_files_that_it_cannot_be_noted_in_say_why(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("이것은 데이터베이스가 아닙니다. " * 50, encoding="utf-8")
    open_database(tmp_path / "newer.db", [*MIGRATIONS, lambda db: None]).close()
    open_database(tmp_path / "older.db", MIGRATIONS[:1]).close()  # without events
    open_database(tmp_path / "held.db", MIGRATIONS).close()
    turn_file(tmp_path / "held.db").mkdir()
    wanted: dict[str, type[HansangError]] = {
        "text": LabelsDamaged, "newer": LabelsNewer, "older": NotWritable, "held": NotWritable,
    }  # fmt: skip
    for name, error in wanted.items():
        with pytest.raises(error, match=name):
            note_in(tmp_path / f"{name}.db", "backup", "server", "x")


def test_what_is_known_of_a_backup_is_nothing_once_it_is_gone(path: Path, tmp_path: Path) -> None:
    backup_home(tmp_path, tmp_path / "copy")
    assert set(contents(tmp_path / "copy")) == {"bytes", "sha256"}
    (tmp_path / "copy" / "manifest.json").write_text("{}", encoding="utf-8")
    assert contents(tmp_path / "copy") == contents(tmp_path / "none") == {}

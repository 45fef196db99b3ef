"""What a person typed comes back: labels, notes and the regression set; from backups of before, too."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from annotations.keeping.backup import backup, restore
from annotations.keeping.home_backup import MANIFEST, backup_home, check_backup, count_notes, look, restore_home
from annotations.keeping.noting import note_in
from annotations.keeping.verify import verify
from annotations.storage.contention import turn_file
from annotations.storage.migrations import MIGRATIONS
from pipeline.database import open_database
from pipeline.errors.files import FileProblem
from pipeline.errors.labels import BackupExists, LabelsDamaged, LabelsNotWhole
from pipeline.errors.machine import DiskFull
from pipeline.evaluation.notes import Notes
from pipeline.evaluation.regression import Case, add_case, read_cases
from tests.annotations.keeping.test_verify import fill, tamper

CASE = Case(
    "q1", "주차 되나요?", "fact", "지하", ("r1",), True, "demo", why="놓침", by="kim", at="2026-11-01T00:00:00+00:00"
)

MODES = {"labels.db": 0o640, "notes.db": 0o660, "regression.jsonl": 0o600}
SOMEBODY = 65_001  # a user who isn't root; nobody needs to know the number


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    fill(made / "labels.db")
    notes = Notes(made / "notes.db")
    notes.add("base", "q1", "kim", "주차장 후기가 먼저 와야 함")
    notes.retag("base", "q1", "kim", ["주차"])
    add_case(made / "regression.jsonl", CASE)
    return made


def test_all_that_was_typed_comes_back(home: Path, tmp_path: Path) -> None:
    found = backup_home(home, tmp_path / "copy")
    assert found.labels is not None
    assert (found.labels.annotations, found.notes, found.cases) == (8, 2, 1)
    assert check_backup(tmp_path / "copy") == look(tmp_path / "copy")
    other = tmp_path / "other"
    assert restore_home(tmp_path / "copy", other) == {"labels.db": None, "notes.db": None, "regression.jsonl": None}
    assert look(other).labels is not None
    assert [note.text for note in Notes(other / "notes.db").of("base", "q1")] == ["주차장 후기가 먼저 와야 함"]
    assert Notes(other / "notes.db").tags("base") == {"q1": ("주차",)}
    assert read_cases(other / "regression.jsonl") == [CASE]


def test_what_was_there_is_kept_under_another_name(home: Path, tmp_path: Path) -> None:
    backup_home(home, tmp_path / "copy")
    Notes(home / "notes.db").add("base", "q1", "lee", "나중에 적은 메모")
    before = restore_home(tmp_path / "copy", home)
    assert len(Notes(home / "notes.db").of("base", "q1")) == 1
    kept = before["notes.db"]
    assert kept is not None
    assert [note.by for note in Notes(kept).of("base", "q1")] == ["kim", "lee"]
    assert all(path and path.exists() for path in before.values())


def test_a_home_without_labels_keeps_its_notes(home: Path, tmp_path: Path) -> None:
    (home / "labels.db").unlink()
    found = backup_home(home, tmp_path / "copy")
    assert (found.labels, found.notes) == (None, 2)
    assert set(restore_home(tmp_path / "copy", tmp_path / "other")) == {"notes.db", "regression.jsonl"}
    with pytest.raises(FileProblem, match="없습니다"):
        backup_home(tmp_path / "nothing", tmp_path / "second")
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize("name", ["labels.db", "notes.db", "regression.jsonl"])
def test_a_copy_that_is_missing_or_changed_is_refused_and_nothing_is_touched(
    home: Path, tmp_path: Path, name: str
) -> None:
    backup_home(home, tmp_path / "copy")
    before = {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()}
    whole = (tmp_path / "copy" / name).read_bytes()
    for change in (whole[:-1] + bytes([whole[-1] ^ 1]), None):
        (tmp_path / "copy" / name).unlink()
        if change is not None:
            (tmp_path / "copy" / name).write_bytes(change)
        with pytest.raises(FileProblem, match=name):
            restore_home(tmp_path / "copy", home)
    assert {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()} == before


def test_where_there_is_no_room_for_all_of_it_nothing_is_touched(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup_home(home, tmp_path / "copy")
    Notes(home / "notes.db").add("base", "q1", "lee", "나중에 적은 메모")
    before = {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()}
    copy = shutil.copyfile

    def full(source: Path, target: Path) -> None:
        copy(source, target)
        if source.name == "regression.jsonl":  # the last of them
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(DiskFull):
        restore_home(tmp_path / "copy", home)
    assert {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()} == before


def test_what_is_not_whole_is_no_backup(home: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(home / "notes.db")) as database:
        database.execute("PRAGMA user_version=99")
    with pytest.raises(FileProblem, match="메모"):
        backup_home(home, tmp_path / "copy")
    (home / "notes.db").write_bytes(b"not a database" * 100)
    with pytest.raises(FileProblem, match="메모"):
        count_notes(home / "notes.db")
    (home / "notes.db").unlink()
    (home / "regression.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(FileProblem, match="1번째 줄"):
        backup_home(home, tmp_path / "copy")
    (home / "regression.jsonl").unlink()
    tamper(home / "labels.db", "UPDATE annotations SET labels = '{}' WHERE id = 2")
    with pytest.raises(LabelsNotWhole):
        backup_home(home, tmp_path / "copy")
    assert not list(tmp_path.glob("*copy*"))


def owner(path: Path) -> tuple[int, int]:
    """The user and the group that a file belongs to."""
    return path.stat().st_uid, path.stat().st_gid


def test_what_comes_back_may_be_used_by_whom_it_could_before(home: Path, tmp_path: Path) -> None:
    backup_home(home, tmp_path / "copy")
    for name, mode in MODES.items():
        (home / name).chmod(mode)
    restore_home(tmp_path / "copy", home)
    assert {name: stat.S_IMODE((home / name).stat().st_mode) for name in MODES} == MODES


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_leaves_a_home_to_its_owner(home: Path, tmp_path: Path) -> None:
    backup_home(home, tmp_path / "copy")
    os.chown(home, SOMEBODY, 65_002)
    for path in (home / "labels.db", home / "notes.db"):
        os.chown(path, SOMEBODY, 65_003)
    for path in (home / "regression.jsonl", turn_file(home / "labels.db")):
        path.unlink()
    restore_home(tmp_path / "copy", home)
    note_in(home / "labels.db", "restore", "terminal", "copy")
    for name, group in (("labels.db", 65_003), ("notes.db", 65_003), ("regression.jsonl", 65_002)):
        assert owner(home / name) == (SOMEBODY, group)
    assert owner(turn_file(home / "labels.db")) == (SOMEBODY, 65_002)


def test_a_backup_is_never_overwritten_and_a_folder_is_not_taken_for_one(home: Path, tmp_path: Path) -> None:
    backup_home(home, tmp_path / "copy")
    with pytest.raises(BackupExists):
        backup_home(home, tmp_path / "copy")
    with pytest.raises(FileProblem, match="백업이 아닙니다"):
        restore_home(home, tmp_path / "other")
    value = json.loads((tmp_path / "copy" / MANIFEST).read_text(encoding="utf-8"))
    (tmp_path / "copy" / MANIFEST).write_text(json.dumps({**value, "format": 9}), encoding="utf-8")
    with pytest.raises(FileProblem, match="형식"):
        check_backup(tmp_path / "copy")


def test_a_file_of_labels_that_an_older_program_backed_up_is_checked_and_restored(home: Path, tmp_path: Path) -> None:
    """Made with all migrations but the last, as it was before that one came."""
    old = tmp_path / "old.db"
    open_database(old, MIGRATIONS[:-1]).close()
    written = old.read_bytes()
    assert verify(old).whole
    restore(old, home / "labels.db")
    assert verify(home / "labels.db").whole
    assert old.read_bytes() == written
    backup(home / "labels.db", tmp_path / "again.db")
    (tmp_path / "empty.db").write_bytes(b"")
    with pytest.raises(LabelsDamaged):
        verify(tmp_path / "empty.db")

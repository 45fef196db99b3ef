"""A file of labels is checked, copied and restored; whatever is missing or changed in it is found."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from annotations.keeping.backup import backup, restore
from annotations.keeping.verify import CHECKS, verify
from annotations.storage.migrations import MIGRATIONS
from pipeline import traces
from pipeline.database import Migration, open_database
from pipeline.errors.files import FileProblem
from pipeline.errors.labels import BackupExists, LabelsDamaged, LabelsNewer, LabelsNotWhole, LabelsReplaced
from pipeline.errors.machine import DiskFull
from pipeline.evaluation import notes
from tests.annotations.desks import BAD, HandDesk


def fill(path: Path) -> None:
    """Some of everything: two seats in dispute and settled, a spare, a skip, an expiry, a revision, a draft."""
    with HandDesk(path) as desk:
        desk.fill(12, seats=2)
        for _ in range(3):
            desk.work("kim")
            desk.work("lee", BAD)
        dispute = desk.take_disputed("judge", "review")
        assert dispute is not None
        desk.settled_by("judge", dispute.task.id)
        first = desk.mine("kim", "review")[-1][1]
        desk.answer("kim", first.task_id, BAD, base=first.id)
        lease = desk.must_take("kim")
        desk.save_draft("kim", lease.task.id, {"sentiment": "mixed"}, 3.0, None, None)
        desk.skip("lee", desk.must_take("lee").token, "모르는 사투리")
        desk.must_take("lee")
        desk.clock.pass_minutes(90)
        desk.expire()
        desk.must_take("choi")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "labels.db"
    fill(made)
    return made


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        triggers = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in triggers:
            database.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            database.execute(statement)
        database.commit()


def faulty(path: Path) -> set[str]:
    return {check.name for check in verify(path).checks if check.faults}


def test_what_was_worked_on_is_whole(path: Path) -> None:
    found = verify(path)
    assert found.whole
    assert (found.tasks, found.version) == (12, len(MIGRATIONS))
    assert found.annotations == found.receipts == 8
    assert {check.name for check in found.checks if check.looked_at} == set(CHECKS)


def test_an_empty_file_of_labels_is_whole(tmp_path: Path) -> None:
    with HandDesk(tmp_path / "labels.db"):
        pass
    assert verify(tmp_path / "labels.db").whole


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE annotations SET labels = '{}' WHERE id = 2", "receipts"),
        ("UPDATE annotations SET annotator = 'somebody' WHERE id = 2", "receipts"),
        ("UPDATE annotations SET seconds = seconds + 1 WHERE id = 3", "receipts"),
        ("DELETE FROM annotations WHERE id = 8", "receipts"),
        ("DELETE FROM receipts WHERE number = 3", "receipts"),
        ("DELETE FROM receipts WHERE number = 8", "receipts"),
        ("DELETE FROM annotations WHERE id = 2", "foreign_key_check"),
        (
            "DELETE FROM events WHERE kind = 'saved' AND id = (SELECT max(id) FROM events WHERE kind = 'saved')",
            "events",
        ),
        ("UPDATE seats SET state = 'open', annotator = NULL, annotation_id = NULL WHERE state = 'done'", "events"),
        ("UPDATE counters SET value = value + 1 WHERE day = 'done'", "counters"),
        ("UPDATE counters SET value = value + 1 WHERE day LIKE '2026-%'", "counters"),
        ("INSERT INTO counters VALUES ('review', 'nobody', '', 3)", "counters"),
        ("UPDATE tasks SET status = 'complete', settled = NULL WHERE status = 'settled'", "statuses"),
        ("UPDATE tasks SET settled = 1 WHERE status = 'settled'", "statuses"),
        ("UPDATE tasks SET status = 'complete' WHERE status = 'disputed'", "statuses"),
        ("UPDATE tasks SET status = 'open' WHERE status = 'disputed'", "statuses"),
        ("UPDATE tasks SET status = 'disputed' WHERE status = 'open'", "statuses"),
        ("UPDATE tasks SET seats = 1 WHERE id = 1", "seats"),
    ],
)
def test_tampering_is_found(path: Path, statement: str, check: str) -> None:
    tamper(path, statement)
    assert check in faulty(path)


def test_a_damaged_page_is_found(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    middle = len(raw) // 2 // 4096 * 4096
    raw[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(raw)
    with suppress(LabelsDamaged):  # it may not even open
        assert faulty(path)


def test_files_that_are_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileProblem):
        verify(tmp_path / "none.db")
    (tmp_path / "text.db").write_text("이것은 데이터베이스가 아닙니다. " * 50, encoding="utf-8")
    with pytest.raises(LabelsDamaged):
        verify(tmp_path / "text.db")
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE x (y)")
    with pytest.raises(FileProblem, match="다른 데이터베이스"):
        verify(tmp_path / "other.db")
    (tmp_path / "empty.db").touch()
    with pytest.raises(LabelsDamaged):
        verify(tmp_path / "empty.db")
    with closing(sqlite3.connect(tmp_path / "newer.db")) as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(LabelsNewer):
        verify(tmp_path / "newer.db")


@pytest.mark.parametrize("migrations", [traces.MIGRATIONS, notes.MIGRATIONS, (*MIGRATIONS[2:3], *traces.MIGRATIONS)])
def test_another_database_of_the_server_is_no_backup_of_labels(
    path: Path, tmp_path: Path, migrations: tuple[Migration, ...]
) -> None:
    stored, other = path.read_bytes(), tmp_path / "other.db"
    open_database(other, migrations).close()
    with pytest.raises(FileProblem, match="라벨 파일도 그 백업도 아닌"):
        restore(other, path)
    assert path.read_bytes() == stored


def test_a_disk_that_is_full_in_the_middle_of_a_copy_is_told(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def small(file: Path, **how: Any) -> sqlite3.Connection:
        connection = connect(file, **how)
        connection.execute("PRAGMA max_page_count=2")
        return connection

    (tmp_path / "copies").mkdir()
    monkeypatch.setattr("annotations.keeping.backup.sqlite3.connect", small)
    with pytest.raises(DiskFull):
        backup(path, tmp_path / "copies" / "labels.db")
    assert not list((tmp_path / "copies").iterdir())


def test_a_backup_made_while_people_save_is_whole(tmp_path: Path) -> None:
    path, stop = tmp_path / "labels.db", threading.Event()
    with HandDesk(path) as desk:
        desk.fill(2_000)

        def save() -> None:
            while not stop.is_set():
                desk.work("kim")

        thread = threading.Thread(target=save)
        thread.start()
        try:
            found = [backup(path, tmp_path / f"copy-{n}.db") for n in range(3)]
        finally:
            stop.set()
            thread.join()
    assert all(copy.whole for copy in found)
    assert found[0].annotations <= found[1].annotations <= found[2].annotations
    assert sorted(p.name for p in tmp_path.glob("copy-*")) == ["copy-0.db", "copy-1.db", "copy-2.db"]
    assert not list(tmp_path.glob(".copy*"))


def test_a_backup_overwrites_nothing_and_copies_nothing_broken(path: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken.db"
    taken.write_text("mine")
    with pytest.raises(BackupExists):
        backup(path, taken)
    assert taken.read_text() == "mine"
    tamper(path, "UPDATE annotations SET labels = '{}' WHERE id = 2")
    with pytest.raises(LabelsNotWhole):
        backup(path, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_a_restored_file_is_the_copy_and_the_old_one_is_kept(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    before = backup(path, copy)
    with HandDesk(path) as desk:
        desk.keys = count(100)
        desk.clock.pass_minutes(200)
        desk.work("kim")
        kept = restore(copy, path)
        with pytest.raises(LabelsReplaced):
            desk.work("kim")
    assert kept is not None
    assert verify(kept).annotations == before.annotations + 1
    assert verify(path).annotations == before.annotations
    with HandDesk(path) as desk:
        desk.keys = count(100)
        desk.clock.pass_minutes(200)
        desk.work("kim")


def test_a_broken_copy_is_refused_and_touches_nothing(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup(path, copy)
    tamper(copy, "UPDATE annotations SET labels = '{}' WHERE id = 2")
    stored = path.read_bytes()
    with pytest.raises(LabelsNotWhole, match="receipts"):
        restore(copy, path)
    with pytest.raises(FileProblem):
        restore(tmp_path / "none.db", path)
    assert path.read_bytes() == stored
    assert restore(path, tmp_path / "new" / "labels.db") is None
    assert verify(tmp_path / "new" / "labels.db").whole

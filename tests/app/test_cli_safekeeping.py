"""``verify``, ``backup``, ``restore`` and the benchmark of labels as people type them."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from annotations.storage.contention import turn_file
from annotations.storage.migrations import MIGRATIONS
from app.cli.options import unused
from pipeline.database import open_database
from pipeline.evaluation.notes import Notes
from pipeline.storage import locked
from tests.annotations.keeping.test_verify import fill, tamper
from tests.app.cli_runs import failure, run, run_json


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    fill(tmp_path / "home" / "labels.db")
    return tmp_path / "home"


def digests(folder: Path, *names: str) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def acts(path: Path) -> list[tuple[str, str, dict[str, Any]]]:
    """What a file of labels says that administrators did, without opening it for writing: kind, by whom, on what."""
    with closing(sqlite3.connect(path)) as labels:
        rows = labels.execute("SELECT kind, by, detail FROM events WHERE task_id IS NULL ORDER BY id").fetchall()
    return [(kind, by, json.loads(detail)) for kind, by, detail in rows]


def test_labels_are_verified_backed_up_and_restored(home: Path) -> None:
    assert run_json(home, "verify")["whole"]
    assert "마지막 확인증 #8" in run(home, "verify").stdout
    copy = Path(run_json(home, "backup")["path"])
    assert copy.parent == home / "backups"
    done = run_json(home, "restore", str(copy))
    assert Path(done["before"]).exists()
    assert run_json(home, "verify", str(copy))["annotations"] == 8


def test_backups_of_one_second_lie_side_by_side(home: Path) -> None:
    paths = [run_json(home, "backup")["path"] for _ in range(4)]
    assert len(set(paths)) == 4


def test_a_name_that_is_taken_is_numbered(tmp_path: Path) -> None:
    taken = tmp_path / "20260801-090000"
    assert unused(taken) == taken
    taken.mkdir()
    assert unused(taken).name == "20260801-090000-2"
    unused(taken).touch()
    assert unused(taken).name == "20260801-090000-3"


def test_what_is_wrong_is_told_with_the_cure(home: Path, tmp_path: Path) -> None:
    assert "이미 있습니다" in failure(run(home, "backup", str(home / "labels.db")), 2)
    assert "파일이 없습니다" in failure(run(tmp_path, "verify"), 2)
    tamper(home / "labels.db", "UPDATE annotations SET labels = '{}' WHERE id = 2")
    result = run(home, "verify")
    assert "#2: 라벨이 확인증과 다릅니다" in result.stdout
    assert "온전하지 않습니다(receipts: 1)" in failure(result, 4)
    assert "온전하지 않습니다" in failure(run(home, "backup", str(tmp_path / "copy.db")), 4)


def test_the_benchmark_measures_loads_beside_bare_sqlite(tmp_path: Path) -> None:
    found = run_json(tmp_path, "bench", "annotations", "--annotators", "1,3", "--tasks", "200", "--seconds", "1")
    assert [load["annotators"] for load in found["loads"]] == [1, 3]
    assert all(load["saves"] > 0 and load["doubled"] == 0 and not load["errors"] for load in found["loads"])
    assert found["bare_commits_per_second"] > 0
    assert "작업자 수" not in failure(run(tmp_path, "bench", "annotations", "--annotators", "0"), 2)


def test_notes_and_the_regression_set_are_in_a_backup_and_labels_alone_in_a_file(home: Path, tmp_path: Path) -> None:
    Notes(home / "notes.db").add("base", "q1", "kim", "다시 볼 것")
    found = run_json(home, "backup", str(tmp_path / "whole"))
    assert (found["notes"], found["annotations"]) == (1, 8)
    assert run_json(home, "verify", str(tmp_path / "whole"))["notes"] == 1
    assert "메모와 꼬리표 1" in run(home, "verify").stdout
    done = run_json(tmp_path / "other", "restore", str(tmp_path / "whole"))
    assert set(done["kept"]) == {"labels.db", "notes.db"}
    assert Notes(tmp_path / "other" / "notes.db").of("base", "q1")[0].text == "다시 볼 것"
    only = run(home, "backup", str(tmp_path / "labels.db"))
    assert "라벨만" in only.stderr
    assert run(tmp_path / "third", "restore", str(tmp_path / "labels.db")).exit_code == 0
    assert "백업이 아닙니다" in failure(run(home, "restore", str(home)), 2)


def test_a_backup_is_in_the_log_and_the_copy_is_as_it_was_checked(home: Path, tmp_path: Path) -> None:
    Notes(home / "notes.db").add("base", "q1", "kim", "다시 볼 것")
    copy = Path(run_json(home, "backup")["path"])
    kept = digests(copy, "labels.db", "notes.db")
    (act,) = run_json(home, "audit")
    assert (act["kind"], act["by"], act["what"]) == ("backup", "terminal", str(copy))
    sizes = [(copy / name).stat().st_size for name in kept]
    assert act["detail"] == {"bytes": sum(sizes), "sha256": kept}
    assert kept == json.loads((copy / "manifest.json").read_text(encoding="utf-8"))["sha256"]
    assert run_json(home, "verify", str(copy))["whole"]
    assert run_json(home, "verify")["whole"]
    assert acts(copy / "labels.db") == []  # the row came after the copy
    shown = run(home, "audit").stdout
    assert all(digest[:40] in shown for digest in kept.values())


def test_a_restore_is_in_the_log_that_it_brought_with_what_it_put_aside(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, folder = tmp_path / "labels.db", tmp_path / "copy"
    monkeypatch.chdir(tmp_path)
    assert run(home, "backup", "labels.db").exit_code == 0
    assert run(home, "backup", "copy").exit_code == 0
    stored = file.read_bytes()
    before = Path(run_json(home, "restore", "labels.db")["before"])
    assert [kind for kind, _, _ in acts(before)] == ["backup", "backup"]  # where the log of until then is
    (act,) = run_json(home, "audit")
    assert (act["kind"], act["by"], act["what"]) == ("restore", "terminal", str(file))
    assert act["detail"] == {
        "bytes": len(stored), "sha256": digests(tmp_path, "labels.db"), "kept": {"labels.db": before.name},
    }  # fmt: skip
    assert file.read_bytes() == stored
    assert run(home, "restore", "copy").exit_code == 0
    assert [each["what"] for each in run_json(home, "audit")] == [str(folder), str(file)]  # the copy knew of one backup
    assert run_json(home, "verify", "copy")["whole"]


def test_what_could_not_be_backed_up_or_restored_is_not_in_the_log(home: Path, tmp_path: Path) -> None:
    failure(run(home, "backup", str(home / "labels.db")), 2)
    failure(run(home, "restore", str(home)), 2)
    failure(run(home, "restore", str(tmp_path / "none")), 2)
    assert run_json(home, "audit") == []


def test_a_home_without_accounts_is_backed_up_without_a_log(tmp_path: Path) -> None:
    Notes(tmp_path / "notes.db").add("base", "q1", "kim", "다시 볼 것")
    result = run(tmp_path, "backup")
    assert (result.exit_code, result.stderr) == (0, "")
    assert not (tmp_path / "labels.db").exists()


def test_a_log_that_cannot_be_written_is_told_and_the_backup_stands(home: Path, tmp_path: Path) -> None:
    turn_file(home / "labels.db").unlink()
    turn_file(home / "labels.db").mkdir()
    result = run(home, "backup", str(tmp_path / "copy"), "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["whole"]
    assert "기록하지 못했습니다" in result.stderr
    assert "not in the log" in result.stderr
    assert run_json(home, "verify", str(tmp_path / "copy"))["whole"]
    assert acts(home / "labels.db") == []


def test_a_backup_whose_output_was_lost_is_in_the_log(home: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app.cli", "--home", str(home), "backup", str(tmp_path / "copy")]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 5, done.stderr
    assert "Traceback" not in done.stderr
    assert [(kind, told["what"]) for kind, _, told in acts(home / "labels.db")] == [("backup", str(tmp_path / "copy"))]


def test_a_full_disk_undoes_no_backup_made_elsewhere(home: Path, tmp_path: Path) -> None:
    """On a real file system without room, mounted in a name space of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = f"{sys.executable} -m app.cli --home {disk}/home"
    script = f"""
        mount -t tmpfs -o size=4m tmpfs {disk} || exit 77
        cp -r {home} {disk}/home || exit 1
        dd if=/dev/zero of={disk}/filler bs=1k 2>/dev/null
        {command} backup {tmp_path}/copy || exit 2
        rm {disk}/filler
        {command} verify {tmp_path}/copy || exit 3
        {command} audit --json > {tmp_path}/log || exit 4
        {command} backup {tmp_path}/second || exit 5
        {command} audit --json > {tmp_path}/later || exit 6
    """
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no name spaces here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.count("기록하지 못했습니다: 디스크가 가득") == 1
    assert "Traceback" not in done.stderr
    assert json.loads((tmp_path / "log").read_text()) == []
    (act,) = json.loads((tmp_path / "later").read_text())
    assert act["what"] == str(tmp_path / "second")


def test_labels_of_an_earlier_program_are_backed_up_and_restored_without_bringing_them_up_to_date(
    tmp_path: Path,
) -> None:
    """Else who made a backup to go back to that program would find a file that it refuses."""
    home = tmp_path / "home"
    home.mkdir()
    open_database(home / "labels.db", MIGRATIONS[:-1]).close()
    for command in ("backup", "restore"):
        result = run(home, command, str(tmp_path / "copy"))
        assert (result.exit_code, "기록하지" in result.stderr) == (0, False)
        assert [kind for kind, _, _ in acts(home / "labels.db")] == [command]
        with closing(sqlite3.connect(home / "labels.db")) as labels:
            assert labels.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) - 1,)


@pytest.mark.parametrize("lock", ["server.lock", "labels-app.lock"])
def test_nothing_is_restored_under_what_has_the_labels_open(home: Path, tmp_path: Path, lock: str) -> None:
    run_json(home, "backup", str(tmp_path / "copy"))
    before = digests(home, "labels.db")
    with locked(home / lock, shared=lock != "server.lock"):
        said = failure(run(home, "restore", str(tmp_path / "copy")), 4)
    assert "먼저 끄고" in said
    assert "Stop the server" in said
    assert str(os.getpid()) in said
    assert digests(home, "labels.db") == before
    assert not list(home.glob("labels-2*.db"))
    run_json(home, "restore", str(tmp_path / "copy"))

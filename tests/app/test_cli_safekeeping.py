"""``verify``, ``backup``, ``restore`` and the benchmark of labels as people type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.options import unused
from pipeline.evaluation.notes import Notes
from tests.annotations.keeping.test_verify import fill, tamper
from tests.app.cli_runs import failure, run, run_json


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    fill(tmp_path / "home" / "labels.db")
    return tmp_path / "home"


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

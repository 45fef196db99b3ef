import errno
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from pipeline.errors.machine import DiskFull, HomeLocked, NotWritable, StillServing
from pipeline.storage import belong, building, clear_errors, locked, write_atomically


def test_building_moves_the_folder_when_all_went_well(tmp_path: Path) -> None:
    with building(tmp_path / "done") as folder:
        (folder / "a").write_text("1")
        assert not (tmp_path / "done").exists()
    assert (tmp_path / "done" / "a").read_text() == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["done"]


def test_building_leaves_nothing_when_something_failed(tmp_path: Path) -> None:
    def fail() -> None:
        with building(tmp_path / "done") as folder:
            (folder / "a").write_text("1")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "expected"), [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EACCES, NotWritable)]
)
def test_refusals_of_the_system_become_errors_with_a_cure(number: int, expected: type, tmp_path: Path) -> None:
    with pytest.raises(expected) as caught, clear_errors(tmp_path):
        raise OSError(number, "refused")
    assert str(tmp_path) in caught.value.korean


def test_a_short_write_as_numpy_tells_it_is_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(DiskFull), clear_errors(tmp_path):
        raise OSError("200192 requested and 10208 written")


def test_write_atomically_replaces_and_leaves_nothing_beside(tmp_path: Path) -> None:
    write_atomically(tmp_path / "f", "가")
    write_atomically(tmp_path / "f", "나")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("f", "나")]


HOLD = """
import sys
from pathlib import Path
from pipeline.storage import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(HomeLocked, match=str(process.pid)), locked(tmp_path / "lock"):
            pass
        process.kill()
    with locked(tmp_path / "lock"):  # the system frees the lock of a process that dies
        pass


def test_a_shared_lock_keeps_out_only_those_who_want_it_alone(tmp_path: Path) -> None:
    with locked(tmp_path / "lock", shared=True):
        with locked(tmp_path / "lock", shared=True):
            pass
        with pytest.raises(StillServing), locked(tmp_path / "lock", StillServing):
            pass
    with locked(tmp_path / "lock"), pytest.raises(HomeLocked), locked(tmp_path / "lock", shared=True):
        pass


def test_a_new_lock_belongs_to_whom_its_folder_belongs_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = list[tuple[Path, int, int]]()
    monkeypatch.setattr(os, "chown", lambda path, user, group, **_: given.append((path, user, group)))
    for _ in range(2):
        with locked(tmp_path / "lock"):
            pass
    folder = tmp_path.stat()
    assert given == [(tmp_path / "lock", folder.st_uid, folder.st_gid)]


@pytest.mark.parametrize(("user", "told"), [(0, True), (1_000, False)])
def test_only_root_is_told_that_it_cannot_give_a_file_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, told: bool
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "not yours")

    monkeypatch.setattr(os, "chown", refuse)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    with pytest.raises(PermissionError) if told else nullcontext():
        belong(tmp_path, tmp_path)

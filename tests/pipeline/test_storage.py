import errno
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors.machine import DiskFull, HomeLocked, NotWritable
from pipeline.storage import building, clear_errors, locked, write_atomically


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

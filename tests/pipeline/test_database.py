"""Files of SQLite: not for everybody on the machine, and left as they are where they are there."""

from __future__ import annotations

import stat
from pathlib import Path

from annotations.keeping.backup import copy_database
from pipeline.database import open_database


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_and_its_copy_are_not_for_everybody(tmp_path: Path) -> None:
    path = tmp_path / "labels.db"
    open_database(path, []).conn.close()
    copy_database(path, tmp_path / "copy.db")
    assert [mode(tmp_path / name) & 0o007 for name in ("labels.db", "copy.db")] == [0, 0]


def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "labels.db"
    path.touch()
    path.chmod(0o664)
    open_database(path, []).conn.close()
    assert mode(path) == 0o664

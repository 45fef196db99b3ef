"""A backup of all that people typed in one home: labels, notes of the failure page, the regression set.

A backup is a folder with a copy of each and a manifest, written last, that has the digest of every copy. Everything is
checked before it is called a backup and again before anything is put back.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from annotations.keeping.backup import backup, copy_database, labels_ready, put_in_place, stand_in, sync
from annotations.keeping.verify import Verified, verify
from pipeline.errors.files import FileProblem
from pipeline.errors.labels import BackupExists
from pipeline.evaluation import notes, regression
from pipeline.storage import building, clear_errors, write_json

LABELS, NOTES, REGRESSION = "labels.db", notes.FILE, regression.FILE
MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in a home or in a backup, checked; None for what isn't there. ``notes`` counts notes and tags."""

    labels: Verified | None
    notes: int | None
    cases: int | None


def look(folder: Path) -> Found:
    """Check what people typed, in a home or in a backup.

    Raises:
        FileProblem: there is nothing, or a part of it can't be read.
        LabelsDamaged: the labels are no database.
    """
    there = {name: (folder / name).is_file() for name in (LABELS, NOTES, REGRESSION)}
    if not any(there.values()):
        verify(folder / LABELS)  # says that there is none, and what to check
    return Found(
        verify(folder / LABELS) if there[LABELS] else None,
        count_notes(folder / NOTES) if there[NOTES] else None,
        len(regression.read_cases(folder / REGRESSION)) if there[REGRESSION] else None,
    )


def count_notes(path: Path) -> int:
    """How many notes and tags a file of notes has.

    Raises:
        FileProblem: it isn't whole, or a newer program wrote it.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            faults = [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if not faults and 0 < version <= len(notes.MIGRATIONS):
                (count,) = database.execute(
                    "SELECT (SELECT count(*) FROM notes) + (SELECT count(*) FROM tags)"
                ).fetchone()
                return int(count)
    except sqlite3.DatabaseError as error:
        raise _broken(path, str(error)) from error
    raise _broken(path, faults[0] if faults else f"user_version {version}")


def _broken(path: Path, reason: str) -> FileProblem:
    return FileProblem(
        path=path, problem=f"메모 파일이 온전하지 않습니다({reason})", cure="`hansang restore`로 백업에서 되돌리세요.",
        problem_en=f"the file of notes isn't whole ({reason})", cure_en="Restore a backup with `hansang restore`.",
    )  # fmt: skip


def backup_home(home: Path, to: Path) -> Found:
    """Copy all that people typed into a folder, while they work.

    Raises:
        BackupExists: there is something of that name; a backup is never overwritten.
        FileProblem, LabelsNotWhole: there is nothing to copy, or it isn't whole; no copy is left.
        DiskFull: there is no room; no copy is left.
    """
    if to.exists():
        raise BackupExists(path=to)
    with clear_errors(to):
        to.parent.mkdir(parents=True, exist_ok=True)
    with building(to) as folder:
        if (home / LABELS).exists():
            backup(home / LABELS, folder / LABELS)
        if (home / NOTES).exists():
            count_notes(home / NOTES)
            copy_database(home / NOTES, folder / NOTES)
        if (home / REGRESSION).exists():
            shutil.copyfile(home / REGRESSION, folder / REGRESSION)  # replaced in one step by whoever changes it
        found = look(folder)
        parts = sorted(path for path in folder.iterdir() if path.is_file())
        for path in parts:
            sync(path)
        write_json(folder / MANIFEST, {"format": FORMAT, "sha256": {path.name: _digest(path) for path in parts}})
        sync(folder)
    sync(to.parent)
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_backup(folder: Path) -> Found:
    """Check a backup: every copy is what it was when it was made, and whole.

    Raises:
        FileProblem: it is no backup, or a copy is missing or changed.
    """
    try:
        value = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        wanted = dict(value["sha256"]) if value["format"] == FORMAT else {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _no_backup(folder, "manifest.json을 읽을 수 없습니다", "manifest.json can't be read") from error
    for name in wanted:
        if not (folder / name).is_file() or _digest(folder / name) != wanted[name]:
            raise _no_backup(folder, f"{name}이(가) 없거나 바뀌었습니다", f"{name} is missing or was changed")
    if not wanted:
        raise _no_backup(folder, "이 판이 모르는 형식입니다", "its format isn't known here")
    return look(folder)


def contents(copy: Path) -> dict[str, object]:
    """What is to be known of a checked backup later: its size in bytes, and the SHA-256 of each file in it by name.

    Nothing of one that can't be read any more: that is for the next check of it to tell.
    """
    try:
        if not copy.is_dir():
            return {"bytes": copy.stat().st_size, "sha256": {copy.name: _digest(copy)}}
        sha256 = dict(json.loads((copy / MANIFEST).read_text(encoding="utf-8"))["sha256"])
        return {"bytes": sum((copy / name).stat().st_size for name in sha256), "sha256": sha256}
    except (OSError, ValueError, KeyError):
        return {}


def _no_backup(folder: Path, problem: str, problem_en: str) -> FileProblem:
    return FileProblem(
        path=folder, problem=f"온전한 백업이 아닙니다: {problem}", cure="다른 백업을 쓰세요.",
        problem_en=f"it is no whole backup: {problem_en}", cure_en="Use another backup.",
    )  # fmt: skip


def restore_home(folder: Path, home: Path) -> dict[str, Path | None]:
    """Put a backup back; for every file that was put back, where the one that was there lies now.

    What the backup doesn't hold stays as it is. To be done while no app is open on the home.

    Raises:
        FileProblem, LabelsNotWhole: the backup isn't whole; nothing was touched.
        DiskFull: there is no room for all of it; nothing was touched.
    """
    found = check_backup(folder)
    with ExitStack() as ready:
        puts = dict[str, Callable[[], Path | None]]()
        if found.labels is not None:
            puts[LABELS] = ready.enter_context(labels_ready(folder / LABELS, home / LABELS))
        for name, there in ((NOTES, found.notes), (REGRESSION, found.cases)):
            if there is not None:
                puts[name] = ready.enter_context(_ready(folder / name, home / name))
        return {name: put() for name, put in puts.items()}


@contextmanager
def _ready(copy: Path, path: Path) -> Iterator[Callable[[], Path | None]]:
    """Have a copy of a file ready on its disk; what comes puts it in its place."""
    with clear_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            shutil.copyfile(copy, aside)
            stand_in(aside, path)
            sync(aside)
            yield partial(put_in_place, aside, path)
        finally:
            aside.unlink(missing_ok=True)


def as_json(found: Found) -> dict[str, object]:
    """What was found, as JSON: the labels' own fields on top, as they were when only labels were backed up."""
    labels = {**asdict(found.labels), "whole": found.labels.whole} if found.labels else {}
    return {**labels, "notes": found.notes, "regression": found.cases}

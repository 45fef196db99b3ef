"""Copies of a file of labels: made while people work, checked before they are called one, restored only when whole."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from annotations.keeping.verify import Verified, verify
from annotations.storage.contention import patiently, taking_turns, turn_file
from annotations.storage.opening import damage, open_reading
from pipeline.database import make_private, writing
from pipeline.errors.labels import BackupExists, LabelsNotWhole
from pipeline.storage import belong, clear_errors, open_lock

PAGES = 2_000  # copied at once; writers get in between


def backup(path: Path, to: Path) -> Verified:
    """Copy a file of labels, check the copy, and only then give it its name.

    Raises:
        BackupExists: there is a file of that name; a backup is never overwritten.
        LabelsNotWhole: the copy isn't whole, since the file isn't; no copy is left.
        DiskFull: there is no room; no copy is left.
    """
    if to.exists():
        raise BackupExists(path=to)
    with clear_errors(to), damage(path):
        to.parent.mkdir(parents=True, exist_ok=True)
        aside = to.with_name(f".{to.name}.{os.getpid()}")
        try:
            copy_database(path, aside)
            found = verify(aside)
            _insist(found, path)
            sync(aside)
            aside.replace(to)
            sync(to.parent)
        finally:
            aside.unlink(missing_ok=True)
    return found


def copy_database(path: Path, to: Path) -> None:
    """Copy a database as it is at one moment; writers get in between.

    Raises:
        DiskFull: there is no room.
    """
    source = open_reading(path)
    try:
        make_private(to)
        with writing(to), closing(sqlite3.connect(to, isolation_level=None)) as target:
            target.execute("PRAGMA synchronous=OFF")  # synced as a whole, after it was checked
            patiently(path, lambda: source.conn.backup(target, pages=PAGES))
    finally:
        source.close()


def restore(copy: Path, path: Path) -> Path | None:
    """Put a checked copy in the place of a file of labels; returns where the file that was there lies now.

    To be done while no app is open on it; one that is refuses to write to the file it had.

    Raises:
        FileProblem: there is no such copy.
        LabelsDamaged, LabelsNotWhole: the copy isn't whole; nothing was touched.
    """
    _insist(verify(copy), copy)
    with labels_ready(copy, path) as put:
        return put()


@contextmanager
def labels_ready(copy: Path, path: Path) -> Iterator[Callable[[], Path | None]]:
    """Have a copy of a file of labels ready on its disk, checked once more; what comes puts it in its place.

    Raises:
        LabelsDamaged, LabelsNotWhole: the copy isn't whole.
        DiskFull: there is no room.
    """
    with clear_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            copy_database(copy, aside)
            _insist(verify(aside), copy)
            stand_in(aside, path)
            sync(aside)
            yield partial(_put, aside, path)
        finally:
            aside.unlink(missing_ok=True)


def _put(aside: Path, path: Path) -> Path | None:
    with open_lock(turn_file(path)) as turn, taking_turns(turn):
        return put_in_place(aside, path)


def stand_in(aside: Path, path: Path) -> None:
    """Give a new file the owner, group and mode of the one it is to replace; without one, the owner of the folder."""
    belong(aside, path if path.exists() else path.parent)
    if path.exists():
        aside.chmod(stat.S_IMODE(path.stat().st_mode))


def put_in_place(aside: Path, path: Path) -> Path | None:
    """Rename a new file to the name of one that is kept under another; returns where that lies now."""
    before = set_aside(path)
    aside.replace(path)
    sync(path.parent)
    return before


def set_aside(path: Path) -> Path | None:
    """Keep the file that is replaced, and what belongs to it, under a name that says when."""
    if not path.exists():
        return None
    kept = path.with_name(f"{path.stem}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}{path.suffix}")
    for suffix in ("-journal", "-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.replace(kept.with_name(kept.name + suffix))
    path.replace(kept)
    return kept


def _insist(found: Verified, path: Path) -> None:
    if not found.whole:
        faults = "; ".join(f"{c.name}: {c.faults}" for c in found.checks if c.faults)
        raise LabelsNotWhole(path=path, faults=faults)


def sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Writing so that nothing half-written is ever seen: whole folders built aside, small files replaced at once, locks.

A folder is complete when its manifest is there; the manifest is written last.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from pipeline.errors.machine import DiskFull, HomeLocked, NotWritable

MANIFEST = "manifest.json"
_FULL = (errno.ENOSPC, errno.EDQUOT)
UNFINISHED = ".building-"  # how the folders begin that are being built


@contextmanager
def clear_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals while writing into errors that name the cure.

    Raises:
        DiskFull, NotWritable: what went wrong.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL or (error.errno is None and "written" in str(error)):  # numpy tells a short write so
            raise DiskFull(path=path) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EFBIG):
            raise NotWritable(path=path, reason=error.strerror) from error
        raise


def write_atomically(path: Path, text: str) -> None:
    """Replace a small file in one step, durably: readers see the old text or the new one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write JSON as ``write_atomically`` does."""
    write_atomically(path, json.dumps(value, ensure_ascii=False, indent=1))


@contextmanager
def building(target: Path) -> Iterator[Path]:
    """A folder to build in, moved to ``target`` when the block ends well and removed when it doesn't."""
    aside = target.with_name(f"{UNFINISHED}{target.name}-{os.getpid()}")
    with clear_errors(target):
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        try:
            yield aside
            aside.replace(target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def belong(path: Path, like: Path) -> None:
    """Give a file the owner and the group of another: root may work in a home whose owner has to go on with it.

    Raises:
        PermissionError: not even root may, here. Of others nothing more is asked: they own what they make.
    """
    there = like.stat()
    try:
        os.chown(path, there.st_uid, there.st_gid, follow_symlinks=False)
    except PermissionError:
        if os.geteuid() == 0:
            raise


def open_lock(path: Path) -> TextIO:
    """Open a file that is there to be locked; a new one belongs to whom its folder belongs to."""
    if not path.exists():
        path.touch()
        belong(path, path.parent)
    return path.open("a+", encoding="utf-8")


@contextmanager
def locked(path: Path, held: type[HomeLocked] = HomeLocked, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock file for the length of the block. The system frees it when the process dies, however it dies.

    What is held ``shared`` keeps out only those who want it for themselves.

    Raises:
        HomeLocked: another process holds it; as ``held`` tells it.
    """
    with clear_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open_lock(path)
    with file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise held(path=path.parent, pid=file.read().strip() or "?") from error
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield

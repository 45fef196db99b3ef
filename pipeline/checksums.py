"""The checksums of a folder's files, beside them in ``SHA256SUMS``, as GNU ``sha256sum`` writes and checks them.

A disk that flips a bit, a copy that was cut off: nothing else would tell a changed number from a score.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

SUMS = "SHA256SUMS"
_DIGITS = 64
_BETWEEN = "  "  # two spaces: read as binary


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal, computed once in a process for each state of the file.

    Raises:
        OSError: it can't be read.
    """
    state = path.stat()
    return _hashed(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=1_024)
def _hashed(path: Path, size: int, changed: int) -> str:
    """A second for each gigabyte or so, hence kept; ``size`` and ``changed`` name the state."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_sums(folder: Path) -> None:
    """Write the checksums of all files that are in a folder and its folders now."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / SUMS)
    lines = (f"{sha256_of(path)}{_BETWEEN}{path.relative_to(folder).as_posix()}\n" for path in files)
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def read_sums(folder: Path) -> dict[str, str]:
    """The checksums of a folder's files by their paths in it; none where none were written.

    Raises:
        ValueError: what is there aren't checksums.
    """
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    found = {}
    for line in lines:
        digest, between, name = line[:_DIGITS], line[_DIGITS : _DIGITS + len(_BETWEEN)], line[_DIGITS + len(_BETWEEN) :]
        if between != _BETWEEN or not name:
            raise ValueError(line)
        found[name] = digest
    if not found:
        raise ValueError(SUMS)  # a power cut leaves empty files
    return found


def under(sums: Mapping[str, str], part: str) -> list[str]:
    """The files of a part: itself, or those below it where it is a folder."""
    return [name for name in sums if name == part or name.startswith(f"{part}/")]


def first_changed(folder: Path, sums: Mapping[str, str], names: Iterable[str]) -> str | None:
    """The first of some files that isn't as it was when the checksums were written; None where all are.

    Raises:
        OSError: one is there and can't be read.
    """
    return next(
        (name for name in names if not (folder / name).is_file() or sha256_of(folder / name) != sums[name]), None
    )

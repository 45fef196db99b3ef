"""Exports as folders on disk: their manifests, whether they are still what they were, the salt of their pseudonyms."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from pathlib import Path

from annotations.export.types import FileEntry, Manifest
from pipeline.errors.base import HansangError
from pipeline.errors.exports import ExportNotProven, NoExport
from pipeline.storage import MANIFEST, UNFINISHED, clear_errors

FOLDER = "exports"
"""Where exports are kept when nobody says otherwise, beside the labels."""

_UNFINISHED = re.compile(rf"{re.escape(UNFINISHED)}.+-(?P<pid>[0-9]+)")


def read_manifest(folder: Path) -> Manifest:
    """What an export says it is.

    Raises:
        NoExport: it has no manifest, so that it isn't complete, or one that can't be read.
    """
    try:
        value = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = {name: FileEntry(**entry) for name, entry in value.pop("files").items()}
        return Manifest(files=files, **value)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoExport(path=folder) from error


def check(folder: Path) -> Manifest:
    """The manifest of an export, after every file was compared with it.

    Raises:
        NoExport: it has no readable manifest.
        ExportNotProven: a file is missing or has changed since.
    """
    manifest = read_manifest(folder)
    for name, entry in manifest.files.items():
        path = folder / name
        if not path.is_file() or _digest(path) != entry.sha256:
            raise ExportNotProven(form=manifest.form, detail=name)
    return manifest


def exports(root: Path) -> list[tuple[Path, Manifest]]:
    """The complete exports in a folder, newest first."""
    found = []
    for folder in root.iterdir() if root.is_dir() else ():
        try:
            found.append((folder, read_manifest(folder)))
        except HansangError:  # not an export, or not a complete one
            continue
    return sorted(found, key=lambda pair: (pair[1].created, pair[0].name), reverse=True)


def sweep(root: Path) -> None:
    """Remove what exports that were killed have left; those of processes that still run stay."""
    for folder in root.glob(f"{UNFINISHED}*"):
        match = _UNFINISHED.fullmatch(folder.name)
        if match and not _runs(int(match["pid"])):
            shutil.rmtree(folder, ignore_errors=True)


def salt_of(root: Path) -> str:
    """The salt of the exports of a home, made when it is first asked for, readable by its owner only.

    Whoever has it can find out who is behind a pseudonym by trying the names of all accounts.
    """
    path = root / ".salt"
    with clear_errors(path):
        root.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_salt(path)
        return path.read_text(encoding="ascii")


def _make_salt(path: Path) -> None:
    aside = path.with_name(f".salt.{secrets.token_hex(4)}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
    try:
        path.hardlink_to(aside)  # unlike a rename it doesn't replace one that was made meanwhile
    except FileExistsError:
        pass
    finally:
        aside.unlink()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Files that were uploaded to be indexed: one folder under the home, names that can't lead out of it."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread

from app.refusals import BadUploadName, EmptyUpload, UploadNotFound, UploadsFull
from pipeline.storage import clear_errors

FOLDER = "uploads"
_NAME = re.compile(r"[\w(][\w.() -]{0,98}[\w)]|\w")
_UNFINISHED = ".uploading-"


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file."""

    name: str
    bytes: int


class Uploads:
    """The uploaded files of a home, at most so many."""

    def __init__(self, home: Path, limit: int) -> None:
        self._root = home / FOLDER
        self._limit = limit

    def all(self) -> list[Upload]:
        """The files, by name."""
        return [Upload(name, (self._root / name).stat().st_size) for name in self._names()]

    def _names(self) -> list[str]:
        if not self._root.is_dir():
            return []
        return sorted(path.name for path in self._root.iterdir() if path.is_file() and not path.name.startswith("."))

    def find(self, name: str) -> Path:
        """Where a file lies.

        Raises:
            BadUploadName, UploadNotFound: there can't be, or isn't, one of that name.
        """
        path = self._root / checked_name(name)
        if not path.is_file() or path.is_symlink():
            raise UploadNotFound(name=name, known=", ".join(self._names()) or "없음 · none")
        return path

    async def keep(self, name: str, blocks: AsyncIterator[bytes]) -> Upload:
        """Write a file as it comes; one of the same name is replaced when all of it is there.

        Raises:
            BadUploadName, UploadsFull, EmptyUpload: it can't be kept.
            DiskFull, NotWritable: nothing is left of it.
        """
        path = self._root / checked_name(name)
        known = self._names()
        if path.name not in known and len(known) >= self._limit:
            raise UploadsFull(limit=self._limit)
        aside = self._root / f"{_UNFINISHED}{secrets.token_hex(8)}"
        try:
            with clear_errors(path):
                self._root.mkdir(parents=True, exist_ok=True)
                with aside.open("wb") as file:
                    async for block in blocks:
                        await to_thread.run_sync(file.write, block)
                size = aside.stat().st_size
                if not size:
                    raise EmptyUpload
                aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        return Upload(path.name, size)

    def remove(self, name: str) -> None:
        """Remove a file.

        Raises:
            BadUploadName, UploadNotFound: there is none.
        """
        with clear_errors(self._root):
            self.find(name).unlink()


def checked_name(name: str) -> str:
    """A name in NFC.

    Raises:
        BadUploadName: no file can have it.
    """
    composed = unicodedata.normalize("NFC", name)
    if not _NAME.fullmatch(composed) or len(composed.encode("utf-8", "replace")) > 200:
        raise BadUploadName(name="".join(c if c.isprintable() else " " for c in name[:100]))
    return composed

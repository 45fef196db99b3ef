"""Indexes on disk: where they lie, what their manifests say, which version is in use. Builds nothing, loads no backend.

``index/<name>/<version>/`` holds one complete index; ``index/<name>/current`` names the version in use.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.checksums import SUMS, first_changed, read_sums, under, write_sums
from pipeline.errors.indexes import BadIndexName, IndexDamaged, IndexNotFound, IndexOutdated
from pipeline.passages import PassageStore
from pipeline.question.lexicon import Lexicon
from pipeline.storage import MANIFEST, write_json

FORMAT = 1
CURRENT = "current"
PASSAGES = "passages.arrow"
LEXICON = "lexicon.json"

_NAME = re.compile(r"\w[\w.-]{0,59}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index says of itself. Written last: where it is, the index is complete.

    ``model`` is the encoder's with its revision, empty where it needs none. ``remarks`` are those of the files it was
    built from, as ``pipeline.corpus.remarks`` makes them.
    """

    name: str
    version: str
    created: str
    passages: int
    documents: int
    rejected: int
    analysers: tuple[str, ...]
    encoder: str
    model: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[Mapping[str, Any], ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    remarks: tuple[Mapping[str, Any], ...] = ()
    format: int = FORMAT


class Index:
    """One complete version of an index, opened for reading."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder)
        self.part(MANIFEST)

    @property
    def name(self) -> str:
        """The name it was given."""
        return self.manifest.name

    @cached_property
    def passages(self) -> PassageStore:
        """The passages, memory-mapped."""
        with self.reading(PASSAGES):
            return PassageStore(self.part(PASSAGES))

    @cached_property
    def lexicon(self) -> Lexicon:
        """The names that questions may use."""
        with self.reading(LEXICON):
            return Lexicon.from_json(json.loads(self.part(LEXICON).read_text(encoding="utf-8")))

    @contextmanager
    def reading(self, part: str) -> Iterator[None]:
        """Turn what goes wrong while a part is read into an error that says how to mend the index.

        Raises:
            IndexDamaged: the part can't be read as what it should be.
        """
        try:
            yield
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise IndexDamaged(name=self.name, part=part) from error

    @cached_property
    def _sums(self) -> dict[str, str]:
        """What its files were when it was built; nothing in an index that was built before there were checksums."""
        with self.reading(SUMS):
            return read_sums(self.folder)

    def part(self, name: str) -> Path:
        """A file or folder of the index, as it was when the index was built.

        Raises:
            IndexDamaged: it isn't there, or not as it was.
        """
        path = self.folder / name
        if not path.exists():
            raise IndexDamaged(name=self.name, part=name)
        self._compare(under(self._sums, name), name)
        return path

    def check(self) -> None:
        """Look at every file, also those that no question needs.

        Raises:
            IndexDamaged: one isn't there, or not as it was.
        """
        for part in (PASSAGES, LEXICON, *self.manifest.analysers):
            self.part(part)
        self._compare(self._sums, SUMS)

    def _compare(self, files: Iterable[str], part: str) -> None:
        with self.reading(part):
            changed = first_changed(self.folder, self._sums, files)
        if changed:
            raise IndexDamaged(name=self.name, part=changed)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an index folder.

    Raises:
        IndexDamaged: it is missing or not a manifest.
        IndexOutdated: another version of this program wrote it.
    """
    name = folder.parent.name
    try:
        value = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        found = value["format"]
        if found != FORMAT:
            raise IndexOutdated(name=name, found=found, wanted=FORMAT)
        value["analysers"] = tuple(value["analysers"])
        value["sources"] = tuple(value["sources"])
        value["remarks"] = tuple(value.get("remarks", ()))  # indexes built before there were any have none
        return Manifest(**value)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(name=name, part=MANIFEST) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a manifest, which completes the folder, and the checksums of all that is in it."""
    write_json(folder / MANIFEST, asdict(manifest))
    write_sums(folder)


def composed(name: str) -> str:
    """A name in NFC, as all names of indexes are: macOS gives Hangul in parts."""
    return unicodedata.normalize("NFC", name)


def check_name(name: str) -> None:
    """Make sure that an index can be named so: letters, digits, ``_``, ``-`` and ``.``, and never a path.

    Raises:
        BadIndexName: it can't.
    """
    if not _NAME.fullmatch(name):
        raise BadIndexName(name=name)


def names(root: Path) -> tuple[str, ...]:
    """The names of the indexes under ``root`` that have a version in use, sorted."""
    return tuple(sorted(path.parent.name for path in root.glob(f"*/{CURRENT}")))


def current_folder(root: Path, name: str) -> Path:
    """The folder of the version in use.

    Raises:
        IndexNotFound: there is no such index.
        IndexDamaged: its version is gone.
    """
    name = composed(name)
    try:
        check_name(name)
        version = (root / name / CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, ValueError, BadIndexName) as error:
        raise IndexNotFound(name=name, known=", ".join(names(root)) or "없음") from error
    folder = root / name / version
    if not folder.is_dir():
        raise IndexDamaged(name=name, part=version)
    return folder

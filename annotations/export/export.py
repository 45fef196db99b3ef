"""READ FIRST of the export: a snapshot of a scheme becomes a folder in one of the forms, with a manifest as proof.

``items`` resolves the revisions, ``item_rows`` and ``forms`` write them down. A folder appears under its name only when
it is whole, was read back and was found equal to what had to be written; its manifest is written last.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from annotations.desk import Desk
from annotations.export.form import Form, load_form
from annotations.export.items import pseudonyms, resolve
from annotations.export.types import Dropped, ExportSettings, FileEntry, Item, Manifest, Recipe, Record
from annotations.schemes.scheme import Scheme
from annotations.schemes.used import check_used
from annotations.types import Snapshot
from pipeline.errors.exports import ExportExists, ExportNotProven, FormUnfit, NothingToExport
from pipeline.storage import MANIFEST, building, write_json
from pipeline.versions import versions

FORMAT = 1
DROPPED = "dropped.jsonl"
DEFAULTS = ExportSettings()
_REASONS_SHOWN = 3
_STEP = 500
_MIB = 1 << 20

Progress = Callable[[str, int, int], None]
"""Is told the stage (``read``, ``write``, ``prove``), how many records are done, and of how many (0: not known)."""


@dataclass(slots=True)
class _Tally:
    """Counts what goes by on its way into the export, and what is left out."""

    progress: Progress
    total: int
    items: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    records: int = 0
    digest: str = ""

    def counted(self, found: Iterable[Item | Dropped], drop: Callable[[Dropped], None]) -> Iterator[Item]:
        """The items; what isn't one is dropped."""
        for done, each in enumerate(found, start=1):
            if done % _STEP == 0:
                self.progress("write", done, self.total)
            if isinstance(each, Dropped):
                drop(each)
                continue
            self.items += 1
            self.answers.update(given.annotator for given in each.given)
            yield each

    def digested(self, records: Iterable[Record]) -> Iterator[Record]:
        """The records, unchanged; their digest is there when the last has gone by."""
        digest = hashlib.sha256()
        for record in records:
            digest.update(_canonical(record))
            self.records += 1
            yield record
        self.digest = digest.hexdigest()


def _silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


def export(
    source: Desk | Snapshot,
    scheme: Scheme,
    form: str,
    to: Path,
    *,
    by: str,
    salt: str,
    settings: ExportSettings = DEFAULTS,
    progress: Progress = _silent,
) -> Manifest:
    """Write everything of a scheme's version, as it is now, into the new folder ``to``.

    Args:
        source: a desk, of which a snapshot is taken, or a snapshot.
        scheme: the version to export; items of other versions are left out and listed.
        form: a name of ``annotations.export.form.available()``.
        to: the folder; it may exist only when it is empty.
        by: who exports, for the manifest.
        salt: what pseudonyms of annotators are made with (see ``folder.salt_of``).
        settings: which answers count and what is good enough to train on.
        progress: is told how far it is.

    Raises:
        FormNotFound, FormUnfit: there is no such form, or it has nothing to say of this scheme.
        ExportExists: there are files in the folder.
        SchemeEdited: the scheme's files have changed since it was used.
        NothingToExport: not one record came of it.
        ExportNotProven: what was read back differs from what was written.
        DiskFull, NotWritable: nothing was left behind.
    """
    writer, recipe = load_form(form), Recipe(scheme, settings)
    unfit = writer.unfit(scheme)
    if unfit is not None:
        raise FormUnfit(scheme=scheme.id, form=form, reason=unfit.ko, reason_en=unfit.en)
    if to.exists() and not (to.is_dir() and not any(to.iterdir())):
        raise ExportExists(path=to)
    progress("read", 0, 0)
    snapshot = source if isinstance(source, Snapshot) else _snapshot(source, scheme)
    return _make(writer, form, snapshot, to, recipe, by, salt, progress)


def _make(
    writer: Form, form: str, snapshot: Snapshot, to: Path, recipe: Recipe, by: str, salt: str, progress: Progress
) -> Manifest:
    try:
        with building(to) as folder:
            tally = _write(writer, snapshot, folder, recipe, salt, progress)
            _prove(writer, form, folder, recipe, tally)
            manifest = _manifest(snapshot, form, folder, recipe, tally, by, salt)
            write_json(folder / MANIFEST, asdict(manifest))
    except OSError as error:
        # Somebody else has put files there meanwhile.
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise ExportExists(path=to) from error
        raise
    return manifest


def _snapshot(desk: Desk, scheme: Scheme) -> Snapshot:
    desk.writer.read(lambda db: check_used(db, scheme))
    return desk.snapshot(scheme.id)


def _write(writer: Form, snapshot: Snapshot, folder: Path, recipe: Recipe, salt: str, progress: Progress) -> _Tally:
    tally = _Tally(progress, len(snapshot.tasks))
    with (folder / DROPPED).open("w", encoding="utf-8", newline="\n") as left_out:

        def drop(dropped: Dropped) -> None:
            tally.dropped[dropped.code] += 1
            left_out.write(json.dumps(asdict(dropped), ensure_ascii=False) + "\n")

        items = tally.counted(resolve(snapshot, recipe, pseudonyms(salt)), drop)
        writer.write(tally.digested(writer.records(items, recipe, drop)), folder, recipe)
    if tally.records == 0:
        shown = ", ".join(f"{code} {count:,}" for code, count in tally.dropped.most_common(_REASONS_SHOWN))
        raise NothingToExport(dropped=tally.dropped.total(), reasons=shown or "-")
    return tally


def _prove(writer: Form, form: str, folder: Path, recipe: Recipe, tally: _Tally) -> None:
    """Read everything back and compare it with what had to be written.

    Raises:
        ExportNotProven: they differ.
    """
    again = _Tally(tally.progress, tally.records)
    try:
        for record in again.digested(writer.read(folder, recipe)):
            if again.records % _STEP == 0:
                tally.progress("prove", again.records, tally.records)
            del record
    except (ValueError, KeyError, TypeError) as error:
        raise ExportNotProven(form=form, detail=f"{type(error).__name__}: {error}") from error
    if (again.records, again.digest) != (tally.records, tally.digest):
        raise ExportNotProven(form=form, detail=f"{again.records:,}/{tally.records:,}")


def _manifest(
    snapshot: Snapshot, form: str, folder: Path, recipe: Recipe, tally: _Tally, by: str, salt: str
) -> Manifest:
    return Manifest(
        format=FORMAT,
        form=form,
        scheme=recipe.scheme.id,
        version=recipe.scheme.version,
        scheme_digest=recipe.scheme.digest,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        by=by,
        up_to=snapshot.up_to,
        settings=asdict(recipe.settings),
        counts={
            "tasks": len(snapshot.tasks),
            "items": tally.items,
            "records": tally.records,
            "answers": tally.answers.total(),
            "revisions": len(snapshot.annotations),
            "annotators": len(tally.answers),
            "dropped": tally.dropped.total(),
        },
        dropped=dict(tally.dropped.most_common()),
        annotators=dict(sorted(tally.answers.items())),
        records_sha256=tally.digest,
        # Tells whether two exports name people alike, without telling how.
        salt_sha256=hashlib.sha256(salt.encode()).hexdigest()[:16],
        files={str(path.relative_to(folder)): _entry(path) for path in sorted(folder.rglob("*")) if path.is_file()},
        versions=dict(versions()),
    )


def _entry(path: Path) -> FileEntry:
    digest, size = hashlib.sha256(), 0
    with path.open("r+b") as file:
        while block := file.read(_MIB):
            digest.update(block)
            size += len(block)
        # On the disk before the manifest says that it is.
        os.fsync(file.fileno())
    return FileEntry(digest.hexdigest(), size)


def _canonical(record: Record) -> bytes:
    return (json.dumps(record, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n").encode()

"""The versions of an index: which there are, putting a former one in use, dropping them all. Builds nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.errors.indexes import IndexNotFound, IndexVersionNotFound
from pipeline.index import CURRENT, Index, Manifest, composed, current_folder, names
from pipeline.storage import MANIFEST, UNFINISHED, clear_errors, locked, write_atomically

LOCK = ".lock"


def versions_of(root: Path, name: str) -> tuple[str, ...]:
    """The complete versions of an index, the newest first.

    Raises:
        IndexNotFound, IndexDamaged: there is no such index, or the version in use is gone.
    """
    folder = current_folder(root, name).parent
    return tuple(sorted((path.parent.name for path in folder.glob(f"[!.]*/{MANIFEST}")), reverse=True))


def put_in_use(root: Path, name: str, version: str) -> Manifest:
    """Let a version that is there answer from now on; whoever is answering with the other finishes with it.

    Raises:
        IndexNotFound: there is no such index.
        IndexVersionNotFound: it has no such version.
        IndexOutdated, IndexDamaged: the version can't be opened, or isn't as it was built.
        HomeLocked: the index is being built.
    """
    name = composed(name)
    known = versions_of(root, name)
    if version not in known:
        raise IndexVersionNotFound(name=name, version=version, known=", ".join(known))
    with locked(root / name / LOCK), clear_errors(root / name):
        index = Index(root / name / version)
        index.check()
        write_atomically(root / name / CURRENT, version)
    return index.manifest


def drop(root: Path, name: str) -> None:
    """Remove an index with all its versions. Whoever is answering with it finishes: its files stay until then.

    Raises:
        IndexNotFound: there is no such index.
        HomeLocked: it is being built.
        NotWritable: its files can't be removed; it isn't in use any more.
    """
    name = composed(name)
    folder = root / name
    if name not in names(root):
        raise IndexNotFound(name=name, known=", ".join(names(root)) or "없음")
    with locked(folder / LOCK), clear_errors(folder):
        (folder / CURRENT).unlink()  # from here on it isn't found; what follows may be cut off at any time
        for path in folder.iterdir():
            if path.is_dir() and not path.name.startswith(UNFINISHED):
                shutil.rmtree(path)
        shutil.rmtree(folder)

"""Where the vectors and BM25 weights of a built index go: they stay beside it, or move to a Milvus server.

A collection belongs to one version of an index. What it is called is written down before it is made, so that one that
a crash, or a server that was away, left behind is dropped by a later build.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from pipeline import backends
from pipeline.assemble import BM25, TERMS, VECTORS
from pipeline.errors.machine import BackendUnavailable, HomeLocked
from pipeline.errors.milvus import MilvusDown
from pipeline.index import PASSAGES
from pipeline.index_versions import LOCK, drop
from pipeline.milvus.records import Record, read
from pipeline.passages import PassageStore
from pipeline.settings import Settings
from pipeline.storage import MANIFEST, locked
from pipeline.termstore import TermStore

BEGUN = ".milvus"  # in an index's folder: a file for each collection that was begun and not dropped

Told = Callable[[str, int], None]
"""Called with the stage and how many passages it has done."""


def check_store(settings: Settings) -> None:
    """Make sure that the vectors can go where the settings say, before the work of building them.

    Raises:
        BackendUnavailable: a package is missing.
        BadSetting: the address is none.
        MilvusDown: the server doesn't answer.
    """
    if settings.retrieval.store == "milvus":
        backends.load("retriever", "milvus").check_server(settings.milvus)


def stored_in(settings: Settings) -> tuple[str, ...]:
    """What of the store shapes an index; empty where it is beside the index."""
    return () if settings.retrieval.store == "local" else ("milvus", settings.milvus.uri, settings.milvus.index)


def store_parts(
    folder: Path, index: Path, version: str, analysers: Iterable[str], settings: Settings, told: Told
) -> None:
    """Move what ``build_part`` built for each analyser to the server, where the settings say so.

    Raises:
        MilvusDown, CollectionLost, VectorsUnfit: it can't be there.
    """
    if settings.retrieval.store != "milvus":
        return
    milvus, bm25s = backends.load("retriever", "milvus"), backends.load("retriever", "bm25s")
    passages = PassageStore(folder / PASSAGES)
    for name in analysers:
        part = folder / name
        terms = TermStore(part / TERMS)
        vectors = np.load(part / VECTORS, mmap_mode="r").view(np.ndarray)
        milvus.build(
            part,
            index / BEGUN,
            name=(index.name, version, name),
            passages=passages,
            terms=terms,
            vectors=vectors,
            postings=bm25s.load(terms, part / BM25).postings(),
            settings=settings.milvus,
            done=lambda done, name=name: told(f"store:{name}", done),
        )
    for name in analysers:  # all are there now: another analyser's vectors may be links to these
        shutil.rmtree(folder / name / BM25)
        (folder / name / VECTORS).unlink()


@contextmanager
def collections_of(index: Path) -> Iterator[None]:
    """Drop the collections of versions that aren't there (any more) before and after a build, however it ends."""
    drop_left(index)
    try:
        yield
    finally:
        drop_left(index)


def drop_left(index: Path) -> None:
    """Drop the collections of versions that aren't there. Those whose server is away stay noted for another time."""
    for note in sorted((index / BEGUN).glob("*.json")):
        record = read(note)
        if not (index / record.version / MANIFEST).exists():
            with suppress(MilvusDown, BackendUnavailable):
                _drop(record)
                note.unlink()


def drop_old(index: Path) -> None:
    """The same, unless somebody builds: then whoever builds does it."""
    with suppress(HomeLocked), locked(index / LOCK):
        drop_left(index)


def drop_index(root: Path, name: str) -> None:
    """Remove an index with all its versions (``index_versions.drop``), and their collections.

    Raises:
        IndexNotFound, HomeLocked, NotWritable: it can't be removed.
        MilvusDown: it is gone, and its collections are still on the server.
    """
    records = [read(note) for note in sorted((root / name / BEGUN).glob("*.json"))]
    drop(root, name)
    for record in records:
        _drop(record)


def _drop(record: Record) -> None:
    backends.load("retriever", "milvus")  # says what is missing, where something is
    from pipeline.milvus.loading import drop_collection  # needs a package that few have

    drop_collection(record)

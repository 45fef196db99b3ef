"""The job that builds an index from uploaded files. Its former version serves until the new one is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.jobs.telling import of_uploads
from pipeline import backends, indexing
from pipeline.config import with_overrides
from pipeline.corpus.reader import read_corpus
from pipeline.corpus.remarks import Noticed
from pipeline.index import Manifest
from pipeline.service import Home
from pipeline.settings import Settings
from pipeline.types import Document, Reject

At = Callable[[str, int, "int | None"], None]
"""Told the stage, how many passages it has done, and of how many (None while nobody knows)."""


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """What to build: paths are absolute, ``settings`` are those that differ from the defaults, by name."""

    home: str
    name: str
    files: tuple[str, ...]
    settings: Mapping[str, Any]
    format: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)
    restaurants: str = ""
    restaurant: str = ""
    tokenizers: tuple[str, ...] = ()
    force: bool = False

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> IndexSpec:
        """What ``asdict`` and JSON made of one."""
        return cls(**{**value, "files": tuple(value["files"]), "tokenizers": tuple(value["tokenizers"])})


def documents_of(spec: IndexSpec, noticed: Noticed | None = None) -> Iterator[Document | Reject]:
    """The documents; all files are looked at before this returns.

    Raises:
        HansangError: a file isn't what it should be, or a column can't be found.
    """
    paths = [Path(file) for file in spec.files]
    restaurants = Path(spec.restaurants) if spec.restaurants else None
    return read_corpus(
        paths,
        format=spec.format,
        columns=spec.columns,
        restaurants=restaurants,
        restaurant=spec.restaurant,
        noticed=noticed,
    )


def build(spec: IndexSpec, at: At) -> dict[str, Any]:
    """Build the index, unless it is there just so; what came of it.

    Raises:
        HansangError: it can't be built; the former version stands.
    """
    with of_uploads():
        return _built(spec, at)


def _built(spec: IndexSpec, at: At) -> dict[str, Any]:
    at("read", 0, None)
    noticed = Noticed()
    documents = documents_of(spec, noticed)
    job = _job(spec)
    manifest = None if spec.force else indexing.unchanged(job)
    if manifest is not None:
        return _result(manifest, unchanged=True)
    for analyser in job.analysers:
        backends.load("tokenizer", analyser)
    backends.load("encoder", job.settings.encoder)
    return _result(indexing.build_index(job, documents, _Told(at), noticed.to_json), unchanged=False)


def _job(spec: IndexSpec) -> indexing.Job:
    settings = with_overrides(Settings(), spec.settings, indexing=True)
    home = Home(Path(spec.home))
    how: dict[str, object] = {"format": spec.format, "columns": dict(spec.columns)}
    how |= {"restaurant": spec.restaurant} if spec.restaurant else {}
    sources = [indexing.describe_source(Path(file)) | how for file in spec.files]
    if spec.restaurants:
        sources.append(indexing.describe_source(Path(spec.restaurants)) | {"format": "restaurants"})
    analysers = dict.fromkeys([indexing.SPLITTER, *(spec.tokenizers or (settings.tokenizer,))])
    return indexing.Job(home.indexes, spec.name, settings, tuple(analysers), home.cache, tuple(sources))


class _Told:
    """The progress of an indexing: from the first ``build`` on it is known how many passages there are."""

    def __init__(self, at: At) -> None:
        self._at = at
        self._total: int | None = None

    def __call__(self, stage: str, done: int) -> None:
        if stage.startswith("build:"):
            self._total = done
        self._at(stage, done, self._total)


def _result(manifest: Manifest, *, unchanged: bool) -> dict[str, Any]:
    return {"index": asdict(manifest), "unchanged": unchanged}

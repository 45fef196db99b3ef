"""Names become objects here and nowhere else: from settings and an index to a pipeline that answers questions."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline import backends
from pipeline.config import with_overrides
from pipeline.errors import AnalyserNotIndexed
from pipeline.evidence.answerability import Calibration
from pipeline.evidence.concepts import ConceptRows
from pipeline.evidence.ground import Ground
from pipeline.index import Index, Manifest
from pipeline.passages import PassageStore
from pipeline.protocols import Encoder, Retriever, Tokenizer
from pipeline.rag import Rag
from pipeline.settings import Settings
from pipeline.termstore import TermStore

TERMS, BM25, WINDOWS, ENCODER, VECTORS = "terms", "bm25", "windows", "encoder", "vectors.npy"
CALIBRATION = "calibration.json"  # lines by what they calibrate: ANSWERABLE, or the name of a reranker
ANSWERABLE = "answerable"
WINDOW_SENTENCES = 2
WINDOW_B = 0.4  # windows differ less in length than passages do


def load_tokenizer(name: str) -> Tokenizer:
    """The process's analyser of that name."""
    tokenizer: Tokenizer = backends.load("tokenizer", name).load()
    return tokenizer


def build_part(
    passages: PassageStore, terms: TermStore, folder: Path, settings: Settings, built: Path | None = None
) -> None:
    """Build all that one analyser's terms give: BM25 over passages and over windows, the encoder, the vectors.

    Args:
        built: another analyser's folder over the same passages. An encoder that reads texts isn't run again for it.
    """
    bm25s, how = backends.load("retriever", "bm25s"), settings.indexing
    bm25s.build(terms, folder / BM25, k1=how.k1, b=how.b)
    bm25s.build(terms, folder / WINDOWS, k1=how.k1, b=WINDOW_B, windows=_windows(passages))
    encoder = backends.load("encoder", settings.encoder)
    if built is not None and encoder.READS == "texts":
        shutil.copytree(built / ENCODER, folder / ENCODER, copy_function=_linked)
        _linked(built / VECTORS, folder / VECTORS)
    else:
        np.save(folder / VECTORS, encoder.build(passages, terms, folder / ENCODER, settings))


def _linked(file: str | Path, to: str | Path) -> None:
    """The same file under another name; a copy where the disk has no links."""
    try:
        os.link(file, to)
    except OSError:
        shutil.copyfile(file, to)


def _windows(passages: PassageStore) -> list[tuple[int, int, int]]:
    """Every run of neighbouring sentences, as ``(row, start, end)``."""
    windows = []
    for row in range(len(passages)):
        sentences = passages.sentences(row)
        for first in range(max(1, len(sentences) - WINDOW_SENTENCES + 1)):
            last = min(first + WINDOW_SENTENCES, len(sentences)) - 1
            windows.append((row, sentences[first][0], sentences[last][1]))
    return windows


def open_encoder(index: Index, analyser: str) -> Encoder:
    """The encoder of an index's vectors, with the models that it was built with.

    Raises:
        IndexDamaged: it is missing or broken.
        BackendUnavailable: its model can't be used here.
    """
    folder = index.part(f"{analyser}/{ENCODER}")
    with index.reading(f"{analyser}/{ENCODER}"):
        encoder: Encoder = backends.load("encoder", index.manifest.encoder).load(folder, built_with(index.manifest))
    return encoder


def built_with(manifest: Manifest) -> Settings:
    """The defaults with the models that an index was built with."""
    models = {name: value for name, value in manifest.settings.items() if name.startswith("models.")}
    return with_overrides(Settings(), models, indexing=True)


def open_retrievers(folder: Path, terms: TermStore, encoder: str, settings: Settings) -> dict[str, Retriever]:
    """The retrievers that ``build_part`` built in a folder, by the name of their stage.

    Raises:
        ModelMismatch: the settings name another model than the one whose vectors are there.
    """
    bm25s = backends.load("retriever", "bm25s")
    vectors = np.load(folder / VECTORS, mmap_mode="r").view(np.ndarray)
    return {
        "bm25": bm25s.load(terms, folder / BM25),
        "vector": backends.load("retriever", "vector").load(
            backends.load("encoder", encoder).load(folder / ENCODER, settings), vectors
        ),
        "window": bm25s.load(terms, folder / WINDOWS),
    }


@dataclass(frozen=True, slots=True)
class Part:
    """What an index holds for one analyser, opened."""

    terms: TermStore
    retrievers: Mapping[str, Retriever]
    calibrations: Mapping[str, Calibration]
    concepts: ConceptRows | None = None


def open_part(index: Index, settings: Settings) -> Part:
    """Open an index for the analyser of the settings.

    Raises:
        AnalyserNotIndexed: the index wasn't built with it.
        IndexDamaged: a file is missing or broken.
        ModelMismatch: its vectors are another model's than the settings name.
    """
    name = settings.tokenizer
    backends.load("tokenizer", name)
    if name not in index.manifest.analysers:
        known = ", ".join(index.manifest.analysers)
        raise AnalyserNotIndexed(name=index.name, tokenizer=name, known=known)
    for part in (TERMS, BM25, WINDOWS, ENCODER, VECTORS, CALIBRATION):
        index.part(f"{name}/{part}")
    folder = index.folder / name
    with index.reading(name):
        terms = TermStore(folder / TERMS)
        retrievers = open_retrievers(folder, terms, index.manifest.encoder, settings)
        learned = json.loads((folder / CALIBRATION).read_text(encoding="utf-8"))
        calibrations = {what: Calibration.from_json(line) for what, line in learned.items()}
    if settings.retrieval.bm25 == "rank_bm25":
        built = index.manifest.settings
        other = backends.load("retriever", "rank_bm25")
        retrievers["bm25"] = other.load(terms, k1=built["indexing.k1"], b=built["indexing.b"])
    return Part(terms, retrievers, calibrations, ConceptRows(index.passages) if index.lexicon.restaurants else None)


def assemble(settings: Settings, index: Index, part: Part) -> Rag:
    """The pipeline for these settings over an opened index.

    Raises:
        BackendNotFound: a setting names a backend that doesn't exist.
    """
    reranker = backends.load("reranker", settings.reranker)
    return Rag(
        settings=settings,
        index=index,
        terms=part.terms,
        tokenizer=load_tokenizer(settings.tokenizer),
        retrievers=part.retrievers,
        reranker=reranker.load(
            index.passages, part.terms, part.calibrations.get(reranker.calibrated_as(settings)), settings
        ),
        generator=backends.load("generator", settings.generator).load(
            Ground(
                passages=index.passages,
                terms=part.terms,
                tokenizer=load_tokenizer(settings.tokenizer),
                settings=settings,
                calibration=part.calibrations[ANSWERABLE],
                restaurants=index.lexicon.restaurants,
            )
        ),
        concepts=part.concepts,
    )

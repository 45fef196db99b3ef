"""Names become objects here and nowhere else: from settings and an index to a pipeline that answers questions."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import backends
from pipeline.config import with_overrides
from pipeline.errors.indexes import AnalyserNotIndexed, ScoresNotIndexed
from pipeline.evidence.answerability import Calibration
from pipeline.evidence.concepts import ConceptRows
from pipeline.evidence.ground import Ground
from pipeline.index import Index, Manifest
from pipeline.milvus.records import RECORD
from pipeline.passages import PassageStore
from pipeline.protocols import Encoder, Retriever, RowScorer, Tokenizer, VectorRows
from pipeline.rag import Rag
from pipeline.setting_groups.models import NO_ENGINE
from pipeline.settings import Settings
from pipeline.termstore import TermStore

TERMS, BM25, WINDOWS, ENCODER, VECTORS = "terms", "bm25", "windows", "encoder", "vectors.npy"
SPARSE, COLBERT = "sparse", "colbert"  # stages, and folders beside the encoder's own files
CALIBRATION = "calibration.json"  # lines by what they calibrate: ANSWERABLE, or the name of a reranker
ANSWERABLE = "answerable"
WINDOW_SENTENCES = 2
WINDOW_B = 0.4  # windows differ less in length than passages do
Encode = Callable[[PassageStore, Path], NDArray[np.float16]]
"""Makes the vectors of passages and puts the encoder's files in a folder."""


def load_tokenizer(name: str) -> Tokenizer:
    """The process's analyser of that name."""
    tokenizer: Tokenizer = backends.load("tokenizer", name).load()
    return tokenizer


def build_part(
    passages: PassageStore,
    terms: TermStore,
    folder: Path,
    settings: Settings,
    built: Path | None = None,
    encode: Encode | None = None,
) -> None:
    """Build all that one analyser's terms give: BM25 over passages and over windows, the encoder, the vectors.

    Args:
        built: another analyser's folder over the same passages. An encoder that reads texts isn't run again for it.
        encode: who encodes the passages with the settings' encoder, which is run here unless told otherwise.
    """
    bm25s, how = backends.load("retriever", "bm25s"), settings.indexing
    bm25s.build(terms, folder / BM25, k1=how.k1, b=how.b)
    bm25s.build(terms, folder / WINDOWS, k1=how.k1, b=WINDOW_B, windows=_windows(passages))
    encoder = backends.load("encoder", settings.encoder)
    if built is not None and encoder.READS == "texts":
        shutil.copytree(built / ENCODER, folder / ENCODER, copy_function=_linked)
        _linked(built / VECTORS, folder / VECTORS)
    elif encode is not None and settings.models.scores == "dense":  # what else is told of texts doesn't travel
        np.save(folder / VECTORS, encode(passages, folder / ENCODER))
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


def _reading(encoder: str, settings: Settings) -> ModuleType:
    """The encoder that reads questions for an index: its own, or the engine of the settings in its place.

    Only an encoder that reads texts can have an engine; whether it is one of the index's model, the engine checks.
    """
    own = backends.load("encoder", encoder)
    replaced = settings.models.engine != NO_ENGINE and own.READS == "texts"
    return backends.load("encoder", "onnx") if replaced else own


def built_with(manifest: Manifest) -> Settings:
    """The defaults with the models that an index was built with."""
    models = {name: value for name, value in manifest.settings.items() if name.startswith("models.")}
    return with_overrides(Settings(), models, indexing=True)


def open_retrievers(folder: Path, terms: TermStore, encoder: str, settings: Settings) -> dict[str, Retriever]:
    """The retrievers that ``build_part`` built in a folder, by the name of their stage.

    Raises:
        ModelMismatch: the settings name another model than the one whose vectors are there.
    """
    bm25s, reader = backends.load("retriever", "bm25s"), _reading(encoder, settings).load(folder / ENCODER, settings)
    windows = bm25s.load(terms, folder / WINDOWS)
    if (folder / RECORD).exists():
        bm25, vector = backends.load("retriever", "milvus").load(folder, terms, reader, settings.milvus)
        return {"bm25": bm25, "vector": vector, "window": windows}
    vectors = np.load(folder / VECTORS, mmap_mode="r").view(np.ndarray)
    vector = backends.load("retriever", "vector").load(reader, vectors)
    return {"bm25": bm25s.load(terms, folder / BM25), "vector": vector, "window": windows}


def open_vectors(index: Index, analyser: str) -> VectorRows:
    """The vectors of an index's passages, by row.

    Raises:
        IndexDamaged: they are missing or broken.
    """
    folder = index.folder / analyser
    with index.reading(analyser):
        if _stored(index.manifest):
            rows: VectorRows = backends.load("retriever", "milvus").stored_vectors(folder)
            return rows
        index.part(f"{analyser}/{VECTORS}")
        vectors: VectorRows = np.load(folder / VECTORS, mmap_mode="r").view(np.ndarray)
        return vectors


def _stored(manifest: Manifest) -> bool:
    """Whether vectors and BM25 weights are on a Milvus server."""
    return manifest.settings.get("retrieval.store") == "milvus"


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
    for part in (TERMS, WINDOWS, ENCODER, CALIBRATION, *((RECORD,) if _stored(index.manifest) else (BM25, VECTORS))):
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
        ScoresNotIndexed: scores have a share that the index doesn't hold.
    """
    reranker = backends.load("reranker", settings.reranker)
    sparse: Retriever | None = _further(SPARSE, settings.fusion.sparse, index, settings)
    colbert: RowScorer | None = _further(COLBERT, settings.fusion.colbert, index, settings)
    return Rag(
        settings=settings,
        index=index,
        terms=part.terms,
        tokenizer=load_tokenizer(settings.tokenizer),
        retrievers=part.retrievers if sparse is None else {**part.retrievers, SPARSE: sparse},
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
        colbert=colbert,
    )


def _further(stage: str, share: float, index: Index, settings: Settings) -> Any:
    """What scores a stage beyond the encoder's vectors, from what the encoder left in the index.

    None where the stage has no share in the fused score, so that it costs nothing.
    """
    if not share:
        return None
    name = f"{settings.tokenizer}/{ENCODER}"
    folder = index.folder / name
    if not (folder / stage).exists():
        scores = "dense+sparse" if stage == SPARSE else "dense+sparse+colbert"
        raise ScoresNotIndexed(name=index.name, stage=stage, share=share, scores=scores)
    with index.reading(f"{name}/{stage}"):
        encoder = backends.load("encoder", index.manifest.encoder).load(folder, settings)
        return backends.load("retriever", f"bge_{stage}").load(encoder, folder / stage)

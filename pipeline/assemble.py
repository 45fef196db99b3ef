"""Names become objects here and nowhere else: from settings and an index to a pipeline that answers questions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline import backends
from pipeline.config import Indexing, Settings
from pipeline.errors import AnalyserNotIndexed
from pipeline.evidence.answerability import Calibration
from pipeline.evidence.concepts import ConceptRows
from pipeline.index import Index
from pipeline.passages import PassageStore
from pipeline.protocols import Retriever, Tokenizer
from pipeline.rag import Rag
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


def build_part(passages: PassageStore, terms: TermStore, folder: Path, encoder: str, settings: Indexing) -> None:
    """Build all that one analyser's terms give: BM25 over passages and over windows, the encoder, the vectors."""
    bm25s = backends.load("retriever", "bm25s")
    bm25s.build(terms, folder / BM25, k1=settings.k1, b=settings.b)
    bm25s.build(terms, folder / WINDOWS, k1=settings.k1, b=WINDOW_B, windows=_windows(passages))
    vectors = backends.load("encoder", encoder).build(terms, folder / ENCODER, dimensions=settings.dimensions)
    np.save(folder / VECTORS, vectors)


def _windows(passages: PassageStore) -> list[tuple[int, int, int]]:
    """Every run of neighbouring sentences, as ``(row, start, end)``."""
    windows = []
    for row in range(len(passages)):
        sentences = passages.sentences(row)
        for first in range(max(1, len(sentences) - WINDOW_SENTENCES + 1)):
            last = min(first + WINDOW_SENTENCES, len(sentences)) - 1
            windows.append((row, sentences[first][0], sentences[last][1]))
    return windows


def open_retrievers(folder: Path, terms: TermStore, encoder: str) -> dict[str, Retriever]:
    """The retrievers that ``build_part`` built in a folder, by the name of their stage."""
    bm25s = backends.load("retriever", "bm25s")
    vectors = np.load(folder / VECTORS, mmap_mode="r").view(np.ndarray)
    return {
        "bm25": bm25s.load(terms, folder / BM25),
        "vector": backends.load("retriever", "vector").load(
            backends.load("encoder", encoder).load(folder / ENCODER), vectors
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
        retrievers = open_retrievers(folder, terms, index.manifest.encoder)
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
    return Rag(
        settings=settings,
        index=index,
        terms=part.terms,
        tokenizer=load_tokenizer(settings.tokenizer),
        retrievers=part.retrievers,
        reranker=backends.load("reranker", settings.reranker).load(
            index.passages, part.terms, part.calibrations.get(settings.reranker)
        ),
        generator=backends.load("generator", settings.generator).load(
            index.passages, part.terms, settings.answer, part.calibrations[ANSWERABLE]
        ),
        concepts=part.concepts,
    )

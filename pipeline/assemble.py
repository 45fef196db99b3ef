"""Names become objects here and nowhere else: from settings and an index to a pipeline that answers questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline import backends
from pipeline.config import Indexing, Settings
from pipeline.errors import AnalyserNotIndexed
from pipeline.index import Index
from pipeline.passages import PassageStore
from pipeline.protocols import Retriever, Tokenizer
from pipeline.rag import Rag
from pipeline.termstore import TermStore

TERMS, BM25, WINDOWS, ENCODER, VECTORS = "terms", "bm25", "windows", "encoder", "vectors.npy"
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


@dataclass(frozen=True, slots=True)
class Part:
    """What an index holds for one analyser, opened."""

    terms: TermStore
    retrievers: Mapping[str, Retriever]


def open_part(index: Index, settings: Settings) -> Part:
    """Open an index for the analyser of the settings.

    Raises:
        AnalyserNotIndexed: the index wasn't built with it.
        IndexDamaged: a file is missing.
    """
    name = settings.tokenizer
    backends.load("tokenizer", name)
    if name not in index.manifest.analysers:
        known = ", ".join(index.manifest.analysers)
        raise AnalyserNotIndexed(name=index.name, tokenizer=name, known=known)
    terms = TermStore(index.part(f"{name}/{TERMS}"))
    encoder = backends.load("encoder", index.manifest.encoder).load(index.part(f"{name}/{ENCODER}"))
    vectors = np.load(index.part(f"{name}/{VECTORS}"), mmap_mode="r").view(np.ndarray)
    bm25s = backends.load("retriever", "bm25s")
    return Part(
        terms,
        {
            "bm25": _bm25(terms, index, settings),
            "vector": backends.load("retriever", "vector").load(encoder, vectors),
            "window": bm25s.load(terms, index.part(f"{name}/{WINDOWS}")),
        },
    )


def _bm25(terms: TermStore, index: Index, settings: Settings) -> Retriever:
    backend = backends.load("retriever", settings.retrieval.bm25)
    if settings.retrieval.bm25 == "rank_bm25":
        built = index.manifest.settings
        retriever: Retriever = backend.load(terms, k1=built["indexing.k1"], b=built["indexing.b"])
    else:
        retriever = backend.load(terms, index.part(f"{settings.tokenizer}/{BM25}"))
    return retriever


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
        reranker=backends.load("reranker", settings.reranker).load(index.passages, part.terms),
        generator=backends.load("generator", settings.generator).load(index.passages, part.terms, settings.answer),
    )

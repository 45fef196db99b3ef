"""What people use today, over the same passages and the same analyser: rank_bm25 alone and LangChain's ensemble.

An optional extra (``pip install -e '.[peers]'``), for benchmarks only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.retrievers import BM25Retriever
from langchain_community.vectorstores import FAISS
from langchain_core.embeddings import Embeddings
from rank_bm25 import BM25Okapi

from pipeline.passages import PassageStore
from pipeline.protocols import Encoder, Tokenizer
from pipeline.terms import make_query

DEPTH = 50

Peer = Callable[[str], list[str]]
"""A question in, the ids of at most 50 passages out, best first."""


class LsaEmbeddings(Embeddings):
    """The index's own encoder as LangChain wants it."""

    def __init__(self, tokenizer: Tokenizer, encoder: Encoder) -> None:
        self._tokenizer = tokenizer
        self._encoder = encoder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        vectors: list[list[float]] = self._encoder.encode(
            [make_query(analysed) for analysed in self._tokenizer.analyse(texts)]
        ).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self.embed_documents([text])[0]


def rank_bm25_peer(passages: PassageStore, tokenizer: Tokenizer) -> Peer:
    """BM25Okapi over the analyser's content morphemes, with the library's own parameters."""
    bm25 = BM25Okapi([_morphemes(tokenizer, passage.text) for passage in passages])
    ids = [passage.id for passage in passages]

    def ask(question: str) -> list[str]:
        scores = bm25.get_scores(_morphemes(tokenizer, question))
        return [ids[row] for row in np.argsort(-scores, kind="stable")[:DEPTH]]

    return ask


def langchain_peer(passages: PassageStore, tokenizer: Tokenizer, folder: Path) -> Peer:
    """EnsembleRetriever of BM25 (.4) and FAISS over the index's LSA (.6), as its documentation puts it together."""
    from pipeline.encoders.lsa import LsaEncoder  # the peer takes the encoder that the index under test was built with

    texts: Sequence[str] = [passage.text for passage in passages]
    ids = [{"id": passage.id} for passage in passages]
    bm25 = BM25Retriever.from_texts(texts, metadatas=ids, preprocess_func=lambda text: _morphemes(tokenizer, text))
    bm25.k = DEPTH
    store = FAISS.from_texts(list(texts), LsaEmbeddings(tokenizer, LsaEncoder(folder)), metadatas=ids)
    vectors = store.as_retriever(search_kwargs={"k": DEPTH})
    ensemble = EnsembleRetriever(retrievers=[bm25, vectors], weights=[0.4, 0.6])

    def ask(question: str) -> list[str]:
        return [document.metadata["id"] for document in ensemble.invoke(question)][:DEPTH]

    return ask


def _morphemes(tokenizer: Tokenizer, text: str) -> list[str]:
    return [m.form for m in next(iter(tokenizer.analyse([text]))).morphemes if m.content]

"""Latent semantic analysis: vectors learned from the corpus itself, with nothing to download.

TF-IDF (sublinear term frequency) on the index's own terms, reduced by truncated SVD. Deerwester et al., 1990.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from pipeline.own_thread import in_own_thread
from pipeline.passages import PassageStore
from pipeline.protocols import FloatArray
from pipeline.settings import Settings
from pipeline.termstore import TermStore
from pipeline.types import Query

READS = "terms"
FEATURES = 1 << 17  # the most frequent terms: beyond them memory grows and quality does not
ENOUGH = 1_000  # features that make it worth leaving out the terms of a single passage
SAMPLE = 20_000  # passages the decomposition is learned from; all are projected
_CHUNK = 5_000


class LsaEncoder:
    """Projects term counts on the components. Holds them row by row, so that a question touches few pages."""

    name = "lsa"

    def __init__(self, folder: Path) -> None:
        self._components: FloatArray = np.load(folder / "components.npy", mmap_mode="r").view(np.ndarray)
        self._idf: FloatArray = np.load(folder / "idf.npy")
        ids = np.load(folder / "features.npy")
        words = (folder / "features.txt").read_text(encoding="utf-8").split("\n")
        self._features = dict(zip(words, range(len(ids)), strict=False)) if len(ids) else {}

    def encode(self, queries: Sequence[Query]) -> FloatArray:
        """See Encoder. *Shape:* ``(len(queries), dimensions)``."""
        vectors = np.zeros((len(queries), self._components.shape[1]), dtype=np.float32)
        for vector, query in zip(vectors, queries, strict=True):
            counts = Counter([self._features[t.key] for t in query.terms if t.key in self._features])
            if counts:
                rows = np.fromiter(counts, dtype=np.int64)
                weights = _sublinear(np.fromiter(counts.values(), dtype=np.float32)) * self._idf[rows]
                vector[:] = weights @ self._components[rows]
        return _unit(vectors)


def identity(settings: Settings) -> dict[str, object]:
    """What the vectors depend on beside the texts and ``indexing.*``: nothing."""
    return {}


def build(passages: PassageStore, terms: TermStore, folder: Path, settings: Settings) -> FloatArray:
    """Learn from an index's terms with the dimensions of the settings; see ``learn``."""
    return learn(terms, folder, dimensions=settings.indexing.dimensions)


def learn(store: TermStore, folder: Path, *, dimensions: int) -> FloatArray:
    """Learn the components from an index's terms, write them, and return the passages' vectors.

    *Shape:* ``(passages, min(dimensions, passages, features))``, column after column in memory, as the product with a
    question reads them; rows of unit length, zero for passages without terms.
    """
    ids, frequency = _features(store)
    idf = (np.log((1 + len(store)) / (1 + frequency)) + 1).astype(np.float32)
    components = _components(store, ids, idf, dimensions)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "features.npy", ids)
    np.save(folder / "idf.npy", idf)
    np.save(folder / "components.npy", components)
    (folder / "features.txt").write_text("\n".join(store.keys[i] for i in ids), encoding="utf-8")
    vectors = np.empty((len(store), components.shape[1]), dtype=np.float32, order="F")
    for start in range(0, len(store), _CHUNK):
        rows = range(start, min(start + _CHUNK, len(store)))
        vectors[rows.start : rows.stop] = _unit(_tfidf(store, rows, ids, idf) @ components)
    return vectors


def load(folder: Path, settings: Settings) -> LsaEncoder:
    """Open what ``learn`` wrote."""
    return LsaEncoder(folder)


def _features(store: TermStore) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The vocabulary ids used as features and the number of passages each occurs in.

    A term of one passage links nothing to nothing, so two are asked for where that leaves enough to decompose.
    """
    frequency = np.where(store.is_term, store.frequency, 0)
    ids = np.flatnonzero(frequency >= 2)
    if len(ids) < ENOUGH:
        ids = np.flatnonzero(frequency >= 1)
    ids = np.sort(ids[np.argsort(-frequency[ids], kind="stable")[:FEATURES]])
    return ids, frequency[ids]


def _components(store: TermStore, ids: NDArray[np.int64], idf: FloatArray, dimensions: int) -> FloatArray:
    """*Shape:* ``(features, dimensions)``, C-contiguous."""
    rows = np.arange(len(store))
    if len(rows) > SAMPLE:
        rows = np.sort(np.random.default_rng(0).choice(rows, SAMPLE, replace=False))
    dimensions = min(dimensions, len(rows), len(ids))
    if dimensions < 2:  # one passage or one term: nothing to decompose
        return np.ones((len(ids), 1), dtype=np.float32)
    from sklearn.utils.extmath import randomized_svd  # two seconds to import, and only indexing needs it

    matrix = _tfidf(store, rows, ids, idf)
    _, _, components = in_own_thread(randomized_svd, matrix, dimensions, n_iter=5, random_state=0)
    return np.ascontiguousarray(components.T, dtype=np.float32)


def _tfidf(
    store: TermStore, rows: Sequence[int] | NDArray[np.int64], ids: NDArray[np.int64], idf: FloatArray
) -> sp.csr_matrix:
    """*Shape:* ``(len(rows), features)``, rows of unit length."""
    column = np.full(len(store.keys), -1, dtype=np.int32)
    column[ids] = np.arange(len(ids), dtype=np.int32)
    counted = [np.unique(column[store.term_ids(int(row))], return_counts=True) for row in rows]
    known = [(terms[terms >= 0], counts[terms >= 0]) for terms, counts in counted]
    indptr = np.cumsum([0] + [len(terms) for terms, _ in known])
    indices = np.concatenate([terms for terms, _ in known]) if known else np.empty(0, dtype=np.int32)
    counts = np.concatenate([counts for _, counts in known]) if known else np.empty(0, dtype=np.int64)
    data = _sublinear(counts.astype(np.float32)) * idf[indices]
    matrix = sp.csr_matrix((data, indices, indptr), shape=(len(known), len(ids)), dtype=np.float32)
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1))).ravel()
    scaled: sp.csr_matrix = sp.diags_array(1 / np.maximum(norms, 1e-9)).astype(np.float32) @ matrix
    return scaled


def _sublinear(counts: FloatArray) -> FloatArray:
    logarithm: FloatArray = np.log(counts)
    return logarithm + 1


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: FloatArray = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled

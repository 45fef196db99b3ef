"""What every retriever must do, done by a Milvus server; and what a server would refuse is refused before."""

from __future__ import annotations

import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.encoders import lsa
from pipeline.errors.milvus import VectorsUnfit
from pipeline.errors.settings import BadSetting
from pipeline.milvus.collection import checked_uri
from pipeline.milvus.loading import Postings, check, sparse_row, weights_of
from pipeline.milvus.records import RECORD, Record, collection_name, read
from pipeline.passages import PassageStore
from pipeline.protocols import Condition, Retriever, Searching, Tokenizer, Within
from pipeline.retrievers import bm25s, vector
from pipeline.retrievers import milvus as backend
from pipeline.setting_groups.search import Milvus
from pipeline.settings import Settings
from pipeline.termstore import TermStore
from tests.pipeline.milvus.lite import PATIENT, LiteServer
from tests.pipeline.retrievers.test_retriever_contract import (  # noqa: F401  (inherited with our fixtures)
    query,
    test_finds_the_passage_about_it,
    test_one_finite_score_per_passage,
    test_question_of_nothing_favours_nothing,
    test_same_question_same_scores,
    test_unknown_words_favour_nothing,
)
from tests.pipeline.stores import REVIEWS, make_stores

VERSION = count()
TEXTS = (*REVIEWS, "!?", "?", "주차")  # passages without terms as well
Stores = tuple[PassageStore, TermStore]


@pytest.fixture(scope="module")
def stores(kiwi: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Stores:
    return make_stores(tmp_path_factory.mktemp("stores"), kiwi, REVIEWS)


def built(stores: Stores, folder: Path, uri: str, index: Literal["exact", "hnsw"] = "exact") -> tuple[Path, np.ndarray]:
    passages, terms = stores
    vectors = lsa.learn(terms, folder / "encoder", dimensions=4)
    bm25s.build(terms, folder / "bm25", k1=1.2, b=0.75)
    backend.build(
        folder, folder / "begun", name=("시험", f"v{next(VERSION)}", "kiwi"), passages=passages, terms=terms,
        vectors=vectors, postings=bm25s.load(terms, folder / "bm25").postings(), settings=Milvus(uri=uri, index=index),
        done=lambda done: None,
    )  # fmt: skip
    return folder, vectors


@pytest.fixture(params=["bm25", "vector"])
def retriever(request: pytest.FixtureRequest, stores: Stores, milvus: LiteServer, tmp_path: Path) -> Retriever:
    folder, _ = built(stores, tmp_path / "built", milvus.uri)
    found = backend.load(folder, stores[1], lsa.load(folder / "encoder", Settings()), PATIENT.milvus)
    return found[0 if request.param == "bm25" else 1]


def test_scores_are_those_of_the_local_ones(
    stores: Stores, milvus: LiteServer, kiwi: Tokenizer, tmp_path: Path
) -> None:
    folder, vectors = built(stores, tmp_path / "b", milvus.uri)
    encoder = lsa.load(folder / "encoder", Settings())
    sparse, dense = backend.load(folder, stores[1], encoder, PATIENT.milvus)
    for text in ("주차 무료", "주차 주차 냉면 xyzzy", "와인 콜키지 얼마예요?"):
        asked = query(kiwi, text)
        assert np.allclose(sparse.score(asked), bm25s.load(stores[1], folder / "bm25").score(asked), atol=1e-5)
        assert np.allclose(dense.score(asked), vector.load(encoder, vectors).score(asked), atol=1e-5)
        assert isinstance(sparse, Searching)


def test_the_approximate_index_finds_the_same_in_little(
    stores: Stores, milvus: LiteServer, kiwi: Tokenizer, tmp_path: Path
) -> None:
    folder, vectors = built(stores, tmp_path / "b", milvus.uri, "hnsw")
    encoder, asked = lsa.load(folder / "encoder", Settings()), query(kiwi, "와인 콜키지 얼마예요?")
    assert read(folder / RECORD).kind == "hnsw"
    found = backend.load(folder, stores[1], encoder, PATIENT.milvus)[1].search(asked, Within())
    assert np.allclose(found.scores, vector.load(encoder, vectors).score(asked), atol=1e-5)


def test_passages_without_terms_have_a_place(kiwi: Tokenizer, milvus: LiteServer, tmp_path: Path) -> None:
    stores = make_stores(tmp_path / "s", kiwi, TEXTS)
    folder, _ = built(stores, tmp_path / "b", milvus.uri)
    sparse, _ = backend.load(folder, stores[1], lsa.load(folder / "encoder", Settings()), PATIENT.milvus)
    scores = sparse.score(query(kiwi, "주차"))
    assert (scores[6], scores[7]) == (0, 0)
    assert scores[8] > 0


def test_half_precision_and_broken_vectors(stores: Stores, milvus: LiteServer, tmp_path: Path) -> None:
    passages, terms = stores
    bm25s.build(terms, tmp_path / "bm25", k1=1.2, b=0.75)
    postings = bm25s.load(terms, tmp_path / "bm25").postings()
    halves = np.eye(len(terms), 4, dtype=np.float16)
    broken = halves.copy()
    broken[2, 1] = np.nan

    def build(vectors: np.ndarray, folder: str) -> None:
        name = ("시험", f"v{next(VERSION)}", "kiwi")
        backend.build(
            tmp_path / folder, tmp_path / "begun", name=name, passages=passages, terms=terms, vectors=vectors,
            postings=postings, settings=Milvus(uri=milvus.uri), done=lambda done: None,
        )  # fmt: skip

    build(halves, "halves")
    stored = backend.stored_vectors(tmp_path / "halves")
    assert np.array_equal(stored[np.array([3, 0])], halves[[3, 0]].astype(np.float32))
    with pytest.raises(VectorsUnfit, match="dense"):
        build(broken, "broken")
    assert not (tmp_path / "broken" / RECORD).exists()
    with pytest.raises(VectorsUnfit, match="차원 1"):
        build(halves[:, :1], "narrow")


def test_without_its_client_the_cure_is_said() -> None:
    program = (
        "import sys; sys.modules |= {'pymilvus': None, 'grpc': None}\n"
        "from pipeline import assemble, backends, indexing, service, storing\n"  # nobody else needs it
        "from pipeline.errors.machine import BackendUnavailable\n"
        "try: backends.load('retriever', 'milvus')\n"
        "except BackendUnavailable as error: print(error.korean)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "pip install pymilvus" in told


@pytest.mark.parametrize("dimensions", [0, 1, 32_769])
def test_dimensions_that_a_server_refuses(dimensions: int) -> None:
    with pytest.raises(VectorsUnfit):
        check(dimensions, 0, "")


@pytest.mark.parametrize(
    "uri", ["", "milvus.db", "/tmp/milvus.db", "127.0.0.1:19530", "http://", "http://root:Milvus@host:19530"]
)
def test_an_address_is_that_of_a_server_and_holds_no_secret(uri: str) -> None:
    with pytest.raises(BadSetting) as found:
        checked_uri(uri)
    assert "Milvus@" not in found.value.korean


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_weights_that_are_none_are_refused(value: float) -> None:
    postings = Postings(np.array([1, value], np.float32), np.array([0, 1], np.int32), np.array([0, 1, 2], np.int32))
    with pytest.raises(VectorsUnfit, match="sparse"):
        weights_of(postings, 0, 2, 2)


MATRIX = arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.sampled_from([0, 0, 0.5, 2]))


@given(MATRIX, st.integers(1, 9))
def test_weights_by_passage_are_the_postings_turned_round(dense: np.ndarray, block: int) -> None:
    by_term = sp.csc_matrix(dense)
    postings = Postings(by_term.data, by_term.indices, by_term.indptr)
    passages, terms = dense.shape
    for first in range(0, passages, block):
        last = min(first + block, passages)
        weights = weights_of(postings, first, last, terms)
        assert np.array_equal(weights.toarray(), dense[first:last])
        for row in range(last - first):
            kept = sparse_row(weights, row, terms)
            assert kept  # a server takes no empty vector
            expected = {i: float(w) for i, w in enumerate(dense[first + row]) if w > 0}
            assert kept == (expected or {terms: 1.0})


@given(st.text(max_size=80), st.text("0123456789T", min_size=1, max_size=24), st.sampled_from(["kiwi", "okt"]))
def test_collections_have_names_that_a_server_takes(index: str, version: str, analyser: str) -> None:
    name = collection_name(index, version, analyser)
    assert name.isascii()
    assert name.isidentifier()
    assert len(name) <= 255


def test_indexes_of_different_names_have_different_collections() -> None:
    names = {collection_name(name, "1", "kiwi") for name in ("가게", "가계", "a.b", "a-b", "a_b", "A_b")}
    assert len(names) == 6


@pytest.mark.parametrize(
    ("within", "expected"),
    [
        (Within(), ""),
        (Within((Condition("district", (3, 1)),)), "district in [1, 3]"),
        (Within((Condition("district", (1,), keep=False),)), "district not in [1]"),
        (Within((Condition("district", (), keep=False),)), ""),
        (Within((Condition("district", ()),), (4, 2)), "row < 0 and row not in [2, 4]"),
    ],
)
def test_conditions_in_the_servers_language(within: Within, expected: str) -> None:
    assert backend.expression(within) == expected


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = Record("http://a:1", "c", "v", 3, 4, 5, "hnsw")
    record.write(tmp_path / "new" / RECORD)
    assert read(tmp_path / "new" / RECORD) == record
    (tmp_path / "new" / RECORD).write_text("[]")
    with pytest.raises(TypeError):
        read(tmp_path / "new" / RECORD)

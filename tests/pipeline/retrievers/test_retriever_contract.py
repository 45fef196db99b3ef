"""What every retriever must do; and BM25 against the reference implementation."""

from pathlib import Path

import bm25s as bm25s_library
import numpy as np
import pytest
from rank_bm25 import BM25Plus

from pipeline.encoders import lsa
from pipeline.protocols import Retriever, Tokenizer
from pipeline.retrievers import bm25s, rank_bm25, vector
from pipeline.settings import Settings
from pipeline.terms import make_query
from pipeline.termstore import TermRows, TermStore
from pipeline.types import Query
from tests.pipeline.stores import REVIEWS, make_stores


def query(kiwi: Tokenizer, text: str) -> Query:
    return make_query(next(iter(kiwi.analyse([text]))))


@pytest.fixture(scope="session")
def store(kiwi: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> TermStore:
    return make_stores(tmp_path_factory.mktemp("store"), kiwi)[1]


def make_bm25s(store: TermStore, folder: Path) -> Retriever:
    bm25s.build(store, folder, k1=1.2, b=0.75)
    return bm25s.load(store, folder)


def make_windows(store: TermStore, folder: Path) -> Retriever:
    windows = [(row, start, start + 20) for row in range(len(store)) for start in (0, 20)]
    bm25s.build(store, folder, k1=1.2, b=0.4, windows=windows)
    return bm25s.load(store, folder)


def make_rank_bm25(store: TermStore, folder: Path) -> Retriever:
    return rank_bm25.load(store, k1=1.2, b=0.75)


def make_vector(store: TermStore, folder: Path) -> Retriever:
    vectors = lsa.learn(store, folder, dimensions=4)
    return vector.load(lsa.load(folder, Settings()), vectors)


@pytest.fixture(params=[make_bm25s, make_windows, make_rank_bm25, make_vector])
def retriever(request: pytest.FixtureRequest, store: TermStore, tmp_path: Path) -> Retriever:
    return request.param(store, tmp_path / "built")


def test_one_finite_score_per_passage(retriever: Retriever, kiwi: Tokenizer) -> None:
    scores = retriever.score(query(kiwi, "주차 편한 곳"))
    assert scores.shape == (len(REVIEWS),)
    assert np.isfinite(scores).all()


def test_finds_the_passage_about_it(retriever: Retriever, kiwi: Tokenizer) -> None:
    assert int(np.argmax(retriever.score(query(kiwi, "콜키지 얼마야? 와인")))) == 3


def test_unknown_words_favour_nothing(retriever: Retriever, kiwi: Tokenizer) -> None:
    scores = retriever.score(query(kiwi, "xyzzy"))
    assert np.allclose(scores, scores[0])


def test_question_of_nothing_favours_nothing(retriever: Retriever, kiwi: Tokenizer) -> None:
    assert np.allclose(retriever.score(query(kiwi, "?!")), 0)


def test_same_question_same_scores(retriever: Retriever, kiwi: Tokenizer) -> None:
    asked = query(kiwi, "주차 무료")
    assert np.array_equal(retriever.score(asked), retriever.score(asked))


def test_contributions_sum_to_the_score(store: TermStore, kiwi: Tokenizer, tmp_path: Path) -> None:
    retriever = make_bm25s(store, tmp_path / "b")
    asked = query(kiwi, "주차 주차장 무료 2시간 xyzzy")
    scores = retriever.score(asked)
    for row in range(len(REVIEWS)):
        assert sum(retriever.contributions(asked, row)) == pytest.approx(scores[row], abs=1e-5)


def test_windows_have_no_contributions(store: TermStore, kiwi: Tokenizer, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="whole passages"):
        make_windows(store, tmp_path / "w").contributions(query(kiwi, "주차"), 0)


def test_window_score_is_that_of_the_best_window(store: TermStore, kiwi: Tokenizer, tmp_path: Path) -> None:
    windows = [(row, start, start + 15) for row in range(len(store)) for start in (0, 15, 30)]
    bm25s.build(store, tmp_path / "w", k1=1.2, b=0.4, windows=windows)
    asked = query(kiwi, "주차 무료")
    retriever = bm25s.load(store, tmp_path / "w")
    units = retriever._bm25.get_scores_from_ids(store.query_ids(asked))
    assert np.allclose(retriever.score(asked), units.reshape(len(store), 3).max(axis=1))


@pytest.mark.parametrize("text", ["주차 무료", "주차 주차 주차장 냉면 xyzzy", "웨이팅"])
def test_window_scores_are_the_maxima_of_the_librarys(
    store: TermStore, kiwi: Tokenizer, text: str, tmp_path: Path
) -> None:
    """Passages with one window, with several and in between, against bm25s's own sums."""
    windows = [(row, start, start + 12) for row in range(len(store)) for start in range(0, 12 * (1 + row % 3), 12)]
    bm25s.build(store, tmp_path / "w", k1=1.2, b=0.4, windows=windows)
    retriever, asked = bm25s.load(store, tmp_path / "w"), query(kiwi, text)
    units = retriever._bm25.get_scores_from_ids(store.query_ids(asked))
    owners = [row for row, _, _ in windows]
    best = [max(s for s, owner in zip(units, owners, strict=True) if owner == row) for row in range(len(store))]
    assert np.allclose(retriever.score(asked), best, rtol=1e-6, atol=0)


def test_scores_are_the_librarys(store: TermStore, kiwi: Tokenizer, tmp_path: Path) -> None:
    retriever, asked = make_bm25s(store, tmp_path / "b"), query(kiwi, "주차 주차 무료 냉면이 친절해요")
    expected = retriever._bm25.get_scores_from_ids(store.query_ids(asked))
    assert np.allclose(retriever.score(asked), expected, rtol=1e-6, atol=0)


def test_vectors_lie_column_after_column_and_give_the_cosines(
    store: TermStore, kiwi: Tokenizer, tmp_path: Path
) -> None:
    vectors = lsa.learn(store, tmp_path / "e", dimensions=4)
    assert vectors.flags.f_contiguous
    np.save(tmp_path / "v.npy", vectors)
    mapped = np.load(tmp_path / "v.npy", mmap_mode="r").view(np.ndarray)
    encoder, asked = lsa.load(tmp_path / "e", Settings()), query(kiwi, "주차 무료인가요")
    retriever = vector.load(encoder, mapped)
    assert np.shares_memory(retriever._vectors, mapped)  # not copied into memory
    plain = [float(np.dot(row.astype(np.float64), encoder.encode([asked])[0])) for row in np.ascontiguousarray(vectors)]
    assert np.allclose(retriever.score(asked), plain, atol=1e-6)


def test_vectors_of_half_precision_give_the_cosines(store: TermStore, kiwi: Tokenizer, tmp_path: Path) -> None:
    vectors = lsa.learn(store, tmp_path / "e", dimensions=4)
    encoder, asked = lsa.load(tmp_path / "e", Settings()), query(kiwi, "주차 무료인가요")
    halves = vector.load(encoder, vectors.astype(np.float16)).score(asked)
    assert halves.dtype == np.float32
    assert np.abs(halves - vector.load(encoder, vectors).score(asked)).max() < 2e-3


def test_vectors_of_other_dimensions_are_refused(store: TermStore, tmp_path: Path) -> None:
    vectors = lsa.learn(store, tmp_path / "e", dimensions=4)
    with pytest.raises(ValueError, match="4 dimensions"):
        vector.load(lsa.load(tmp_path / "e", Settings()), vectors[:, :3])


def test_lucene_formula(store: TermStore, kiwi: Tokenizer, tmp_path: Path) -> None:
    """score = Σ idf · tf / (tf + k1 · (1 − b + b · length / mean length)), as Kamphuis et al. give it for Lucene."""
    asked, rows = query(kiwi, "주차 무료 냉면"), list(TermRows(store))
    lengths = np.array([len(row) for row in rows])
    expected = np.zeros(len(rows))
    for term in store.query_ids(asked):
        counts = np.array([row.count(term) for row in rows])
        saturation = counts + 1.2 * (1 - 0.75 + 0.75 * lengths / lengths.mean())
        expected += store.idf[term] * counts / saturation
    assert np.allclose(make_bm25s(store, tmp_path / "b").score(asked), expected, atol=1e-4)


def test_bm25s_equals_rank_bm25_where_the_formulas_agree(store: TermStore, kiwi: Tokenizer) -> None:
    rows = list(TermRows(store))
    ours = bm25s_library.BM25(method="bm25+", k1=1.5, b=0.75, delta=1)
    ours.scores = ours.build_index_from_ids(range(len(store.keys)), rows, show_progress=False)
    theirs = BM25Plus(rows, k1=1.5, b=0.75, delta=1)
    for text in ("주차 무료", "웨이팅 친절", "냉면 짜요 사장님"):
        ids = store.query_ids(query(kiwi, text))
        assert np.allclose(ours.get_scores_from_ids(ids), theirs.get_scores(ids), atol=1e-4)


def test_corpus_without_a_term(kiwi: Tokenizer, tmp_path: Path) -> None:
    _, empty = make_stores(tmp_path / "s", kiwi, ["!!!", "?"])
    for make in (make_bm25s, make_vector):
        assert np.array_equal(make(empty, tmp_path / make.__name__).score(query(kiwi, "주차")), [0, 0])

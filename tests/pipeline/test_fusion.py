import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.config import Fusion
from pipeline.fusion import competition_ranks, extremes, fuse, min_max

SCORES = arrays(np.float32, st.integers(1, 30), elements=st.floats(-50, 50, width=32))
TRIPLES = st.integers(2, 25).flatmap(
    lambda n: st.tuples(*(arrays(np.float32, n, elements=st.floats(-50, 50, width=16)) for _ in range(3)))
)
METHODS = pytest.mark.parametrize("method", ["minmax", "rrf"])


@given(SCORES)
def test_min_max_spans_nought_to_one(scores: np.ndarray) -> None:
    scaled = min_max(scores, *extremes(scores))
    assert scaled.min() == 0
    assert scaled.max() == (1 if scores.max() > scores.min() else 0)


@given(SCORES)
def test_min_max_keeps_the_order(scores: np.ndarray) -> None:
    scaled = min_max(scores, *extremes(scores))
    order = np.argsort(scores, kind="stable")
    assert (np.diff(scaled[order]) >= 0).all()


@METHODS
@given(triple=TRIPLES, seed=st.integers(0, 99))
def test_fusion_is_independent_of_order(method: str, triple: tuple, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(triple[0]))
    settings = Fusion(method=method)
    assert np.allclose(fuse(*(s[order] for s in triple), settings), fuse(*triple, settings)[order], atol=1e-5)


@METHODS
@given(triple=TRIPLES)
def test_forbidden_passages_stay_forbidden_and_change_nothing(method: str, triple: tuple) -> None:
    settings = Fusion(method=method)
    forbidden = [np.append(scores, np.float32(-np.inf)) for scores in triple]
    fused = fuse(*forbidden, settings)
    assert fused[-1] == -np.inf
    assert np.allclose(fused[:-1], fuse(*triple, settings), atol=1e-5)


@given(TRIPLES)
def test_all_weight_on_one_side_ranks_as_that_side(triple: tuple) -> None:
    bm25, vector, window = triple
    fused = fuse(bm25, vector, window, Fusion(weight=1.0, window=0.0))
    assert np.allclose(fused, min_max(vector, *extremes(vector)), atol=1e-6)


def test_weights_by_hand() -> None:
    bm25, vector, window = (np.array(v, dtype=np.float32) for v in ([0, 10], [1, 0], [0, 4]))
    assert np.allclose(fuse(bm25, vector, None, Fusion(weight=0.25)), [0.25, 0.75])
    assert np.allclose(fuse(bm25, vector, window, Fusion(weight=0.25, window=0.5)), [0.125, 0.875])


def test_rrf_by_hand() -> None:
    bm25, vector = np.array([3, 2, 1], np.float32), np.array([1, 2, 3], np.float32)
    fused = fuse(bm25, vector, None, Fusion(method="rrf", weight=0.5))
    assert np.allclose(fused, [(1 / 61 + 1 / 63) / 2, 1 / 62, (1 / 61 + 1 / 63) / 2])


@given(SCORES)
def test_rank_is_one_more_than_the_number_of_higher_scores(scores: np.ndarray) -> None:
    assert competition_ranks(scores).tolist() == [int((scores > s).sum()) + 1 for s in scores]

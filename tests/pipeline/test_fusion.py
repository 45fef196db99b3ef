import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.fusion import (
    BLOCK,
    ROUNDING,
    SORTED,
    _ranks_by_buckets,
    competition_ranks,
    extremes,
    fuse,
    min_max,
    shares,
    top_rows,
)
from pipeline.setting_groups.search import Fusion

SCORES = arrays(np.float32, st.integers(1, 30), elements=st.floats(-50, 50, width=32))
TRIPLES = st.integers(2, 25).flatmap(
    lambda n: st.tuples(*(arrays(np.float32, n, elements=st.floats(-50, 50, width=16)) for _ in range(3)))
)
PARTS = ("bm25", "vector", "window", "sparse", "colbert")
WEIGHTS = st.builds(
    Fusion,
    method=st.sampled_from(["minmax", "rrf"]),
    **{name: st.floats(0, 1) for name in ("weight", "window", "sparse", "colbert")},
)
METHODS = pytest.mark.parametrize("method", ["minmax", "rrf"])


def named(scores: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Scores by the stages that have a share, in their order."""
    return dict(zip(PARTS, scores, strict=False))


@given(SCORES)
def test_min_max_spans_nought_to_one(scores: np.ndarray) -> None:
    scaled = min_max(scores, *extremes(scores))
    assert scaled.min() == 0
    assert scaled.max() == (1 if scores.max() - scores.min() > ROUNDING else 0)


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
    assert np.allclose(
        fuse(named([s[order] for s in triple]), settings), fuse(named(triple), settings)[order], atol=1e-5
    )


@METHODS
@given(triple=TRIPLES)
def test_forbidden_passages_stay_forbidden_and_change_nothing(method: str, triple: tuple) -> None:
    settings = Fusion(method=method)
    forbidden = [np.append(scores, np.float32(-np.inf)) for scores in triple]
    fused = fuse(named(forbidden), settings)
    assert fused[-1] == -np.inf
    assert np.allclose(fused[:-1], fuse(named(triple), settings), atol=1e-5)


@given(TRIPLES)
def test_all_weight_on_one_side_ranks_as_that_side(triple: tuple) -> None:
    bm25, vector, window = triple
    fused = fuse(named((bm25, vector, window)), Fusion(weight=1.0, window=0.0))
    assert np.allclose(fused, min_max(vector, *extremes(vector)), atol=1e-6)


def test_weights_by_hand() -> None:
    bm25, vector, window = (np.array(v, dtype=np.float32) for v in ([0, 10], [1, 0], [0, 4]))
    assert np.allclose(fuse(named((bm25, vector)), Fusion(weight=0.25)), [0.25, 0.75])
    assert np.allclose(fuse(named((bm25, vector, window)), Fusion(weight=0.25, window=0.5)), [0.125, 0.875])


def test_rrf_by_hand() -> None:
    bm25, vector = np.array([3, 2, 1], np.float32), np.array([1, 2, 3], np.float32)
    fused = fuse(named((bm25, vector)), Fusion(method="rrf", weight=0.5))
    assert np.allclose(fused, [(1 / 61 + 1 / 63) / 2, 1 / 62, (1 / 61 + 1 / 63) / 2])


@given(SCORES)
def test_rank_is_one_more_than_the_number_of_higher_scores(scores: np.ndarray) -> None:
    assert competition_ranks(scores).tolist() == [int((scores > s).sum()) + 1 for s in scores]


def plain_ranks(scores: np.ndarray, of: np.ndarray) -> list[int]:
    return [int((scores > s).sum()) + 1 for s in of]


def many_scores(seed: int, count: int = 3 * SORTED) -> np.ndarray:
    """As retrievers give them: a dense half, ties, zeros, some forbidden."""
    random = np.random.default_rng(seed)
    scores = random.normal(size=count).astype(np.float32)
    scores[: count // 4] = 0
    scores[count // 4 : count // 3] = np.round(scores[count // 4 : count // 3], 1)
    scores[random.random(count) < 0.1] = -np.inf
    random.shuffle(scores)
    return scores


@given(SCORES, st.data())
def test_ranks_by_buckets_are_the_plain_ranks(scores: np.ndarray, data: st.DataObject) -> None:
    of = scores[data.draw(st.lists(st.integers(0, len(scores) - 1), min_size=1, max_size=8))]
    higher = scores[scores > of.min()]
    if len(higher):
        assert _ranks_by_buckets(higher, of).tolist() == plain_ranks(scores, of)


@pytest.mark.parametrize("seed", range(5))
def test_ranks_of_a_few_among_many(seed: int) -> None:
    scores = many_scores(seed)
    rows = np.random.default_rng(seed).choice(np.flatnonzero(np.isfinite(scores)), 100)
    rows = np.append(rows, (np.argmax(scores), np.argmin(np.where(np.isfinite(scores), scores, np.inf))))
    assert competition_ranks(scores, scores[rows]).tolist() == plain_ranks(scores, scores[rows])


def test_rank_of_a_forbidden_passage_is_behind_all_others() -> None:
    scores = many_scores(0)
    last = int(np.isfinite(scores).sum()) + 1
    assert competition_ranks(scores, scores[~np.isfinite(scores)][:2]).tolist() == [last, last]


def plain_top_rows(scores: np.ndarray, depth: int) -> list[int]:
    order = sorted(range(len(scores)), key=lambda row: (-scores[row], row))
    return [row for row in order if np.isfinite(scores[row])][:depth]


@given(
    arrays(np.float32, st.integers(0, 40), elements=st.sampled_from([-np.inf, -1, 0, 0.5, 1, 2])), st.integers(0, 12)
)
def test_top_rows_of_few(scores: np.ndarray, depth: int) -> None:
    assert top_rows(scores, depth).tolist() == plain_top_rows(scores, depth)


@pytest.mark.parametrize("depth", [1, 50, 400])
@pytest.mark.parametrize("seed", range(3))
def test_top_rows_of_many_by_blocks(seed: int, depth: int) -> None:
    scores = many_scores(seed, 100 * BLOCK + 7)
    assert top_rows(scores, depth).tolist() == plain_top_rows(scores, depth)


@pytest.mark.parametrize("highest", [slice(0, 30), slice(-3, None), slice(5 * BLOCK, 5 * BLOCK + 60)])
def test_top_rows_where_few_blocks_have_any(highest: slice) -> None:
    scores = np.zeros(100 * BLOCK + 7, dtype=np.float32)
    scores[highest] = 1
    scores[~np.isfinite(many_scores(1, len(scores)))] = -np.inf
    assert top_rows(scores, 50).tolist() == plain_top_rows(scores, 50)


@given(TRIPLES)
def test_fuse_is_the_formula(triple: tuple) -> None:
    """Step by step as the docstring has it, in double precision."""
    settings = Fusion(weight=0.25, window=0.3)
    bm25, vector, window = (
        (s - s.min()) / (s.max() - s.min()) if s.max() - s.min() > ROUNDING else 0 * s
        for s in (t.astype(np.float64) for t in triple)
    )
    assert np.allclose(fuse(named(triple), settings), 0.7 * (0.75 * bm25 + 0.25 * vector) + 0.3 * window, atol=1e-6)


@given(SCORES)
def test_extremes_are_over_the_finite(scores: np.ndarray) -> None:
    forbidden = np.append(scores, np.float32(-np.inf))
    assert extremes(forbidden) == extremes(scores) == (scores.min(), scores.max())


def test_extremes_of_nothing() -> None:
    assert extremes(np.array([-np.inf, -np.inf], dtype=np.float32)) == (0, 0)
    assert extremes(np.array([], dtype=np.float32)) == (0, 0)


def test_a_share_of_nought_leaves_forbidden_passages_forbidden() -> None:
    scores = np.array([1, 2, -np.inf], dtype=np.float32)
    assert fuse(named([scores] * 3), Fusion(weight=1.0, window=0.0)).tolist() == [0, 1, -np.inf]


@given(WEIGHTS, st.sets(st.sampled_from(PARTS)))
def test_shares_sum_to_one_and_none_is_of_what_is_not_there(settings: Fusion, given: set[str]) -> None:
    found = shares(settings, given)
    assert sum(found.values()) == pytest.approx(1)
    assert min(found.values()) >= 0
    assert found.keys() <= {"bm25", "vector", *given}
    for name in {"window", "sparse", "colbert"} & given:
        assert (name in found) == (getattr(settings, name) > 0)


def test_shares_by_hand() -> None:
    settings = Fusion(weight=0.25, window=0.2, sparse=0.5, colbert=0.5)
    assert shares(settings, PARTS) == pytest.approx(
        {"bm25": 0.15, "vector": 0.05, "window": 0.05, "sparse": 0.25, "colbert": 0.5}
    )
    assert shares(settings, ()) == {"bm25": 0.75, "vector": 0.25}
    assert shares(Fusion(sparse=1), PARTS)["sparse"] == 1


@given(st.lists(arrays(np.float32, 9, elements=st.floats(-50, 50, width=16)), min_size=5, max_size=5), WEIGHTS)
def test_neither_the_order_of_the_stages_nor_a_stage_without_a_share_counts(
    scores: list[np.ndarray], settings: Fusion
) -> None:
    stages = named(scores)
    fused = fuse(stages, settings)
    assert np.array_equal(fuse(dict(reversed(stages.items())), settings), fused)
    assert np.array_equal(fuse({**stages, "boost": scores[0]}, settings), fused)
    without = dataclasses.replace(settings, sparse=0, colbert=0)
    assert np.array_equal(fuse(stages, without), fuse(named(scores[:3]), without))


@given(st.lists(arrays(np.float32, 9, elements=st.floats(-50, 50, width=16)), min_size=5, max_size=5))
def test_a_share_of_one_ranks_as_that_stage(scores: list[np.ndarray]) -> None:
    for name, one in zip(PARTS[2:], scores[2:], strict=True):
        later = {"window": ("sparse", "colbert"), "sparse": ("colbert",)}.get(name, ())
        settings = Fusion(**{name: 1.0} | dict.fromkeys(later, 0.0))
        assert np.array_equal(fuse(named(scores), settings), min_max(one, *extremes(one)))

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score, roc_auc_score

from pipeline.evaluation.metrics import auroc, ndcg, percentile, recall, reciprocal_rank

RANKINGS = st.permutations(list("abcdefgh"))
GOLD = st.sets(st.sampled_from("abcdefgh"), min_size=1)


def test_by_hand() -> None:
    assert reciprocal_rank(["x", "a", "b"], {"a", "b"}) == 0.5
    assert reciprocal_rank(["x"] * 10 + ["a"], {"a"}, k=10) == 0
    assert recall(["a", "x", "b"], {"a", "b", "c"}, 2) == pytest.approx(1 / 3)
    assert ndcg(["x", "a"], {"a"}) == pytest.approx(1 / math.log2(3))


@given(RANKINGS, GOLD)
def test_ndcg_equals_scikit_learn(ranked: list, gold: set) -> None:
    truth = [[float(p in gold) for p in ranked]]
    scores = [[float(-i) for i in range(len(ranked))]]
    assert ndcg(ranked, gold, 5) == pytest.approx(ndcg_score(truth, scores, k=5))


@given(st.lists(st.integers(0, 9), min_size=1), st.lists(st.integers(0, 9), min_size=1))
def test_auroc_equals_scikit_learn(positive: list, negative: list) -> None:
    truth = [1] * len(positive) + [0] * len(negative)
    assert auroc(positive, negative) == pytest.approx(roc_auc_score(truth, positive + negative))


@given(RANKINGS, GOLD)
def test_measures_grow_with_k(ranked: list, gold: set) -> None:
    recalls = [recall(ranked, gold, k) for k in range(1, 9)]
    assert recalls == sorted(recalls)
    assert recalls[-1] == 1


def test_measures_that_are_not_defined_say_so() -> None:
    for measure in (recall, ndcg):
        with pytest.raises(ValueError, match="right passage"):
            measure(["a"], set(), 5)
    with pytest.raises(ValueError, match="both kinds"):
        auroc([], [1])
    assert math.isnan(percentile([], 0.5))

"""Two runs compared: what is there is found, what isn't is not claimed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wilcoxon

from pipeline.errors import RunsNotComparable
from pipeline.evaluation.compare import compare, needed, sign_flip
from pipeline.evaluation.records import Record
from tests.pipeline.evaluation.test_measures import record


def run(ranks: list[int | None]) -> list[Record]:
    return [record(number, rank) for number, rank in enumerate(ranks)]


def test_a_clear_gain_is_said_with_its_interval() -> None:
    before, after = run([None, 2] * 60), run([1, 1] * 50 + [None, 2] * 10)
    found = compare("base", "new", before, after)
    by_name = {d.measure: d for d in found.differences}
    assert by_name["accuracy"].is_clear
    assert by_name["accuracy"].low > 0
    assert len(found.better) == 100
    assert found.worse == ()
    assert "바꾸는 편이 낫습니다" in found.verdict
    assert "95 % 구간" in found.verdict


def test_no_difference_claims_nothing() -> None:
    same = run([1, None, 3] * 20)
    found = compare("a", "b", same, same)
    assert all(d.difference == 0 and d.adjusted == 1 and d.needed is None for d in found.differences)
    assert "가를 차이가 보이지 않습니다" in found.verdict


def test_a_small_difference_asks_for_more_questions() -> None:
    before = run([1, None] * 20)
    after = run([1, None] * 19 + [1, 1])
    found = compare("a", "b", before, after)
    assert not any(d.is_clear for d in found.differences)
    assert "더 필요합니다" in found.verdict
    assert all(d.needed and d.needed > d.questions for d in found.differences)


def test_other_questions_are_not_compared() -> None:
    one = run([1, 2, 3])
    with pytest.raises(RunsNotComparable):
        compare("a", "b", one, one[:2])
    with pytest.raises(RunsNotComparable):
        compare("a", "b", one, [replace(r, question="다른 질문") for r in one])
    with pytest.raises(RunsNotComparable):
        compare("a", "b", [], [])


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=2, max_size=12))
@settings(max_examples=50)
def test_swapping_the_runs_turns_the_sign_and_not_the_p(values: list[float]) -> None:
    gap = np.array(values)
    assert sign_flip(gap, 0) == pytest.approx(sign_flip(-gap, 0), abs=0.02)
    assert 0 < sign_flip(gap, 0) <= 1


def test_the_sign_flip_test_agrees_with_the_exact_one() -> None:
    gap = np.array([0.5, 0.4, 0.6, 0.3, -0.1, 0.7])
    signs = np.array(np.meshgrid(*[[-1, 1]] * len(gap))).reshape(len(gap), -1)
    sums = (signs.T * gap).sum(axis=1)
    exact = (np.abs(sums) >= abs(gap.sum()) - 1e-12).mean()
    assert sign_flip(gap, 0) == pytest.approx(exact, abs=1e-9)
    assert (sign_flip(gap, 0) < 0.1) == (wilcoxon(gap).pvalue < 0.1)


def test_how_many_questions_are_needed() -> None:
    random = np.random.default_rng(0)
    gap = random.normal(0.1, 1, 100)
    count = needed(gap)
    assert count is not None
    expected = ((1.959964 + 0.841621) * gap.std(ddof=1) / gap.mean()) ** 2
    assert count == int(np.ceil(expected)) or count == 0
    assert needed(np.zeros(10)) is None
    assert needed(np.full(100, 0.5) + random.normal(0, 0.01, 100)) == 0


def test_false_alarms_are_as_rare_as_promised() -> None:
    random = np.random.default_rng(1)
    alarms = sum(sign_flip(random.choice([-1.0, 0.0, 1.0], 60), n) < 0.05 for n in range(120))
    assert alarms <= 14  # 6 expected; the chance of more than 14 is below .002

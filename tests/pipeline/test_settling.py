"""Scores that search engines left out are asked for exactly where they matter: laws over random scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.fusion import competition_ranks, fuse, top_rows
from pipeline.protocols import FloatArray, Found
from pipeline.setting_groups.search import Fusion
from pipeline.settling import complete, contenders

STAGES = ("bm25", "vector")


@dataclass(frozen=True, slots=True)
class Case:
    """Exact scores of both stages and of what isn't searched, −inf where a passage may not take part."""

    scores: dict[str, FloatArray]
    concept: FloatArray
    hits: int
    depth: int


@st.composite
def cases(draw: st.DrawFn) -> Case:
    size = draw(st.integers(2, 40))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    allowed = random.random(size) < draw(st.sampled_from([0.3, 0.8, 1.0]))
    steps = draw(st.sampled_from([2, 5, 10_000]))  # few values: many are equal
    scores = {
        name: np.where(allowed, random.integers(0, steps, size) / steps, -np.inf).astype(np.float32) for name in STAGES
    }
    concept = (np.float32(0.2) * random.integers(0, 3, size)).astype(np.float32)
    return Case(scores, concept, draw(st.integers(1, size)), draw(st.integers(1, 12)))


def search(exact: FloatArray, hits: int) -> Found:
    """What an engine would bring of exact scores."""
    allowed = np.isfinite(exact)
    rows = top_rows(exact, hits)
    lowest = float(exact[allowed].min()) if allowed.any() else 0.0
    complete_ = len(rows) == allowed.sum()
    known = np.full(len(exact), complete_)
    known[rows] = True
    spread = np.full(len(exact), lowest, dtype=np.float32)
    spread[rows] = exact[rows]

    def score_rows(asked: NDArray[np.int64]) -> FloatArray:
        assert not known[asked].any()  # nothing is asked for twice
        assert allowed[asked].all()
        return exact[asked]

    return Found(spread, known, lowest if complete_ else float(exact[rows[-1]]), score_rows)


def brought(case: Case) -> tuple[dict[str, FloatArray], dict[str, Found]]:
    found = {name: search(exact, case.hits) for name, exact in case.scores.items()}
    scores = {name: np.where(np.isfinite(case.scores[name]), each.scores, -np.inf) for name, each in found.items()}
    return {name: values.astype(np.float32) for name, values in scores.items()}, found


@given(cases())
def test_the_best_of_the_fused_score_are_those_of_exact_scores(case: Case) -> None:
    def fused(scores: dict[str, FloatArray]) -> FloatArray:
        return fuse(scores, Fusion()) + case.concept

    scores, found = brought(case)
    rows = contenders(scores, found, fused(dict(scores)), fused, case.depth)
    whole = complete(scores, found, rows)
    exact, ours = fused(dict(case.scores)), fused(whole)
    expected = top_rows(exact, case.depth)
    assert np.array_equal(top_rows(ours, case.depth), expected)
    assert np.array_equal(ours[expected], exact[expected])
    assert np.array_equal(competition_ranks(ours, ours[expected]), competition_ranks(exact, exact[expected]))


@given(cases(), st.data())
def test_scores_are_exact_where_they_were_asked_for_and_nowhere_too_high(case: Case, data: st.DataObject) -> None:
    size = len(case.concept)
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, size - 1)))), dtype=np.int64)
    scores, found = brought(case)
    whole = complete(scores, found, rows)
    for name, exact in case.scores.items():
        assert np.array_equal(whole[name][rows], exact[rows])
        assert (whole[name] <= exact).all()
        if np.isfinite(exact).any():
            finite = exact[np.isfinite(exact)]
            ours = whole[name][np.isfinite(whole[name])]
            assert (ours.min(), ours.max()) == (finite.min(), finite.max())


@given(cases())
def test_what_an_engine_brought_is_not_changed(case: Case) -> None:
    scores, found = brought(case)
    before = {name: values.copy() for name, values in scores.items()}
    complete(scores, found, np.arange(len(case.concept)))
    assert all(np.array_equal(scores[name], before[name]) for name in scores)

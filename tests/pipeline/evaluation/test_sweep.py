"""A sweep over stored scores says what a run under those settings would have said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import with_overrides
from pipeline.errors.evaluation import NothingToSweep
from pipeline.errors.settings import BadSetting
from pipeline.evaluation.heatmap import heat_map
from pipeline.evaluation.records import Record, judge
from pipeline.evaluation.refusion import best_gold_rank, fused, fused_ranks, stack
from pipeline.evaluation.runs import execute
from pipeline.evaluation.summary import gold_ranks, summarise
from pipeline.evaluation.sweep import grid, interval, parse_grid, sweep
from pipeline.service import Request, Service
from tests.pipeline.evaluation.questions import SAMPLES


@pytest.fixture(scope="module")
def records(service: Service, tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    return execute(service, tmp_path_factory.mktemp("run"), SAMPLES, Request("", "small", keep=False))


CHANGES: tuple[dict[str, object], ...] = (
    {},
    {"fusion.weight": 0.9},
    {"fusion.window": 0.0},
    {"fusion.method": "rrf"},
    {"fusion.method": "rrf", "fusion.weight": 0.6},
    {"retrieval.depth": 2},
)


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_stored_scores_give_the_ranks_of_a_real_run(
    service: Service, records: list[Record], tmp_path: Path, changes: dict[str, object]
) -> None:
    settings = with_overrides(service.settings, {**changes, "reranker": "none"})
    stored = stack(records)
    found = best_gold_rank(stored, fused(stored, settings.fusion, settings.retrieval.depth), settings)
    real = execute(service, tmp_path, SAMPLES, Request("", "small", {**changes, "reranker": "none"}, keep=False))
    assert found.tolist() == [min(gold_ranks(record, "final"), default=0) for record in real]


def test_the_runs_own_settings_give_its_own_final_ranks(service: Service, records: list[Record]) -> None:
    stored = stack(records)
    scores = fused(stored, service.settings.fusion, service.settings.retrieval.depth)
    found = best_gold_rank(stored, scores, service.settings)
    assert found.tolist() == [min(gold_ranks(record, "final"), default=0) for record in records]


def test_the_reranker_sees_only_the_first_of_the_fused_order(service: Service, records: list[Record]) -> None:
    settings = with_overrides(service.settings, {"rerank.depth": 1})
    stored = stack(records)
    scores = fused(stored, settings.fusion, settings.retrieval.depth)
    plain = best_gold_rank(stored, scores, with_overrides(settings, {"reranker": "none"}))
    assert np.array_equal(best_gold_rank(stored, scores, settings), plain)


def test_a_sweep_is_best_first_and_cross_validated(service: Service, records: list[Record]) -> None:
    settings = grid(dict([parse_grid("fusion.weight=0:1:.25"), parse_grid("reranker=linear,none")]))
    done: list[int] = []
    found = sweep(records, service.settings, settings, progress=done.append)
    values = [tried.value for tried in found.tried]
    assert values == sorted(values, reverse=True)
    assert len(values) == done[-1] == 10
    assert found.questions == sum(bool(record.gold) for record in records)
    assert found.held_out[1] <= found.held_out[0] <= found.held_out[2]
    assert found.held_out[0] <= values[0] + 1e-12
    page = heat_map(found)
    assert "fusion.weight" in page


def test_hits_within_k_grow_with_k(service: Service, records: list[Record]) -> None:
    settings = [{"retrieval.k": k} for k in (1, 2, 5, 9)]
    found = sweep(records, service.settings, settings, "hit")
    by_k = {tried.setting["retrieval.k"]: tried.value for tried in found.tried}
    assert by_k[1] <= by_k[2] <= by_k[5] <= by_k[9]


def test_grids_are_read_and_refused() -> None:
    assert parse_grid("fusion.weight=0:1:.5") == ("fusion.weight", [0.0, 0.5, 1.0])
    assert parse_grid("retrieval.k=5,10") == ("retrieval.k", ["5", "10"])
    assert [str(value) for value in parse_grid("rerank.depth=5:15:5")[1]] == ["5", "10", "15"]
    for bad in ("fusion.weight", "fusion.weight=", "fusion.weight=1:0:.1", "fusion.weight=0:1:0", "fusion.weight=0:1",
                "fusion.weight=0:inf:1", "fusion.weight=a:b:c", "tokenizer=okt", "retrieval.k=5,,6"):  # fmt: skip
        with pytest.raises(BadSetting):
            parse_grid(bad)
    with pytest.raises(BadSetting, match="조합"):
        grid({"fusion.weight": list(range(300)), "fusion.window": list(range(300))})


def test_nothing_known_is_nothing_to_sweep(service: Service, records: list[Record]) -> None:
    with pytest.raises(NothingToSweep):
        sweep([record for record in records if not record.gold], service.settings, [{}])


def test_a_failed_question_is_a_miss_under_every_setting(service: Service, records: list[Record]) -> None:
    lost = Record("bad", "주차?", "", "", ("r1",), True, status="error", error="llm-down")
    asked = sum(bool(record.gold) for record in records)
    before = sweep(records, service.settings, [{"fusion.weight": 0.5}])
    found = sweep([*records, lost], service.settings, [{"fusion.weight": 0.5}])
    assert found.questions == asked + 1
    assert found.tried[0].value == pytest.approx(before.tried[0].value * asked / (asked + 1))
    assert found.baseline.value == pytest.approx(summarise([*records, lost]).retrieval["final"].mrr10)
    with pytest.raises(NothingToSweep):
        sweep([lost], service.settings, [{}])


def test_the_fused_order_of_a_question_is_that_of_its_trace(service: Service) -> None:
    for sample in SAMPLES:
        request = Request(sample.question.text, "small", keep=False)
        *_, trace = service.ask(request)
        record = judge(service, sample, request, trace)
        assert fused_ranks(record, service.settings) == [c.ranks["fused"] for c in trace.candidates]


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=40))
def test_an_interval_holds_its_mean(values: list[float]) -> None:
    mean, low, high = interval(np.array(values), np.random.default_rng(0))
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
    assert mean == pytest.approx(sum(values) / len(values))

"""The page that lies beside an engine says what the figures say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.optimising.gates import Figures, Recall
from pipeline.optimising.report import Report, markdown, speed_heads, speed_rows
from pipeline.optimising.timing import ENGINE, PLAIN, REFERENCE, Speed, race
from tests.pipeline.optimising.engine_folders import FIGURES, engine, figures, make

SPEEDS = (Speed(8, 40, {REFERENCE: 0.4, PLAIN: 0.3, ENGINE: 0.1}),)


def report(folder: Path, measured: Figures = FIGURES) -> Report:
    made = engine(make(folder), measured)
    return Report(made, SPEEDS, 64 << 20, None, 256 << 20)


def test_a_passed_engine(tmp_path: Path) -> None:
    page = markdown(report(tmp_path / "e"))
    for said in ("onnx int8 dynamic", "Passed", "maker/model", "0.99900", "≥ 0.97", "8x40", "4.00", "3.00", "64.0 MiB",
                 "256.0 MiB", "not measured", "opset 18", "200 questions"):  # fmt: skip
        assert said in page, said
    assert "Refused" not in page


def test_a_refused_engine_says_why(tmp_path: Path) -> None:
    told = report(tmp_path / "e", figures(recall=Recall(0.8, 0.7, 0.8, 0.8)))
    assert not told.passed
    assert "Refused" in markdown(told)
    assert "falls by 10.00 points" in markdown(told)
    value = json.loads(json.dumps(told.to_json()))
    assert value["passed"] is False
    assert value["reasons"][0]["en"].startswith("recall@10")
    assert value["engine"]["figures"]["recall"]["reference"] == 0.8
    assert value["limits"]["points"] == 0.5


def test_ratios_are_how_often_faster_the_engine_is() -> None:
    assert SPEEDS[0].ratio(REFERENCE) == pytest.approx(4)
    assert speed_rows(SPEEDS) == [("8x40", "400.0", "300.0", "100.0", "4.00", "3.00")]
    assert len(speed_heads(SPEEDS)) == 6


def test_everybody_runs_the_same_batches_as_often() -> None:
    seen: dict[str, list[tuple[int, ...]]] = {REFERENCE: [], ENGINE: []}
    runs = {name: lambda words, mask, name=name: seen[name].append((*words.shape, int(mask.sum()))) for name in seen}
    found = race(runs, [(1, 4), (2, 8)], rounds=3)
    assert seen[REFERENCE] == seen[ENGINE] == [(1, 4, 4)] * 4 + [(2, 8, 16)] * 4
    assert [(speed.texts, speed.tokens) for speed in found] == [(1, 4), (2, 8)]
    assert all(seconds >= 0 for speed in found for seconds in speed.seconds.values())

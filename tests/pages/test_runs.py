"""The page that compares two runs: the same verdict as the library's, flips both ways, what was set otherwise."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.inspect_plots import difference_bars
from pages.quality_plots import GREEN, GREY, VERMILION
from pages.stored_runs import changed_settings
from pipeline.evaluation.compare import compare
from pipeline.evaluation.comparison import Difference
from pipeline.evaluation.runs import read_plan, read_records
from pipeline.service import Service
from tests.pages.stored import looking, opened, run, two_runs

CHANGED = [("answer.threshold", "0.7", "0.99"), ("retrieval.k", "5", "1")]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = two_runs(tmp_path_factory.mktemp("runs"))
    yield made
    made.close()


@pytest.fixture
def runs(service: Service) -> Iterator[Path]:
    with looking(service.home.root):
        yield service.home.runs


def verdict(at: AppTest) -> str:
    card = next(e.proto.body for e in at.get("html") if "hs-runs-verdict" in e.proto.body)
    return card[card.index("<p>") : card.index("</div>")]


def test_the_two_newest_are_compared_as_the_library_does(runs: Path) -> None:
    at = opened("runs")
    assert (at.selectbox(key="hs-runs-a").value, at.selectbox(key="hs-runs-b").value) == ("base", "narrow")
    found = compare("base", "narrow", read_records(runs / "base"), read_records(runs / "narrow"))
    assert verdict(at) == f"<p>{escape(found.verdict)}</p>"
    headings = [each.value for each in at.subheader]
    assert f"B만 맞힌 질문 ({len(found.better)})" in headings
    assert f"A만 맞힌 질문 ({len(found.worse)})" in headings
    assert len(found.worse) > 0
    flipped = next(frame.value for frame in at.dataframe if "질문" in frame.value and "A · base" in frame.value)
    assert set(flipped["질문"]) <= {flip.question for flip in (*found.better, *found.worse)}
    assert f"/failures?run=narrow&question={found.worse[0].id}" in set(flipped["실패 분석"])
    assert len(at.get("plotly_chart")) == 1


def test_changed_settings_are_shown(runs: Path) -> None:
    assert changed_settings(read_plan(runs / "base"), read_plan(runs / "narrow")) == CHANGED
    assert at_settings(opened("runs").dataframe[0].value) == [list(row) for row in CHANGED]


def at_settings(frame: object) -> list[list[str]]:
    return frame.to_numpy().tolist()  # type: ignore[attr-defined,no-any-return]


def test_the_same_run_twice_is_no_comparison(runs: Path) -> None:
    at = opened("runs")
    at.selectbox(key="hs-runs-a").set_value("narrow")
    assert "서로 다른 실행" in run(at).info[0].value
    assert not at.get("plotly_chart")


def test_the_other_way_round(runs: Path) -> None:
    at = opened("runs")
    ahead = verdict(at)
    at.selectbox(key="hs-runs-a").set_value("narrow")
    at.selectbox(key="hs-runs-b").set_value("base")
    assert verdict(run(at)) != ahead


def test_in_english(runs: Path) -> None:
    at = opened("runs", "en")
    assert any("Only A got these right" in each.value for each in at.subheader)
    found = compare("base", "narrow", read_records(runs / "base"), read_records(runs / "narrow"))
    assert verdict(at) == f"<p>{escape(found.verdict_en)}</p>"
    said = [value for frame in at.dataframe for value in frame.value.to_numpy().ravel()]
    assert "right" in said
    assert "정답" not in said


def test_one_run_only(service: Service, tmp_path: Path) -> None:
    shutil.copytree(service.home.runs / "base", tmp_path / "runs" / "base")
    with looking(tmp_path):
        assert "실행이 둘" in opened("runs").info[0].value


def test_runs_on_other_questions_are_refused(service: Service, tmp_path: Path) -> None:
    shutil.copytree(service.home.runs, tmp_path / "runs")
    records = tmp_path / "runs" / "base" / "records.jsonl"
    lines = records.read_text(encoding="utf-8").splitlines(keepends=True)
    records.write_text("".join(lines[:-1]), encoding="utf-8")
    with looking(tmp_path):
        assert "같은 질문의 실행이 아닙니다" in opened("runs").warning[0].value


def test_bars_tell_clear_differences_from_others_without_colour() -> None:
    def difference(value: float, adjusted: float) -> Difference:
        return Difference("mrr10", 9, 0.5, 0.5 + value, value, value - 0.1, value + 0.1, adjusted, adjusted, None)

    figure = difference_bars([difference(0.2, 0.01), difference(-0.2, 0.01), difference(0.1, 0.5)], str)
    bars = json.loads(figure.to_json())["data"][0]
    assert bars["marker"]["color"] == [GREY, VERMILION, GREEN]
    assert bars["marker"]["pattern"]["shape"] == ["/", "", ""]
    assert "[+0.000, +0.200]" in bars["customdata"][0]

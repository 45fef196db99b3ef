"""The block about variants on the page of runs: what the command says, with the interval day by day."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from pages.experiment_block import band
from pipeline.experiments.findings import findings
from pipeline.experiments.running import keep_running, read_running
from pipeline.experiments.words import verdict
from pipeline.service import Home
from pipeline.traces import TraceStore
from pipeline.types import Answer, Question, Trace
from tests.pages.stored import html, looking, opened
from tests.pipeline.experiments.test_findings import ARMS


def fill(home: Home, sessions: int) -> None:
    """Conversations of one question each, those of b liked more, forty a day."""
    keep_running(home.experiment, ARMS)
    store = TraceStore(home.traces)
    for number in range(sessions):
        arm = ARMS[number % 2]
        created = f"2026-11-{1 + number // 40:02d}T03:00:{number % 40:02d}.000+00:00"
        trace = Trace(
            f"t{number}",
            Question("", "주차?"),
            "small",
            {},
            answer=Answer("네", abstained=number % 5 == 0),
            created=created,
        )
        store.save(trace)
        store.assign(trace.id, f"s{number}", arm.label)
        store.add_feedback(trace.id, "up" if arm.name == "b" or number % 6 == 0 else "down")
    store.close()


def test_without_variants_there_is_no_block(tmp_path: Path) -> None:
    with looking(tmp_path):
        at = opened("runs")
    assert "실행이 둘" in at.info[0].value
    assert "hs-experiment" not in html(at)


def test_the_verdict_and_every_day_are_shown(tmp_path: Path) -> None:
    home = Home(tmp_path)
    fill(home, 120)
    with looking(tmp_path):
        at = opened("runs")
        english = opened("runs", "en")
    store = TraceStore(home.traces)
    found = findings(read_running(home.experiment), store.assigned())
    store.close()
    ko, en = verdict(found)
    assert escape(ko) in html(at)
    assert escape(en) in html(english)
    assert "유의" not in html(at)
    assert any("운영 중인 변형" in each.value for each in at.header)
    arms = at.dataframe[0].value
    assert arms["변형"].tolist() == ["base", "b"]
    assert arms["대화"].tolist() == [60, 60]
    assert len(at.get("plotly_chart")) == 2
    votes = at.dataframe[1].value
    assert "97.50%" in votes.columns[3]
    assert votes["짝"].tolist() == [day.blocks for day in reversed(found.contrasts[0].days)]


def test_the_band_can_be_read_without_its_colours(tmp_path: Path) -> None:
    home = Home(tmp_path)
    fill(home, 120)
    store = TraceStore(home.traces)
    found = findings(read_running(home.experiment), store.assigned())
    store.close()
    value = json.loads(band(found.contrasts[0], "차이", "ko").to_json())
    high, low, middle = value["data"]
    assert low["fill"] == "tonexty"
    assert len(high["x"]) == len(found.contrasts[0].days)
    assert middle["customdata"][0][2] == found.contrasts[0].days[0].blocks
    assert value["layout"]["shapes"][0]["y0"] == 0  # the line of no difference


def test_a_record_of_the_experiment_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "experiment.json").write_text("{}", encoding="utf-8")
    with looking(tmp_path):
        at = opened("runs")
    assert "실험 기록" in at.warning[0].value

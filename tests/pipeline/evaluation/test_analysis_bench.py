"""The benchmark of review analysis: its texts are as long as it says, its readers read, its figures are rates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from pipeline.evaluation.analysis_bench import LONG, ROUNDS, SHORT, long_texts, measure, seconds_to_ready, short_texts
from pipeline.protocols import Tokenizer
from tests.pipeline.analysis.tiny import PLACES, review_file
from tests.pipeline.classifiers.judges import HashJudge


def test_texts_are_as_long_as_they_are_said_to_be() -> None:
    reviews = ["짧은 글", "긴 글 " * 40]
    assert short_texts(reviews, 5) == ["짧은 글"] * 5
    assert all(len(text) <= SHORT for text in short_texts(reviews, 5))
    assert {len(text) for text in long_texts(reviews, 4)} == {LONG}


def test_every_reader_reads_the_same_texts_in_every_round() -> None:
    seen: list[tuple[str, int]] = []
    given = {name: lambda texts, name=name: seen.append((name, len(texts))) for name in ("a", "b")}
    told: list[str] = []
    speeds = measure(given, ["글"] * 120, lambda name, _: told.append(name))
    assert set(speeds.per_second) == {"a", "b"}
    assert min(speeds.per_second.values()) > 0
    assert seen[2:] == [("a", 120), ("b", 120)] * 3
    assert told == ["a", "b"] * 3


def test_ready_is_when_a_classifier_made_anew_has_analysed_a_review(kiwi: Tokenizer) -> None:
    made: list[HashJudge] = []

    def make() -> HashJudge:
        made.append(HashJudge(f"{len(made)}"))
        return made[-1]

    assert seconds_to_ready(make, kiwi, "맛있어요") > 0
    assert [judge.asked for judge in made] == [1] * ROUNDS


@pytest.mark.slow
def test_the_command_measures_ours_and_scikit_learn(tmp_path: Path) -> None:
    assert PLACES
    done = CliRunner().invoke(
        app, ["bench", "analyze", "--data", str(review_file(tmp_path)), "--count", "100", "--json"]
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found.pop("ready_s") > 0
    assert set(found) == {"짧은 후기", "300자"}
    for speeds in found.values():
        assert len(speeds["per_second"]) == 8
        assert min(speeds["per_second"].values()) > 0

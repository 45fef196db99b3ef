"""Classifiers by name, with the members that their files name."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import backends
from pipeline.analysis.choices import ClassifierChoice
from pipeline.analysis.combinations import Combination, Member, write_combination
from pipeline.classifying import load_classifier
from pipeline.errors.settings import BackendNotFound, BadSetting
from pipeline.types import Analysis
from tests.pipeline.classifiers.model_server import ModelServer, right


def test_every_classifier_is_found_and_nothing_else() -> None:
    assert backends.available("classifier") == ("cascade", "electra", "ensemble", "linear", "llm")


def test_a_cascade_of_a_model_and_an_ensemble_is_put_together_from_files(tmp_path: Path) -> None:
    pair = (Member("llm", "small"), Member("llm", "big"))
    write_combination(Combination(pair, "weighted", (0.5, 0.5)), tmp_path / "e.json")
    both = Combination((Member("llm", "small"), Member("ensemble", str(tmp_path / "e.json"))), threshold=1.01)
    write_combination(both, tmp_path / "c.json")
    with ModelServer(right) as server:
        choice = ClassifierChoice("cascade", model=str(tmp_path / "c.json"), endpoint=server.url)
        (found,) = load_classifier(choice).classify(["국물이 맛있어요"])
        assert sorted(body["model"] for body in server.bodies) == ["big", "small", "small"]
    assert isinstance(found, Analysis)
    assert found.label == "positive"
    assert found.classifier == f"cascade:{both.digest}"


def test_a_member_that_lacks_something_is_told(tmp_path: Path) -> None:
    write_combination(Combination((Member("bert"),), weights=(1.0,)), tmp_path / "e.json")
    with pytest.raises(BackendNotFound, match="bert"):
        load_classifier(ClassifierChoice("ensemble", model=str(tmp_path / "e.json")))
    write_combination(Combination((Member("llm", "m"),), weights=(1.0,)), tmp_path / "e.json")
    with pytest.raises(BadSetting, match="--endpoint"):
        load_classifier(ClassifierChoice("ensemble", model=str(tmp_path / "e.json")))

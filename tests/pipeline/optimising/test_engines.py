"""What ``engine.json`` says is believed only of the files that it was said of."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors.neural import ModelUnusable
from pipeline.errors.optimising import EngineRefused
from pipeline.optimising.engines import passed_engine, read_engine, write_engine
from pipeline.optimising.gates import Recall
from tests.pipeline.optimising.engine_folders import FIGURES, engine, figures, make


def test_what_was_written_is_read(tmp_path: Path) -> None:
    folder = make(tmp_path / "e")
    found = passed_engine(folder)
    assert found == engine(folder)
    assert found.figures == FIGURES
    assert found.id.startswith("onnx int8 dynamic ")
    assert found.bytes == 702
    (folder / "model.onnx").write_bytes(b"another" * 100)
    assert engine(folder).id != found.id


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 500))
def test_only_what_its_figures_let_pass_is_used(
    tmp_path_factory: pytest.TempPathFactory, reference: float, searched: float, questions: int
) -> None:
    measured = figures(recall=Recall(reference, searched, 1, 1), questions=questions)
    folder = make(tmp_path_factory.mktemp("engine") / "e", measured)
    good = 100 * (reference - searched) <= 0.5 + 1e-9 and questions >= 50
    if good:
        assert passed_engine(folder).figures == measured
    else:
        with pytest.raises(EngineRefused):
            passed_engine(folder)


def edit(folder: Path, change: Callable[[Any], None]) -> None:
    path = folder / "engine.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")


def test_a_refused_engine_says_why_and_stays_refused_whatever_it_claims(tmp_path: Path) -> None:
    folder = make(tmp_path / "e", figures(recall=Recall(0.8, 0.7, 0.8, 0.8)))
    edit(folder, lambda value: value["gate"].update(passed=True, reasons=[]))
    with pytest.raises(EngineRefused) as told:
        passed_engine(folder)
    assert "10.00" in told.value.korean
    assert str(folder) in told.value.korean
    assert "models.engine=none" in told.value.english
    assert told.value.exit_code == 4
    assert read_engine(folder).reasons  # looked at it may be


@pytest.mark.parametrize("measured", [None, figures(recall=Recall(math.nan, 0.8, 0.8, 0.8))])
def test_an_engine_without_figures_is_refused(tmp_path: Path, measured: Any) -> None:
    with pytest.raises(EngineRefused):
        passed_engine(make(tmp_path / "e", measured))


def drop(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def cut(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"network" * 99)


def swap(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"Network" * 100)


def rewrite(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "engine.json").write_text(text, encoding="utf-8") and None


def changed(change: Callable[[Any], None]) -> Callable[[Path], None]:
    return lambda folder: edit(folder, change)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (drop("engine.json"), "never finished"),
        (drop("model.onnx"), "model.onnx is missing"),
        (drop("tokenizer.json"), "tokenizer.json is missing"),
        (cut, "cut off or changed"),
        (swap, "not the one that was measured"),
        (rewrite("{"), "can't be read"),
        (rewrite("[]"), "doesn't fit"),
        (rewrite("null"), "doesn't fit"),
        (changed(lambda v: v.update(format=2)), "format 2"),
        (changed(lambda v: v.pop("source")), "source"),
        (changed(lambda v: v["source"].update(pooling="max")), "pooling 'max'"),
        (changed(lambda v: v["source"].update(dimensions=0)), "dimensions 0"),
        (changed(lambda v: v["source"].update(tokens="512")), "tokens '512'"),
        (changed(lambda v: v["build"].update(precision="fp4")), "fp4"),
        (changed(lambda v: v["build"].update(shapes=[[8]])), "doesn't fit"),
        (changed(lambda v: v["figures"].update(questions="many")), "doesn't fit"),
        (changed(lambda v: v["figures"].pop("recall")), "recall"),
        (changed(lambda v: v["files"].pop("model.onnx")), "doesn't list model.onnx"),
        (changed(lambda v: v["files"].update({"../x": {"bytes": 1, "sha256": ""}})), "files"),
    ],
)
def test_a_folder_that_is_not_whole_is_told_with_the_cure(
    tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    folder = make(tmp_path / "e")
    damage(folder)
    with pytest.raises(ModelUnusable) as told:
        read_engine(folder)
    assert said in told.value.english
    assert "hansang optimise encoder" in told.value.korean
    assert str(folder) in told.value.korean


def test_no_folder_is_no_engine(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=r"engine\.json"):
        read_engine(tmp_path / "none")


def test_what_was_measured_is_in_the_file_for_people_too(tmp_path: Path) -> None:
    folder = make(tmp_path / "e", figures(questions=3))
    value = json.loads((folder / "engine.json").read_text(encoding="utf-8"))
    assert value["gate"]["passed"] is False
    assert "3" in value["gate"]["reasons"][0]["ko"]
    write_engine(folder, engine(folder))
    assert json.loads((folder / "engine.json").read_text(encoding="utf-8"))["gate"] == {"passed": True, "reasons": []}

"""The ``onnx`` encoder judges an engine before anything is loaded: what may read which index, and why not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline import backends
from pipeline.config import with_overrides
from pipeline.errors.base import HansangError
from pipeline.errors.neural import ModelUnusable
from pipeline.errors.optimising import EngineMismatch, EngineRefused
from pipeline.optimising.gates import Recall
from pipeline.settings import Settings
from tests.pipeline.optimising.engine_folders import figures, make

ONNX = backends.load("encoder", "onnx")


def settings(engine: Path | str) -> Settings:
    return with_overrides(Settings(), {"models.engine": str(engine)}, indexing=True)


def record(folder: Path, **changed: Any) -> Path:
    """What an index keeps of the model that made its vectors."""
    folder.mkdir()
    of = {"name": "maker/model", "revision": "a" * 40, "dimensions": 4, **changed}
    (folder / "model.json").write_text(json.dumps(of), encoding="utf-8")
    return folder


@pytest.fixture
def without_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)


@pytest.mark.usefixtures("without_runtime")
def test_an_engine_of_the_indexs_model_needs_the_runtime_only(tmp_path: Path) -> None:
    engine, index = make(tmp_path / "e"), record(tmp_path / "index")
    for act in (ONNX.identity, lambda s: ONNX.load(index, s), lambda s: ONNX.build(None, None, index, s)):
        with pytest.raises(ModelUnusable, match="pip install onnxruntime tokenizers"):
            act(settings(engine))


@pytest.mark.parametrize("changed", [{"revision": "b" * 40}, {"dimensions": 8}, {"revision": "files:" + "a" * 32}])
def test_another_models_index_is_not_searched(tmp_path: Path, changed: dict[str, Any]) -> None:
    engine, index = make(tmp_path / "e"), record(tmp_path / "index", **changed)
    with pytest.raises(EngineMismatch) as told:
        ONNX.load(index, settings(engine))
    for said in (told.value.korean, told.value.english):
        assert "maker/model" in said
        assert str(engine) in said
        assert "models.engine" in said


def test_a_refused_engine_is_not_used_and_says_why(tmp_path: Path) -> None:
    engine = make(tmp_path / "e", figures(recall=Recall(0.8, 0.7, 0.8, 0.8)))
    for act in (ONNX.identity, lambda s: ONNX.load(record(tmp_path / "index"), s)):
        with pytest.raises(EngineRefused, match=r"recall@10이 10\.00포인트"):
            act(settings(engine))


@pytest.mark.parametrize("damage", ["engine.json", "model.onnx", "tokenizer.json"])
def test_a_half_written_engine_is_not_used(tmp_path: Path, damage: str) -> None:
    engine = make(tmp_path / "e")
    (engine / damage).unlink()
    with pytest.raises(ModelUnusable, match=damage):
        ONNX.load(record(tmp_path / "index"), settings(engine))


def test_without_an_engine_the_error_says_how_to_make_one() -> None:
    with pytest.raises(ModelUnusable, match="hansang optimise encoder"):
        ONNX.identity(Settings())


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(HansangError, match="nowhere"):
        ONNX.identity(settings(tmp_path / "nowhere"))

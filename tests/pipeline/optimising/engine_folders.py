"""Folders of engines made by hand: their files are no networks, which everything but running one can do without."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from pipeline.optimising.engines import Build, Engine, Source, describe, write_engine
from pipeline.optimising.gates import Figures, Recall, Spread

NEAR = Spread(200, 0.999, 0.98, 0.99, 0.995, 0.999)
FIGURES = Figures("mine", "v1", "pseudo", 200, 200, 200, NEAR, NEAR, Recall(0.8, 0.8, 0.8, 0.798), 0.97)


def figures(**changed: Any) -> Figures:
    return dataclasses.replace(FIGURES, **changed)


def engine(folder: Path, measured: Figures | None = FIGURES, **source: Any) -> Engine:
    """What ``engine.json`` of the folder's files says."""
    of = {"name": "maker/model", "revision": "a" * 40, "dimensions": 4, "tokens": 512, "pooling": "cls"}
    return Engine(
        Source(**{**of, **source}), Build("onnx", "int8", "dynamic", 18), describe(folder), "now", {}, measured
    )


def make(folder: Path, measured: Figures | None = FIGURES, **source: Any) -> Path:
    """A whole folder."""
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"network" * 100)
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    write_engine(folder, engine(folder, measured, **source))
    return folder

"""An engine that ``hansang optimise encoder`` made of a neural encoder, run by ONNX Runtime; torch isn't needed.

It reads for indexes of the model that it was made of, whichever of the two made their vectors, and for no others.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors.neural import ModelUnusable
from pipeline.errors.optimising import EngineMismatch
from pipeline.limiting import device_limiter
from pipeline.neural import encoding
from pipeline.neural.encoding import RECORD, NeuralEncoder, Reader, Record, limits_of, unit_vectors
from pipeline.neural.hub import Found
from pipeline.neural.lanes import Lanes, as_they_are
from pipeline.neural.loading import Shelf
from pipeline.optimising.engines import Engine, passed_engine
from pipeline.optimising.sessions import Session, require
from pipeline.passages import PassageStore
from pipeline.setting_groups.models import NO_ENGINE
from pipeline.settings import Settings
from pipeline.termstore import TermStore

READS = "texts"
_SHELF = Shelf()


def identity(settings: Settings) -> dict[str, object]:
    """What the vectors depend on, as an index's fingerprint takes it: the source model, its revision, the engine."""
    engine = passed_engine(_folder(settings))
    require()
    source, tokens = engine.source, settings.models.passage_tokens
    return {"name": source.name, "revision": source.revision, "passage_tokens": tokens, "engine": engine.id}


def build(passages: PassageStore, terms: TermStore, folder: Path, settings: Settings) -> NDArray[np.float16]:
    """Read the passages; *shape* ``(passages, dimensions)``. Nothing of the analyser's terms is used."""
    engine = passed_engine(_folder(settings))
    require()
    found = Found(engine.source.name, engine.source.revision, _folder(settings))
    return encoding.build(passages, folder, found, _reader(engine, settings))


def load(folder: Path, settings: Settings) -> NeuralEncoder:
    """The encoder of an index's vectors.

    Raises:
        EngineMismatch: the engine is made of another model than the one that made them.
        EngineRefused: it hasn't passed its gate.
        BackendUnavailable: the libraries aren't here, or the engine is damaged.
    """
    engine = passed_engine(_folder(settings))
    built = Record(**json.loads((folder / RECORD).read_text(encoding="utf-8")))
    source = Record(engine.source.name, engine.source.revision, engine.source.dimensions)
    if (built.revision, built.dimensions) != (source.revision, source.dimensions):
        raise EngineMismatch(built=built.said(), asked=source.said(), engine=_folder(settings))
    require()
    return NeuralEncoder(_reader(engine, settings), "onnx")


def _folder(settings: Settings) -> Path:
    name = settings.models.engine
    if name == NO_ENGINE:
        raise ModelUnusable(
            name="models.engine", reason="정하지 않았습니다", reason_en="not set",
            cure="`hansang optimise encoder`로 만든 폴더를 `--set models.engine=폴더`로 주세요",
            cure_en="Give a folder that `hansang optimise encoder` made as `--set models.engine=FOLDER`",
        )  # fmt: skip
    return Path(name).expanduser()


def _reader(engine: Engine, settings: Settings) -> Reader:
    key = (engine.id, settings.models.engine, settings.models.device, settings.models.passage_tokens, settings.batching)
    return _SHELF.get(key, lambda: _read_by(engine, settings))


def _read_by(engine: Engine, settings: Settings) -> Reader:
    session = Session(_folder(settings), engine, device=settings.models.device, tokens=settings.models.passage_tokens)
    limits = limits_of(settings.batching)
    if engine.build.target == "tensorrt":  # a batch larger than its largest shape would only be cut again
        limits = replace(limits, texts=min(limits.texts, max(texts for texts, _ in engine.build.shapes)))
    room = device_limiter("cpu" if session.device.startswith("CPU") else "cuda").through
    lanes = Lanes(as_they_are, unit_vectors(session, engine.source.name), session.size, limits, room=room)
    return Reader(engine.source.dimensions, lanes)

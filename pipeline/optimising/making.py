"""Making an engine from beginning to end: export, quantise, race, prove, and write down what came of it.

The folder appears when all is done, whatever the gate says: a refused engine stays to be looked at, marked as refused.
"""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pipeline.errors.optimising import EngineExists
from pipeline.errors.settings import BadSetting
from pipeline.machine import versions_of
from pipeline.neural.hub import Found
from pipeline.optimising import proving
from pipeline.optimising.engines import TOKENIZER, Build, Engine, Shape, Source, describe, write_engine
from pipeline.optimising.exporting import OPSET, Loaded, export, open_source, reference_run, release
from pipeline.optimising.proving import Ground
from pipeline.optimising.quantising import Batch, quantise
from pipeline.optimising.report import REPORT, Report, markdown
from pipeline.optimising.sessions import CACHE, Session, batch_of, open_tokenizer
from pipeline.optimising.timing import ENGINE, PLAIN, REFERENCE, Run, Speed, race, weigh
from pipeline.storage import building, write_atomically, write_json

_CALIBRATED = 128  # passages that static scales are found on, eight at a time
_PACKAGES = ("torch", "transformers", "onnx", "onnxscript", "onnxruntime", "tokenizers")

Told = Callable[[str, int], None]
"""Told of each stage as it begins (0), and of every text that the gate has had read."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to make of which model, and how thoroughly to measure it.

    ``encoder`` is the backend that reads with it, ``tokens`` what is read of a text, ``passages`` how many the gate
    reads at most.
    """

    found: Found
    encoder: str
    tokens: int
    build: Build
    out: Path
    shapes: tuple[Shape, ...]
    passages: int = proving.PASSAGES
    rounds: int = 3
    device: str = "auto"


def check_place(out: Path) -> None:
    """Make sure that a folder can become an engine's.

    Raises:
        EngineExists: something is there.
    """
    if out.exists():
        raise EngineExists(path=out)


def make(job: Job, ground: Ground, told: Told) -> Report:
    """Make an engine and hold it against its model; the folder is there afterwards, passed or refused.

    Raises:
        EngineExists, EngineNotMade, ModelUnusable, TensorRtAbsent: nothing is left behind.
        BadSetting: a shape is longer than the model reads; likewise.
        DiskFull, NotWritable: likewise.
    """
    check_place(job.out)
    with building(job.out) as folder:
        told("export", 0)
        loaded = open_source(job.found, job.encoder, job.tokens)
        _check_shapes(job.shapes, loaded.source)
        plain = _written(job, loaded, ground, folder, told)
        engine = Engine(
            source=loaded.source,
            build=replace(job.build, opset=OPSET),
            files=describe(folder),
            made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            versions=versions_of(_PACKAGES),
        )
        session = Session(folder, engine, device=job.device)
        told("race", 0)
        speeds = _raced(job, loaded, plain, session)
        release(loaded)
        shutil.rmtree(folder / "plain", ignore_errors=True)
        told("prove", 0)
        figures = proving.measure(
            ground, partial(session, question=True), partial(session, question=False), job.passages,
            partial(told, "prove"),
        )  # fmt: skip
        engine = replace(engine, figures=figures)
        write_engine(folder, engine)
        del session
        told("weigh", 0)
        report = Report(engine, tuple(speeds), *_weighed(job, folder), loaded.bytes)
        write_atomically(folder / REPORT, markdown(report))
        write_json(folder / "report.json", report.to_json())
    return report


def _check_shapes(shapes: Sequence[Shape], source: Source) -> None:
    longest = max(tokens for _, tokens in shapes)
    if longest > source.tokens:
        raise BadSetting(
            name="--shapes", value=longest,
            expected=f"이 모델은 {source.tokens:,}토큰까지 읽습니다.",
            expected_en=f"This model reads {source.tokens:,} tokens at most.",
        )  # fmt: skip


def _written(job: Job, loaded: Loaded, ground: Ground, folder: Path, told: Told) -> Path | None:
    """Write the network; where it is quantised, also the folder of the one that it is made of."""
    if job.build.target == "tensorrt":
        (folder / CACHE).mkdir()
    if job.build.precision != "int8":
        export(loaded, folder, half=job.build.precision == "fp16" and job.build.target == "onnx")
        return None
    plain = folder / "plain"
    plain.mkdir()
    export(loaded, plain)
    shutil.move(plain / TOKENIZER, folder / TOKENIZER)
    told("quantise", 0)
    batches = _calibration(loaded.source, ground, folder) if job.build.quantize == "static" else []
    quantise(plain, folder, job.build, batches, loaded.source.name)
    return plain


def _calibration(source: Source, ground: Ground, folder: Path) -> list[Batch]:
    words = open_tokenizer(folder, source, source.tokens)
    rows = proving.sample_rows(replace(ground, questions=()), _CALIBRATED)
    return [
        batch_of(words, [source.passage_prompt + ground.passages[row].text for row in rows[start : start + 8]])
        for start in range(0, len(rows), 8)
    ]


def _raced(job: Job, loaded: Loaded, plain: Path | None, session: Session) -> list[Speed]:
    """The model as its encoder runs it here, the network in single precision where there is one, and the engine."""
    runs: dict[str, Run] = {REFERENCE: reference_run(loaded, "cpu" if session.device.startswith("CPU") else "cuda")}
    if plain is not None:
        whole = replace(
            session.engine, build=replace(session.engine.build, target="onnx", precision="fp32", quantize="")
        )
        runs[PLAIN] = Session(plain, whole, device=job.device, words=False).run
    return race(runs | {ENGINE: session.run}, job.shapes, job.rounds)


def _weighed(job: Job, folder: Path) -> tuple[int | None, int | None]:
    """Bytes of memory that the engine takes, and its model, each with the largest batch of the race."""
    texts, tokens = max(job.shapes, key=lambda shape: shape[0] * shape[1])
    shape = f"{texts}x{tokens}"
    return weigh("engine", str(folder), shape), weigh("model", str(job.found.folder), shape)

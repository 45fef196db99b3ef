"""An engine on disk: a folder whose ``engine.json`` says which model it is made of, how, and what its gate measured.

Needs the standard library alone. ``engine.json`` is written last: a folder without it was never finished.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from pipeline.checksums import sha256_of
from pipeline.errors.neural import ModelUnusable
from pipeline.errors.optimising import EngineRefused
from pipeline.optimising.gates import Figures, Reason, Recall, Spread, judge
from pipeline.storage import write_json

ENGINE = "engine.json"
NETWORK = "model.onnx"
TOKENIZER = "tokenizer.json"
FORMAT = 1

Target = Literal["onnx", "tensorrt"]
Precision = Literal["fp32", "fp16", "int8"]
Quantize = Literal["", "dynamic", "static"]
Pooling = Literal["cls", "mean"]
Shape = tuple[int, int]
"""Texts and tokens of a batch."""


@dataclass(frozen=True, slots=True)
class Source:
    """The model that an engine is made of, and how that turns texts into vectors."""

    name: str
    revision: str
    dimensions: int
    tokens: int
    pooling: Pooling
    question_prompt: str = ""
    passage_prompt: str = ""
    pad_id: int = 1
    pad: str = "<pad>"


@dataclass(frozen=True, slots=True)
class Build:
    """How an engine was made. ``shapes`` are the only ones that a TensorRT engine runs; others run any."""

    target: Target
    precision: Precision
    quantize: Quantize = ""
    opset: int = 0
    shapes: tuple[Shape, ...] = ()

    def said(self) -> str:
        """``onnx int8 dynamic``."""
        return " ".join(part for part in (self.target, self.precision, self.quantize) if part)


@dataclass(frozen=True, slots=True)
class File:
    """A file of an engine as it was when its gate was measured."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Engine:
    """What ``engine.json`` says. ``figures`` are None until the gate has measured them."""

    source: Source
    build: Build
    files: Mapping[str, File]
    made: str
    versions: Mapping[str, str]
    figures: Figures | None = None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why it may not be used, judged from its figures whatever else the file claims; empty when it may."""
        if self.figures is None:
            return (Reason("관문의 수치가 없음", "its gate was never measured"),)
        return judge(self.figures)

    @property
    def id(self) -> str:
        """Names these bytes: how they were made and a piece of their hash."""
        whole = hashlib.sha256("".join(f"{name}{file.sha256}" for name, file in sorted(self.files.items())).encode())
        return f"{self.build.said()} {whole.hexdigest()[:12]}"

    @property
    def bytes(self) -> int:
        """On disk."""
        return sum(file.bytes for file in self.files.values())


def describe(folder: Path) -> dict[str, File]:
    """Every file that an engine runs on, with its size and hash. Reports and caches are none of them."""
    found = sorted(path for path in folder.iterdir() if path.is_file() and _counts(path.name))
    return {path.name: File(path.stat().st_size, sha256_of(path)) for path in found}


def _counts(name: str) -> bool:
    return name.startswith(NETWORK) or name == TOKENIZER


def write_engine(folder: Path, engine: Engine) -> None:
    """Write ``engine.json``, which completes the folder."""
    verdict = {"passed": not engine.reasons, "reasons": [asdict(reason) for reason in engine.reasons]}
    write_json(folder / ENGINE, {"format": FORMAT, **asdict(engine), "gate": verdict})


def read_engine(folder: Path) -> Engine:
    """What ``engine.json`` says, if every file is as it was when the gate was measured. Whether it passed isn't asked.

    Raises:
        ModelUnusable: the folder is no engine, was never finished, is damaged, or its files were changed.
    """
    try:
        value = json.loads((folder / ENGINE).read_text(encoding="utf-8"))
    except OSError as error:
        raise _broken(folder, "engine.json이 없습니다(엔진이 아니거나 만들다 말았습니다)", "there is no engine.json: "
                      "it is no engine, or was never finished") from error  # fmt: skip
    except ValueError as error:
        raise _broken(folder, "engine.json을 읽지 못했습니다", "engine.json can't be read") from error
    try:
        engine = _engine(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _broken(
            folder, f"engine.json의 내용이 맞지 않습니다({error!r})", f"engine.json doesn't fit ({error!r})"
        ) from error
    _check_files(folder, engine)
    return engine


def passed_engine(folder: Path) -> Engine:
    """The engine of a folder, if it may be used.

    Raises:
        ModelUnusable: see ``read_engine``.
        EngineRefused: it hasn't passed its gate.
    """
    engine = read_engine(folder)
    if engine.reasons:
        raise refusal(str(folder), engine)
    return engine


def refusal(name: str, engine: Engine) -> EngineRefused:
    """The error that says why an engine isn't used."""
    return EngineRefused(
        name=name,
        reason=", ".join(reason.ko for reason in engine.reasons),
        reason_en=", ".join(reason.en for reason in engine.reasons),
    )


def _check_files(folder: Path, engine: Engine) -> None:
    for name, file in engine.files.items():
        path = folder / name
        if not path.is_file():
            raise _broken(folder, f"{name}이(가) 없습니다", f"{name} is missing")
        if path.stat().st_size != file.bytes:
            raise _broken(folder, f"{name}이(가) 중간에서 끊겼거나 바뀌었습니다", f"{name} is cut off or changed")
        if sha256_of(path) != file.sha256:
            raise _broken(
                folder, f"{name}이(가) 관문을 지날 때의 것이 아닙니다", f"{name} is not the one that was measured"
            )
    for name in (NETWORK, TOKENIZER):
        if name not in engine.files:
            raise _broken(folder, f"engine.json에 {name}이(가) 없습니다", f"engine.json doesn't list {name}")


def _engine(value: Any) -> Engine:
    """The engine that JSON describes.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it describes none.
    """
    if value["format"] != FORMAT:
        raise ValueError(f"format {value['format']}")
    build, figures = dict(value["build"]), value["figures"]
    made = Engine(
        source=Source(**value["source"]),
        build=Build(**build | {"shapes": tuple((int(texts), int(tokens)) for texts, tokens in build["shapes"])}),
        files={str(name): File(int(file["bytes"]), str(file["sha256"])) for name, file in value["files"].items()},
        made=str(value["made"]),
        versions={str(name): str(version) for name, version in value["versions"].items()},
        figures=None if figures is None else _figures(figures),
    )
    _check_values(made)
    return made


def _figures(value: Mapping[str, Any]) -> Figures:
    passages, questions = Spread(**value["passage_cosine"]), Spread(**value["question_cosine"])
    return Figures(
        **{**value, "passage_cosine": passages, "question_cosine": questions, "recall": Recall(**value["recall"])}
    )


def _check_values(engine: Engine) -> None:
    for name, given, known in (
        ("target", engine.build.target, get_args(Target)),
        ("precision", engine.build.precision, get_args(Precision)),
        ("quantize", engine.build.quantize, get_args(Quantize)),
        ("pooling", engine.source.pooling, get_args(Pooling)),
    ):
        if given not in known:
            raise ValueError(f"{name} {given!r}")
    if any("/" in name or "\\" in name for name in engine.files):
        raise ValueError("files")
    judge(engine.figures) if engine.figures else None  # figures that can't be compared aren't figures
    for name, number in (("dimensions", engine.source.dimensions), ("tokens", engine.source.tokens)):
        if not isinstance(number, int) or number < 1:
            raise ValueError(f"{name} {number!r}")


def _broken(folder: Path, ko: str, en: str) -> ModelUnusable:
    return ModelUnusable(
        name=folder, reason=ko, reason_en=en,
        cure="`hansang optimise encoder`로 다시 만들거나 `models.engine=none`으로 하세요",
        cure_en="Make it again with `hansang optimise encoder`, or set `models.engine=none`",
    )  # fmt: skip

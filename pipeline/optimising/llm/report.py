"""What the folder of a compressed model says of itself: what it was made of, how, and whether it passed its gate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from pipeline.errors.optimising import LlmFolderUnknown
from pipeline.optimising.llm.schemes import SCHEMES, Scheme
from pipeline.storage import clear_errors, write_json

FILE = "optimised.json"
FORMAT = 1
State = Literal["ungated", "passed", "refused"]
Side = Literal["original", "compressed"]
SIDES: tuple[Side, ...] = get_args(Side)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The prompts that a model was calibrated on: of which index, how many, their tokens, how many were cut.

    ``seen`` are hashes of their questions: no gate asks them again. ``used`` is false where the scheme needs none.
    """

    index: str
    prompt: str
    prompts: int
    tokens: int
    longest: int
    cut: int
    used: bool
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Optimised:
    """A folder's report.

    ``original`` and ``compressed`` are bytes of weights on disk, ``seconds`` what compressing took. ``runs`` are the
    evaluation runs with each side's answers, ``servers`` what was read of each side's server; ``gate`` is the verdict
    with its figures, empty before there is one.
    """

    source: str
    revision: str
    scheme: Scheme
    made: str
    versions: Mapping[str, str]
    calibration: Calibration
    original: int
    compressed: int
    seconds: float
    state: State = "ungated"
    runs: Mapping[Side, str] = field(default_factory=dict)
    servers: Mapping[Side, Any] = field(default_factory=dict)
    gate: Mapping[str, Any] = field(default_factory=dict)
    format: int = FORMAT


def write(folder: Path, report: Optimised) -> None:
    """Write the report, in one step.

    Raises:
        DiskFull, NotWritable: it can't be.
    """
    with clear_errors(folder):
        write_json(folder / FILE, asdict(report))


def read(folder: Path) -> Optimised:
    """The report of a folder.

    Raises:
        LlmFolderUnknown: there is none, or it isn't one.
    """
    try:
        value = json.loads((folder / FILE).read_text(encoding="utf-8"))
        found = value["format"]
        if found != FORMAT:
            raise _unknown(folder, f"{FILE}: format {found} ≠ {FORMAT}")
        calibration = value["calibration"]
        value["calibration"] = Calibration(**{**calibration, "seen": tuple(calibration["seen"])})
        report = Optimised(**value)
        if report.scheme not in SCHEMES or report.state not in get_args(State):
            raise _unknown(folder, f"{FILE}: {report.scheme}, {report.state}")
    except FileNotFoundError as error:
        raise _unknown(folder, f"{FILE}이(가) 없음 / no {FILE}") from error
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise _unknown(folder, f"{FILE}: {type(error).__name__}") from error
    return report


def _unknown(folder: Path, reason: str) -> LlmFolderUnknown:
    return LlmFolderUnknown(path=folder, reason=reason)

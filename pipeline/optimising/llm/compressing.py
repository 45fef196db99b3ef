"""A language model compressed by llm-compressor in a process of its own (``child``), watched and stoppable.

The folder is built aside and gets its name when it is whole, with its report in it. Whoever kills us ends the child,
too; what it had begun never becomes a model.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import machine
from pipeline.errors.machine import BackendUnavailable
from pipeline.errors.neural import ModelUnusable
from pipeline.errors.optimising import LlmFolderTaken, LlmNotCompressed
from pipeline.neural.folders import read_config, weights
from pipeline.optimising.llm.report import Calibration, Optimised, write
from pipeline.optimising.llm.schemes import RECIPES, Scheme
from pipeline.prompting.messages import Message, without_system
from pipeline.storage import UNFINISHED, building

VARIABLE = "HANSANG_LLMCOMPRESSOR_PYTHON"
CHILD = Path(__file__).with_name("child.py")
TARGET = "make .venv/with/llmcompressor/.done"
_END_S = 10.0
GROUP = 128
"""Weights that share a scale in w4a16."""

Told = Callable[[str, int], None]
"""Told what the child does (``load``, ``layers``, ``calibrate``, ``write``) and how far it is."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to make: of which model (a whole folder, with its name and revision), how, of which prompts, where.

    ``questions`` are those of the prompts; ``tokens`` is how much of each is read at most.
    """

    folder: Path
    name: str
    revision: str
    scheme: Scheme
    out: Path
    index: str
    prompt: str
    questions: Sequence[str]
    prompts: Sequence[Sequence[Message]]
    tokens: int


def interpreter(environment: Mapping[str, str] = os.environ) -> Path:
    """The Python that has llm-compressor.

    Raises:
        BackendUnavailable: there is none.
    """
    path = Path(environment.get(VARIABLE) or Path(sys.prefix) / "with" / "llmcompressor" / "bin" / "python")
    if not path.exists():
        raise BackendUnavailable(
            name="llm-compressor", reason=f"그 환경이 없습니다({path}) · its environment isn't there",
            cure=f"저장소에서 `{TARGET}`을 실행하거나 {VARIABLE}에 그 파이썬을 적으세요. "
                 f"(Run `{TARGET}` in the repository, or set {VARIABLE}.)",
        )  # fmt: skip
    return path


def check_out(out: Path) -> None:
    """Make sure that a folder can be made there.

    Raises:
        LlmFolderTaken: something is there.
    """
    if out.exists() or out.is_symlink():
        raise LlmFolderTaken(path=out)


def check_widths(order: Order) -> None:
    """Make sure that a model's layers can be cut into the scheme's groups.

    Raises:
        ModelUnusable: they can't.
    """
    config = read_config(order.folder, order.name)
    widths = [config[name] for name in ("hidden_size", "intermediate_size") if isinstance(config.get(name), int)]
    odd = [width for width in widths if width % GROUP]
    if order.scheme == "w4a16" and odd:
        raise ModelUnusable(
            name=order.name,
            reason=f"w4a16은 {GROUP}개씩 묶는데 너비가 {odd[0]}입니다",
            reason_en=f"w4a16 works in groups of {GROUP}, and a width is {odd[0]}",
            cure="`--scheme w8a8`이나 fp8을 쓰세요", cure_en="Use `--scheme w8a8` or fp8",
        )  # fmt: skip


def clear_abandoned(out: Path) -> None:
    """Remove what others had begun of the same folder who were killed: gigabytes that nobody will use."""
    place = out.absolute()
    for path in machine.abandoned(place.parent.parent):
        if path.parent == place.parent and path.name.startswith(f"{UNFINISHED}{place.name}-"):
            shutil.rmtree(path, ignore_errors=True)


def hash_of(question: str) -> str:
    """A question as reports remember it."""
    return hashlib.sha256(question.encode()).hexdigest()[:16]


def compress(order: Order, python: Path, log: Path, told: Told = lambda what, done: None) -> Optimised:
    """Make the folder. Returns its report, whose state is ``ungated``.

    Args:
        python: the interpreter that has llm-compressor.
        log: where all goes that it prints; the file is written anew.

    Raises:
        LlmFolderTaken: there is such a folder.
        LlmNotCompressed: it came to nothing.
        DiskFull, NotWritable: the folder can't be written.
    """
    check_out(order.out)
    check_widths(order)
    clear_abandoned(order.out)
    began = time.monotonic()
    with building(order.out) as aside:
        done = _worked(order, python, aside, log, told)
        report = Optimised(
            order.name, order.revision, order.scheme,
            datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), done["versions"],
            _calibration(order, done), weights(order.folder, order.name).stored, _written(order, aside, log),
            round(time.monotonic() - began, 1),
        )  # fmt: skip
        write(aside, report)
        check_out(order.out)  # replacing would take an empty folder's place
    return report


def _calibration(order: Order, done: Mapping[str, Any]) -> Calibration:
    seen = tuple(hash_of(question) for question in order.questions)
    used = RECIPES[order.scheme].calibrated
    return Calibration(
        order.index, order.prompt, len(order.prompts), int(done["tokens"]), int(done["longest"]), int(done["cut"]),
        used, seen if used else (),
    )  # fmt: skip


def _written(order: Order, aside: Path, log: Path) -> int:
    """Bytes of the weights that the child wrote, looked at so far as to see that they are whole."""
    stored = weights(aside, str(order.out)).stored
    if not stored:
        raise _failed(order, log, "가중치가 비어 있음 / no weights")
    usual = (aside / "config.json").stat().st_mode
    for file in aside.glob("*.safetensors"):
        file.chmod(usual)  # the library lets nobody but us read them, and a server may run as somebody else
    return stored


def _worked(order: Order, python: Path, aside: Path, log: Path, told: Told) -> dict[str, Any]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as errors:
        child = subprocess.Popen(
            [python, "-I", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            encoding="utf-8", start_new_session=True,  # Ctrl-C is ours to hear: the child would only print of it
        )  # fmt: skip
        try:
            return _heard(order, child, aside, log, told)
        finally:
            _end(child)


def _heard(order: Order, child: subprocess.Popen[str], aside: Path, log: Path, told: Told) -> dict[str, Any]:
    assert child.stdin is not None
    assert child.stdout is not None
    job = {
        "model": str(order.folder.resolve()), "out": str(aside.resolve()), "scheme": order.scheme,
        "calibrated": RECIPES[order.scheme].calibrated, "tokens": order.tokens,
        "prompts": [[list(turns), without_system(turns)] for turns in order.prompts],
    }  # fmt: skip
    try:
        child.stdin.write(json.dumps(job, ensure_ascii=False) + "\n")
        child.stdin.flush()
    except BrokenPipeError:
        raise _failed(order, log, _last(log)) from None
    for line in child.stdout:
        value = _value(line)
        if value is None:
            raise _failed(order, log, f"알 수 없는 말 / not understood: {line.strip()[:100]}")
        if "failed" in value:
            raise _failed(order, log, value["failed"])
        if "done" in value and "stage" not in value:
            done: dict[str, Any] = value["done"]
            return done
        told(str(value.get("stage")), int(value.get("done", 0)))
    raise _failed(order, log, f"프로세스가 끝남 / it ended ({child.wait()}): {_last(log)}")


def _value(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _end(child: subprocess.Popen[str]) -> None:
    """End it, however far it is."""
    child.kill()
    child.wait(_END_S)
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):  # it died before it had read all
                pipe.close()


def _failed(order: Order, log: Path, reason: str) -> LlmNotCompressed:
    return LlmNotCompressed(name=order.name, scheme=order.scheme, reason=reason, log=log)


def _last(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "–"

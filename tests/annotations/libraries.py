"""Programs that read our exports with a library that isn't installed beside us, run by whichever Python has it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BESIDE = Path(__file__).parents[2] / ".venv" / "with"
ALONE = ("label_studio_sdk", "ragas")  # they can't be installed beside the others


def python_with(library: str) -> str:
    """A Python that can import a library; skips the test where there is none."""
    if importlib.util.find_spec(library):
        return sys.executable
    beside = BESIDE / (library if library in ALONE else "models") / "bin" / "python"
    if not beside.exists():
        pytest.skip(f"{library} is not installed: `make test-models` installs it")
    return str(beside)


def run_with(library: str, program: str, *arguments: Path) -> str:
    """What a program of ``tests/annotations/readers`` prints; it must end well."""
    done = subprocess.run(
        [python_with(library), str(HERE / "readers" / program), *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout

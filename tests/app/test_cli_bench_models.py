"""``hansang bench encoder`` and ``reranker``, as their user runs them."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def run(*words: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-m", "app.cli", "bench", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)},
    )


def python_with_models() -> str:
    """A Python that can import sentence-transformers; skips the test where there is none."""
    if importlib.util.find_spec("sentence_transformers"):
        return sys.executable
    beside = ROOT / ".venv" / "with" / "models" / "bin" / "python"
    if not beside.exists():
        pytest.skip("sentence-transformers is not installed: `make test-models` installs it")
    return str(beside)


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is here")
@pytest.mark.parametrize("kind", ["encoder", "reranker"])
def test_without_the_libraries_it_says_what_to_install(kind: str) -> None:
    done = run(kind)
    assert done.returncode != 0
    assert "sentence-transformers" in done.stderr
    assert "requirements-gpu.txt" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_size_that_does_not_exist_is_refused() -> None:
    done = run("encoder", "--random", "huge")
    assert done.returncode == 2
    assert "tiny" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.models
@pytest.mark.parametrize(
    ("words", "unit"),
    [
        (("encoder", "--texts", "8"), "tokens"),
        (("reranker", "--texts", "4", "--candidates", "3", "--no-memory"), "pairs"),
    ],
)
def test_everybody_answers_and_the_figures_belong_together(words: tuple[str, ...], unit: str) -> None:
    done = run(*words, "--rounds", "1", "--threads", "4", "--json", python=python_with_models())
    assert done.returncode == 0, done.stderr[-3000:]
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["unit"] == unit
    assert report["amount"] == (report["tokens"] if unit == "tokens" else 12)
    speeds = report["speeds"]
    assert {"한상 (batcher)", "sentence-transformers"} <= set(speeds)
    for speed in speeds.values():
        if not speed["errors"]:
            assert speed["per_second"] == pytest.approx(report["amount"] / speed["seconds"])
    assert speeds["한상 (batcher)"]["errors"] == 0
    limit = report["arithmetic"]
    assert limit["tokens"] == pytest.approx(limit["rate"] / (2 * limit["parameters"]))
    fed = report["bandwidth"]
    assert fed["bytes"] == 4 * limit["parameters"]
    assert fed["tokens"] == pytest.approx(fed["batch"] * fed["rate"] / fed["bytes"])
    assert 0 < fed["batch"] <= report["batches"]["tokens"]
    assert (report["memory"] is None) == ("--no-memory" in words)
    if report["memory"]:
        assert len(report["memory"]["measured"]) == 15
        assert report["memory"]["line"]["slope"] > 0


@pytest.mark.models
def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    done = run("encoder", "--model", str(tmp_path), python=python_with_models())
    assert done.returncode != 0
    assert str(tmp_path) in done.stderr
    assert "Traceback" not in done.stderr

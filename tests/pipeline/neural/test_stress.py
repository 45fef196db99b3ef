"""Many callers of real models while memory runs short: on a GPU where there is one, else on the CPU."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.pipeline.neural.test_models import ROOT, python_with_models

pytestmark = [pytest.mark.models, pytest.mark.timeout(1_800)]


def test_while_memory_is_short_batches_go_one_by_one_and_nobody_gets_anothers_figures(tmp_path: Path) -> None:
    done = subprocess.run(
        [python_with_models(), "-m", "tests.pipeline.neural.stress_program", tmp_path],
        capture_output=True, text=True, cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["failed"] == []
    assert [told[phase] for phase in ("filled", "gave way", "went on", "came back")] == [True] * 4, told
    assert told["inside"] == 1
    assert told["calls"] > 12
    assert told["far"] < 0.01  # a vector's numbers and logits of other texts are farther apart
    assert told["left"] == 0

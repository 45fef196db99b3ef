"""``--engine ray`` on a real Ray: the same bytes as here, whoever dies. The program beside runs it all once."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.models, pytest.mark.timeout(1_800)]  # the first test waits for what all of them look at
LOOPBACK = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def python_with_ray() -> str:
    """A Python that has Ray and the neural libraries; skips the test where there is none."""
    if importlib.util.find_spec("ray") and importlib.util.find_spec("sentence_transformers"):
        return sys.executable
    beside = ROOT / ".venv" / "with" / "models" / "bin" / "python"
    if not beside.exists() or not list(beside.parents[1].glob("lib/python3*/site-packages/ray")):
        pytest.skip("Ray is not installed: `make test-models` installs it")
    return str(beside)


@pytest.fixture(scope="module")
def found() -> Any:
    root = Path(tempfile.mkdtemp(prefix="hs"))  # Ray's sockets need a short path
    quiet = {
        "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(root),  # what killed workers leave goes with it
    }  # fmt: skip
    done = subprocess.run(
        [python_with_ray(), "-m", "tests.pipeline.engines.ray_program", root],
        capture_output=True, text=True, cwd=ROOT, env=os.environ | quiet,
    )  # fmt: skip
    shutil.rmtree(root, ignore_errors=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_results_come_in_order_and_errors_as_they_are(found: Any) -> None:
    engine = found["engine"]
    assert engine["in order"]
    assert engine["machines"] == [1]
    assert engine["refusing"]["code"] == "disk-full"
    assert "/어디" in engine["refusing"]["ko"]
    assert engine["failing"]["code"] == "engine-broke"
    assert "ZeroDivisionError" in engine["failing"]["en"]


def test_a_worker_that_dies_loses_nothing_and_one_that_always_dies_is_an_error(found: Any) -> None:
    engine = found["engine"]
    assert engine["deaths"] == 1
    assert engine["after a death"]
    assert engine["poisoned"]
    assert engine["poison"]["code"] == "engine-broke"


def test_ray_listens_on_loopback_only(found: Any) -> None:
    for addresses in (found["engine"]["listeners"], found["alone"]["listeners"]):
        assert addresses
        assert set(addresses) <= LOOPBACK


def test_without_an_address_a_ray_is_started_with_a_token_and_ends_with_the_work(found: Any) -> None:
    assert found["alone"]["in order"]
    assert found["alone"]["started"]
    assert found["alone"]["token"] == "token"
    assert found["alone"]["left"] == []


def test_an_index_is_the_same_to_the_byte(found: Any) -> None:
    index = found["index"]
    assert {"passages.arrow", "kiwi/terms/m_id.npy", "kiwi/vectors.npy", "kiwi/encoder/model.json"} <= set(
        index["files"]
    )
    assert index["other files"] == index["differ"] == []
    assert index["passages"] > index["documents"] > 0  # some were cut into several
    assert index["cached"] == [1, 1]
    assert index["again"]


def test_analyses_are_the_same_to_the_byte_though_workers_were_killed(found: Any) -> None:
    analyze = found["analyze"]
    assert analyze["killed"] > 0
    assert analyze["same"]
    assert analyze["lines"] == 5_400


def test_analyses_go_on_where_they_were_stopped(found: Any) -> None:
    analyze = found["analyze"]
    assert analyze["gone on"]["before"] == 2_000
    assert analyze["gone on"]["before"] + analyze["gone on"]["analysed"] == 5_400
    assert analyze["same after a stop"]


def test_records_are_the_same_though_workers_were_killed(found: Any) -> None:
    evaluate = found["evaluate"]
    assert evaluate["killed"] > 0
    assert evaluate["same"]
    assert evaluate["records"] == 96
    assert set(evaluate["traces"]) == {"cache", "index", "runs", "traces.db"}


def test_the_command_says_what_one_machine_gains(found: Any) -> None:
    assert "한 대에서는 `--engine local`이 더 빠릅니다" in found["evaluate"]["said by ray"]
    assert "Ray" not in found["evaluate"]["said by local"]


def test_two_phases_are_refused(found: Any) -> None:
    code, said = found["evaluate"]["two phases"]
    assert code == 2
    assert "--engine local" in said


@pytest.mark.parametrize("name", ["wrong token", "nobody there"])
def test_strangers_are_told_what_to_check(found: Any, name: str) -> None:
    code, said, traceback = found["strangers"][name]
    assert (code, traceback) == (5, False)
    assert "RAY_AUTH_TOKEN" in said
    assert "--engine local" in said


def test_the_guide_s_commands_are_ray_s(found: Any) -> None:
    assert len(found["guide"]) >= 3
    assert not [line for line, unknown in found["guide"].items() if unknown]


def test_no_worker_is_left(found: Any) -> None:
    assert found["left"] == []

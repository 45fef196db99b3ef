"""Compressing in a process of its own: the folder is whole or isn't there, whatever happens to whom."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from pipeline.errors.machine import BackendUnavailable
from pipeline.errors.neural import ModelUnusable
from pipeline.errors.optimising import LlmFolderTaken, LlmNotCompressed
from pipeline.optimising.llm.compressing import CHILD, VARIABLE, Order, compress, hash_of, interpreter
from pipeline.optimising.llm.report import read
from pipeline.optimising.llm.schemes import RECIPES, SCHEMES, Scheme
from pipeline.storage import UNFINISHED
from tests.app.cli_runs import wait_for
from tests.pipeline.neural.folders import make

ROOT = Path(__file__).parents[4]
PROGRAM = "tests.pipeline.optimising.llm.compressor_program"


def stand_in(folder: Path) -> Path:
    """An interpreter that runs the program instead of what it is given."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\ncd "{ROOT}" && exec "{sys.executable}" -m {PROGRAM}\n')
    path.chmod(0o755)
    return path


def order(tmp_path: Path, model: str = "model", scheme: Scheme = "w8a8") -> Order:
    folder = make(tmp_path / model, "LlamaForCausalLM", hidden_size=64)
    turns = [{"role": "system", "content": "규칙"}, {"role": "user", "content": "주차?"}]
    return Order(
        folder, "이름", "r1", scheme, tmp_path / "out", "demo", "answer@1", ["주차?", "웨이팅?"], [turns, turns], 512
    )


def run(wanted: Order, tmp_path: Path, told: Callable[[str, int], None] = lambda what, done: None) -> object:
    return compress(wanted, stand_in(tmp_path), tmp_path / "logs" / "log", told)


def begun(tmp_path: Path) -> list[Path]:
    return list(tmp_path.glob(f"{UNFINISHED}*"))


def test_what_is_made_says_how_and_may_not_be_used_yet(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    made = run(order(tmp_path), tmp_path, lambda what, done: told.append((what, done)))
    report = read(tmp_path / "out")
    assert report == made
    assert (report.source, report.revision, report.scheme, report.state) == ("이름", "r1", "w8a8", "ungated")
    assert (report.original, report.compressed) == (
        (tmp_path / "model" / "model.safetensors").stat().st_size,
        (tmp_path / "out" / "model.safetensors").stat().st_size,
    )
    assert report.calibration.seen == (hash_of("주차?"), hash_of("웨이팅?"))
    assert (report.calibration.prompts, report.calibration.cut) == (2, 1)
    assert told == [("load", 0), ("calibrate", 8)]
    assert begun(tmp_path) == []


def test_others_may_read_the_weights(tmp_path: Path) -> None:
    run(order(tmp_path), tmp_path)
    modes = {stat.S_IMODE((tmp_path / "out" / name).stat().st_mode) for name in ("config.json", "model.safetensors")}
    assert len(modes) == 1


def test_the_child_gets_prompts_with_and_without_a_system(tmp_path: Path) -> None:
    run(order(tmp_path), tmp_path)
    job = json.loads((tmp_path / "model" / "job.json").read_text())
    with_system, without = job["prompts"][0]
    assert [turn["role"] for turn in with_system] == ["system", "user"]
    assert [turn["role"] for turn in without] == ["user"]
    assert without[0]["content"] == "규칙\n\n주차?"
    assert (job["scheme"], job["calibrated"], job["tokens"]) == ("w8a8", True, 512)


def test_a_scheme_that_looks_at_no_prompts_has_seen_none(tmp_path: Path) -> None:
    run(order(tmp_path, scheme="fp8"), tmp_path)
    calibration = read(tmp_path / "out").calibration
    assert not calibration.used
    assert calibration.seen == ()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("fails", "out of memory"),
        ("dies", "Segmentation fault"),
        ("babbles", "not JSON"),
        ("torn", "model.safetensors"),
    ],
)
def test_what_went_wrong_leaves_nothing_behind_and_is_told(tmp_path: Path, model: str, said: str) -> None:
    with pytest.raises((LlmNotCompressed, ModelUnusable), match=said):
        run(order(tmp_path, model), tmp_path)
    assert not (tmp_path / "out").exists()
    assert begun(tmp_path) == []
    assert not psutil.pid_exists(int((tmp_path / model / "pid").read_text()))


def test_a_folder_that_is_there_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(LlmFolderTaken, match="out"):
        run(order(tmp_path), tmp_path)
    assert list((tmp_path / "out").iterdir()) == []
    assert not (tmp_path / "model" / "pid").exists()


def test_layers_that_do_not_go_into_groups_are_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="128"):
        run(order(tmp_path, scheme="w4a16"), tmp_path)
    assert not (tmp_path / "model" / "pid").exists()
    wide = order(tmp_path, "wide", "w4a16")
    (wide.folder / "config.json").write_text(json.dumps({"hidden_size": 256, "intermediate_size": 384}))
    run(wide, tmp_path)


def test_when_the_parent_is_killed_the_child_ends_and_no_model_is_there(tmp_path: Path) -> None:
    wanted = order(tmp_path, "stands-still")
    script = (
        "import sys; from pathlib import Path; "
        "from tests.pipeline.optimising.llm.test_compressing import order_at, run; "
        "run(order_at(Path(sys.argv[1])), Path(sys.argv[1]))"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT)
    pid = wanted.folder / "pid"
    wait_for(lambda: pid.exists() and pid.read_text())
    child = int(pid.read_text())
    parent.kill()
    parent.wait()
    wait_for(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)
    assert not (tmp_path / "out").exists()
    assert len(begun(tmp_path)) == 1  # hidden, and no model
    other = tmp_path / f"{UNFINISHED}another-{parent.pid}"
    other.mkdir()
    run(order(tmp_path), tmp_path)
    assert begun(tmp_path) == [other]  # not ours to remove


def order_at(tmp_path: Path) -> Order:
    """The order whose model's folder is there already."""
    turns = [{"role": "user", "content": "주차?"}]
    return Order(tmp_path / "stands-still", "n", "r", "w8a8", tmp_path / "out", "demo", "p", ["q"], [turns], 512)


def test_without_the_environment_it_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match=r"make \.venv/with/llmcompressor/\.done"):
        interpreter({VARIABLE: str(tmp_path / "none")})
    assert interpreter({VARIABLE: sys.executable}) == Path(sys.executable)


def test_the_child_says_why_it_can_not_work(tmp_path: Path) -> None:
    job = {
        "model": str(tmp_path),
        "out": str(tmp_path),
        "scheme": "w8a8",
        "calibrated": True,
        "tokens": 8,
        "prompts": [],
    }
    child = subprocess.Popen(
        [sys.executable, "-I", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, env=os.environ | {"PYTHONPATH": ""},
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps(job) + "\n")
    child.stdin.flush()
    lines = [json.loads(line) for line in child.stdout]  # until it has ended by itself
    child.stdin.close()
    assert child.wait() != 0
    assert lines[0] == {"stage": "load", "done": 0}
    assert "failed" in lines[-1]
    child.stdout.close()


def test_every_scheme_has_its_recipe() -> None:
    assert set(RECIPES) == set(SCHEMES)
    assert all(recipe.scheme == name and recipe.ko and recipe.en for name, recipe in RECIPES.items())


def test_two_at_once_do_not_mix(tmp_path: Path) -> None:
    first, second = order(tmp_path), order(tmp_path, "second")
    second = replace(second, out=tmp_path / "other")
    made: list[object] = []
    python = stand_in(tmp_path)  # written once: while it runs it can't be

    def make(one: Order) -> None:
        made.append(compress(one, python, tmp_path / "logs" / "log", lambda what, done: None))

    threads = [threading.Thread(target=make, args=[one]) for one in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 2
    assert {read(tmp_path / name).state for name in ("out", "other")} == {"ungated"}

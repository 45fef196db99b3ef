"""The environment that ``make setup`` makes: the same everywhere, all of the core, nothing that is gigabytes."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.annotations.libraries import ALONE

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "vllm", "transformers", "sentence-transformers", "triton", "ray"}


def pins(name: str) -> dict[str, str]:
    """The packages of a requirements file with their versions; every line must pin one exactly."""
    lines = [line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if line.strip()]
    found = [re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[^\]]+\])?==([^\s;]+)(?:\s*;.*)?", line) for line in lines]
    loose = [line for line, pin in zip(lines, found, strict=True) if pin is None]
    assert loose == []
    return {_plain(pin[1]): pin[2] for pin in found if pin}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def asked(extra: str = "") -> set[str]:
    """The packages that pyproject.toml asks for by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return {_plain(re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0]) for line in wanted}


def test_everything_that_is_asked_for_is_pinned() -> None:
    core, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert asked() <= core.keys()
    assert asked("dev") <= dev.keys()
    assert core.items() <= dev.items()  # the tests run in the environment that people get


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_nothing_heavy_is_in_it(name: str) -> None:
    found = pins(name).keys()
    assert not found & HEAVY
    assert not [package for package in found if package.startswith(("nvidia", "cuda"))]


def words_of(name: str, pattern: str) -> list[str]:
    """The words that a pattern finds in a file."""
    found = re.search(pattern, (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert found, (name, pattern)
    return found[1].split()


def test_ci_makes_the_environments_that_tests_with_large_libraries_want() -> None:
    wanted = words_of("Makefile", r"^WITH \?= ([^#\n]+)")
    assert words_of(".ci/run", r"^for name in (.+); do$") == wanted
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(f"\n.venv/with/{name}/.done: " in makefile for name in wanted)
    beside = {name for name in wanted if name != "models"}
    assert beside == set(ALONE)


def ci_with_large_libraries(
    folder: Path, make: str, *, again: str = "exit 3", seconds: int = 0
) -> tuple[int, list[str]]:
    """The last part of ``.ci/run`` with stand-ins for make and for the tests again: how it ends, what it prints."""
    program = (ROOT / ".ci/run").read_text(encoding="utf-8")
    part = program[program.index("lacking=()") :]
    stands_in = {"make": f'case "$1" in {make} esac\necho "$1 WITH=$WITH"', ".venv/bin/python": again}
    for name, does in stands_in.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    script = f'set -euo pipefail\nSECONDS={seconds}\nsuite() {{ make "$1"; }}\n{part}'
    path = f"{folder}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", script], cwd=folder, env={"PATH": path}, capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()


def test_ci_names_what_it_could_not_install_and_still_tests_the_rest(tmp_path: Path) -> None:
    half = tmp_path / ".venv" / "with" / "ragas"
    half.mkdir(parents=True)
    code, (*_, tested, said) = ci_with_large_libraries(tmp_path, "*ragas*|*vllm*) exit 2;;")
    assert code == 0
    assert tested == "test-models WITH=models label_studio_sdk"
    assert said.startswith("== ")
    assert said.endswith(": ragas vllm")
    assert "SKIPPED" in said
    assert not half.exists()


def test_ci_leaves_out_what_it_has_no_time_for_and_says_so(tmp_path: Path) -> None:
    code, lines = ci_with_large_libraries(tmp_path, "nothing) ;;", seconds=3000)
    assert code == 0
    assert not [line for line in lines if line.startswith("test-vllm")]
    assert "SKIPPED: vllm (3" in lines[-1]
    code, lines = ci_with_large_libraries(tmp_path, "test-vllm) exit 124;;")  # as ``timeout`` ends
    assert code == 0
    assert lines[-1].endswith("vllm: not all of it within 25 minutes")


@pytest.mark.parametrize("ends", [0, 1])
def test_ci_asks_once_more_of_what_failed(tmp_path: Path, ends: int) -> None:
    code, lines = ci_with_large_libraries(tmp_path, "test-vllm) exit 2;;", again=f'echo "$@"; exit {ends}')
    assert code == ends
    assert lines[-1].startswith("-m pytest")
    assert "--last-failed" in lines[-1]

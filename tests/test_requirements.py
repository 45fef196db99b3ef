"""The environment that ``make setup`` makes: the same everywhere, all of the core, nothing that is gigabytes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

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

"""Every command of ``docs/api.md`` is run against a server over the demo's reviews, in order, in one shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.api.application import create_api
from pipeline.config import load_profile
from pipeline.service import Home, Service
from tests.app.served import serving
from tests.pipeline.corpora import build

GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
DEFAULT = "export HANSANG=http://127.0.0.1:7860"

pytestmark = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="needs curl and bash")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = Home(tmp_path_factory.mktemp("home"))
    build(home, name="demo")
    service = Service(home, load_profile())
    with serving(create_api(service)) as server:
        yield server.address
    service.close()


def test_the_commands_of_the_guide_do_what_it_says(address: str, tmp_path: Path) -> None:
    assert blocks("sh")[0].strip() == DEFAULT
    lines = "".join(blocks("sh")[1:]).replace("curl -s", "curl -sS -w '\\n%{http_code}\\n'")
    # within $( … ) and the pipe of `until`, where the reply is read by a program, nothing is added to it
    script = re.sub(r"(\$\(|until )curl -sS -w '\\n%\{http_code\}\\n'", r"\1curl -s", lines)
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    environment = os.environ | {"HANSANG": address, "PATH": f"{python.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True,
        timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    statuses = re.findall(r"^(\d{3})$", done.stdout, flags=re.MULTILINE)
    assert len(statuses) == lines.count("-w ") - script_reads(lines)
    assert [status for status in statuses if status[0] != "2"] == ["404"]  # the one that shows an error
    assert '"state":"done"' in done.stdout
    assert '"vote":"down"' in done.stdout
    assert "event: done" in done.stdout


def script_reads(lines: str) -> int:
    """How many of the commands are read by a program instead of a person."""
    return len(re.findall(r"(?:\$\(|until )curl", lines))


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_the_python_of_the_guide_runs(address: str, number: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", blocks("python")[number]], cwd=tmp_path, env=os.environ | {"HANSANG": address},
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "숯골갈비" in done.stdout


def test_every_route_named_in_the_guide_exists() -> None:
    from app.api.scopes import SCOPES  # the table of all routes

    for path in set(re.findall(r"`(?:GET |PUT |DELETE |POST )?(/v1/[\w/{}]*)", GUIDE)):
        named = re.sub(r"\{[^}]*\}", "{}", path)
        assert named in {re.sub(r"\{[^}]*\}", "{}", template) for _, template in SCOPES}, path

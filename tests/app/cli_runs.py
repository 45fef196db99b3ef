"""Running the command line in tests: in this process, or in one of its own that can be killed or held short."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from app.cli.main import app
from pipeline.storage import UNFINISHED
from tests.pipeline.corpora import PLACES, REVIEWS


def write_reviews(folder: Path, copies: int = 1) -> Path:
    """The reviews of the small corpus as a file, ``r1``, ``r2``, …"""
    rows = []
    for n, (name, rating, date, text) in enumerate(REVIEWS * copies):
        place = {"restaurant": name, "category": PLACES[name][0], "district": PLACES[name][1]}
        again = f" {n // len(REVIEWS)}" if n >= len(REVIEWS) else ""
        rows.append({"id": f"r{n + 1}", "rating": rating, "date": date, "text": text + again} | place)
    path = folder / "reviews.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def run(home: Path, *arguments: str) -> Result:
    """A command in this process."""
    return CliRunner().invoke(app, ["--home", str(home), *arguments])


def run_json(home: Path, *arguments: str) -> Any:
    """What a command that must succeed prints with ``--json``."""
    result = run(home, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def make_index(home: Path, folder: Path, name: str = "small") -> None:
    """Index the small corpus."""
    result = run(home, "index", str(write_reviews(folder)), "--name", name)
    assert result.exit_code == 0, result.output


def failure(result: Result, code: int) -> str:
    """What a command that must fail with this exit code says on standard error; it never shows a traceback."""
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.stderr


def start(
    home: Path, *arguments: str, prepare: Callable[[], None] = lambda: None, **more: Any
) -> subprocess.Popen[str]:
    """A command in a process of its own, which hears Ctrl-C whatever this process does with it."""

    def before() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        prepare()

    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "--home", str(home), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        **more,
    )


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def unfinished(home: Path) -> list[Path]:
    """Half-built folders."""
    return list((home / "index").glob(f"*/{UNFINISHED}*"))

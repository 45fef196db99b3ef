"""What a run is called that nobody named, so that the same command goes on with what it was broken off at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from pipeline.evaluation.runs import LOCK, MANIFEST, SUMMARY, Plan, run_names
from pipeline.machine import lock_owner


@dataclass(frozen=True, slots=True)
class Named:
    """A run's name, and whether the run goes on. ``left`` is one that would go on, had other code not begun it."""

    name: str
    goes_on: bool = False
    left: str = ""


def name_for(runs: Path, stem: str, wanted: Plan, today: datetime) -> Named:
    """The name of a run that was broken off under the same conditions, if there is one, else a new one."""
    stem = re.sub(r"[^\w가-힣.-]+", "-", stem).strip("-.")[:50] or "run"
    now = json.loads(json.dumps(asdict(wanted)))
    left = ""
    for name, before in _broken_off(runs, stem):
        if before == now:
            return Named(name, goes_on=True)
        if not left and before | {"versions": now["versions"]} == now:
            left = name
    made = f"{stem}-{today:%Y%m%d-%H%M%S}"
    taken = sum(path.name.startswith(made) for path in runs.glob(f"{stem}-*"))
    return Named(f"{made}-{taken + 1}" if taken else made, left=left)


def _broken_off(runs: Path, stem: str) -> Iterator[tuple[str, dict[str, object]]]:
    """The runs of a stem that nobody finished or works on, with their manifests, newest first."""
    for name in run_names(runs):
        folder = runs / name
        if name.startswith(f"{stem}-") and not (folder / SUMMARY).exists() and not lock_owner(folder / LOCK):
            yield name, json.loads((folder / MANIFEST).read_text(encoding="utf-8"))

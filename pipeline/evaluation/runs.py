"""A run: every question of a set asked once, each finished one kept at once, to be taken up again where it stopped.

A run is a folder: ``manifest.json`` (what is asked of what, written first), ``records.jsonl`` (one line per finished
question, flushed and fsynced), and when all is done the records in the order of the questions, ``summary.json`` and
``report.html``, written last. A line that was cut off in the middle counts as not finished.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.code_version import code_version
from pipeline.config import load_profile, with_overrides
from pipeline.errors.evaluation import BadRunName, RunDiffers, RunNotFound
from pipeline.evaluation.asking import Asking, ask_whole
from pipeline.evaluation.records import Record, from_line, to_line
from pipeline.limiting import Rule, next_limit
from pipeline.machine import available_memory, gpu_memory, resident_memory
from pipeline.service import Request, Service
from pipeline.settings import Settings
from pipeline.storage import clear_errors, locked, write_atomically, write_json
from pipeline.types import Sample
from pipeline.versions import versions

RECORDS = "records.jsonl"
MANIFEST = "manifest.json"
SUMMARY = "summary.json"
LOCK = ".lock"
FORMAT = 1  # of the records; another one can't be joined with it
MEMORY_FLOOR = 600 * 2**20  # bytes that must stay free; below it fewer questions are asked at once
NAME = re.compile(r"[\w가-힣][\w가-힣.-]{0,79}")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run asks of what. Two parts of a run may only be joined when their plans are equal."""

    index: str
    index_version: str
    settings: Mapping[str, object]
    questions: int
    digest: str
    seed: int
    versions: Mapping[str, str]
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class State:
    """How far a run is. ``workers`` is how many questions are asked at once now; ``resumed`` were there before.

    ``used`` is this process's resident memory, ``free`` what may still be taken, ``gpu`` what is used of the GPU's
    memory (0 without one), in bytes.
    """

    done: int
    total: int
    failures: int
    resumed: int
    workers: int
    used: int
    free: int
    gpu: int


Watch = Callable[[State], None]


def run_folder(runs: Path, name: str) -> Path:
    """The folder of a run.

    Raises:
        BadRunName: the name can't be one.
    """
    if not NAME.fullmatch(name):
        raise BadRunName(name=name)
    return runs / name


def plan(service: Service, index: str, samples: Sequence[Sample], overrides: Mapping[str, object], seed: int) -> Plan:
    """What a run over these questions would be.

    Raises:
        HansangError: the index or a setting can't be used.
    """
    asked = json.dumps([asdict(sample) for sample in samples], ensure_ascii=False, sort_keys=True)
    settings = with_overrides(service.settings, overrides)
    return Plan(
        index,
        service.index(index).manifest.version,
        settings.flat(),
        len(samples),
        hashlib.sha256(asked.encode()).hexdigest(),
        seed,
        {**versions(), "code": code_version()},
    )


def open_run(folder: Path, wanted: Plan) -> None:
    """Make the folder of a run, or check that it is the same run.

    Raises:
        RunDiffers: a run of that name was made with other settings, another index, other questions or versions.
    """
    path = folder / MANIFEST
    if not path.exists():
        with clear_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            write_json(path, asdict(wanted))
        return
    before = json.loads(path.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(asdict(wanted)))
    changed = sorted(_differences(before, now))
    if changed:
        raise RunDiffers(name=folder.name, changed="; ".join(changed))


def _differences(before: Mapping[str, Any], now: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key in {**before, **now}:
        one, other = before.get(key), now.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _differences(one, other, f"{prefix}{key}.")
        elif one != other:
            yield f"{prefix}{key}: {one} → {other}"


def read_plan(folder: Path) -> Plan:
    """The plan of a stored run.

    Raises:
        RunNotFound: there is no such run.
    """
    try:
        return Plan(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise RunNotFound(name=folder.name, known=", ".join(run_names(folder.parent)) or "–") from error


def settings_of(plan: Plan) -> Settings:
    """The settings that a run was made with.

    Raises:
        UnknownSetting, BadSetting: this version doesn't know one of them.
    """
    return with_overrides(load_profile(), dict(plan.settings), indexing=True)


def run_names(runs: Path) -> list[str]:
    """The stored runs, newest first."""
    found = sorted(runs.glob(f"*/{MANIFEST}"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [path.parent.name for path in found]


def read_records(folder: Path) -> list[Record]:
    """The finished questions of a run. A last line that was cut off is left out; of two lines the first counts."""
    try:
        lines = (folder / RECORDS).read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    found: dict[str, Record] = {}
    broken = 0
    for line in lines[:-1]:  # what follows the last line feed is empty or was cut off
        try:
            record = from_line(line.decode())
        except ValueError:  # a block that the disk never got, after a power cut
            broken += 1
            continue
        found.setdefault(record.id, record)
    if broken:
        log.warning("%s: %d broken lines are left out; these questions will be asked again", folder, broken)
    return list(found.values())


def execute(
    service: Service,
    folder: Path,
    samples: Sequence[Sample],
    request: Request,
    *,
    workers: int = 2,
    again: bool = False,
    watch: Watch = lambda state: None,
    free: Callable[[], int] = available_memory,
    asking: Asking | None = None,
) -> list[Record]:
    """Ask what is not finished yet, and return all records in the order of the questions.

    Args:
        request: index and settings of the run; its question is not used.
        again: also ask again what ended in an error.
        watch: called after every finished question.
        asking: how; one question after the other from search to answer, unless told otherwise.

    Raises:
        HomeLocked: the run is being worked on by another process.
        DiskFull: there is no room; what was finished is kept.
    """
    with locked(folder / LOCK):
        done = {record.id: record for record in read_records(folder) if not (again and record.status == "error")}
        _rewrite(folder, done.values())
        open_ = [sample for sample in samples if sample.question.id not in done]
        resumed, failures = len(done), sum(record.status == "error" for record in done.values())
        with appending(folder / RECORDS) as append:
            gate = Gate(workers, free)
            for record in (asking or ask_whole)(service, folder, open_, request, gate):
                append(to_line(record))
                done[record.id] = record
                failures += record.status == "error"
                memory = (resident_memory(), free(), gpu_memory())
                watch(State(len(done), len(samples), failures, resumed, gate.allowed, *memory))
        records = [done[sample.question.id] for sample in samples]
        _rewrite(folder, records)
    return records


def _rewrite(folder: Path, records: Iterable[Record]) -> None:
    """Make the file whole: without a cut-off line and, at the end, in the order of the questions."""
    with clear_errors(folder):
        write_atomically(folder / RECORDS, "".join(f"{to_line(record)}\n" for record in records))


@contextmanager
def appending(path: Path) -> Iterator[Callable[[str], None]]:
    """A file to add lines to, each flushed and fsynced.

    Raises:
        DiskFull, NotWritable: it can't be written; what was added before stands.
    """
    with clear_errors(path), path.open("a", encoding="utf-8") as file:

        def append(line: str) -> None:
            file.write(f"{line}\n")
            file.flush()
            os.fsync(file.fileno())

        yield append


class Gate:
    """How many questions may be asked at once: fewer while memory is short, never none."""

    def __init__(self, workers: int, free: Callable[[], int] = available_memory, floor: int = MEMORY_FLOOR) -> None:
        self.workers = workers
        self.allowed = workers
        self._free = free
        self._floor = floor

    def look(self) -> int:
        """Halve what is allowed when memory is short, give one more when there is twice what must stay free."""
        rule = Rule(ceiling=self.workers, low=self._floor, high=2 * self._floor)
        self.allowed = next_limit(self.allowed, self._free(), rule)
        return self.allowed

    def pause(self, seconds: float = 0.5, tries: int = 20) -> None:
        """Wait a while for memory to come back; then go on with one question, since waiting for ever helps nobody."""
        for _ in range(tries):
            if self._free() >= self._floor:
                return
            time.sleep(seconds)

"""How fast labels are taken and saved on this machine, beside what bare SQLite does with the same settings."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import psutil
from sqlite_utils import Database

from annotations.desk import Desk, utc_now
from annotations.schemes.labels import canonical
from annotations.storage.rows import moment
from annotations.types import DeskSettings, Labels, NewTask, Submission
from annotations.work.queue import take
from annotations.work.saving import Answer, save
from pipeline.database import wal_is_safe
from pipeline.errors.base import HansangError

TEXT = "맛은 있는데 웨이팅이 두 시간이라 다시는 못 갈 듯 ㅠㅠ 그래도 불맛은 인정"
LABELS: Labels = {
    "sentiment": "mixed",
    "intensity": 2,
    "emotions": [{"label": "annoyance", "strength": 2}],
    "aspects": [{"label": "waiting", "polarity": "negative", "start": 6, "end": 15, "quote": TEXT[6:15]}],
}
BARE = 300  # commits of bare SQLite
SLICE = 500  # answers in one transaction while preparing


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Load:
    """So many annotators at once, each taking a task, saving an answer, taking the next."""

    annotators: int
    saves: int
    saves_per_second: float
    take: Spread
    save: Spread
    errors: dict[str, int]
    doubled: int
    memory_mib: float


@dataclass(frozen=True, slots=True)
class AnnotationsReport:
    """What ``hansang bench annotations`` prints. ``next_ms`` is the next task of somebody who has answered many."""

    tasks: int
    journal: str
    bare_commits_per_second: float
    loads: tuple[Load, ...]
    next_ms: Spread
    answered_before: int


@dataclass(slots=True)
class _Tally:
    takes: list[float] = field(default_factory=list)
    saves: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)


Progress = Callable[[str, int], None]


def bench_annotations(
    annotators: list[int], tasks: int, seconds: float = 10.0, progress: Progress = lambda what, done: None
) -> AnnotationsReport:
    """Measure in a folder of its own, which is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="hansang-labels-") as folder:
        bare = bare_commits(Path(folder) / "bare.db")
        loads = []
        for count in annotators:
            progress("load", count)
            loads.append(_load(Path(folder) / f"labels-{count}.db", count, tasks, seconds))
        progress("next", tasks)
        spread, before = _next_task(Path(folder) / "next.db", tasks)
    return AnnotationsReport(tasks, _journal(), bare, tuple(loads), spread, before)


def _journal() -> str:
    return "WAL" if wal_is_safe() else "rollback"


def bare_commits(path: Path, count: int = BARE) -> float:
    """Commits a second of one row each, by one connection with the settings that labels are stored under."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(f"PRAGMA journal_mode={'WAL' if wal_is_safe() else 'DELETE'}")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
        start = time.perf_counter()
        for _ in range(count):
            database.execute("BEGIN IMMEDIATE")
            database.execute("INSERT INTO t (text) VALUES (?)", [TEXT])
            database.execute("COMMIT")
        return count / (time.perf_counter() - start)


def _fill(desk: Desk, tasks: int) -> None:
    desk.add_tasks((NewTask(f"r{n}", "review", 1, TEXT, seats=2) for n in range(tasks)), "bench")


def _load(path: Path, annotators: int, tasks: int, seconds: float) -> Load:
    with Desk(path, DeskSettings()) as desk:
        _fill(desk, tasks)
        tallies = [_Tally() for _ in range(annotators)]
        stop = threading.Event()
        threads = [
            threading.Thread(target=_annotate, args=(desk, f"annotator-{n}", tally, stop))
            for n, tally in enumerate(tallies)
        ]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        stop.wait(seconds)
        stop.set()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - start
        doubled = desk.writer.read(
            lambda db: db.execute(
                "SELECT count(*) FROM (SELECT 1 FROM annotations WHERE seat IS NOT NULL GROUP BY task_id, seat"
                " HAVING count(DISTINCT annotator) > 1)"
            ).fetchone()[0]
        )
    takes = [one for tally in tallies for one in tally.takes]
    saves = [one for tally in tallies for one in tally.saves]
    errors: dict[str, int] = {}
    for tally in tallies:
        for code, count in tally.errors.items():
            errors[code] = errors.get(code, 0) + count
    memory = psutil.Process().memory_info().rss / 2**20
    return Load(annotators, len(saves), len(saves) / took, _spread(takes), _spread(saves), errors, doubled, memory)


def _annotate(desk: Desk, name: str, tally: _Tally, stop: threading.Event) -> None:
    number = 0
    while not stop.is_set():
        number += 1
        try:
            start = time.perf_counter()
            lease = desk.take(name, "review")
            taken = time.perf_counter()
            if lease is None:
                return
            desk.save(name, Submission(f"{name}-{number}", lease.task.id, LABELS, lease.token))
        except HansangError as error:
            tally.errors[error.code] = tally.errors.get(error.code, 0) + 1
            continue
        tally.takes.append((taken - start) * 1000)
        tally.saves.append((time.perf_counter() - taken) * 1000)


def _next_task(path: Path, tasks: int, looks: int = 50) -> tuple[Spread, int]:
    """The next task of somebody who has answered half of all tasks, whose second seats are all still open."""
    settings = DeskSettings(gold_rate=0, repeat_rate=0)
    with Desk(path, settings) as desk:
        _fill(desk, tasks)
        for first in range(0, tasks // 2, SLICE):
            wanted = min(SLICE, tasks // 2 - first)
            desk.writer.write(partial(_answer, number=wanted, first=first, settings=settings))
        times = []
        for number in range(looks):
            start = time.perf_counter()
            lease = desk.take("veteran", "review")
            times.append((time.perf_counter() - start) * 1000)
            if lease is None:
                break
            desk.save("veteran", Submission(f"late-{number}", lease.task.id, LABELS, lease.token))
    return _spread(times), tasks // 2


def _answer(db: Database, number: int, first: int, settings: DeskSettings) -> None:
    """Answer some tasks as ``Desk.save`` does, in one transaction: here only what is there afterwards counts."""
    now = moment(utc_now(), settings)
    for n in range(first, first + number):
        lease = take(db, "veteran", "review", now, settings)
        if lease is not None:
            given = Submission(f"early-{n}", lease.task.id, LABELS, lease.token)
            save(db, Answer("veteran", lease.task, given, canonical(LABELS)), now.at)


def _spread(values: list[float]) -> Spread:
    if not values:
        return Spread(0.0, 0.0, 0.0)
    p50, p95, p99 = np.quantile(values, (0.5, 0.95, 0.99)).tolist()
    return Spread(p50, p95, p99)

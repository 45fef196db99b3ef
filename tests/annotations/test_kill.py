"""What was acknowledged is there after the process was killed, at random and at named points.

This proves crashes of the process. That a power cut loses nothing rests on ``synchronous=FULL`` and the disk's word.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from annotations.desk import Desk
from annotations.keeping.verify import verify
from annotations.storage.writer import Writer
from annotations.types import NewTask, Submission
from tests.annotations.desks import GOOD, PLAIN, HandDesk

POINTS = ("BEGIN", "SAVEPOINT", "INSERT INTO annotations", "INSERT INTO receipts", "UPDATE seats", "RELEASE", "COMMIT")
AFTER_COMMIT = "after COMMIT"
Acknowledge = Callable[[str], None]


def fill(path: Path, tasks: int = 4_000) -> None:
    with Desk(path, PLAIN) as desk:
        desk.add_tasks((NewTask(f"r{n}", "review", 1, f"불맛이 좋아요 {n}") for n in range(tasks)), "importer")


def work(desk: Desk, name: str, acknowledge: Acknowledge, *, early: bool) -> None:
    """Label for ever, and tell every receipt once it is there; ``early`` tells it before: the fault to find."""
    for number in range(1_000_000):
        lease = desk.take(name, "review")
        assert lease is not None
        key = f"{name}-{os.getpid()}-{number}"
        if early:
            acknowledge(key)
        desk.save(name, Submission(key, lease.task.id, GOOD, lease.token), take_next=False)
        if not early:
            acknowledge(key)


def child(path: Path, told: Path, point: str, after: int, *, early: bool = False) -> None:
    """Work in three threads until killed: by ourselves at a named point, else by the parent."""
    desk = Desk(path, PLAIN)
    _die_at(desk.writer, point, after)
    file = os.open(told, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for name in ("kim", "lee", "park"):
        threading.Thread(
            target=work, args=(desk, name, lambda key: os.write(file, f"{key}\n".encode())), kwargs={"early": early}
        ).start()
    time.sleep(60)


def _die_at(writer: Writer, point: str, after: int) -> None:
    left = [after]

    def count() -> None:
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if point == AFTER_COMMIT:
        confirm = writer._confirm

        def dying(group: list[object], outcomes: list[object]) -> list[object]:
            count()
            return confirm(group, outcomes)  # type: ignore[arg-type]

        writer._confirm = dying  # type: ignore[method-assign, assignment]
    elif point:
        writer._database.conn.set_trace_callback(lambda sql: count() if sql.startswith(point) else None)


def killed(path: Path, told: Path, point: str, chance: random.Random, *, early: bool = False) -> None:
    """Run a child until it is dead."""
    pid = os.fork()
    if pid == 0:
        try:
            child(path, told, point, chance.randrange(1, 12), early=early)
        finally:
            os._exit(1)
    if not point:
        time.sleep(0.03 + chance.random() * 0.1)
        os.kill(pid, signal.SIGKILL)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL


def missing(path: Path, told: Path) -> list[str]:
    """Acknowledged answers that aren't there exactly once."""
    keys = told.read_text().split() if told.exists() else []
    with closing(sqlite3.connect(path)) as database:
        found = Counter(
            row[0]
            for row in database.execute(
                "SELECT submission FROM annotations JOIN receipts ON receipts.annotation_id = annotations.id"
            )
        )
    return [key for key in keys if found[key] != 1]


def broken(path: Path) -> list[object]:
    """What SQLite finds wrong with the file, and answers of which only a part is there.

    A row, a receipt, a done seat and an event belong to each.
    """
    parts = (
        "SELECT annotation_id FROM receipts",
        "SELECT annotation_id FROM seats WHERE state = 'done'",
        "SELECT json_extract(detail, '$.annotation') FROM events WHERE kind = 'saved'",
    )
    with closing(sqlite3.connect(path)) as database:
        answers = {row[0] for row in database.execute("SELECT id FROM annotations")}
        found = [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
        found += database.execute("PRAGMA foreign_key_check").fetchall()
        for part in parts:
            found += sorted(answers ^ {row[0] for row in database.execute(part)})
    return found


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_two_hundred_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path, told = tmp_path / "labels.db", tmp_path / "told"
    fill(path)
    chance = random.Random(200)
    points = ("", *POINTS, AFTER_COMMIT)
    for round_ in range(200):
        killed(path, told, points[round_ % len(points)], chance)
        assert missing(path, told) == [], f"round {round_}"
        assert broken(path) == [], f"round {round_}"
        if round_ % 20 == 19:
            found = verify(path)
            assert found.whole, [check for check in found.checks if check.faults]
    assert len(told.read_text().split()) > 200
    with Desk(path, PLAIN) as desk:
        assert desk.take("kim", "review") is not None


def test_acknowledging_before_commit_is_found_out(tmp_path: Path) -> None:
    path, told = tmp_path / "labels.db", tmp_path / "told"
    fill(path, 200)
    chance = random.Random(1)
    for _ in range(10):
        killed(path, told, "COMMIT", chance, early=True)
    assert missing(path, told)
    assert verify(path).whole


@pytest.mark.parametrize("lost", ["receipts WHERE number = 2", "events WHERE kind = 'saved' AND task_id = 2"])
def test_half_an_answer_is_found_out(tmp_path: Path, lost: str) -> None:
    path = tmp_path / "labels.db"
    with HandDesk(path, PLAIN) as desk:
        desk.fill(3)
        for _ in range(3):
            desk.work("kim")
    assert broken(path) == []
    with closing(sqlite3.connect(path)) as database:
        for table in ("receipts", "events"):
            database.execute(f"DROP TRIGGER {table}_no_delete")
        database.execute(f"DELETE FROM {lost}")
        database.commit()
    assert broken(path) == [2]

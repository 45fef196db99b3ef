"""A desk whose clock is turned by hand, and answers for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from annotations.desk import Desk
from annotations.keeping.replay import EVENTS, SEATS, replay
from annotations.storage.rows import SEALED, digest
from annotations.types import Annotation, DeskSettings, Labels, Lease, NewTask, Outcome, Receipt, Stage, Submission

PLAIN = DeskSettings(gold_rate=0, repeat_rate=0)
GOOD: Labels = {"sentiment": "positive", "intensity": 4, "emotions": [{"label": "joy", "strength": 2}]}
BAD: Labels = {"sentiment": "negative", "intensity": 1, "emotions": [{"label": "anger", "strength": 3}]}


class Clock:
    """A time that only moves when told to."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)  # noon in Korea

    def __call__(self) -> datetime:
        return self.time

    def pass_minutes(self, minutes: float) -> None:
        self.time += timedelta(minutes=minutes)


class HandDesk(Desk):
    """A desk with its clock, and short ways to do what tests do often."""

    def __init__(self, path: Path, settings: DeskSettings = PLAIN) -> None:
        self.clock = Clock()
        self.keys: Iterator[int] = count()
        super().__init__(path, settings, self.clock)

    def fill(self, number: int, *, seats: int = 1, first: int = 0, **fields: Any) -> None:
        tasks = [
            NewTask(f"r{n}", "review", 1, f"불맛이 좋아요 {n}번째", seats=seats, **fields)
            for n in range(first, first + number)
        ]
        self.add_tasks(tasks, "importer")

    def must_take(self, annotator: str) -> Lease:
        lease = self.take(annotator, "review")
        assert lease is not None
        return lease

    def answer(
        self,
        annotator: str,
        task_id: int,
        labels: Labels = GOOD,
        *,
        key: str = "",
        token: str = "",
        base: int | None = None,
        stage: Stage | None = None,
        outcome: Outcome = "labelled",
        flag: str = "",
        seconds: float = 2.5,
    ) -> Receipt:
        made = Submission(
            key or f"key-{next(self.keys)}", task_id, labels, token, outcome,
            stage or ("blind" if base is None else "edited"), seconds, base, flag,
        )  # fmt: skip
        return self.save(annotator, made).receipt

    def work(self, annotator: str, labels: Labels = GOOD) -> Annotation:
        """Take the next task and answer it."""
        lease = self.must_take(annotator)
        return self.answer(annotator, lease.task.id, labels, token=lease.token).annotation

    def settled_by(self, adjudicator: str, task_id: int, labels: Labels = GOOD, **fields: Any) -> Receipt:
        """Settle with an answer of one's own."""
        made = Submission(f"key-{next(self.keys)}", task_id, labels, stage="adjudicated", **fields)
        return self.settle(adjudicator, made, None)

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.writer.read(lambda db: db.execute(sql, parameters).fetchall())


def assert_sound(desk: Desk) -> None:
    """What must hold at any time, whatever was done."""
    desk.writer.read(_assert_sound)


def _assert_sound(db: Database) -> None:
    def rows(sql: str) -> list[tuple[Any, ...]]:
        return db.execute(sql).fetchall()

    # every answer has one receipt, whose digest is that of the row
    receipts = rows("SELECT annotation_id, digest FROM receipts ORDER BY annotation_id")
    sealed = rows(f"SELECT {SEALED} FROM annotations ORDER BY id")
    assert receipts == [(row[1], digest(row)) for row in sealed]
    # nobody has two seats of a task, and no seat counts two people's answers
    assert not rows("SELECT 1 FROM seats WHERE annotator IS NOT NULL GROUP BY task_id, annotator HAVING count(*) > 1")
    assert not rows("SELECT 1 FROM annotations WHERE seat IS NOT NULL GROUP BY task_id, seat"
                    " HAVING count(DISTINCT annotator) > 1")  # fmt: skip
    assert not rows("SELECT 1 FROM tasks AS t WHERE gold IS NULL AND seats <> (SELECT count(*) FROM seats AS s"
                    " WHERE s.task_id = t.id)")  # fmt: skip
    # a done seat counts the newest revision of its annotator; no other seat counts any
    assert not rows(
        "SELECT 1 FROM seats AS s LEFT JOIN annotations AS a ON a.id = s.annotation_id WHERE s.state = 'done'"
        " AND (a.annotator IS NOT s.annotator OR a.seat IS NOT s.seat OR a.task_id IS NOT s.task_id OR EXISTS"
        " (SELECT 1 FROM annotations AS newer WHERE newer.task_id = a.task_id AND newer.annotator = a.annotator"
        " AND newer.revision > a.revision))"
    )
    # the events tell of every seat what it is
    assert replay(rows(EVENTS)) == {row[:2]: row[2:] for row in rows(SEATS)}
    # the counters count
    counted = rows(
        "SELECT scheme, annotator, '', count(*) FROM annotations WHERE revision = 1 AND stage <> 'adjudicated'"
        " GROUP BY 1, 2 UNION ALL SELECT scheme, annotator, date(saved_at, '+9 hours'), count(*) FROM annotations"
        " WHERE revision = 1 AND stage <> 'adjudicated' GROUP BY 1, 2, 3"
        " UNION ALL SELECT scheme, '', 'total', count(*) FROM seats WHERE place <> '' GROUP BY 1"
        " UNION ALL SELECT scheme, '', 'done', count(*) FROM seats WHERE place <> '' AND state = 'done' GROUP BY 1"
    )
    assert sorted(rows("SELECT * FROM counters WHERE value > 0")) == sorted(counted)
    # what settles a task is an adjudicator's answer; a complete or disputed one has all its seats done
    assert not rows("SELECT 1 FROM tasks AS t JOIN annotations AS a ON a.id = t.settled WHERE a.task_id <> t.id OR"
                    " a.stage <> 'adjudicated'")  # fmt: skip
    assert not rows("SELECT 1 FROM tasks AS t WHERE gold IS NULL AND repeat_of IS NULL AND status <> 'settled'"
                    " AND (status = 'open') <> EXISTS (SELECT 1 FROM seats AS s WHERE s.task_id = t.id"
                    " AND s.state <> 'done')")  # fmt: skip
    assert rows("PRAGMA foreign_key_check") == []

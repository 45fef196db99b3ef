"""``jobs.db``: jobs, and the replies to requests that came with an Idempotency-Key. Runs nothing."""

from __future__ import annotations

import datetime
import json
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from app.jobs.types import Failure, Job, Kind, State
from app.refusals import JobCut, JobEnded, JobNotFound, JobsFull
from pipeline.database import open_database, transaction, writing
from pipeline.errors.base import HansangError

ATTEMPTS = 2  # times that a job is begun; one that takes the machine down twice would do so for ever
_FIELDS = tuple(field.name for field in fields(Job))


def _create(database: Database) -> None:
    database.execute(
        "CREATE TABLE jobs (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,"
        " name TEXT NOT NULL, state TEXT NOT NULL, created TEXT NOT NULL, started TEXT NOT NULL DEFAULT '',"
        " ended TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 0, stage TEXT NOT NULL DEFAULT '',"
        " done INTEGER NOT NULL DEFAULT 0, total INTEGER, spec TEXT NOT NULL, result TEXT, error TEXT) STRICT"
    )
    database.execute("CREATE INDEX jobs_state ON jobs (state, number)")
    database.execute(
        "CREATE TABLE replies (key TEXT PRIMARY KEY, created TEXT NOT NULL, request TEXT NOT NULL,"
        " status INTEGER, body TEXT) STRICT"
    )


MIGRATIONS = (_create,)


def now() -> str:
    """This moment in UTC, ISO 8601 to the millisecond."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def told(error: HansangError) -> Failure:
    """An error as a job keeps it."""
    return Failure(error.code, error.korean, error.english)


class JobStore:
    """The jobs of a home. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = open_database(path, MIGRATIONS)
        self.lock = threading.RLock()

    def add(self, kind: Kind, name: str, spec: Mapping[str, Any], limit: int) -> Job:
        """Queue a job.

        Raises:
            JobsFull: ``limit`` jobs wait already.
            DiskFull: there is no room to remember it.
        """
        id_ = secrets.token_hex(8)
        with self.lock, writing(self.path), transaction(self.database) as database:
            (waiting,) = database.execute("SELECT count(*) FROM jobs WHERE state = 'queued'").fetchone()
            if waiting >= limit:
                raise JobsFull(limit=limit)
            row = (id_, kind, name, "queued", now(), json.dumps(spec, ensure_ascii=False))
            database.execute("INSERT INTO jobs (id, kind, name, state, created, spec) VALUES (?, ?, ?, ?, ?, ?)", row)
        return self.get(id_)

    def get(self, id_: str) -> Job:
        """A job.

        Raises:
            JobNotFound: there is none of that id.
        """
        with self.lock:
            row = next(self.database.query("SELECT * FROM jobs WHERE id = ?", [id_]), None)
        if row is None:
            raise JobNotFound(job=id_)
        return _job(row)

    def page(self, before: int | None, limit: int) -> tuple[list[Job], int | None]:
        """Jobs before number ``before``, the newest first; and the number to go on from, None at the end."""
        with self.lock:
            rows = list(
                self.database.query(
                    "SELECT * FROM jobs WHERE :before IS NULL OR number < :before ORDER BY number DESC LIMIT :limit",
                    {"before": before, "limit": limit + 1},
                )
            )
        shown = rows[:limit]
        return [_job(row) for row in shown], shown[-1]["number"] if len(rows) > limit else None

    def claim(self) -> tuple[Job, dict[str, Any]] | None:
        """Begin the job that has waited longest; it and what it is to do. None where none waits."""
        with self.lock, writing(self.path), transaction(self.database) as database:
            row = database.execute(
                "SELECT id, spec FROM jobs WHERE state = 'queued' ORDER BY number LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            database.execute(
                "UPDATE jobs SET state = 'running', started = ?, attempts = attempts + 1, stage = '', done = 0,"
                " total = NULL WHERE id = ?",
                [now(), row[0]],
            )
        return self.get(row[0]), json.loads(row[1])

    def progress(self, id_: str, stage: str, done: int, total: int | None) -> None:
        """How far a running job is."""
        with self.lock, writing(self.path), transaction(self.database) as database:
            database.execute(
                "UPDATE jobs SET stage = ?, done = ?, total = ? WHERE id = ? AND state = 'running'",
                [stage, done, total, id_],
            )

    def finish(self, id_: str, state: State, result: object = None, error: Failure | None = None) -> None:
        """End a job, unless it has ended otherwise (was cancelled) before."""
        told_ = json.dumps(asdict(error), ensure_ascii=False) if error else None
        said = None if result is None else json.dumps(result, ensure_ascii=False)
        with self.lock, writing(self.path), transaction(self.database) as database:
            database.execute(
                "UPDATE jobs SET state = ?, ended = ?, result = ?, error = ? WHERE id = ? AND state = 'running'",
                [state, now(), said, told_, id_],
            )

    def cancel(self, id_: str) -> Job:
        """End a job that waits or runs.

        Raises:
            JobNotFound, JobEnded: there is nothing to cancel.
        """
        with self.lock, writing(self.path), transaction(self.database) as database:
            changed = database.execute(
                "UPDATE jobs SET state = 'cancelled', ended = ? WHERE id = ? AND state IN ('queued', 'running')",
                [now(), id_],
            ).rowcount
        job = self.get(id_)
        if not changed:
            raise JobEnded(job=id_, state=job.state)
        return job

    def requeue(self, ids: Sequence[str] | None = None) -> None:
        """Let jobs whose process is gone (None: all that are said to run) wait again; the second time they end."""
        with self.lock, writing(self.path), transaction(self.database) as database:
            rows = database.execute("SELECT id, attempts FROM jobs WHERE state = 'running'").fetchall()
            for id_, attempts in rows:
                if ids is not None and id_ not in ids:
                    continue
                if attempts < ATTEMPTS:
                    database.execute("UPDATE jobs SET state = 'queued' WHERE id = ?", [id_])
                else:
                    said = json.dumps(asdict(told(JobCut(times=attempts))), ensure_ascii=False)
                    database.execute(
                        "UPDATE jobs SET state = 'interrupted', ended = ?, error = ? WHERE id = ?", [now(), said, id_]
                    )

    def give_back(self) -> None:
        """Let all jobs that run wait again as if they had not been begun: the server ends, and not by their fault."""
        with self.lock, writing(self.path), transaction(self.database) as database:
            database.execute("UPDATE jobs SET state = 'queued', attempts = attempts - 1 WHERE state = 'running'")

    def busy(self) -> bool:
        """Whether a job waits or runs."""
        with self.lock:
            found = self.database.execute("SELECT 1 FROM jobs WHERE state IN ('queued', 'running')").fetchone()
        return found is not None

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            self.database.close()


def _job(row: Mapping[str, Any]) -> Job:
    known = {name: row[name] for name in _FIELDS}
    result, error = (json.loads(known[name]) if known[name] else None for name in ("result", "error"))
    return Job(**{**known, "result": result, "error": Failure(**error) if error else None})

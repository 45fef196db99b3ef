"""The store of answers: every Trace that was shown, and what people said of it. One SQLite file, ``traces.db``."""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlite_utils import Database

from pipeline.database import open_database, transaction, writing
from pipeline.errors.questions import TraceNotFound
from pipeline.trace_json import from_json, to_text
from pipeline.types import Trace

Vote = Literal["up", "down"]


def _create(database: Database) -> None:
    database.execute(
        "CREATE TABLE traces (id TEXT PRIMARY KEY, created TEXT NOT NULL, question TEXT NOT NULL,"
        " index_name TEXT NOT NULL,"
        " state TEXT NOT NULL, abstained INTEGER, total_ms REAL, body TEXT NOT NULL) STRICT"
    )
    database.execute("CREATE INDEX traces_created ON traces (created)")
    database.execute(
        "CREATE TABLE feedback (id INTEGER PRIMARY KEY, trace_id TEXT NOT NULL REFERENCES traces (id),"
        " created TEXT NOT NULL, vote TEXT NOT NULL CHECK (vote IN ('up', 'down')), reason TEXT NOT NULL) STRICT"
    )
    database.execute("CREATE INDEX feedback_trace ON feedback (trace_id)")


def _add_assignments(database: Database) -> None:
    database.execute(
        "CREATE TABLE assignments (trace_id TEXT PRIMARY KEY REFERENCES traces (id) ON DELETE CASCADE,"
        " session TEXT NOT NULL, variant TEXT NOT NULL) STRICT"
    )


def _add_trouble(database: Database) -> None:
    # The code of why the language model gave no whole answer; empty where it did, or where nobody asked it.
    database.execute("ALTER TABLE traces ADD COLUMN trouble TEXT NOT NULL DEFAULT ''")


def _add_turned_away(database: Database) -> None:
    # Questions without a trace, by hour (UTC, 2026-11-23T09) and by what came of them.
    database.execute(
        "CREATE TABLE turned_away (hour TEXT NOT NULL, outcome TEXT NOT NULL, questions INTEGER NOT NULL,"
        " PRIMARY KEY (hour, outcome)) STRICT, WITHOUT ROWID"
    )


MIGRATIONS = (_create, _add_assignments, _add_trouble, _add_turned_away)

_ASSIGNED = (
    "SELECT a.session, a.variant, t.created, t.abstained,"
    " (SELECT f.vote FROM feedback AS f WHERE f.trace_id = t.id ORDER BY f.id DESC LIMIT 1),"
    " (SELECT f.created FROM feedback AS f WHERE f.trace_id = t.id ORDER BY f.id LIMIT 1)"
    " FROM assignments AS a JOIN traces AS t ON t.id = a.trace_id ORDER BY t.created, t.id"
)

_SLICE = 50  # traces read at once: they are long, and while they are read nothing is written
_VOTED = (
    "SELECT t.body, f.id, f.trace_id, f.created, f.vote, f.reason"
    " FROM feedback AS f JOIN traces AS t ON t.id = f.trace_id"
    " WHERE f.id > :after AND f.created >= :since AND (:vote IS NULL OR f.vote = :vote)"
    " AND NOT EXISTS (SELECT 1 FROM feedback AS later WHERE later.trace_id = f.trace_id AND later.id > f.id)"
    " ORDER BY f.id LIMIT :slice"
)


_INSERT = (
    "INSERT INTO traces (id, created, question, index_name, state, abstained, total_ms, trouble, body)"
    " VALUES (:id, :created, :question, :index_name, :state, :abstained, :total_ms, :trouble, :body)"
    " ON CONFLICT (id) DO UPDATE SET created = excluded.created, question = excluded.question,"
    " index_name = excluded.index_name, state = excluded.state, abstained = excluded.abstained,"
    " total_ms = excluded.total_ms, trouble = excluded.trouble, body = excluded.body"
)


@dataclass(slots=True)
class _Waiting:
    """A row that is to be written, and whether it has been."""

    row: dict[str, Any]
    written: bool = False


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody said of an answer. Rows are only ever appended; the last one of a trace is in force."""

    id: int
    trace_id: str
    created: str
    vote: Vote
    reason: str


@dataclass(frozen=True, slots=True)
class Assigned:
    """An answer of a session that was given a variant. ``abstained`` is None where no answer came.

    ``vote`` is the one in force, empty without one, ``voted_at`` when the first came.
    """

    session: str
    variant: str
    created: str
    abstained: bool | None
    vote: str = ""
    voted_at: str = ""


@dataclass(frozen=True, slots=True)
class TraceRow:
    """A stored answer in a list. ``abstained`` and ``total_ms`` are None where it wasn't answered to the end."""

    id: str
    created: str
    question: str
    index: str
    state: str
    abstained: bool | None
    total_ms: float | None


class TraceStore:
    """Saves and finds traces and feedback. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = open_database(path, MIGRATIONS)
        self._lock = threading.Lock()
        self._queue: list[_Waiting] = []
        self._queue_lock = threading.Lock()

    def save(self, trace: Trace, text: bytes | None = None) -> None:
        """Keep a trace; saving it again replaces it (an answer grows until it is done).

        Args:
            text: what ``to_text`` made of it, where somebody has that already; the trace may lack its candidates then.

        Raises:
            DiskFull: there is no room; what was kept before stands.
        """
        row = {
            "id": trace.id,
            "created": trace.created,
            "question": trace.question.text,
            "index_name": trace.index,
            "state": trace.state,
            "abstained": None if trace.answer is None else int(trace.answer.abstained),
            "total_ms": trace.timings_ms.get("total"),
            "trouble": trace.answer.trouble.code if trace.answer and trace.answer.trouble else "",
            "body": (to_text(trace) if text is None else text).decode(),
        }
        self._write(_Waiting(row))

    def _write(self, waiting: _Waiting) -> None:
        """Write a row, and with it all that came while the file was busy: making them durable is what takes long."""
        with self._queue_lock:
            self._queue.append(waiting)
        with self._lock:
            if waiting.written:
                return
            with self._queue_lock:
                batch, self._queue = self._queue, []
            try:
                self._insert(batch)
            except Exception:
                if len(batch) == 1:
                    raise
                with self._queue_lock:  # each by itself, so that nobody's error is another's
                    self._queue += [each for each in batch if each is not waiting]
                self._insert([waiting])

    def _insert(self, batch: Sequence[_Waiting]) -> None:
        with writing(self._path), transaction(self._database) as database:
            for each in batch:
                database.execute(_INSERT, each.row)
        for each in batch:
            each.written = True

    def get(self, trace_id: str) -> Trace:
        """A stored trace.

        Raises:
            TraceNotFound: there is none of that id.
        """
        with self._lock:
            row = self._database.execute("SELECT body FROM traces WHERE id = ?", [trace_id]).fetchone()
        if row is None:
            raise TraceNotFound(trace=trace_id)
        return from_json(json.loads(row[0]))

    def recent(self, before: tuple[str, str] | None, limit: int) -> list[TraceRow]:
        """Stored answers, the newest first: those before a time and an id, or the newest of all."""
        created, id_ = before or ("\uffff", "")
        with self._lock:
            rows = self._database.execute(
                "SELECT id, created, question, index_name, state, abstained, total_ms FROM traces"
                " WHERE (created, id) < (?, ?) ORDER BY created DESC, id DESC LIMIT ?",
                [created, id_, limit],
            ).fetchall()
        return [
            TraceRow(id_, made, question, index, state, None if abstained is None else bool(abstained), total_ms)
            for id_, made, question, index, state, abstained, total_ms in rows
        ]

    def add_feedback(self, trace_id: str, vote: Vote, reason: str = "") -> Feedback:
        """Append what somebody said of an answer, and return it as it was read back.

        The same said again at once (a double click) is one row.

        Raises:
            TraceNotFound: there is no such trace.
        """
        created = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        with self._lock, writing(self._path), transaction(self._database) as database:
            if database.execute("SELECT 1 FROM traces WHERE id = ?", [trace_id]).fetchone() is None:
                raise TraceNotFound(trace=trace_id)
            last = database.execute(
                "SELECT vote, reason FROM feedback WHERE trace_id = ? ORDER BY id DESC LIMIT 1", [trace_id]
            ).fetchone()
            if last != (vote, reason):
                row = (trace_id, created, vote, reason)
                database.execute("INSERT INTO feedback (trace_id, created, vote, reason) VALUES (?, ?, ?, ?)", row)
        return self.feedback(trace_id)[-1]

    def feedback(self, trace_id: str) -> list[Feedback]:
        """All that was said of an answer, oldest first."""
        with self._lock:
            rows = self._database.execute(
                "SELECT id, trace_id, created, vote, reason FROM feedback WHERE trace_id = ? ORDER BY id", [trace_id]
            ).fetchall()
        return [Feedback(*row) for row in rows]

    def voted(self, vote: Vote | None = None, since: str = "") -> Iterator[tuple[Trace, Feedback]]:
        """Every answer whose feedback in force is such a vote (None: any), with that feedback, oldest feedback first.

        ``since`` is a date or time (ISO 8601, UTC) before which feedback isn't looked at. Read some at a time.
        """
        after = 0
        while True:
            with self._lock:
                span = {"after": after, "vote": vote, "since": since, "slice": _SLICE}
                rows = self._database.execute(_VOTED, span).fetchall()
            for body, *feedback in rows:
                yield from_json(json.loads(body)), Feedback(*feedback)
            if len(rows) < _SLICE:
                return
            after = rows[-1][1]

    def add_turned_away(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Add to the questions that left no trace, by hour (UTC, ``2026-11-23T09``) and outcome.

        Raises:
            DiskFull: there is no room; nothing of it was added.
        """
        with self._lock, writing(self._path), transaction(self._database) as database:
            for (hour, outcome), questions in counts.items():
                database.execute(
                    "INSERT INTO turned_away (hour, outcome, questions) VALUES (?, ?, ?) ON CONFLICT (hour, outcome)"
                    " DO UPDATE SET questions = questions + excluded.questions",
                    [hour, outcome, questions],
                )

    def assign(self, trace_id: str, session: str, variant: str) -> None:
        """Keep of a stored trace to which session it belongs and which variant that was given."""
        with self._lock, writing(self._path), transaction(self._database) as database:
            row = (trace_id, session, variant)
            database.execute("INSERT OR IGNORE INTO assignments (trace_id, session, variant) VALUES (?, ?, ?)", row)

    def session_of(self, trace_id: str) -> str:
        """The session that a trace belongs to; empty where none was kept."""
        with self._lock:
            row = self._database.execute("SELECT session FROM assignments WHERE trace_id = ?", [trace_id]).fetchone()
        return str(row[0]) if row else ""

    def assigned(self) -> list[Assigned]:
        """Every answer of a session that was given a variant, in the order in which they were asked."""
        with self._lock:
            rows = self._database.execute(_ASSIGNED).fetchall()
        return [
            Assigned(session, variant, created, None if abstained is None else bool(abstained), vote or "", at or "")
            for session, variant, created, abstained, vote, at in rows
        ]

    def close(self) -> None:
        """Close the file, after what is being written: closing it under another thread's statement ends the process.

        What comes later is an error (``sqlite3.ProgrammingError``).
        """
        with self._lock:
            self._database.close()

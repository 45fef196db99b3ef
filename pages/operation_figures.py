"""What the record of answers says of how the server is doing: counts and times of a day or a week. Draws nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from pipeline.evaluation.metrics import percentile

KST = timezone(timedelta(hours=9), "KST")
COMPLAINTS = 20
FAILURES = 20

_QUESTIONS = "SELECT created, state, abstained, total_ms, trouble FROM traces WHERE created >= ? ORDER BY created"
# The sentence lies in the trace, which is long: of the few that are shown it is looked up.
_FAILED = (
    "SELECT created, question, state, id, json_extract(body, '$.answer.trouble.ko'),"
    " json_extract(body, '$.answer.trouble.en') FROM traces WHERE created >= ? AND (state <> 'done' OR trouble <> '')"
    " ORDER BY created DESC LIMIT ?"
)
_VOTES = (
    "SELECT t.created, f.vote, t.question, f.reason, t.id FROM feedback AS f JOIN traces AS t ON t.id = f.trace_id"
    " WHERE f.created >= ? AND NOT EXISTS"
    " (SELECT 1 FROM feedback AS later WHERE later.trace_id = f.trace_id AND later.id > f.id) ORDER BY f.id DESC"
)
_TURNED_AWAY = "SELECT outcome, sum(questions) FROM turned_away WHERE hour >= ? GROUP BY outcome"


@dataclass(frozen=True, slots=True)
class Bin:
    """An hour or a day in Korea. Milliseconds are None where nothing was finished.

    ``troubled`` are those for which the language model gave no whole answer, ``unfinished`` those that were left,
    stopped or failed on the way.
    """

    start: datetime
    answered: int = 0
    abstained: int = 0
    searched: int = 0
    troubled: int = 0
    unfinished: int = 0
    p50: float | None = None
    p95: float | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """A question whose answer somebody found wrong, and why."""

    asked: datetime
    question: str
    reason: str
    trace: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A question without a whole answer: why, in either language, where the model is at fault; else how far it came."""

    asked: datetime
    question: str
    state: str
    trace: str
    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Figures:
    """All of a span of time. ``whole`` is its figures as one bin; ``up`` and ``down`` are the votes in force.

    ``refused`` (too many, being stopped) and ``lost`` (an error) are further questions of the API, which left no trace.
    """

    whole: Bin
    bins: tuple[Bin, ...]
    up: int
    down: int
    complaints: tuple[Complaint, ...]
    failures: tuple[Failure, ...] = ()
    refused: int = 0
    lost: int = 0

    @property
    def questions(self) -> int:
        """How many questions there were."""
        whole = self.whole
        return whole.answered + whole.abstained + whole.searched + whole.troubled + whole.unfinished


@dataclass(frozen=True, slots=True)
class _Row:
    asked: datetime
    state: str
    abstained: int | None
    total_ms: float | None
    trouble: str


def figures(path: Path, now: datetime, days: int) -> Figures | None:
    """The figures of today, hour by hour (``days`` 1), or of so many days, day by day; None where nothing was asked.

    Reads only, and doesn't keep the file from being written.
    """
    if not path.exists():
        return None
    today = now.astimezone(KST).replace(hour=0, minute=0, second=0, microsecond=0)
    start = today - timedelta(days=days - 1)
    since = start.astimezone(UTC).isoformat(timespec="milliseconds")
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
        if not _migrated(connection):
            return None
        rows = [_Row(_time(row[0]), *row[1:]) for row in connection.execute(_QUESTIONS, [since])]
        votes = connection.execute(_VOTES, [since]).fetchall()
        failed = connection.execute(_FAILED, [since, FAILURES]).fetchall()
        away = dict(connection.execute(_TURNED_AWAY, [since[:13]]).fetchall())
    if not rows and not votes and not away:
        return None
    step = timedelta(hours=1) if days == 1 else timedelta(days=1)
    starts = [start + step * n for n in range(24 if days == 1 else days)]
    bins = tuple(_bin(at, [row for row in rows if at <= row.asked < at + step]) for at in starts)
    complaints = [Complaint(_time(asked), question, reason, id_) for asked, vote, question, reason, id_ in votes
                  if vote == "down"]  # fmt: skip
    up = sum(vote == "up" for _, vote, *_ in votes)
    failures = tuple(Failure(_time(at), question, state, id_, ko or "", en or "")
                     for at, question, state, id_, ko, en in failed)  # fmt: skip
    return Figures(_bin(start, rows), bins, up, len(complaints), tuple(complaints[:COMPLAINTS]), failures,
                   away.get("refused", 0), away.get("server_error", 0))  # fmt: skip


def _migrated(connection: sqlite3.Connection) -> bool:
    """Whether a server of this version has opened the file; until then it is one of an earlier version."""
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'turned_away'").fetchone())


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(KST)


def _bin(start: datetime, rows: Sequence[_Row]) -> Bin:
    done = [row for row in rows if row.state == "done"]
    times = sorted(row.total_ms for row in done if row.total_ms is not None)
    return Bin(
        start,
        answered=sum(row.abstained == 0 and not row.trouble for row in done),
        troubled=sum(row.trouble != "" for row in done),
        abstained=sum(row.abstained == 1 and not row.trouble for row in done),
        searched=sum(row.abstained is None for row in done),
        unfinished=len(rows) - len(done),
        p50=percentile(times, 0.5) if times else None,
        p95=percentile(times, 0.95) if times else None,
    )

"""Whether a file of labels is whole: every receipt has its answer unchanged, the events tell the state there is.

Reads only, over one connection in one view: nothing that is written meanwhile can make it look broken.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from annotations.keeping.replay import EVENTS, SEATS, replay
from annotations.schemes.used import scheme_of
from annotations.storage.migrations import MIGRATIONS
from annotations.storage.opening import damage, open_reading
from annotations.storage.rows import SEALED, digest, of
from annotations.work.disagreement import differences
from annotations.work.saving import counted
from pipeline.database import open_database, writing
from pipeline.errors.files import FileProblem
from pipeline.errors.labels import LabelsDamaged, LabelsNewer
from pipeline.errors.schemes import UnknownScheme, UnknownSchemeVersion

SHOWN = 20  # faults of one kind that are listed; all are counted


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold: how many were looked at, and what is wrong with some of them (``SHOWN`` at most)."""

    name: str
    looked_at: int
    faults: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found. ``receipts`` is the highest number that was ever given out."""

    path: str
    version: int
    tasks: int
    annotations: int
    receipts: int
    checks: tuple[Check, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not any(check.faults for check in self.checks)


def verify(path: Path) -> Verified:
    """Check a file of labels.

    Raises:
        FileProblem: there is no such file, or it is another kind of database.
        LabelsDamaged: it is no database.
        LabelsNewer: a newer program has migrated it.
    """
    if not path.is_file():
        raise FileProblem(
            path=path, problem="라벨 파일이 없습니다", cure="--home이나 파일 경로를 확인하세요.",
            problem_en="there is no such file of labels", cure_en="Check --home or the path.",
        )  # fmt: skip
    with damage(path), _of_today(path) as whole:
        database = open_reading(whole)
        try:
            database.conn.execute("BEGIN")
            return _verified(path, database)
        finally:
            database.close()


@contextmanager
def _of_today(path: Path) -> Iterator[Path]:
    """The file, or where an older program wrote it (a backup of before) a migrated copy; the file stays as it is."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as old:
        _insist_on_labels(path, old)
        (version,) = old.execute("PRAGMA user_version").fetchone()
        if version == 0 or version >= len(MIGRATIONS):  # 0: no file of labels
            yield path
            return
        with tempfile.TemporaryDirectory(prefix="hansang-verify-") as folder:
            copy = Path(folder) / path.name
            with writing(copy):
                with closing(sqlite3.connect(copy)) as new:
                    old.backup(new)
                open_database(copy, MIGRATIONS).close()
            yield copy


def _insist_on_labels(path: Path, database: sqlite3.Connection) -> None:
    """Refuse what has tables, but none of labels: the server keeps other databases beside."""
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and not {"schemes", "tasks"} <= tables:
        raise FileProblem(
            path=path, problem="라벨 파일도 그 백업도 아닌 다른 데이터베이스입니다",
            cure="`hansang backup`이 만든 폴더나 파일을 주세요.",
            problem_en="it is a database of something else, neither labels nor a backup of them",
            cure_en="Give a folder or file that `hansang backup` has made.",
        )  # fmt: skip


def _verified(path: Path, database: Database) -> Verified:
    version = _one(database, "PRAGMA user_version")
    if version > len(MIGRATIONS):
        raise LabelsNewer(path=path, found=version, wanted=len(MIGRATIONS))
    if version < len(MIGRATIONS):
        raise LabelsDamaged(path=path, reason=f"user_version {version} < {len(MIGRATIONS)}")
    checks = tuple(_check(name, look, database) for name, look in CHECKS.items())
    return Verified(
        str(path), version, _one(database, "SELECT count(*) FROM tasks"),
        _one(database, "SELECT count(*) FROM annotations"),
        _one(database, "SELECT coalesce(max(number), 0) FROM receipts"), checks,
    )  # fmt: skip


def _one(database: Database, query: str) -> int:
    return int(database.conn.execute(query).fetchone()[0])


Look = Callable[[Database], Iterator[str]]
"""Yields one text per thing looked at: empty when it is well, else what is wrong."""


def _check(name: str, look: Look, database: Database) -> Check:
    looked_at, faults = 0, 0
    examples: list[str] = []
    for fault in look(database):
        looked_at += 1
        if fault:
            faults += 1
            if len(examples) < SHOWN:
                examples.append(fault)
    return Check(name, looked_at, faults, tuple(examples))


def _integrity(database: Database) -> Iterator[str]:
    for (line,) in database.conn.execute("PRAGMA integrity_check(20)"):
        yield "" if line == "ok" else line


def _foreign_keys(database: Database) -> Iterator[str]:
    found = database.conn.execute("PRAGMA foreign_key_check").fetchall()
    yield from (f"{table} {row} → {target}" for table, row, target, _ in found)
    if not found:
        yield ""


def _receipts(database: Database) -> Iterator[str]:
    """Every receipt has its answer, as it was when the receipt was given; no answer is without one; none is missing."""
    rows = database.conn.execute(
        f"SELECT r.number, r.digest, {of('a', SEALED)} FROM receipts AS r"
        " LEFT JOIN annotations AS a ON a.id = r.annotation_id ORDER BY r.number"
    )
    expected = 0
    for number, given, *sealed in rows:
        expected += 1
        if number != expected:
            yield f"#{expected}–#{number - 1}: 확인증이 없습니다"
            expected = number
        if sealed[1] is None:
            yield f"#{number}: 라벨이 없습니다"
        else:
            yield "" if digest(sealed) == given else f"#{number}: 라벨이 확인증과 다릅니다"
    bare = "SELECT id FROM annotations WHERE id NOT IN (SELECT annotation_id FROM receipts)"
    yield from (f"라벨 {id_}: 확인증이 없습니다" for (id_,) in database.conn.execute(bare))


def _events(database: Database) -> Iterator[str]:
    told = replay(database.conn.execute(EVENTS))
    stand = {(task, seat): (state, annotator) for task, seat, state, annotator in database.conn.execute(SEATS)}
    for seat in {**told, **stand}:
        one, other = told.get(seat), stand.get(seat)
        yield "" if one == other else f"과제 {seat[0]} 자리 {seat[1]}: 기록 {one}, 지금 {other}"


def _seats(database: Database) -> Iterator[str]:
    """No task has more answers in seats than it has seats, and a seat holds its own task's newest answer."""
    over = (
        "SELECT t.id, t.seats, sum(s.state = 'done' AND s.place <> '') FROM tasks AS t"
        " JOIN seats AS s ON s.task_id = t.id GROUP BY t.id"
    )
    for task, seats, done in database.conn.execute(over):
        yield "" if done <= seats else f"과제 {task}: 자리 {seats}개에 라벨 {done}개"
    wrong = (
        "SELECT s.task_id, s.seat FROM seats AS s JOIN annotations AS a ON a.id = s.annotation_id"
        " WHERE a.task_id <> s.task_id OR a.annotator <> s.annotator OR a.revision <> (SELECT max(revision)"
        " FROM annotations AS b WHERE b.task_id = a.task_id AND b.annotator = a.annotator AND b.stage <> 'adjudicated')"
    )
    yield from (f"과제 {task} 자리 {seat}: 최신 라벨이 아닙니다" for task, seat in database.conn.execute(wrong))


def _statuses(database: Database) -> Iterator[str]:
    """A task is settled by its newest verdict that is no spare; without one it is open until all its seats are done,
    and then in dispute exactly where the answers in them differ. Gold tasks and repeats stay open.
    """
    tasks = (
        "SELECT t.id, t.scheme, t.version, t.status, t.settled, t.seats, t.gold IS NULL AND t.repeat_of IS NULL,"
        " (SELECT max(a.id) FROM annotations AS a JOIN receipts AS r ON r.annotation_id = a.id"
        " WHERE a.task_id = t.id AND a.stage = 'adjudicated' AND NOT r.spare),"
        " EXISTS (SELECT 1 FROM seats AS s WHERE s.task_id = t.id AND s.state <> 'done') FROM tasks AS t"
    )
    for task, scheme, version, status, settled, seats, ordinary, verdict, waiting in database.conn.execute(tasks):
        if verdict is not None:
            expected = "settled"
        elif waiting or not ordinary:
            expected = "open"
        else:
            expected = "complete" if seats == 1 else _decided(database, task, scheme, version) or status
        right = (status, settled) == (expected, verdict)
        yield "" if right else f"과제 {task}: 답대로면 {expected} {verdict or ''}, 적힌 것은 {status} {settled or ''}"


def _decided(database: Database, task: int, scheme: str, version: int) -> str:
    """What becomes of a task whose seats are all done; empty where that can't be told."""
    try:
        differ = differences(scheme_of(scheme, version), counted(database, task))
    except (UnknownScheme, UnknownSchemeVersion):
        return ""  # a backup that is looked at where its schemes aren't
    except (ValueError, KeyError, TypeError):
        return ""  # an answer that was changed: its receipt tells
    return "disputed" if differ else "complete"


def _counters(database: Database) -> Iterator[str]:
    counts = (
        "SELECT scheme, annotator, '' AS day, count(*) AS n FROM annotations"
        " WHERE revision = 1 AND stage <> 'adjudicated' GROUP BY scheme, annotator"
        " UNION ALL SELECT scheme, annotator, date(saved_at, '+9 hours'), count(*) FROM annotations"
        " WHERE revision = 1 AND stage <> 'adjudicated' GROUP BY 1, 2, 3"
        " UNION ALL SELECT scheme, '', 'total', count(*) FROM seats WHERE place <> '' GROUP BY scheme"
        " UNION ALL SELECT scheme, '', 'done', count(*) FROM seats WHERE place <> '' AND state = 'done' GROUP BY scheme"
    )
    real = {row[:3]: row[3] for row in database.conn.execute(counts)}
    said = {row[:3]: row[3] for row in database.conn.execute("SELECT scheme, annotator, day, value FROM counters")}
    for key in {**real, **said}:
        count, told = real.get(key, 0), said.get(key, 0)
        yield "" if told == count else f"{' '.join(key)}: 세어 보면 {count}, 적힌 것은 {told}"


CHECKS: dict[str, Look] = {
    "integrity_check": _integrity,
    "foreign_key_check": _foreign_keys,
    "receipts": _receipts,
    "events": _events,
    "seats": _seats,
    "statuses": _statuses,
    "counters": _counters,
}

"""One thread writes; what waits together is committed together (group commit). Knows nothing of tasks.

A caller is answered after COMMIT, and after its row was read back over another connection where it asks for that.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlite_utils import Database

from annotations.storage.contention import PATIENCE, Gate, patiently, taking_turns, turn_file
from annotations.storage.opening import damage, inode, open_labels, open_reading
from pipeline.database import Migration, writing
from pipeline.errors.base import HansangError
from pipeline.errors.labels import LabelsBusy, LabelsReplaced
from pipeline.storage import clear_errors, open_lock

T = TypeVar("T")
U = TypeVar("U")
Job = Callable[[Database], T]

GROUP = 100  # jobs in one transaction at most
LINGER = 0.004
"""Seconds after a group in which its callers are given time to come again. Else the quickest of them would begin a
transaction alone, and all others wait for two instead of one."""
_LOST = (  # what ends the whole transaction, not one job
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_READONLY,
)


@dataclass(slots=True)
class _Call:
    """A job that waits, and who waits for it."""

    job: Job[Any]
    confirm: Callable[[Database, Any], Any] | None
    answer: Future[Any] = field(default_factory=Future)


class Writer:
    """The connections to one database file of one process. Safe to use from any number of threads.

    Raises:
        LabelsDamaged: the file is no database, or a broken one.
        LabelsNewer: a newer program has migrated it.
        NotWritable, DiskFull, LabelsBusy: it can't be opened now.
    """

    def __init__(self, path: Path, migrations: Sequence[Migration]) -> None:
        self.path = path
        with damage(path), writing(path), clear_errors(path):
            self._database = open_labels(path, migrations)
            self._reader = open_reading(path)
            self._proof = open_reading(path)
            self._turn = open_lock(turn_file(path))
        self._inode = inode(path)
        self._gate = Gate()
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="labels-writer", daemon=True)
        self._thread.start()

    def write(self, job: Job[T]) -> T:
        """Run a job in a transaction, and return its result once that is committed.

        Raises:
            DiskFull: there is no room; nothing was written.
            LabelsBusy: another process held the file for a minute; nothing was written.
            LabelsReplaced: the file isn't the one that was opened; nothing was written.
            Exception: what the job raises; what it wrote is undone.
        """
        return cast(T, self._hand_over(_Call(job, None)))

    def write_confirmed(self, job: Job[T], confirm: Callable[[Database, T], U]) -> U:
        """The same; after COMMIT ``confirm`` reads it back over another connection, and that is returned."""
        return cast(U, self._hand_over(_Call(job, confirm)))

    def _hand_over(self, call: _Call) -> Any:
        with self._closing:
            if self._closed:
                raise RuntimeError("the writer is closed")
            self._calls.put(call)
        try:
            return call.answer.result(PATIENCE)
        except TimeoutError:
            if call.answer.cancel():  # not when it has begun: then it will be answered
                raise LabelsBusy(path=self.path) from None
            return call.answer.result()
        finally:
            del call  # else the traceback of an error would hold the future that holds the error

    def read(self, job: Job[T]) -> T:
        """Run a job that only reads, on what is committed. To be short: it makes the next COMMIT wait.

        Raises:
            LabelsBusy: another process held the file for a minute.
            LabelsReplaced: the file isn't the one that was opened.
        """
        with self._gate.reading(), damage(self.path):
            self._stay()
            return patiently(self.path, lambda: _in_one_view(self._reader, job))

    def close(self) -> None:
        """Finish what waits and close the file. Closing again does nothing."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._calls.put(None)
        self._thread.join(PATIENCE)
        if self._thread.is_alive():  # another process holds the file; what waits has been given up
            return
        with self._gate.reading():
            for database in (self._proof, self._reader, self._database):
                database.close()
        self._turn.close()

    def _work(self) -> None:
        more, many, answered = True, 0, 0.0
        while more:
            group, more = self._next_group(many, answered + LINGER)
            if group:
                self._run(group)
            many, answered = len(group), time.monotonic()

    def _next_group(self, expected: int, end: float) -> tuple[list[_Call], bool]:
        """What waits, and whether there will be more. Until ``end`` as many as ``expected`` are waited for."""
        group: list[_Call] = []
        call = self._calls.get()
        while call is not None:
            group.append(call)
            if len(group) == GROUP:
                return group, True
            left = end - time.monotonic() if len(group) < expected else 0.0
            try:
                call = self._calls.get(timeout=left) if left > 0 else self._calls.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _run(self, group: list[_Call]) -> None:
        answers: Sequence[Any]
        try:
            with damage(self.path), writing(self.path), taking_turns(self._turn):
                self._stay()
                group, outcomes = self._transact(group)
                answers = self._confirm(group, outcomes)
        except BaseException as error:  # noqa: BLE001  (each caller gets it)
            answers = [error] * len(group)
        for call, outcome in zip(group, answers, strict=True):
            with suppress(InvalidStateError):  # who waited for it has given up, and it never began
                if isinstance(outcome, BaseException):
                    call.answer.set_exception(outcome)
                else:
                    call.answer.set_result(outcome)

    def _transact(self, group: list[_Call]) -> tuple[list[_Call], list[Any]]:
        """Run a group in one transaction; returns the calls that somebody still waited for, and their outcomes."""
        connection = self._database.conn
        patiently(self.path, lambda: connection.execute("BEGIN IMMEDIATE"))
        try:
            begun = [call for call in group if call.answer.set_running_or_notify_cancel()]
            outcomes = [self._attempt(call.job) for call in begun]
            with self._gate.committing():
                patiently(self.path, lambda: connection.execute("COMMIT"))
        except BaseException:
            if connection.in_transaction:  # SQLite ends it by itself when the disk is full
                connection.execute("ROLLBACK")
            raise
        return begun, outcomes

    def _stay(self) -> None:
        """Refuse to go on with a file that is no longer there: what is written to it would be lost."""
        if inode(self.path) != self._inode:
            raise LabelsReplaced(path=self.path)

    def _attempt(self, job: Job[Any]) -> Any:
        """What the job returns or raises; in the second case it leaves no trace."""
        execute = self._database.conn.execute
        execute("SAVEPOINT job")
        try:
            outcome = job(self._database)
        except BaseException as error:
            if not self._database.conn.in_transaction or _ends_all(error):
                raise
            execute("ROLLBACK TO job")
            outcome = error
        execute("RELEASE job")
        return outcome

    def _confirm(self, group: list[_Call], outcomes: list[Any]) -> list[Any]:
        def confirm(proof: Database) -> list[Any]:
            return [_confirmed(proof, call, outcome) for call, outcome in zip(group, outcomes, strict=True)]

        if all(call.confirm is None for call in group):
            return outcomes
        return patiently(self.path, lambda: _in_one_view(self._proof, confirm))


def _confirmed(proof: Database, call: _Call, outcome: Any) -> Any:
    if call.confirm is None or isinstance(outcome, BaseException):
        return outcome
    try:
        return call.confirm(proof, outcome)
    except HansangError as error:
        return error


def _ends_all(error: BaseException) -> bool:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return not isinstance(error, Exception) or (code & 0xFF) in _LOST


def _in_one_view(database: Database, job: Job[T]) -> T:
    database.conn.execute("BEGIN")
    try:
        return job(database)
    finally:
        database.conn.execute("ROLLBACK")

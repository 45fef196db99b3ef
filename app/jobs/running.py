"""Jobs at work: each a child process of the server, so many at once, the others in their order.

What becomes of a job and can't be written down, as when the disk is full, is written as soon as that is possible; until
then nothing else begins.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.jobs.store import JobStore, told
from app.jobs.types import Failure, Job, Kind
from app.refusals import NoProcess
from pipeline.errors.machine import DiskFull

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-P", "-m", "app.jobs.child")
PATIENCE_S = 10  # for a process that was told to end, before it is killed
AGAIN_S = 5.0  # after which what could not be written is tried again
_UNWRITTEN = (DiskFull, sqlite3.Error)


@dataclass(frozen=True, slots=True)
class Limits:
    """Jobs that run at once, and jobs that may wait."""

    at_once: int
    waiting: int


class Runner:
    """Starts what waits in the store and writes down how it goes. Safe to use from several threads."""

    def __init__(self, store: JobStore, limits: Limits, command: tuple[str, ...] = COMMAND) -> None:
        self._store = store
        self._limits = limits
        self._command = command
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._cancelled: set[str] = set()  # those that are being ended for good
        self._owed = deque[Callable[[], object]]()  # what is still to be written, in its order
        self._again: threading.Timer | None = None
        self._lock = threading.RLock()
        self._closed = False

    def resume(self) -> None:
        """Take up what an earlier server left: what waited waits on, what ran is begun once more."""
        self._write(self._store.requeue)

    def submit(self, kind: Kind, name: str, spec: Mapping[str, Any]) -> Job:
        """Queue a job and start it when there is room.

        Raises:
            JobsFull: too many wait.
            DiskFull: there is no room to remember it.
        """
        with self._lock:
            free = max(0, self._limits.at_once - len(self._running))
            job = self._store.add(kind, name, spec, self._limits.waiting + free)
            self._go_on()
        return self._store.get(job.id)

    def cancel(self, id_: str) -> Job:
        """End a job; what it was to replace stands as it was.

        Raises:
            JobNotFound, JobEnded: there is nothing to cancel.
            DiskFull: there is no room to write that down; of one that ran it is done later.
        """
        with self._lock:
            process = self._running.get(id_)
            if process is None:
                self._settle()
                return self._store.cancel(id_)
            self._cancelled.add(id_)
            thread = self._threads[id_]
        _end(process)
        thread.join()
        with self._lock:
            try:
                self._settle()  # it may have come to its end first, and said so
                return self._store.cancel(id_)
            except _UNWRITTEN:
                self._write(partial(self._store.finish, id_, "cancelled"))
                raise

    def _write(self, write: Callable[[], object]) -> None:
        """Write down what became of a job; where that can't be, as soon as it can."""
        with self._lock:
            self._owed.append(write)
            self._go_on()

    def _go_on(self) -> None:
        """Write what is owed and begin what waits; where nothing can be written, try again in a while."""
        with self._lock:
            try:
                self._settle()
                self._fill()
            except _UNWRITTEN as error:
                log.error("%s: %s", self._store.path, error)
                self._later()

    def _settle(self) -> None:
        while self._owed:
            self._owed[0]()
            self._owed.popleft()

    def _later(self) -> None:
        if self._again:
            self._again.cancel()
        if not self._closed:
            self._again = threading.Timer(AGAIN_S, self._go_on)
            self._again.daemon = True
            self._again.start()

    def _fill(self) -> None:
        while not self._closed and len(self._running) < self._limits.at_once:
            claimed = self._store.claim()
            if claimed is None:
                return
            job, spec = claimed
            try:
                process = self._start(spec)
            except OSError as error:  # no room for another process
                failure = told(NoProcess(reason=error.strerror))
                self._owed.append(partial(self._store.finish, job.id, "failed", error=failure))
                self._settle()
                continue
            self._running[job.id] = process
            thread = threading.Thread(target=self._follow, args=(job.id, process), daemon=True)
            self._threads[job.id] = thread
            thread.start()

    def _start(self, spec: Mapping[str, Any]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
            start_new_session=True,  # so that Ctrl-C at a terminal is the server's alone
        )  # fmt: skip
        if process.stdin:  # stays open: its end tells the child that we are gone
            with suppress(BrokenPipeError):  # it has ended already, which its output tells
                process.stdin.write(json.dumps(spec, ensure_ascii=False) + "\n")
                process.stdin.flush()
        return process

    def _follow(self, id_: str, process: subprocess.Popen[str]) -> None:
        """Write down what a child says until it ends."""
        ended = False
        try:
            for line in process.stdout or ():
                ended = self._hear(id_, json.loads(line)) or ended
        except (ValueError, KeyError, TypeError) as error:  # no message: without us it can't go on
            log.exception("job %s", id_)
            failure = Failure("internal", str(error), str(error))
            self._write(partial(self._store.finish, id_, "failed", error=failure))
            ended = True
        finally:
            _wait(process)
            self._over(id_, process, ended)

    def _hear(self, id_: str, said: Mapping[str, Any]) -> bool:
        if "result" in said:
            self._write(partial(self._store.finish, id_, "done", said["result"]))
        elif "error" in said:
            self._write(partial(self._store.finish, id_, "failed", error=Failure(**said["error"])))
        else:
            with suppress(*_UNWRITTEN):  # the process itself meets a full disk, and says so
                self._store.progress(id_, said["stage"], said["done"], said["total"])
            return False
        return True

    def _over(self, id_: str, process: subprocess.Popen[str], ended: bool) -> None:
        for stream in (process.stdin, process.stdout):
            if stream:
                with suppress(BrokenPipeError):
                    stream.close()
        with self._lock:
            self._running.pop(id_, None)
            self._threads.pop(id_, None)
            if self._closed:
                return
            if not ended and id_ not in self._cancelled:  # killed, by the system or by whoever: tried once more
                self._owed.append(partial(self._store.requeue, [id_]))
            self._go_on()

    def close(self) -> None:
        """End all processes; what ran is taken up again by the next server."""
        with self._lock:
            self._closed = True
            if self._again:
                self._again.cancel()
            processes, threads = list(self._running.values()), list(self._threads.values())
        for process in processes:
            process.terminate()
        for thread in threads:
            thread.join(PATIENCE_S + 1)
        self._write(self._store.give_back)


def _end(process: subprocess.Popen[str]) -> None:
    """End a process: asked first, then killed."""
    process.terminate()
    _wait(process)


def _wait(process: subprocess.Popen[str]) -> None:
    """Wait for a process that is about to end; kill it when it doesn't."""
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

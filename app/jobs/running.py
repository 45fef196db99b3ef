"""Jobs at work: each a child process of the server, so many at once, the others in their order."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from app.jobs.store import JobStore, told
from app.jobs.types import Failure, Job, Kind
from app.refusals import NoProcess
from pipeline.errors.base import HansangError

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "app.jobs.child")
PATIENCE_S = 10  # for a process that was told to end, before it is killed


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
        self._lock = threading.RLock()
        self._closed = False

    def resume(self) -> None:
        """Take up what an earlier server left: what waited waits on, what ran is begun once more."""
        self._store.requeue()
        self._fill()

    def submit(self, kind: Kind, name: str, spec: Mapping[str, Any]) -> Job:
        """Queue a job and start it when there is room.

        Raises:
            JobsFull: too many wait.
        """
        with self._lock:
            free = max(0, self._limits.at_once - len(self._running))
            job = self._store.add(kind, name, spec, self._limits.waiting + free)
            self._fill()
        return self._store.get(job.id)

    def cancel(self, id_: str) -> Job:
        """End a job; what it was to replace stands as it was.

        Raises:
            JobNotFound, JobEnded: there is nothing to cancel.
        """
        with self._lock:
            process = self._running.get(id_)
            if process is None:
                return self._store.cancel(id_)
            self._cancelled.add(id_)
            thread = self._threads[id_]
        _end(process)
        thread.join()  # it may have come to its end first, and said so
        return self._store.cancel(id_)

    def _fill(self) -> None:
        with self._lock:
            while not self._closed and len(self._running) < self._limits.at_once:
                claimed = self._store.claim()
                if claimed is None:
                    return
                job, spec = claimed
                try:
                    process = self._start(spec)
                except OSError as error:  # no room for another process
                    self._store.finish(job.id, "failed", error=told(NoProcess(reason=error.strerror)))
                    continue
                self._running[job.id] = process
                thread = threading.Thread(target=self._follow, args=(job.id, process), daemon=True)
                self._threads[job.id] = thread
                thread.start()

    def _start(self, spec: Mapping[str, Any]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
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
        except (
            HansangError,
            ValueError,
        ) as error:  # no room for its progress, or no message: without us it can't go on
            log.exception("job %s", id_)
            failure = Failure(getattr(error, "code", "internal"), str(error), getattr(error, "english", str(error)))
            self._store.finish(id_, "failed", error=failure)
            ended = True
        finally:
            _wait(process)
            self._over(id_, process, ended)

    def _hear(self, id_: str, said: Mapping[str, Any]) -> bool:
        if "result" in said:
            self._store.finish(id_, "done", said["result"])
        elif "error" in said:
            self._store.finish(id_, "failed", error=Failure(**said["error"]))
        else:
            self._store.progress(id_, said["stage"], said["done"], said["total"])
            return False
        return True

    def _over(self, id_: str, process: subprocess.Popen[str], ended: bool) -> None:
        for stream in (process.stdin, process.stdout):
            if stream:
                with suppress(BrokenPipeError):
                    stream.close()
        with self._lock:
            if not self._closed:
                if not ended and id_ not in self._cancelled:  # killed, by the system or by whoever: tried once more
                    self._store.requeue([id_])
                self._running.pop(id_, None)
                self._threads.pop(id_, None)
                self._fill()

    def close(self) -> None:
        """End all processes; what ran is taken up again by the next server."""
        with self._lock:
            self._closed = True
            processes, threads = list(self._running.values()), list(self._threads.values())
        for process in processes:
            process.terminate()
        for thread in threads:
            thread.join(PATIENCE_S + 1)
        self._store.requeue()


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

"""What the server has of jobs, opened when it is first needed: the store, the runner, the kept replies."""

from __future__ import annotations

import threading
from pathlib import Path

from app.jobs.replies import Replies
from app.jobs.running import COMMAND, Limits, Runner
from app.jobs.store import JobStore
from pipeline.setting_groups.server import Serving

FILE = "jobs.db"


class Desk:
    """The jobs of a home. A home without any has no file; one that has is looked at at once (``resume``)."""

    def __init__(self, home: Path, settings: Serving, command: tuple[str, ...] = COMMAND) -> None:
        self._path = home / FILE
        self._settings = settings
        self._command = command
        self._lock = threading.Lock()
        self._open: tuple[JobStore, Runner, Replies] | None = None

    def resume(self) -> None:
        """Take up what an earlier server left."""
        if self._path.exists():
            self._opened()

    @property
    def store(self) -> JobStore:
        """The jobs."""
        return self._opened()[0]

    @property
    def runner(self) -> Runner:
        """Whoever runs them."""
        return self._opened()[1]

    @property
    def replies(self) -> Replies:
        """Replies to requests that may be sent twice."""
        return self._opened()[2]

    def _opened(self) -> tuple[JobStore, Runner, Replies]:
        with self._lock:
            if self._open is None:
                store = JobStore(self._path)
                runner = Runner(store, Limits(self._settings.jobs_at_once, self._settings.jobs_waiting), self._command)
                self._open = store, runner, Replies(store, self._settings.keys_hours)
                runner.resume()
            return self._open

    def close(self) -> None:
        """End the processes and close the file. Opened again when needed again."""
        with self._lock:
            if self._open is not None:
                store, runner, _ = self._open
                self._open = None
                runner.close()
                store.close()

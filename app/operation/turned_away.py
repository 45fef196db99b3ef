"""Questions of the API that got no answer and left no trace: refused, or lost to an error. Counted by hour, and kept.

An administrator reads them with the answers (운영 현황), also where nobody runs Prometheus.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from pipeline.errors.machine import DiskFull
from pipeline.traces import TraceStore

EVERY_SECONDS = 10.0
_log = logging.getLogger(__name__)


class TurnedAway:
    """Counts in memory and writes now and then: to turn somebody away has to stay cheap. Safe to use from threads."""

    def __init__(self, store: TraceStore, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._now = now
        self._counts = Counter[tuple[str, str]]()
        self._lock = threading.Lock()
        self._over = threading.Event()

    def count(self, outcome: str) -> None:
        """One more. ``outcome`` is ``refused`` or ``server_error``."""
        hour = self._now().strftime("%Y-%m-%dT%H")
        with self._lock:
            self._counts[hour, outcome] += 1

    def write(self) -> None:
        """Keep what was counted since; where that can't be done it is tried again the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            self._store.add_turned_away(counts)
        except (DiskFull, sqlite3.DatabaseError) as error:
            _log.warning("%s", error)
            with self._lock:
                self._counts += counts

    def start(self) -> None:
        """Begin to write, in a thread that ends with the process."""
        threading.Thread(target=self._run, daemon=True, name="hansang-turned-away").start()

    def stop(self) -> None:
        """Write the last."""
        self._over.set()
        self.write()

    def _run(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            self.write()

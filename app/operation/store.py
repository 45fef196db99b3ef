"""The store of answers as the server has it: counts what is stored, and says so plainly where nothing can be.

Where the disk is full, or nearly so, or the file can't be written, a question is still answered. Its trace stays in
memory for a while, so that it can be followed up and looked at; it is stored as soon as that can be done again.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import OrderedDict
from pathlib import Path

from app.operation.disk import DiskWatch
from app.operation.logs import Log
from app.operation.metrics import Metrics
from app.operation.refusals import DiskLow
from app.operation.requests import CURRENT
from pipeline.errors.machine import DiskFull
from pipeline.trace_json import from_json
from pipeline.traces import Feedback, TraceStore, Vote
from pipeline.types import Trace

SPARE = 100  # traces in memory at most; the oldest are lost first


class WatchedStore(TraceStore):
    """A ``TraceStore`` that is watched. Safe to use from several threads."""

    def __init__(self, path: Path, metrics: Metrics, disk: DiskWatch, log: Log) -> None:
        super().__init__(path)
        self._metrics = metrics
        self._disk = disk
        self._log = log
        self._spare: OrderedDict[str, Trace] = OrderedDict()
        self._spare_lock = threading.Lock()
        self.trouble = ""
        """Why the last answer couldn't be stored; empty where it could, or the disk alone is to blame."""

    @property
    def unsaved(self) -> int:
        """How many answers are in memory only."""
        return len(self._spare)

    def save(self, trace: Trace, text: bytes | None = None) -> None:
        """Count, log and keep a trace; in memory where there is no room on the disk."""
        doing = CURRENT.get()
        if doing:
            doing.trace_id = trace.id
        self._metrics.question(trace)
        self._log.question(trace)
        if self._disk.low():
            self._keep_in_memory(trace, text)
            return
        try:
            self._save_spare()
            super().save(trace, text)
            self.trouble = ""
        except (DiskFull, sqlite3.DatabaseError) as error:
            self.trouble = "" if isinstance(error, DiskFull) else str(error)
            self._keep_in_memory(trace, text)

    def get(self, trace_id: str) -> Trace:
        """A trace, stored or in memory.

        Raises:
            TraceNotFound: there is none of that id.
        """
        return self._spare.get(trace_id) or super().get(trace_id)

    def add_feedback(self, trace_id: str, vote: Vote, reason: str = "") -> Feedback:
        """Append what somebody said of an answer, and return it as it was read back.

        Raises:
            TraceNotFound: there is no such trace.
            DiskLow: the answer couldn't be stored, so neither can this.
            DiskFull: there is no room for it.
        """
        if trace_id in self._spare:
            self._make_room(trace_id)
        feedback = super().add_feedback(trace_id, vote, reason)
        self._metrics.feedback(vote)
        return feedback

    def _make_room(self, trace_id: str) -> None:
        low = DiskLow(free=self._disk.free_mb, wanted=self._disk.wanted_mb, path=self._disk.folder)
        if self._disk.low():
            raise low
        try:
            self._save_spare()
        except (DiskFull, sqlite3.DatabaseError) as error:
            raise low from error

    def _keep_in_memory(self, trace: Trace, text: bytes | None) -> None:
        self._metrics.unsaved()
        with self._spare_lock:
            self._spare[trace.id] = trace if text is None else from_json(json.loads(text))
            while len(self._spare) > SPARE:
                self._spare.popitem(last=False)

    def _save_spare(self) -> None:
        """Store what is in memory only.

        Raises:
            DiskFull: there is still no room; what couldn't be stored stays in memory.
        """
        if not self._spare:
            return
        with self._spare_lock:
            for trace_id, trace in list(self._spare.items()):
                super().save(trace)
                del self._spare[trace_id]

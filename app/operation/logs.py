"""The log: one line of JSON for each request and each question, in files that are rotated by size.

A line never holds a header, a key, an address or a body, and the question only where a setting says so. Where the
disk is full lines are lost, not requests; how many is said in the first line that can be written again.
"""

from __future__ import annotations

import datetime
import json
import os
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path

from app.operation.disk import MB
from app.operation.metrics import outcome_of
from app.operation.requests import CURRENT
from pipeline.types import Trace

NAME = "server.jsonl"


class Log:
    """Writes lines. ``files`` is how many older files are kept; 0 means no log at all. Safe to use from threads."""

    def __init__(self, folder: Path, *, megabytes: float, files: int, questions: bool = False) -> None:
        self.path = folder / NAME
        self._questions = questions
        self._files: _Files | None = None
        if files:
            folder.mkdir(parents=True, exist_ok=True)
            self._files = _Files(self.path, maxBytes=int(megabytes * MB), backupCount=files, encoding="utf-8")

    def request(
        self, *, request_id: str, trace_id: str, route: str, method: str, status: int, outcome: str, seconds: float,
        caller: str = "",
    ) -> None:  # fmt: skip
        """One HTTP request has ended. ``status`` is 0 where nothing was sent."""
        more = {"caller": caller} if caller else {}
        self.write(
            "request", request_id=request_id, trace_id=trace_id, route=route, method=method, status=status,
            outcome=outcome, ms=round(seconds * 1000, 1), **more,
        )  # fmt: skip

    def question(self, trace: Trace) -> None:
        """One question has ended, from whatever door it came."""
        doing = CURRENT.get()
        more = {"question": trace.question.text} if self._questions else {}
        self.write(
            "question", request_id=doing.request_id if doing else "", trace_id=trace.id, index=trace.index,
            outcome=outcome_of(trace), ms=round(trace.timings_ms.get("total", 0.0), 1), **more,
        )  # fmt: skip

    def write(self, kind: str, **fields: object) -> None:
        """One line: the time (UTC), what it is of, and the fields."""
        if self._files:
            time = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
            self._files.line({"time": time, "kind": kind, **fields})

    def close(self) -> None:
        """Close the file."""
        if self._files:
            self._files.close()


class _Files(RotatingFileHandler):
    """Lines in files. A full disk must not end a request, and must not be told thousands of times either."""

    _lost = 0
    _own = threading.RLock()

    def line(self, fields: dict[str, object]) -> None:
        with self._own:
            if self._lost:
                fields = {**fields, "lines_lost_before": self._lost}
            try:
                self._write(json.dumps(fields, ensure_ascii=False) + "\n")
            except OSError:
                self._lost += 1
            else:
                self._lost = 0

    def _write(self, text: str) -> None:
        """What ``emit`` does for a record; but that looks at the file three times before each of them."""
        if self.stream is None:
            self.stream = self._open()
        if os.fstat(self.stream.fileno()).st_size + len(text.encode()) > self.maxBytes:
            self.doRollover()
        self.stream.write(text)
        self.stream.flush()

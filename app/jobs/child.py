"""The process of one job: ``python -m app.jobs.child``. Reads what to do from standard input, tells how far it is.

One JSON line comes in; JSON lines go out: ``{"stage", "done", "total"}``, and at the end ``{"result"}`` or
``{"error"}``. It ends when it is told to (SIGTERM) and when the server that started it is gone, however that went; but
not between putting the new index in use and saying so.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TextIO

from app.jobs.indexing import IndexSpec, build
from app.jobs.store import told
from pipeline.errors.base import HansangError, UnexpectedFault
from pipeline.indexing import SWITCH

NICE = 5  # answers come first
STOPPED = 128 + signal.SIGTERM


def main() -> None:
    """Do the job."""
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no message of ours
    signal.signal(signal.SIGTERM, _stop)
    os.nice(NICE)
    spec = IndexSpec.from_json(json.loads(_line(sys.stdin.fileno())))
    threading.Thread(target=_watch, args=(sys.stdin.fileno(),), daemon=True).start()
    _do(spec, _Teller(lines))


def _stop(number: int, frame: object) -> None:
    raise SystemExit(STOPPED)  # so that what is half-built is removed on the way out


def _line(descriptor: int) -> bytes:
    """A line of standard input, past its buffer: whoever waits in there at the end stops the interpreter's own end."""
    line = b""
    while not line.endswith(b"\n") and (block := os.read(descriptor, 1 << 16)):
        line += block
    return line


def _watch(descriptor: int) -> None:
    """Wait for the other end to be closed: the server is gone, and another may begin the same job."""
    while os.read(descriptor, 1 << 16):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


class _Teller:
    def __init__(self, lines: TextIO) -> None:
        self._lines = lines

    def say(self, value: dict[str, Any]) -> None:
        self._lines.write(json.dumps(value, ensure_ascii=False) + "\n")
        self._lines.flush()

    def at(self, stage: str, done: int, total: int | None) -> None:
        if stage == SWITCH:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self.say({"stage": stage, "done": done, "total": total})


def _do(spec: IndexSpec, teller: _Teller, work: Callable[..., dict[str, Any]] = build) -> None:
    try:
        teller.say({"result": work(spec, teller.at)})
    except HansangError as error:
        teller.say({"error": asdict(told(error))})
    except Exception as error:
        teller.say({"error": asdict(told(UnexpectedFault(name=type(error).__name__)))})
        raise


if __name__ == "__main__":
    main()

"""A process that works on questions for a server, one after the other: ``python -m app.operation.worker``.

It holds nothing that anybody would miss, so it may be killed at any time; it ends with the server, however that ends.
"""

from __future__ import annotations

import ctypes
import datetime
import gc
import logging
import os
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection

from app.operation.errands import READY, Begin, LetGo, work
from pipeline.errors.base import HansangError
from pipeline.index import names
from pipeline.pipelines import WARMING, Asked, Pipelines

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>
log = logging.getLogger(__name__)


def main() -> None:
    """Work until the server closes the line. Arguments: the line's file descriptor, the server's process id."""
    for stop in (signal.SIGINT, signal.SIGTERM):  # meant for the server, which lets answers under way finish
        signal.signal(stop, signal.SIG_IGN)
    descriptor, server = map(int, sys.argv[1:])
    bind_to(server)
    with Connection(descriptor) as line, suppress(EOFError, ConnectionError):  # the server is gone
        serve(line)


def bind_to(server: int) -> None:
    """Die when the server's thread that started this process ends, even in a stage that hangs. Linux knows how."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != server:  # it ended before that
        raise SystemExit(1)


def serve(line: Connection[object, object]) -> None:
    """Load everything, then do what comes.

    Raises:
        EOFError, ConnectionError: nobody is at the other end.
    """
    start = line.recv()
    assert isinstance(start, Begin)
    pipelines = Pipelines(start.root, start.settings)
    warm_up(pipelines)
    line.send(READY)
    while True:
        errand = line.recv()
        if isinstance(errand, Asked):
            line.send(work(errand, pipelines, line.send))
        elif isinstance(errand, LetGo):
            pipelines.forget(errand.name) if errand.name else pipelines.release()
            gc.unfreeze()
            gc.collect()  # so that the disk has its room back now


def warm_up(pipelines: Pipelines) -> None:
    """Ask every index something, so that nobody's first question waits until it is loaded."""
    today = datetime.date.today()
    for name in names(pipelines.root):
        outcome = work(Asked(WARMING, name, today, answer=False), pipelines, lambda _: None)
        try:
            if outcome.error:
                raise outcome.error
            if outcome.whole:  # else its questions are the server's own
                pipelines.open_opinions(name)
        except HansangError as error:  # whoever asks this index is told the same
            log.warning("%s", error)
        except Exception:  # a file of it that is garbled: the others answer all the same
            log.exception("index %s", name)
    gc.freeze()  # see app.server.warm_up


if __name__ == "__main__":
    main()

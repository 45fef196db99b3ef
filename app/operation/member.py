"""One worker process as its server sees it: started, asked, told things, killed."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pickle import UnpicklingError  # nosec B403

from app.operation.errands import BEGUN, READY, Begin, LetGo, Outcome
from pipeline.pipelines import Asked

COMMAND = (sys.executable, "-P", "-m", "app.operation.worker")
KILL_S = 5  # what is killed is gone at once, but for what waits for a disk


class Gone(Exception):
    """The process ended, or what it said makes no sense."""


class Silent(Exception):
    """The process said nothing for as long as a stage may take. ``state`` is the last that its question reached."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class Member:
    """A process and the line to it. One thread at a time may ``ask``; everything else may come from any.

    Start it from a thread that lives as long as the process is to live (``worker.bind_to``).

    Raises:
        OSError: there can be no further process.
    """

    def __init__(self, start: Begin, command: tuple[str, ...] = COMMAND) -> None:
        self._line, theirs = multiprocessing.Pipe()
        self._sending = threading.Lock()
        self.stalled = False
        with theirs:
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno()), str(os.getpid())], pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                start_new_session=True,  # so that Ctrl-C at a terminal is the server's alone
            )  # fmt: skip
        self.tell(start)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def wait(self, seconds: float) -> None:
        """Wait until everything is loaded.

        Raises:
            Gone, Silent: it never is.
        """
        if self._hear(seconds, BEGUN) != READY:
            raise Gone

    def ask(self, asked: Asked, seconds: float) -> Outcome:
        """What comes of a question, of which no stage may take longer than so many seconds.

        Raises:
            Gone, Silent: nothing. The process is of no use any more.
        """
        self.tell(asked)
        state = BEGUN
        while not isinstance(said := self._hear(seconds, state), Outcome):
            state = str(said)
        return said

    def tell(self, errand: Begin | Asked | LetGo) -> None:
        """Send what is to be done; to a process that is gone, nothing."""
        with self._sending, suppress(OSError):
            self._line.send(errand)

    def _hear(self, seconds: float, state: str) -> object:
        try:
            if self._line.poll(seconds):
                return self._line.recv()
        except (OSError, EOFError, UnpicklingError) as error:
            raise Gone from error
        raise Silent(state)

    def kill(self) -> None:
        """End the process, and wait until it has."""
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(KILL_S)

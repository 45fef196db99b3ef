"""The annotation app beside the chat: run in a process of its own, opened once all was looked at, ended with ours."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from annotations.accounts.limits import SIGN_INS
from annotations.accounts.proxies import NOBODY
from app.access.addresses import INTERNAL_KEY
from pipeline.errors.accounts import NoAccounts
from pipeline.errors.labels import LabelsDamaged
from pipeline.errors.machine import LabelsAppEnded
from pipeline.setting_groups.server import Access

PORT = 8501
END_SECONDS = 15  # for what is being written; then it is killed
OPEN = "open"


@dataclass(frozen=True, slots=True)
class Labelling:
    """How the annotation app is opened: home, address, the port of the chat beside it, the settings ``labels.*``.

    ``chat_host`` is a host by which this machine reaches the chat, which may listen on another address than ours;
    ``chat_url`` is the address by which people do, empty for that port of the machine they see.
    ``internal`` is the key by which it asks the server; it goes by the environment, which no other user can read.
    """

    home: Path
    host: str
    port: int
    chat: int
    demo: bool = False
    settings: Mapping[str, float] = field(default_factory=dict)
    internal: str = field(default="", repr=False)
    chat_host: str = "127.0.0.1"
    chat_url: str = ""
    trusted_proxies: str = NOBODY
    signins: int = field(default_factory=lambda: Access().signins)


def look_at(path: Path, *, guarded: bool) -> None:
    """Make sure that the labels can be worked with, and that a guarded door has somebody to go through it.

    Raises:
        LabelsDamaged, LabelsNewer: the file can't be used, with the cure.
        NoAccounts: others could reach chat or app, and nobody could sign in.
    """
    from annotations.accounts.accounts import Accounts  # heavy: sqlite-utils brings pandas, which help doesn't need
    from annotations.storage.migrations import MIGRATIONS
    from annotations.storage.writer import Writer

    store = Writer(path, MIGRATIONS)
    try:
        found = store.read(lambda db: str(db.execute("PRAGMA quick_check(1)").fetchone()[0]))
        if found != "ok":
            raise LabelsDamaged(path=path, reason=found)
        if guarded and not Accounts(store).any():
            raise NoAccounts
    finally:
        store.close()


class Running:
    """The process of the annotation app. It loads at once, but touches no file and no port before ``open``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._opened = False
        self._ready = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.strip() == "ready":
                self._ready.set()
        self._process.stdout.close()

    def open(self) -> None:
        """Let it open its pages: the labels were looked at, the accounts are there."""
        assert self._process.stdin
        self._opened = True
        with contextlib.suppress(OSError):  # it has ended by itself, which ``check`` tells
            self._process.stdin.write(OPEN + "\n")
            self._process.stdin.flush()

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def wait_until_ready(self) -> bool:
        """Wait until pages can be opened; False when it ended instead."""
        while not self._ready.wait(0.05):
            if self.ended:
                return False
        return True

    def check(self) -> None:
        """Make sure that it still runs.

        Raises:
            LabelsAppEnded: it doesn't.
        """
        if self.ended:
            raise LabelsAppEnded(status=self._process.returncode)

    def end(self) -> None:
        """End it, letting it finish what it writes."""
        assert self._process.stdin
        if not self._opened:  # then it has nothing to finish, and nobody wants to wait for it to have loaded
            self._process.kill()
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(END_SECONDS)


@contextmanager
def starting(labelling: Labelling) -> Iterator[Running]:
    """Run the annotation app for the length of the block, in which ``open`` is to be called."""
    # -P: not the folder we are in, where somebody may have `pages` of their own.
    command = [sys.executable, "-P", "-m", "pages.serving", "--tied", "--home", str(labelling.home.resolve())]
    command += ["--host", labelling.host, "--port", str(labelling.port), "--chat", str(labelling.chat)]
    command += ["--chat-host", labelling.chat_host, "--chat-url", labelling.chat_url]
    command += ["--trusted-proxies", labelling.trusted_proxies]
    command += ["--settings", json.dumps(dict(labelling.settings))]
    # In a session of its own Ctrl-C doesn't reach it: it ends when we close its input, or the system does for us.
    started = Running(
        subprocess.Popen(
            [*command, "--demo"] if labelling.demo else command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=os.environ | {INTERNAL_KEY: labelling.internal, SIGN_INS: str(labelling.signins)},
        )
    )
    try:
        yield started
    finally:
        started.end()


@contextmanager
def running(labelling: Labelling) -> Iterator[Running]:
    """Run the annotation app, opened, for the length of the block."""
    with starting(labelling) as started:
        started.open()
        yield started

"""Backups of what people typed, on a timer: each is checked before it counts as one, old ones make room for new."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from annotations.keeping.home_backup import LABELS, NOTES, REGRESSION, backup_home, contents
from annotations.keeping.noting import note_in
from app.operation.disk import DiskWatch
from app.operation.logs import Log
from app.operation.metrics import Metrics
from app.operation.refusals import DiskLow
from pipeline.errors.base import HansangError, UnexpectedFault

PATTERN = "auto-*"
AGAIN_SECONDS = 600.0  # after one that failed
BY = "server"
"""Who made a backup, in the log of administrative acts: nobody asked for it."""
_log = logging.getLogger(__name__)


class Keeper:
    """Backs up a ``home`` into ``folder`` every so many hours and keeps the last ``keep``. ``hours`` 0: never."""

    def __init__(
        self, home: Path, folder: Path, *, hours: float, keep: int, disk: DiskWatch, metrics: Metrics, log: Log,
        now: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._home = home
        self._folder = folder
        self._seconds = hours * 3_600
        self._keep = keep
        self._disk = disk
        self._metrics = metrics
        self._log = log
        self._now = now
        self._since: float | None = None  # when there was first something to back up
        self._over = threading.Event()

    def start(self) -> None:
        """Begin, in a thread that ends with the process."""
        if self._seconds:
            threading.Thread(target=self._run, daemon=True, name="hansang-backup").start()

    def stop(self) -> None:
        """Begin no other backup."""
        self._over.set()

    def backups(self) -> list[Path]:
        """The automatic backups, the oldest first."""
        return sorted(path for path in self._folder.glob(PATTERN) if path.is_dir() and not path.is_symlink())

    def age_seconds(self) -> float | None:
        """How old the newest is; without one, for how long there should be one; None where there needn't be."""
        made = self._made()
        begun = self._since if made is None else made
        return None if begun is None else max(0.0, self._now() - begun)

    def due_seconds(self) -> float:
        """How long until the next is due."""
        made = self._made()
        return 0.0 if made is None else max(0.0, self._seconds - max(0.0, self._now() - made))

    def _made(self) -> float | None:
        """When the newest was made."""
        backups = self.backups()
        return backups[-1].stat().st_mtime if backups else None

    def once(self) -> Path | None:
        """Make one now and remove those that are too many; None where nothing was typed yet.

        Raises:
            HansangError: it could not be made or isn't whole; the older ones stand.
        """
        if not any((self._home / name).is_file() for name in (LABELS, NOTES, REGRESSION)):
            return None
        self._since = self._now() if self._since is None else self._since
        if self._disk.low():  # the last room is for what people type
            raise DiskLow(free=self._disk.free_mb, wanted=self._disk.wanted_mb, path=self._disk.folder)
        target = self._folder / f"auto-{datetime.fromtimestamp(self._now()):%Y%m%d-%H%M%S}"
        backup_home(self._home, target)
        self._note(target)
        self._prune()
        return target

    def _prune(self) -> None:
        for old in self.backups()[: -self._keep]:
            try:
                shutil.rmtree(old)
            except OSError as error:
                self._log.write("backup", outcome="unremoved", file=old.name, reason=str(error))
                _log.warning("%s: %s", old.name, error)

    def _note(self, made: Path) -> None:
        """Note a backup in the labels that there are now, not in the copy. One that can't be noted is none the less."""
        labels = self._home / LABELS
        try:
            if labels.is_file():
                note_in(labels, "backup", BY, str(made.resolve()), **contents(made))
        except HansangError as error:
            self._log.write("backup", outcome="unrecorded", file=made.name, code=error.code, reason=error.english)
            _log.warning("%s: %s", made.name, error)

    def _run(self) -> None:
        wait = 0.0
        while not self._over.wait(wait):
            wait = self._attempt()

    def _attempt(self) -> float:
        """Make one if it is due; how long to wait then."""
        again = min(AGAIN_SECONDS, self._seconds)
        try:
            wait = self.due_seconds()
            if wait:
                return wait
            made = self.once()
            if made:
                self._metrics.backup("ok")
                self._log.write("backup", outcome="ok", file=made.name)
            return self.due_seconds() if made else again
        except HansangError as error:
            _log.warning("%s", error)
            self._failed(error)
        except Exception as error:  # noqa: BLE001  (whatever it is: without this thread there is never a backup again)
            _log.exception("backup")
            self._failed(UnexpectedFault(name=type(error).__name__))
        return again

    def _failed(self, error: HansangError) -> None:
        self._metrics.backup("failed")
        self._log.write("backup", outcome="failed", code=error.code, reason=error.english)

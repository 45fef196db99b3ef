"""Exports made in the background of the annotation app: one at a time, whoever may be looking. Draws nothing."""

from __future__ import annotations

import datetime
import logging
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path

from annotations.accounts.audit import note_act
from annotations.desk import Desk
from annotations.export.export import export
from annotations.export.folder import FOLDER, salt_of, sweep
from annotations.export.types import ExportSettings, Manifest
from annotations.schemes.scheme import load_scheme
from pipeline.errors.base import HansangError, UnexpectedFault

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants exported."""

    scheme: str
    form: str
    by: str
    settings: ExportSettings


@dataclass(slots=True)
class Job:
    """An export that is being made, or was: then it has a manifest or an error."""

    wish: Wish
    folder: Path
    stage: str = "read"
    done: int = 0
    total: int = 0
    manifest: Manifest | None = None
    error: HansangError | None = None

    @property
    def running(self) -> bool:
        """Whether it is still being made."""
        return self.manifest is None and self.error is None


_last: dict[Path, Job] = {}
_starting = threading.Lock()


def root_of(desk: Desk) -> Path:
    """Where the exports of a desk are kept."""
    return desk.path.parent / FOLDER


def last_job(desk: Desk) -> Job | None:
    """The export that is being made, or was made last, by this process."""
    return _last.get(desk.path)


def start(desk: Desk, wish: Wish) -> Job:
    """Begin an export; while one is being made, that one goes on and is returned."""
    with _starting:
        job = _last.get(desk.path)
        if job is not None and job.running:
            return job
        now = datetime.datetime.now().astimezone()
        # Two people may press at the same second.
        name = f"{wish.scheme}-{wish.form}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        desk.writer.write(lambda db: note_act(db, "export", wish.by, name))
        job = _last[desk.path] = Job(wish, root_of(desk) / name)
        threading.Thread(target=_work, args=(desk, job), name="export", daemon=True).start()
        return job


def _work(desk: Desk, job: Job) -> None:
    def told(stage: str, done: int, total: int) -> None:
        job.stage, job.done, job.total = stage, done, total

    wish = job.wish
    try:
        sweep(root_of(desk))
        job.manifest = export(
            desk,
            load_scheme(wish.scheme),
            wish.form,
            job.folder,
            by=wish.by,
            salt=salt_of(root_of(desk)),
            settings=wish.settings,
            progress=told,
        )
    except HansangError as error:
        job.error = error
    except Exception as error:
        log.exception("export failed")
        job.error = UnexpectedFault(name=type(error).__name__)

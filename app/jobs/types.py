"""What a job is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["index"]
State = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled", "interrupted")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed, as every error is told."""

    code: str
    detail: str
    detail_en: str


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. ``name`` is that of the index; ``done`` of ``total`` passages in the ``stage``.

    ``total`` is None while nobody knows; ``attempts`` counts how often it was begun, but for those that an orderly stop
    of the server ended: it is begun once more after a crash. ``result`` is there when it is ``done``, ``error`` when it
    ``failed`` or was ``interrupted``. Times are ISO 8601 in UTC, empty where they haven't come.
    """

    id: str
    kind: Kind
    name: str
    state: State
    created: str
    started: str = ""
    ended: str = ""
    attempts: int = 0
    stage: str = ""
    done: int = 0
    total: int | None = None
    result: Mapping[str, Any] | None = None
    error: Failure | None = None

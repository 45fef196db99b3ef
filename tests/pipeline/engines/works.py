"""Work that the engines' tests give out. Workers import it by name."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.engines.work import GIB
from pipeline.errors.machine import DiskFull


@dataclass(frozen=True)
class Measuring:
    """Texts with their lengths. Memory and GPU are asked for as real work does."""

    memory: int = GIB
    on_gpu: bool = True

    def ready(self) -> Callable[[Sequence[str]], list[tuple[str, int]]]:
        return lambda texts: [(text, len(text)) for text in texts]


@dataclass(frozen=True)
class Refusing(Measuring):
    """Work whose models can't be loaded."""

    def ready(self) -> Callable[[Sequence[str]], list[tuple[str, int]]]:
        raise DiskFull(path=Path("/어디"))


@dataclass(frozen=True)
class Failing(Measuring):
    """Work with a mistake in it."""

    def ready(self) -> Callable[[Sequence[str]], list[tuple[str, int]]]:
        return lambda texts: [(text, 1 // 0) for text in texts]


@dataclass(frozen=True)
class Dying(Measuring):
    """Work that kills its process at the text ``at``: ``times`` times, counted in a folder."""

    folder: str = ""
    at: str = ""
    times: int = 1

    def ready(self) -> Callable[[Sequence[str]], list[tuple[str, int]]]:
        def do(texts: Sequence[str]) -> list[tuple[str, int]]:
            died = len(list(Path(self.folder).iterdir()))
            if self.at in texts and died < self.times:
                (Path(self.folder) / f"{os.getpid()}-{time.monotonic_ns()}").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return [(text, len(text)) for text in texts]

        return do

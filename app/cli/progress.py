"""The progress bar of an indexing, on standard error where that is a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import MappingProxyType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from app.cli.console import stderr
from pipeline.types import Document, Reject

_STAGES = MappingProxyType(
    {
        "analyse": "{} 분석",
        "build": "{} 색인 쓰기",
        "calibrate": "{} 보정",
        "store": "{} 서버에 담기",
        "switch": "새 색인 쓰기",
    }
)


class Bar:
    """A progress bar that follows an indexing from stage to stage."""

    def __init__(self, shown: Progress, task: TaskID) -> None:
        self._shown = shown
        self._task = task
        self._stage = ""
        self._began = time.monotonic()
        self._total: int | None = None

    def reading(self, documents: Iterable[Document | Reject]) -> Iterator[Document | Reject]:
        """The documents, unchanged; the first one shows that the analyser is ready."""
        self._shown.update(self._task, description="읽고 분석하는 중 (Reading)")
        yield from documents

    def at(self, stage: str, done: int) -> None:
        """Show how far a stage is."""
        if stage != self._stage:
            self._stage, self._began = stage, time.monotonic() if self._stage else self._began
        kind, _, analyser = stage.partition(":")
        if kind == "build":
            self._total = done  # from here on it is known how many passages there are
        rate = done / max(time.monotonic() - self._began, 1e-3)
        self._shown.update(
            self._task,
            description=_STAGES[kind].format(analyser),
            completed=done,
            total=self._total,
            rate=f"{rate:,.0f}/초" if kind == "analyse" else "",
        )


@contextmanager
def progress() -> Iterator[Bar]:
    """A progress bar on standard error, where that is a terminal."""
    console = stderr()
    shown = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("단락 {task.fields[rate]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with shown:
        yield Bar(shown, shown.add_task("형태소 분석기를 준비하는 중 … (Loading the analyser)", total=None, rate=""))

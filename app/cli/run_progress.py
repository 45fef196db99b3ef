"""How far a run is, while it goes on: a bar on a terminal, now and then a line where standard error is a file."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli.console import clean, stderr

if TYPE_CHECKING:
    from pipeline.evaluation.phases import Told
    from pipeline.evaluation.runs import State, Watch

MIB = 2**20
WINDOW_S = 60.0  # over which a rate is measured
EVERY_S = 30.0  # between two lines in a file

Clock = Callable[[], float]


class Rate:
    """How many are finished in a second, over the last ``WINDOW_S``; what was there before doesn't count."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def at(self, done: int) -> float:
        """The rate now that ``done`` are finished; 0 while it isn't known."""
        now = self._clock()
        if self._seen and done < self._seen[-1][1]:  # another count began: first the searches, then the answers
            self._seen.clear()
        self._seen.append((now, done))
        while self._seen[0][0] < now - WINDOW_S and len(self._seen) > 2:
            self._seen.popleft()
        began, before = self._seen[0]
        gone = now - began
        return (done - before) / gone if gone > 0 else 0.0


def speed(done: int, total: int, rate: float) -> str:
    """The rate and the time left, as people read them."""
    if rate <= 0:
        return ""
    minutes, seconds = divmod(round((total - done) / rate), 60)
    hours, minutes = divmod(minutes, 60)
    left = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{rate:,.1f}개/초 · 남은 시간 {left}"


def words(state: State, rate: float) -> str:
    """A run's rate, time left, success, memory and how many questions are asked at once."""
    parts = [
        speed(state.done, state.total, rate),
        f"성공 {(state.done - state.failures) / state.done:.1%}",
        f"메모리 {state.used // MIB:,} MiB(남음 {state.free // MIB:,})",
        f"GPU {state.gpu // MIB:,} MiB" if state.gpu else "",
        f"동시 {state.workers}",
    ]
    return " · ".join(part for part in parts if part)


@contextmanager
def watching(total: int, clock: Clock = time.monotonic) -> Iterator[tuple[Watch, Told]]:
    """What to call after every question, and after every search of two phases."""
    console = stderr()
    shown = Progress(
        TextColumn("질문"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[state]}"),
        console=console, disable=not console.is_terminal, transient=True,
    )  # fmt: skip
    rate, last = Rate(clock), clock()
    with shown:
        task = shown.add_task("ask", total=total, state="")

        def tell(what: str, done: int, of: int, said: str) -> None:
            nonlocal last
            shown.update(task, completed=done, total=of, state=said)
            if not console.is_terminal and clock() - last >= EVERY_S:
                last = clock()
                console.print(clean(f"{what} {done:,}/{of:,} · {said}"), soft_wrap=True)

        def watch(state: State) -> None:
            tell("질문", state.done, state.total, words(state, rate.at(state.done)))

        def told(done: int, of: int) -> None:
            tell("검색", done, of, " · ".join(filter(None, ("검색 · searching", speed(done, of, rate.at(done))))))

        yield watch, told

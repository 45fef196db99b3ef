"""The service as the server has it: each question in a thread of its own, given up when one of its stages hangs.

A thread can't be ended from outside. The one that hangs is left alone and counted; whoever asked is told at once, with
what the trace had by then, and there is a limit to how many may hang before nothing more is begun.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import cast

from app.operation.metrics import Metrics
from app.operation.refusals import AllStalled, StageStalled
from pipeline.config import check_asked
from pipeline.rag import Rag
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.traces import TraceStore
from pipeline.types import Trace

MOST = 200  # questions under way, those that hang among them; the doors let in fewer
BEGUN = "prepared"  # before there is a trace


@dataclass(slots=True)
class _Run:
    """A question that a thread works on; ``left`` once nobody waits for it, ``hung`` if that was because it hangs."""

    out: SimpleQueue[Trace | BaseException | None] = field(default_factory=SimpleQueue)
    left: bool = False
    hung: bool = False


class StagedService(Service):
    """A ``Service`` whose questions end, one way or the other. Safe to use from several threads."""

    def __init__(self, home: Home, settings: Settings, metrics: Metrics, store: TraceStore) -> None:
        super().__init__(home, settings, store=lambda _: store)
        self._metrics = metrics
        self._seconds = settings.service.stage_s
        self._counting = threading.Lock()
        self.active = 0
        self.hanging = 0

    def rag(self, index_name: str, overrides: Mapping[str, object] | None = None) -> Rag:
        """The pipeline as ``Service.rag`` gives it, under settings that somebody who asks may change.

        Raises:
            BadSetting: they are the server's own.
        """
        check_asked(overrides or {}, self.settings)
        return super().rag(index_name, overrides)

    def ask(self, request: Request) -> Iterator[Trace]:
        """Answer a question as ``Service.ask`` does.

        Raises:
            StageStalled: a stage took longer than ``service.stage_s``; raised after the traces that there were.
            AllStalled: too many hang; raised before the first trace.
        """
        if self.active >= MOST:
            raise AllStalled(count=self.hanging)
        return self._staged(cast("Generator[Trace, None, None]", super().ask(request)))

    def _staged(self, traces: Generator[Trace, None, None]) -> Generator[Trace, None, None]:
        run, state = _Run(), BEGUN
        threading.Thread(target=copy_context().run, args=(self._work, traces, run), daemon=True).start()
        try:
            while True:
                try:
                    item = run.out.get(timeout=self._seconds)
                except Empty:
                    self._metrics.stalled(state)
                    self._count(hanging=1)
                    run.hung = True
                    raise StageStalled(stage=state, seconds=self._seconds) from None
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise item
                state = item.state
                yield item
        finally:
            run.left = True

    def _work(self, traces: Generator[Trace, None, None], run: _Run) -> None:
        self._count(active=1)
        end: BaseException | None = None
        try:
            for trace in traces:
                run.out.put(trace)
                if run.left:
                    break
            traces.close()  # saves what there is of the answer
        except BaseException as error:  # noqa: BLE001  (it is raised where the question was asked)
            end = error
        finally:
            self._count(active=-1, hanging=-run.hung)
            run.out.put(end)

    def _count(self, *, active: int = 0, hanging: int = 0) -> None:
        with self._counting:
            self.active += active
            self.hanging += hanging

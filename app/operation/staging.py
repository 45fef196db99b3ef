"""The service as the server has it: each question in a thread of its own, given up when one of its stages hangs.

A thread can't be ended from outside. The one that hangs is left alone and counted; whoever asked is told at once, with
what the trace had by then, and there is a limit to how many may hang before nothing more is begun.
"""

from __future__ import annotations

import threading
from collections.abc import Generator as Traces
from collections.abc import Iterator, Mapping
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import cast

from app.operation.crew import Crew, open_crew
from app.operation.errands import BEGUN, Begin, LetGo
from app.operation.metrics import Metrics
from app.operation.question_spans import QuestionSpans
from app.operation.refusals import AllStalled, StageStalled, WorkerLost
from app.operation.tracing import Tracing
from pipeline.config import check_asked
from pipeline.errors.base import HansangError
from pipeline.pipelines import Asked, Whole, begin
from pipeline.protocols import Generator, Retriever
from pipeline.rag import Rag
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.traces import TraceStore
from pipeline.types import Trace

MOST = 200  # questions under way, those that hang among them; the doors let in fewer


@dataclass(slots=True, eq=False)
class _Run:
    """A question that a thread works on; ``left`` once nobody waits for it, ``hung`` if that was because it hangs."""

    spans: QuestionSpans | None = None
    out: SimpleQueue[Trace | BaseException | None] = field(default_factory=SimpleQueue)
    left: bool = False
    hung: bool = False


class StagedService(Service):
    """A ``Service`` whose questions end, one way or the other. Safe to use from several threads."""

    def __init__(
        self, home: Home, settings: Settings, metrics: Metrics, store: TraceStore, tracing: Tracing | None = None
    ) -> None:
        super().__init__(home, settings, store=lambda _: store)
        self._tracing = tracing
        self._metrics = metrics
        self._seconds = settings.service.stage_s
        self.crew = open_crew(Begin(home.indexes, settings), metrics)
        self._counting = threading.Lock()
        self._runs: set[_Run] = set()
        self.active = 0
        self.hanging = 0

    def rag(self, index_name: str, overrides: Mapping[str, object] | None = None) -> Rag:
        """The pipeline as ``Service.rag`` gives it, under settings that somebody who asks may change.

        Raises:
            BadSetting: they are the server's own.
        """
        check_asked(overrides or {}, self.settings)
        return super().rag(index_name, overrides)

    def holds(self, folder: Path) -> bool:
        """Whether an index is open, so that it can be asked whatever becomes of its files."""
        return any(index.folder == folder for index in list(self._indexes.values()))

    def generators(self) -> list[Generator]:
        """Those of the pipelines that are open and have the server's own settings."""
        return [rag.generator for (_, settings), rag in list(self._rags.items()) if settings == self.settings]

    def retrievers(self) -> list[Retriever]:
        """Theirs."""
        rags = [rag for (_, settings), rag in list(self._rags.items()) if settings == self.settings]
        return [retriever for rag in rags for retriever in rag.retrievers.values()]

    def ask(self, request: Request) -> Iterator[Trace]:
        """Answer a question as ``Service.ask`` does.

        Raises:
            StageStalled: a stage took longer than ``service.stage_s``; raised after the traces that there were.
            AllStalled: too many hang; raised before the first trace.
        """
        if self.active >= MOST:
            raise AllStalled(count=self.hanging)
        # The request's own context, for its id and its span: a stream is read in a thread that has another.
        traces = cast("Traces[Trace, None, None]", super().ask(request))
        return self._staged(traces, request, copy_context())

    def whole(self, request: Request) -> Whole:
        """Answer a question as ``Service.whole`` does: by a process beside this one where there are such.

        Raises:
            StageStalled: a stage took longer than ``service.stage_s``.
            WorkerLost, WorkersAway: a process died of it, or there is none.
            AllStalled: too many hang.
        """
        if self.crew is None:
            return super().whole(request)
        asked = self.asked(request)
        check_asked(asked.overrides, self.settings)
        return self._beside(self.crew, asked, request) or super().whole(request)

    def _beside(self, crew: Crew, asked: Asked, request: Request) -> Whole | None:
        spans, end = self._tracing.question() if self._tracing else None, None
        self._count(active=1)
        try:
            outcome = crew.ask(asked)
            if outcome.whole:
                if spans:
                    spans.saw(outcome.whole.trace())
                self._keep(outcome.whole.head, request, outcome.whole.text)
            if outcome.error:
                raise outcome.error
            return outcome.whole
        except BaseException as error:
            end = error
            if isinstance(error, StageStalled | WorkerLost):
                self._lost(begin(asked, self.rag(asked.index, asked.overrides))[0], request)
            raise
        finally:
            self._count(active=-1)
            if spans:
                spans.end(end)

    def forget(self, name: str) -> None:
        """Let go of all that is open of an index, here and beside."""
        super().forget(name)
        if self.crew:
            self.crew.tell(LetGo(name))

    def release(self) -> None:
        """Let go of the indexes and the models, here and beside."""
        super().release()
        if self.crew:
            self.crew.tell(LetGo())

    def give_up(self, error: HansangError) -> None:
        """End all answers under way, here and beside: whoever waits is told why."""
        for run in list(self._runs):
            run.out.put(error)
        if self.crew:
            threading.Thread(target=self.crew.close, daemon=True).start()

    def close(self) -> None:
        """End the processes, close the stores."""
        if self.crew:
            self.crew.close()
        super().close()

    def _staged(
        self, traces: Traces[Trace, None, None], request: Request, context: Context
    ) -> Traces[Trace, None, None]:
        run, last = _Run(context.run(self._tracing.question) if self._tracing else None), None
        self._runs.add(run)
        threading.Thread(target=context.run, args=(self._work, traces, run), daemon=True).start()
        try:
            while True:
                try:
                    item = run.out.get(timeout=self._seconds)
                except Empty:
                    state = last.state if last else BEGUN
                    self._metrics.stalled(state)
                    self._lost(last, request)
                    self._count(hanging=1)
                    run.hung = True
                    stalled = StageStalled(stage=state, seconds=self._seconds)
                    if run.spans:
                        run.spans.end(stalled)
                    raise stalled from None
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise item
                last = item
                yield item
        finally:
            run.left = True
            self._runs.discard(run)

    def _lost(self, trace: Trace | None, request: Request) -> None:
        """Store what there is of an answer that is given up, so that it is among the failures."""
        if trace is not None and request.keep:
            self._traces.save(trace)

    def _work(self, traces: Traces[Trace, None, None], run: _Run) -> None:
        self._count(active=1)
        end: BaseException | None = None
        try:
            for trace in traces:
                if run.spans:
                    run.spans.saw(trace)
                run.out.put(trace)
                if run.left:
                    break
            traces.close()  # saves what there is of the answer
        except BaseException as error:  # noqa: BLE001  (it is raised where the question was asked)
            end = error
        finally:
            self._count(active=-1, hanging=-run.hung)
            if run.spans:
                run.spans.end(end)
            run.out.put(end)

    def _count(self, *, active: int = 0, hanging: int = 0) -> None:
        with self._counting:
            self.active += active
            self.hanging += hanging

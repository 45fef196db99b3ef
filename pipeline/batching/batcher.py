"""A batcher in front of a model: many callers, few forward passes.

Callers hand in texts and wait; threads of the batcher's own take what waits, packed by length under a budget of tokens,
and run it. While one batch runs the next gathers, so that the more callers there are the fuller the batches. A text
that fails fails its own caller only; memory that runs out makes batches smaller for a while; a full queue says so at
once. Knows nothing of models: the work is a function.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import InvalidStateError, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.batching.shortage import is_shortage
from pipeline.batching.tally import Stats, Tally
from pipeline.batching.totals import Kind, Total, total
from pipeline.batching.waiting import Item, Request, Waiting, padded, split
from pipeline.errors.batching import BatcherClosed, DeadlinePassed, ModelBusy, ModelOutOfMemory, TooManyTexts
from pipeline.limiting import Rule, decreased, increased

T = TypeVar("T")
R = TypeVar("R")

IDLE_S = 10.0  # how long a thread waits for work before it ends; the next text starts another
AHEAD = 4  # batches' worth of texts that a patient caller has waiting at most: others don't stand behind it all
GROWTH = 64  # after a shortage of memory every batch that goes well, and isn't small, adds this part of the full budget


@dataclass(frozen=True, slots=True)
class Limits:
    """How large batches are, and how much waits: the settings ``batching.*``."""

    tokens: int = 8_192
    texts: int = 128
    wait_ms: float = 2.0
    queue: int = 4_096
    flights: int = 1


class Batcher(Generic[T, R]):
    """See the module.

    Args:
        work: one forward pass, results in order; by ``limits.flights`` threads at once while full batches wait.
        size: tokens of a text, called in the caller's thread.
        out_of_memory: errors that mean a batch was too large, and not that a text is bad.
        release: called after such an error and before the next try, to give memory back.
        room: held for the length of each batch, such as ``Limiter.through``.
        kind: of what is read, for the process's count of it (``totals.total``); None: it isn't counted there.
    """

    def __init__(
        self,
        work: Callable[[Sequence[T]], Sequence[R]],
        size: Callable[[T], int],
        limits: Limits,
        *,
        out_of_memory: tuple[type[BaseException], ...] = (MemoryError,),
        release: Callable[[], None] = lambda: None,
        room: Callable[[], AbstractContextManager[object]] = nullcontext,
        kind: Kind | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work = work
        self._size = size
        self._limits = limits
        self._out_of_memory = out_of_memory
        self._release = release
        self._room = room
        self._clock = clock
        self._rule = Rule(ceiling=limits.tokens, step=max(1, limits.tokens // GROWTH))
        self._budget = limits.tokens
        self._waiting: Waiting[T, R] = Waiting()
        self._tally = Tally(total(kind) if kind else Total())
        self._under_way = 0
        self._landed = -math.inf  # when the last batch was done
        self._threads = 0
        self._closed = False
        self._changed = threading.Condition()  # its lock guards everything above

    def map(self, items: Sequence[T], *, deadline_s: float | None = None, patient: bool = False) -> list[R]:
        """The results of texts, in their order. Blocks; any number of threads may call.

        Args:
            deadline_s: after which the texts are given up.
            patient: wait for room instead of being told that there is none. For building an index.

        Raises:
            ModelBusy: the queue has no room; nothing was taken.
            TooManyTexts: it never would have, for so many at once.
            DeadlinePassed, BatcherClosed, ModelOutOfMemory: what their names say.
            Exception: whatever the work raised for one of these texts.
        """
        end = math.inf if deadline_s is None else self._clock() + deadline_s
        request, waiting = self._request(items)
        with self._given_up_unless_done(request):
            if patient:
                self._feed(request, waiting, end)
            else:
                self._admit(waiting)
            left = None if deadline_s is None else max(0.0, end - self._clock())
            if not wait([request.future], left).done:
                raise DeadlinePassed(seconds=deadline_s)
            return request.future.result()

    async def amap(self, items: Sequence[T]) -> list[R]:
        """The same for asyncio. A task that is cancelled takes its texts back."""
        request, waiting = self._request(items)
        with self._given_up_unless_done(request):
            self._admit(waiting)
            return await asyncio.wrap_future(request.future)

    def stats(self) -> Stats:
        """How it stands, and what was done since the start."""
        with self._changed:
            return self._tally.stats(len(self._waiting), self._waiting.tokens, self._under_way, self._budget)

    def close(self) -> None:
        """Take nothing new, and wait until what was taken is done. Not to be called from the work."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._waiting and not self._threads)

    def _request(self, items: Sequence[T]) -> tuple[Request[R], list[Item[T, R]]]:
        request: Request[R] = Request([None] * len(items), len(items))
        if not items:
            request.future.set_result([])
        now = self._clock()
        return request, [Item(it, max(1, self._size(it)), place, request, now) for place, it in enumerate(items)]

    @contextmanager
    def _given_up_unless_done(self, request: Request[R]) -> Iterator[None]:
        """Whoever leaves early (deadline, cancelled task, Ctrl-C) takes what still waits along."""
        try:
            yield
        finally:
            if not request.future.done() or request.future.cancelled():
                request.future.cancel()
                with self._changed:
                    self._tally.abandoned += self._waiting.drop(request)
                    self._changed.notify_all()

    def _admit(self, items: list[Item[T, R]]) -> None:
        with self._changed:
            if self._closed:
                raise BatcherClosed
            if len(items) > self._limits.queue:
                raise TooManyTexts(count=len(items), limit=self._limits.queue)
            if len(self._waiting) + len(items) > self._limits.queue:
                self._tally.refused += 1
                raise ModelBusy(waiting=len(self._waiting), seconds=self._tally.seconds_for(self._waiting.tokens))
            self._add(items)

    def _feed(self, request: Request[R], items: list[Item[T, R]], end: float) -> None:
        """Hand texts in as there is room, as long as their caller has not failed."""
        most = max(1, min(self._limits.queue // 2, AHEAD * self._limits.texts))
        at = 0
        with self._changed:
            while at < len(items) and not request.over:
                if self._closed:
                    raise BatcherClosed
                room = most - len(self._waiting)
                if room > 0:
                    self._add(items[at : at + room])
                    at += room
                elif (left := end - self._clock()) > 0:
                    self._changed.wait(min(left, IDLE_S))
                else:
                    return

    def _add(self, items: list[Item[T, R]]) -> None:
        self._waiting.add(items)
        for _ in range(min(len(items), self._limits.flights - self._threads)):
            threading.Thread(target=self._fly, name="batcher", daemon=True).start()
            self._threads += 1
        self._changed.notify_all()

    def _fly(self) -> None:
        while batch := self._next():
            try:
                with self._room():
                    self._run(batch)
            except BaseException as error:  # noqa: BLE001 - of the room or the release; nobody waits for ever
                for item in batch:
                    self._fail(item, error)
            with self._changed:
                self._under_way -= len(batch)
                self._changed.notify_all()

    def _next(self) -> list[Item[T, R]]:
        """The next batch, when it is time for it. Empty: this thread is not needed any more."""
        idle_until = self._clock() + IDLE_S
        with self._changed:
            while True:
                now = self._clock()
                due = self._due() if self._waiting else idle_until
                if self._waiting and due <= now:
                    batch = self._waiting.take(self._budget, self._limits.texts)
                    self._under_way += len(batch)
                    self._changed.notify_all()
                    return batch
                if not self._waiting and (self._closed or due <= now):
                    self._threads -= 1
                    self._changed.notify_all()
                    return []
                self._changed.wait(min(due - now, IDLE_S))

    def _due(self) -> float:
        """When the oldest text goes: at once when a batch is full, else after it waited for company."""
        if self._closed or self._waiting.tokens >= self._budget or len(self._waiting) >= self._limits.texts:
            return -math.inf
        # Beside a flight only full batches take off: what one flight lets gather, several must not scatter.
        return math.inf if self._under_way else self._waiting.oldest().since + self._limits.wait_ms / 1_000

    def _run(self, batch: list[Item[T, R]]) -> None:
        """Run a batch, in parts where it fails, until everybody has a result or an error."""
        parts = [batch]
        while parts:
            part = self._still_wanted(parts.pop())
            if len(part) > 1 and padded(part) > self._budget:  # memory ran out since it was packed
                parts += reversed(split(part, self._budget, len(part)))
            elif part:
                parts += reversed(self._once(part))

    def _once(self, part: list[Item[T, R]]) -> list[list[Item[T, R]]]:
        """Run texts together; what is to be tried again, in smaller parts."""
        started = self._clock()
        results, error = self._try(part)
        if error is None:
            self._deliver(part, results, started)
        elif is_shortage(error, self._out_of_memory):
            reason = str(error) or type(error).__name__
            error = None  # its traceback holds the memory that ran out
            return self._smaller(part, reason)
        elif len(part) == 1:
            self._fail(part[0], error)
        else:
            middle = len(part) // 2
            return [part[:middle], part[middle:]]
        return []

    def _try(self, part: list[Item[T, R]]) -> tuple[Sequence[R], BaseException | None]:
        try:
            results = self._work([item.value for item in part])
        except BaseException as error:  # noqa: BLE001 - handed to the caller whose text it was; nobody waits for ever
            return [], error
        if len(results) != len(part):
            return [], ValueError(f"the work gave {len(results)} results for {len(part)} texts")
        return results, None

    def _smaller(self, part: list[Item[T, R]], reason: str) -> list[list[Item[T, R]]]:
        """What to run after memory ran out: the same in smaller batches; nothing if that can't be."""
        self._release()
        with self._changed:
            self._tally.shrank()
            self._budget = decreased(min(self._budget, padded(part)), self._rule)
            budget = self._budget
        if len(part) > 1:
            return split(part, budget, max(1, len(part) // 2))
        self._fail(part[0], ModelOutOfMemory(tokens=part[0].tokens, reason=reason))
        return []

    def _still_wanted(self, part: list[Item[T, R]]) -> list[Item[T, R]]:
        wanted = [item for item in part if not item.request.over]
        with self._changed:
            self._tally.abandoned += len(part) - len(wanted)
        return wanted

    def _deliver(self, part: list[Item[T, R]], results: Sequence[R], started: float) -> None:
        whole = []
        with self._changed:
            begun, self._landed = max(started, self._landed), self._clock()  # of several flights each counts its own
            if 2 * padded(part) >= self._budget:  # a small batch says nothing of what a large one may take
                self._budget = increased(self._budget, self._rule)
            self._tally.ran(len(part), sum(item.tokens for item in part), padded(part), self._landed - begun)
            for item, result in zip(part, results, strict=True):
                item.request.results[item.place] = result
                item.request.left -= 1
                if not item.request.left:
                    whole.append(item.request)
        for request in whole:
            with suppress(InvalidStateError):  # its caller left at this moment
                request.future.set_result(request.results)  # type: ignore[arg-type] # every place is filled

    def _fail(self, item: Item[T, R], error: BaseException) -> None:
        with self._changed:
            self._tally.failed += 1
            self._tally.abandoned += self._waiting.drop(item.request)
            self._changed.notify_all()
        with suppress(InvalidStateError):  # its caller has left, or has another error already
            item.request.future.set_exception(error)

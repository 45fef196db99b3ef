"""A growing trace as server-sent events: signs of life while a stage takes long, an end when nobody listens."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, suppress
from typing import Any, Generic, TypeVar

from pipeline.errors.base import HansangError, UnexpectedFault

T = TypeVar("T")

EVENTS = "text/event-stream"
HEARTBEAT = ": 아직 찾는 중입니다 (still working)\n\n"  # a comment: clients leave it out
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # a proxy must not hold the events back

log = logging.getLogger(__name__)


class _Over:
    """What follows the last item."""


class Feed(Generic[T]):
    """Items made in a thread of their own, so that none waits for the other end.

    When nobody listens any more the iterator is closed at its next item: what it does in ``finally`` is done, the rest
    is not.
    """

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[T | Exception | _Over] = asyncio.Queue()
        self._gone = threading.Event()
        threading.Thread(target=self._run, name="feed", daemon=True).start()

    def _run(self) -> None:
        try:
            for item in self._items:
                self._put(item)
                if self._gone.is_set():
                    break
        except Exception as error:  # noqa: BLE001  (raised again where it is read)
            self._put(error)
        finally:
            close = getattr(self._items, "close", None)
            if close:
                close()
            self._put(_Over())

    def _put(self, item: T | Exception | _Over) -> None:
        with suppress(RuntimeError):  # the loop has ended: the server stops
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)

    async def read(self, quiet_s: float) -> AsyncIterator[T | None]:
        """The items as they come; None each time that none came for so many seconds."""
        try:
            while True:
                try:
                    item = await asyncio.wait_for(self._queue.get(), quiet_s)
                except TimeoutError:
                    yield None
                    continue
                if isinstance(item, _Over):
                    return
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self._gone.set()


async def lines(events: Iterator[str], quiet_s: float) -> AsyncIterator[str]:
    """Events as they are made, with heartbeats between them.

    An empty one isn't sent: it only gives the occasion to stop when nobody listens.
    """
    async with aclosing(Feed(events).read(quiet_s)) as read:  # type: ignore[type-var]
        async for event in read:
            if event is None or event:
                yield event or HEARTBEAT


def event(name: str, data: Any) -> str:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def known(error: Exception) -> HansangError:
    """An error as it may be told once the answer has begun and its status is sent; what isn't ours goes to the log."""
    if isinstance(error, HansangError):
        return error
    log.error("a stream ended in an error", exc_info=error)
    return UnexpectedFault(name=type(error).__name__)

"""What a connection of the server may take before there is a request: uvicorn itself would wait for ever.

A connection costs an open file for as long as it lasts, so that whoever opens many and sends half a head on each would
shut everybody else out.
"""

from __future__ import annotations

import asyncio
from asyncio.events import TimerHandle

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.operation.refusals import HeadTooLong, TooSlow
from app.problems import problem
from pipeline.errors.base import HansangError

GRACE_S = 1.0  # whoever waits for a question's body (``turns``) has the first word: that request has an id and a log


def limited(seconds: float, most: int) -> type[asyncio.Protocol]:
    """A protocol for uvicorn's ``http``: the head of a request has so many seconds and bytes to come in, and no more
    than so many seconds may pass between two parts of a body.
    """
    return type("Connection", (_Connection,), {"seconds": seconds, "most": most})


class _Connection(HttpToolsProtocol):
    """One connection, whose limits ``limited`` sets. A WebSocket leaves it with its first request."""

    seconds: float
    most: int
    _due: TimerHandle | None = None
    _in_head = True
    _size = 0  # of the head that is coming, or of the body
    _ended = 0  # heads and bodies

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        ended = self._ended
        super().data_received(data)
        # What begins in the same breath in which another ended isn't measured yet.
        self._size = self._size + len(data) if ended == self._ended else 1
        if self._in_head and self._size > self.most and not self.transport.is_closing():
            self._refuse(HeadTooLong(limit=self.most))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._expect()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._ended += 1
        self._expect(GRACE_S)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._expect(GRACE_S)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._ended += 1
        self._came()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._came()
        super().handle_websocket_upgrade()

    def _expect(self, grace: float = 0.0) -> None:
        """Something is to come from now on."""
        self._came()
        self._due = self.loop.call_later(self.seconds + grace, self._late)

    def _came(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _late(self) -> None:
        if self.flow.read_paused:  # it is we who don't read
            self._expect()
            return
        self._refuse(TooSlow(seconds=self.seconds))

    def _refuse(self, error: HansangError) -> None:
        """Say why and close. Nothing is said to whom nothing was heard of, nor in the middle of an answer."""
        self._came()
        answering = self.cycle is not None and not self.cycle.response_complete and self.cycle.response_started
        if self._size and not answering:
            self.transport.write(_reply(error))
        self.transport.close()


def _reply(error: HansangError) -> bytes:
    """A problem document as it goes over the wire."""
    reply = problem(error, {"Connection": "close"})
    head = b"".join(b"%s: %s\r\n" % (name, value) for name, value in reply.raw_headers)
    return b"".join((STATUS_LINE[reply.status_code], head, b"\r\n", bytes(reply.body)))

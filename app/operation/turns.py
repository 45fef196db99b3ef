"""Whose question is worked on: inside the guard, once the whole question is there.

A place is for those who may ask, and for as long as the work takes: a stranger, or one who sends half a question and
waits, has none.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.headers import with_headers
from app.operation.metrics import Metrics
from app.operation.refusals import Overloaded, TooSlow
from app.operation.turnstile import Turnstile
from app.problems import OPENAI, problem
from pipeline.errors.base import HansangError

QUESTIONS = {
    "POST": re.compile(r"/v1/(ask|search|explain|replay|robustness|analyze|chat/completions)/?"),
    "GET": re.compile(r"/v1/restaurants/.+/(summary|strengths)/?"),
}
"""What costs the time of the processor or of a model. The chat's own questions have Gradio's queue."""


class InTurn:
    """ASGI middleware: lets in as many questions as can be worked on, turns the rest away at once.

    To turn one away costs next to nothing, which is what keeps the others quick when five times too many come.
    """

    def __init__(
        self, app: ASGIApp, turnstile: Turnstile, metrics: Metrics, most: int, seconds: float,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:  # fmt: skip
        """``most`` bytes a question may have (whoever reads it tells that it has more), ``seconds`` to come whole."""
        self._app = app
        self._turnstile = turnstile
        self._metrics = metrics
        self._most = most
        self._seconds = seconds
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not is_question(scope):
            await self._app(scope, receive, send)
            return
        turnstile = self._turnstile
        try:
            receive = await self._read(receive)
        except TimeoutError:
            await _refuse(TooSlow(seconds=self._seconds), scope, receive, send)
            return
        if not await turnstile.enter():
            self._metrics.refused("overloaded")
            running, waiting, seconds = turnstile.running, turnstile.waiting, turnstile.retry_seconds
            await _refuse(Overloaded(running=running, waiting=waiting, seconds=seconds), scope, receive, send)
            return
        start = self._now()
        try:
            await self._app(scope, receive, send)
        finally:
            turnstile.leave(self._now() - start)

    async def _read(self, receive: Receive) -> Receive:
        """Wait for the whole body; what comes gives it once more.

        Raises:
            TimeoutError: it didn't come in time.
        """
        came, size, more = deque[Message](), 0, True
        async with asyncio.timeout(self._seconds):
            while more and size <= self._most:
                came.append(await receive())
                size += len(came[-1].get("body", b""))
                more = came[-1].get("more_body", False)

        async def again() -> Message:
            return came.popleft() if came else await receive()

        return again


async def _refuse(error: HansangError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with a problem document that says when to come back."""
    id_ = str(scope.get("state", {}).get("request_id", ""))
    said = problem(error, request_id=id_, openai=scope["path"].startswith(OPENAI))
    await said(scope, receive, with_headers(scope, send))


def is_question(scope: Scope) -> bool:
    """Whether a request has to wait for its turn."""
    costly = QUESTIONS.get(scope["method"]) if scope["type"] == "http" else None
    return costly is not None and costly.fullmatch(scope["path"]) is not None

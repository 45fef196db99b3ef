"""The outermost door: gives each request an id, takes nothing new while the server is being stopped.

What ends here is counted and logged.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.headers import with_headers
from app.operation.logs import Log
from app.operation.metrics import OTHER, Metrics
from app.operation.refusals import Draining
from app.operation.requests import CURRENT, HEADER, Doing, request_id
from app.operation.tracing import Tracing
from app.operation.turns import is_question
from app.problems import OPENAI, problem
from pipeline.errors.base import HansangError

ALWAYS = frozenset({"/livez", "/readyz", "/metrics"})
"""Asked by machines that watch; answered whatever happens."""

FINISHING = "/gradio_api/queue/data"
"""Where the chat reads an answer that is under way."""

LOST = frozenset({"refused", "server_error"})
RESTART_SECONDS = 10
METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"})


class Front:
    """ASGI middleware. ``busy`` is how many requests of the API are under way."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, log: Log,
        now: Callable[[], float] = time.perf_counter, tracing: Tracing | None = None,
        turned_away: Callable[[str], None] = lambda outcome: None,
    ) -> None:  # fmt: skip
        """``turned_away`` is told of questions that ended without an answer and left no trace, and how."""
        self._app = app
        self._tracing = tracing
        self._metrics = metrics
        self._log = log
        self._now = now
        self._turned_away = turned_away
        self.draining = False
        self.busy = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        doing = Doing(request_id(Headers(scope=scope).get(HEADER, "").encode("latin-1")))
        scope.setdefault("state", {})["request_id"] = doing.request_id
        reply = _Reply(send, doing.request_id)
        token, start = CURRENT.set(doing), self._now()
        span = self._tracing.request(scope) if self._tracing else None
        try:
            with self._counted(scope):
                await self._serve(scope, receive, reply)
        finally:
            CURRENT.reset(token)
            self._note(scope, doing, reply.status, self._now() - start)
            if span is not None:
                span.end(
                    method=scope["method"], route=route_of(scope), status=reply.status,
                    request_id=doing.request_id, trace_id=doing.trace_id,
                )  # fmt: skip

    @contextmanager
    def _counted(self, scope: Scope) -> Iterator[None]:
        api = scope["path"].startswith("/v1/")
        self.busy += api
        try:
            yield
        finally:
            self.busy -= api

    async def _serve(self, scope: Scope, receive: Receive, reply: _Reply) -> None:
        path = scope["path"]
        if self.draining and path not in ALWAYS and not path.startswith(FINISHING):
            self._metrics.refused("draining")
            await reply.refuse(Draining(seconds=RESTART_SECONDS), scope, receive)
        else:
            await self._app(scope, receive, reply)

    def _note(self, scope: Scope, doing: Doing, status: int, seconds: float) -> None:
        route, outcome = route_of(scope), outcome_of(status)
        method = scope["method"] if scope["method"] in METHODS else OTHER
        self._metrics.request(route, method, outcome, seconds)
        if outcome in LOST and not doing.trace_id and is_question(scope):
            self._turned_away(outcome)
        caller = scope["state"].get("caller")
        self._log.request(
            request_id=doing.request_id, trace_id=doing.trace_id, route=route, method=method, status=status,
            outcome=outcome, seconds=seconds, caller=getattr(caller, "name", ""),
        )  # fmt: skip


class _Reply:
    """Sends on, with the request's id; remembers the status."""

    def __init__(self, send: Send, id_: str) -> None:
        self._send = send
        self._id = id_
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[HEADER] = self._id
        await self._send(message)

    async def refuse(self, error: HansangError, scope: Scope, receive: Receive) -> None:
        """Answer with a problem document that says when to come back."""
        said = problem(error, request_id=self._id, openai=scope["path"].startswith(OPENAI))
        await said(scope, receive, with_headers(scope, self))


def route_of(scope: Scope) -> str:
    """The template of the address, of which there are few; ``chat`` for all that belongs to the chat's page."""
    path = scope["path"]
    if path in ALWAYS:
        return str(path)
    if not path.startswith("/v1/") and path not in ("/docs", "/openapi.json"):
        return "chat"
    template = getattr(scope.get("route"), "path", "")
    if template:
        return str(template)
    return str(re.sub(r"/restaurants/.+/", "/restaurants/", path)) if is_question(scope) else "/v1" + OTHER


def outcome_of(status: int) -> str:
    """What a status means: ``ok``, ``client_error``, ``refused`` (come back later), ``server_error``, ``abandoned``."""
    if status == 0:
        return "abandoned"
    if status in (429, 503):
        return "refused"
    return "ok" if status < 400 else "client_error" if status < 500 else "server_error"

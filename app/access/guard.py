"""What every request goes through: who asks, whether they may, how often they did, and what they did as an admin."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from annotations.accounts.limits import Buckets, household
from app.access.addresses import names_this_machine
from app.access.callers import LOCAL, Caller
from app.access.doors import Doors
from app.access.headers import with_headers
from app.access.origins import ours
from app.access.refusals import ForeignHost, ForeignRequest, NotOffered, RateLimited, ScopeMissing, SignInNeeded
from app.access.scopes import READS, counts, needed, offered
from app.access.sessions import SignIn, token_of
from app.api.keyed import REPLAYED
from app.problems import OPENAI, problem
from pipeline.errors.accounts import KeyRefused
from pipeline.errors.base import HansangError
from pipeline.setting_groups.server import Access


class Guard:
    """ASGI middleware. ``guarded``: people sign in and programs have keys; else it is open, to this machine only."""

    def __init__(self, app: ASGIApp, doors: Doors, settings: Access, *, guarded: bool) -> None:
        self._app = app
        self._doors = doors
        self._guarded = guarded
        self._sign_in = SignIn(doors, settings.signins)
        self._callers = Buckets(settings.per_caller)
        self._addresses = Buckets(settings.per_address)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        sending = with_headers(scope, send)
        try:
            if self._guarded and self._sign_in.has(scope):
                self._count_address(scope)
                await self._sign_in(scope, receive, sending)
                return
            caller = await self._admit(scope)
        except HansangError as error:
            await _refuse(scope, receive, sending, error)
            return
        if caller is not None:
            scope.setdefault("state", {})["caller"] = caller
        await self._serve(scope, receive, sending, caller)

    async def _admit(self, scope: Scope) -> Caller | None:
        """Who asks, where it matters.

        Raises:
            HansangError: they may not.
        """
        method, path, headers = scope.get("method", "GET"), scope["path"], Headers(scope=scope)
        if not offered(path):
            raise NotOffered
        scope_needed = needed(method, path)
        if scope_needed is None:
            return None
        if not self._guarded:
            return _at_this_machine(method, headers)
        if counts(method, path):
            self._count_address(scope)
        caller = await self._who(method, headers)
        if counts(method, path) and caller.kind != "internal":
            _count(self._callers, caller.name)
        if scope_needed not in caller.scopes:
            raise ScopeMissing(name=caller.name, needed=scope_needed, scopes=", ".join(sorted(caller.scopes)))
        return caller

    async def _who(self, method: str, headers: Headers) -> Caller:
        kind, _, key = headers.get("authorization", "").partition(" ")
        if kind.casefold() == "bearer":
            return await self._doors.by_key(key.strip())
        token = token_of(headers)
        caller = await self._doors.by_session(token) if token else None
        if caller is None:
            raise SignInNeeded
        if method not in READS and not ours(headers, cookie=True):
            raise ForeignRequest
        return caller

    def _count_address(self, scope: Scope) -> None:
        if scope.get("client"):
            _count(self._addresses, household(scope["client"][0]))

    async def _serve(self, scope: Scope, receive: Receive, send: Send, caller: Caller | None) -> None:
        """Serve somebody who may; what an admin has changed is noted before they are told that it is done."""
        method = scope.get("method", "GET")
        if caller is None or method in READS or needed(method, scope["path"]) != "admin":
            await self._app(scope, receive, send)
            return

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400 and not _replayed(message):
                state = scope["state"]
                detail = {"status": message["status"], "request": state.get("request_id", ""), **state.get("act", {})}
                await self._doors.note("api", caller.name, f"{method} {scope['path']}", **detail)
            await send(message)

        await self._app(scope, receive, noting)


def _replayed(message: Message) -> bool:
    """Whether it was done before, and only the reply of then is given again."""
    return REPLAYED in Headers(raw=message["headers"])


def _at_this_machine(method: str, headers: Headers) -> Caller:
    """Whoever uses an open server: not a page of another site, though, that our user happens to look at."""
    if not names_this_machine(headers.get("host", "")):
        raise ForeignHost
    if method not in READS and not ours(headers, cookie=False):
        raise ForeignRequest
    return LOCAL


def _count(buckets: Buckets, name: str) -> None:
    if seconds := buckets.take(name):
        raise RateLimited(limit=buckets.per_minute, seconds=seconds)


async def _refuse(scope: Scope, receive: Receive, send: Send, error: HansangError) -> None:
    if scope["type"] == "websocket":
        await receive()  # the handshake
        await send({"type": "websocket.close", "code": 1008, "reason": error.code})
        return
    await _refusal(scope, error)(scope, receive, send)


def _refusal(scope: Scope, error: HansangError) -> Response:
    """A person who looks at a page is led to the sign-in page, everybody else gets a problem document."""
    request = Request(scope)
    path = request.url.path
    looking = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    if isinstance(error, SignInNeeded) and looking and not path.startswith(("/v1/", "/gradio_api/")):
        back = f"{path}?{request.url.query}" if request.url.query else path
        return RedirectResponse(f"/signin?{urlencode({'next': back})}", 303, {"Cache-Control": "no-store"})
    unknown = isinstance(error, SignInNeeded | KeyRefused)
    headers = {"WWW-Authenticate": 'Bearer realm="hansang"'} if unknown else {}
    return problem(error, headers, scope.get("state", {}).get("request_id", ""), openai=path.startswith(OPENAI))

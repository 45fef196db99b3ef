"""What every connection goes through: to the sign-in page without a session, and headers that keep others out.

The pages check by themselves who is looking; this keeps strangers, and pages of others, from running them at all.
"""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.menu import PAGES
from pages.place import place
from pages.routes import same_origin
from pages.session import COOKIE, identified

IDENTITY_COOKIE = "_streamlit_user"  # Streamlit's, signed; a page that it opens looks at the signature
# Streamlit's pages need inline styles and scripts that compile; what counts is that nothing is loaded from elsewhere.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; worker-src 'self' blob:;"
    " style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self';"
    " object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
FILES = "/media/"  # what pages give besides what they draw
CLOSED = ("/_stcore/upload_file", "/_stcore/metrics")  # Streamlit's; no page of ours takes files
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",  # not stricter: a form would then be sent without its origin
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, _with_headers(send))
        else:
            await self._app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pages are drawn through a socket; a page of another port of this host could open it with our cookie."""
        connection = HTTPConnection(scope)
        if same_origin(connection) and (place().providers or await _signed_in(connection)):  # st.login needs a page
            await self._app(scope, receive, send)
            return
        await receive()  # the handshake
        await send({"type": "websocket.close", "code": 1008})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        answer: ASGIApp = self._app
        if scope["path"].startswith(CLOSED):
            answer = PlainTextResponse("이 주소는 열려 있지 않습니다. This address isn't offered.", 404)
        elif scope["path"].startswith(FILES) and not await _signed_in(request):
            answer = PlainTextResponse("로그인이 필요합니다. Sign in first.", 403)
        elif await _needs_to_sign_in(request):
            answer = _to_sign_in(request)
        await answer(scope, receive, send)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


async def _needs_to_sign_in(request: Request) -> bool:
    if request.method != "GET" or request.scope["path"].lstrip("/") not in {"", *PAGES}:
        return False
    if place().providers and ("with" in request.query_params or IDENTITY_COOKIE in request.cookies):
        return False  # the page asks the provider, or says why it doesn't let them in
    return not await _has_session(request)


def _to_sign_in(request: Request) -> Response:
    """To the sign-in page, by an address without a host: only the browser knows our name."""
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    address = f"/signin?{urlencode({'next': f'{path}?{query}' if query else path})}"
    if request.headers.get("sec-fetch-site") == "cross-site":  # the browser kept our cookie back; a page of ours has it
        return HTMLResponse(f'<meta http-equiv="refresh" content="0;url={escape(address)}">')
    return RedirectResponse(address, 303)


async def _signed_in(connection: HTTPConnection) -> bool:
    if await _has_session(connection):
        return True
    return bool(place().providers) and await run_in_threadpool(identified, connection.cookies) is not None


async def _has_session(connection: HTTPConnection) -> bool:
    token = connection.cookies.get(COOKIE, "")
    return bool(token) and await run_in_threadpool(place().sessions.account, token) is not None

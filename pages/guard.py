"""What every HTTP request goes through: to the sign-in page without a session, and headers that keep others out.

The pages check by themselves who is looking; this only spares people a page that would tell them to sign in.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.menu import PAGES
from pages.place import place
from pages.session import COOKIE

IDENTITY_COOKIE = "_streamlit_user"  # Streamlit's, signed; whom it names is decided in the page
# Streamlit's pages need inline styles and scripts that compile; what counts is that nothing is loaded from elsewhere.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; worker-src 'self' blob:;"
    " style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self';"
    " object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
FILES = ("/media/", "/_stcore/upload_file")  # what pages give and take besides what they draw
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
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope)
        if request.url.path.startswith(FILES) and not await _may_have_session(request):
            await PlainTextResponse("로그인이 필요합니다. Sign in first.", 403)(scope, receive, with_headers)
        elif await _needs_to_sign_in(request):
            await RedirectResponse(request.url_for("show").include_query_params(next=scope["path"]), 303)(
                scope, receive, with_headers
            )
        else:
            await self._app(scope, receive, with_headers)


async def _needs_to_sign_in(request: Request) -> bool:
    if request.method != "GET" or request.url.path.lstrip("/") not in {"", *PAGES}:
        return False
    if request.headers.get("sec-fetch-site") == "cross-site":
        return False  # the browser kept our cookie back; the page itself will ask with it
    if place().providers and "with" in request.query_params:
        return False
    return not await _may_have_session(request)


async def _may_have_session(request: Request) -> bool:
    if place().providers and IDENTITY_COOKIE in request.cookies:
        return True
    token = request.cookies.get(COOKIE, "")
    return await run_in_threadpool(place().sessions.account, token) is not None

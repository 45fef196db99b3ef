"""Signing in to the chat: a page without any script, the same accounts and lock-out as the annotation app.

The cookie is SameSite=Lax, so that a link to an answer opens for whoever is signed in; what writes must therefore come
from a page of ours (``origins``), and our own forms carry a token of their session besides.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from annotations.accounts.identity_providers import CALLBACK
from annotations.accounts.limits import SignInLimit
from annotations.accounts.sessions import LIFETIME
from app.access.doors import Doors
from app.access.origins import ours
from app.access.page import account_page, sign_in_page
from app.access.refusals import ForeignRequest, NotVouched, SignInNeeded
from app.access.vouching import PENDING_SECONDS
from app.access.words import Lang
from pipeline.errors.accounts import SignInLocked, SignInsLimited
from pipeline.errors.base import HansangError

COOKIE = "hansang_chat"
LABELS_COOKIE = "hansang_labels"  # whoever signed in to the annotation app on this host is known here, too
FORM_COOKIE = "hansang_form"
FORM_BYTES = 16_384
BUSY_SECONDS = 5  # in which dozens of passwords are looked at
VOUCHED_COOKIE = "hansang_vouched"  # of a sign-in that a provider is asked for
_ADDRESSES = ("/signin", "/signout", "/account", "/signin/with", CALLBACK)
_ERROR = re.compile(r"[\w.-]{1,60}", re.ASCII)
_BACK = re.compile(r"/(?![/\\])[^\x00-\x1f\\]*")


class Busy(HansangError):
    """Too many passwords are being looked at."""

    code = "sign-in-busy"
    exit_code = 5
    status = 503
    ko = "로그인하려는 사람이 몰려 있습니다. {seconds}초 뒤에 다시 해 주세요."
    en = "Too many people are signing in. Try again in {seconds} s."


class SignIn:
    """The pages ``/signin`` and ``/account`` and the forms they send."""

    def __init__(self, doors: Doors, signins: int) -> None:
        self._doors = doors
        self._limit = SignInLimit(signins)

    def has(self, scope: Scope) -> bool:
        """Whether a request is for one of these pages."""
        return scope["type"] == "http" and scope["path"] in _ADDRESSES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        answer = {
            ("GET", "/signin"): self._show,
            ("POST", "/signin"): self._enter,
            ("POST", "/signout"): self._leave,
            ("GET", "/account"): self._account,
            ("GET", "/signin/with"): self._ask_provider,
            ("GET", CALLBACK): self._come_back,
        }.get((request.method, scope["path"]))
        response = Response(status_code=405) if answer is None else await answer(request)
        response.headers["Cache-Control"] = "no-store"
        await response(scope, receive, send)

    async def _show(self, request: Request) -> Response:
        return self._form(request)

    async def _enter(self, request: Request) -> Response:
        sent = await _sent(request)
        if not ours(request.headers, cookie=True) or not _signed(request.cookies.get(FORM_COOKIE, ""), sent):
            return self._form(request, ForeignRequest())
        address = request.client.host if request.client else ""
        try:
            with self._limit.attempt(address):
                token = await self._doors.sign_in(sent.get("name", ""), sent.get("password", ""), address)
        except HansangError as refused:  # name and password, or a disk on which no session can be kept
            return self._form(request, refused, sent.get("name", "")[:64])
        if token is None:
            return self._form(request, Busy(seconds=BUSY_SECONDS))
        response = _let_in(request, token, _target(request))
        secure = request.url.scheme == "https"
        response.delete_cookie(FORM_COOKIE, path="/signin", httponly=True, samesite="strict", secure=secure)
        return response

    async def _ask_provider(self, request: Request) -> Response:
        """Send somebody to the identity provider that they chose."""
        if self._doors.vouching is None:
            return self._form(request, status=404)
        lang = _language(request)
        try:
            address, sealed = await self._doors.vouching.begin(
                request.query_params.get("provider", ""), _target(request), lang
            )
        except HansangError as error:
            return self._form(request, error)
        response = RedirectResponse(address, 303)
        response.set_cookie(
            VOUCHED_COOKIE, sealed, max_age=PENDING_SECONDS, path="/signin", httponly=True,
            samesite="lax", secure=request.url.scheme == "https",  # lax: they come back from another site
        )  # fmt: skip
        return response

    async def _come_back(self, request: Request) -> Response:
        """Somebody comes back from an identity provider, with its word or without."""
        vouching, came = self._doors.vouching, request.query_params
        if vouching is None:
            return self._form(request, status=404)
        lang: Lang | None = None
        try:
            pending = vouching.pending(request.cookies.get(VOUCHED_COOKIE, ""), came.get("state", ""))
            lang = pending.lang
            if "code" not in came:
                raise refused_by(came.get("error", ""))
            token = await self._doors.vouched_for(*await vouching.identity(pending, came["code"]))
            response = _let_in(request, token, pending.back)
        except HansangError as error:
            response = self._form(request, error, lang=lang)
        response.delete_cookie(VOUCHED_COOKIE, path="/signin", httponly=True, samesite="lax")
        return response

    async def _leave(self, request: Request) -> Response:
        token, sent = token_of(request.headers), await _sent(request)
        if not token or not ours(request.headers, cookie=True) or not _signed(token, sent):
            return self._form(request, ForeignRequest())
        response = RedirectResponse("/signin", 303)
        for name in (COOKIE, LABELS_COOKIE):  # one of them would let the next person at this screen in again
            if kept := request.cookies.get(name):
                await self._doors.sign_out(kept)
                response.delete_cookie(name, httponly=True)
        return response

    async def _account(self, request: Request) -> Response:
        token = token_of(request.headers)
        caller = await self._doors.by_session(token) if token else None
        if caller is None:
            return self._form(request, SignInNeeded(), status=401)
        return account_page(caller.name, form_token(token), _language(request))

    def _form(
        self, request: Request, error: HansangError | None = None, name: str = "", status: int | None = None,
        lang: Lang | None = None,
    ) -> Response:  # fmt: skip
        nonce, lang = secrets.token_urlsafe(24), lang or _language(request)
        said = "" if error is None else error.korean if lang == "ko" else error.english
        names = self._doors.vouching.names if self._doors.vouching else ()
        response = sign_in_page(form_token(nonce), _target(request), lang, said, name, names)
        response.status_code = status or (200 if error is None else error.status)
        if isinstance(error, SignInLocked | SignInsLimited | Busy):
            response.headers["Retry-After"] = str(error.fields["seconds"])
        secure = request.url.scheme == "https"
        response.set_cookie(
            FORM_COOKIE, nonce, max_age=3_600, path="/signin", httponly=True, samesite="strict", secure=secure
        )
        return response


def _let_in(request: Request, token: str, back: str) -> Response:
    response = RedirectResponse(back, 303)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, token, max_age=LIFETIME, httponly=True, samesite="lax", secure=secure)
    return response


def refused_by(error: str) -> NotVouched:
    """What an identity provider says of why it doesn't vouch for somebody (RFC 6749, 4.1.2.1)."""
    if error == "access_denied":
        return NotVouched(reason="취소했거나 허락되지 않았습니다", reason_en="it was cancelled or not allowed")
    told = error if _ERROR.fullmatch(error) else "?"
    return NotVouched(reason=f"제공자가 거절했습니다({told})", reason_en=f"the provider refused ({told})")


def token_of(headers: Headers) -> str:
    """The session that a browser shows; empty for none."""
    jar = cookie_parser(headers.get("cookie", ""))
    return jar.get(COOKIE, "") or jar.get(LABELS_COOKIE, "")


def form_token(secret: str) -> str:
    """What a form carries to show that it was ours: it follows from a cookie that no other site can read."""
    return hashlib.sha256(f"form:{secret}".encode()).hexdigest()


def _signed(secret: str, sent: dict[str, str]) -> bool:
    return bool(secret) and hmac.compare_digest(form_token(secret).encode(), sent.get("form", "").encode())


async def _sent(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            return {}
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _target(request: Request) -> str:
    wanted = request.query_params.get("next", "/")
    return wanted if _BACK.fullmatch(wanted) and not wanted.startswith(_ADDRESSES) else "/"


def _language(request: Request) -> Lang:
    return "en" if request.query_params.get("lang") == "en" else "ko"

"""Signing in and out over plain HTTP, where a cookie can be set that no script can read.

Nobody else's page can send these forms: the cookie is SameSite=Strict, and a form must come from our own origin.
"""

from __future__ import annotations

import os
from html import escape
from urllib.parse import parse_qs, urlencode, urlsplit

from anyio import CapacityLimiter, to_thread
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from annotations.accounts.limits import SIGN_INS, SignInLimit
from annotations.accounts.sessions import LIFETIME
from pages.look import sign_in_style
from pages.menu import PAGES
from pages.place import place
from pages.session import COOKIE
from pages.words import Lang, word
from pipeline.errors.accounts import SignInRefused
from pipeline.setting_groups.server import Access

CHAT_COOKIE = "hansang_chat"  # whoever signed in to the chat on this host leaves it, too
AT_ONCE = 2  # passwords looked at; each takes 64 MiB and a core for a tenth of a second
WAITING = 50  # who may wait for that
FORM_BYTES = 16_384
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


class SignIn:
    """The sign-in page and the forms it sends."""

    def __init__(self) -> None:
        self._looking = CapacityLimiter(AT_ONCE)
        self._limit = SignInLimit(int(os.environ.get(SIGN_INS, Access().signins)))

    def routes(self) -> list[Route]:
        """The routes beside Streamlit's."""
        return [
            Route("/signin", self.show, methods=["GET"]),
            Route("/signin", self.sign_in, methods=["POST"]),
            Route("/signout", self.sign_out, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The form, or the page that somebody who is signed in came for from another site."""
        account = await to_thread.run_sync(place().sessions.account, request.cookies.get(COOKIE, ""))
        return RedirectResponse(_target(request), 303) if account else _form(request)

    async def sign_in(self, request: Request) -> Response:
        """Take name and password, give a session."""
        if not same_origin(request):
            return _form(request, word("elsewhere", _language(request)), status=403)
        sent = await _sent(request)
        if sent is None or self._looking.statistics().tasks_waiting >= WAITING:
            return _form(request, word("busy", _language(request)), status=503)
        name, password = sent
        address = request.client.host if request.client else ""
        try:
            with self._limit.attempt(address):
                account, token = await to_thread.run_sync(
                    place().sessions.sign_in, name, password, address, limiter=self._looking
                )
        except SignInRefused as refused:
            return _refusal(request, refused, name[:64])
        if _language(request) == "en":  # chosen on this page; Korean may just be how it came
            await to_thread.run_sync(place().accounts.set_language, account.name, "en")
        response = RedirectResponse(_target(request), 303)
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, token, max_age=LIFETIME, httponly=True, samesite="strict", secure=secure)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session, here and in the browser."""
        if not same_origin(request):
            return _form(request, word("elsewhere", _language(request)), status=403)
        response = RedirectResponse("/signin", 303)
        for name in (COOKIE, CHAT_COOKIE):  # one of them would let the next person at this screen in again
            if token := request.cookies.get(name):
                await to_thread.run_sync(place().sessions.end, token)
            response.delete_cookie(name, httponly=True, samesite="strict" if name == COOKIE else "lax")
        return response


def same_origin(connection: HTTPConnection) -> bool:
    """Whether a form was sent, or a socket opened, by one of our own pages; a browser always says by which."""
    try:
        origin = urlsplit(connection.headers.get("origin", "")).netloc
    except ValueError:
        return False
    return bool(origin) and origin == connection.headers.get("host")


def _refusal(request: Request, refused: SignInRefused, name: str) -> Response:
    said = refused.korean if _language(request) == "ko" else refused.english
    response = _form(request, said, name, refused.status)
    if "seconds" in refused.fields:
        response.headers["Retry-After"] = str(refused.fields["seconds"])
    return response


async def _sent(request: Request) -> tuple[str, str] | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            return None
    fields = parse_qs(body.decode("utf-8", "replace"))
    return fields.get("name", [""])[0], fields.get("password", [""])[0]


def _target(request: Request) -> str:
    wanted = request.query_params.get("next", "").removeprefix("/")
    return f"/{wanted}" if wanted.partition("?")[0] in {"", *PAGES} else "/"


def _language(request: Request) -> Lang:
    return "en" if request.query_params.get("lang") == "en" else "ko"


def _form(request: Request, error: str = "", name: str = "", status: int = 200) -> Response:
    lang = _language(request)
    other: Lang = "ko" if lang == "en" else "en"
    here = {"next": _target(request)}
    said = f'<p class="error" role="alert" id="said">{escape(error)}</p>' if error else ""
    focus = ("", " autofocus") if name else (" autofocus", "")
    described = ' aria-describedby="said"' if error else ""
    body = f"""<!doctype html><html lang="{lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{word("title", lang)}</title>
<style>{sign_in_style()}</style></head><body><main>
<header><h1>{word("title", lang)}</h1>
<a href="?{escape(urlencode(here | {"lang": other}))}" lang="{other}">{word("other_language", lang)}</a></header>{said}
<form method="post" action="/signin?{escape(urlencode(here | {"lang": lang}))}">
<label>{word("name", lang)}<input name="name" value="{escape(name)}" autocomplete="username" autocapitalize="none"
 spellcheck="false" required maxlength="64"{described}{focus[0]}></label>
<label>{word("password", lang)}<input name="password" type="password" autocomplete="current-password" required
 maxlength="1024"{described}{focus[1]}></label>
<button>{word("sign_in", lang)}</button></form>{_providers(lang)}{_hint(lang)}</main></body></html>"""
    return HTMLResponse(body, status, {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})


def _providers(lang: Lang) -> str:
    shown = {name: name or word("sso", lang) for name in place().providers}
    return "".join(
        f'<a class="provider" href="/?{escape(urlencode({"with": name}))}">'
        f"{escape(word('sign_in_with', lang, provider=provider))}</a>"
        for name, provider in shown.items()
    )


def _hint(lang: Lang) -> str:
    if place().demo:
        return f"<p>{word('demo_accounts', lang)}</p>"
    return "" if place().accounts.any() or place().providers else f"<p>{word('no_accounts', lang)}</p>"

"""Who is looking, asked of the database on every run of every page, and the language they read."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit

import streamlit as st
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from annotations.accounts.accounts import ROLES
from annotations.accounts.sessions import Identity
from annotations.types import Account, Role
from pages.place import place
from pages.words import Lang, word
from pipeline.errors.accounts import SignedOut, SignInRefused
from pipeline.errors.base import HansangError

COOKIE = "hansang_labels"
_LANGUAGE = "hs-language"


def require(role: Role) -> Account:
    """The account that is signed in; ends the run, saying why, when there is none or its role is too low."""
    account = current()
    lang = language()
    if account is None:
        _offer_to_sign_in(lang)
        st.stop()
    if not may(account, role):
        st.error(word("role_too_low", lang, needed=word(role, lang), role=word(account.role, lang)))
        st.stop()
    return account


def may(account: Account, role: Role) -> bool:
    """Whether an account has a role or one above it."""
    return ROLES.index(account.role) >= ROLES.index(role)


def check(account: Account, role: Role) -> None:
    """Make sure, in the midst of a page or of what hangs on its buttons, that somebody may still do what they do.

    Raises:
        SignedOut: they signed out, were closed out, or have another role now.
    """
    checked_later(account, role)()


def checked_later(account: Account, role: Role) -> Callable[[], None]:
    """``check`` for what Streamlit runs after the page was drawn, where it no longer knows whose page it was."""
    shown, identity = token(), _identity()

    def check_now() -> None:
        now = _of_token(shown) or _of_identity(identity)
        if now is None or now.id != account.id or not may(now, role):
            raise SignedOut

    return check_now


def tell(error: Exception) -> bool:
    """Show an error that nobody handled, if it is one of ours that names its cure."""
    if isinstance(error, HansangError):
        st.error(error.korean)
        st.caption(error.english)
    return isinstance(error, HansangError)


def current() -> Account | None:
    """The account that is signed in now; ends the run where a provider vouches for somebody who may not come in."""
    return _of_token(token()) or _vouched_for()


def language() -> Lang:
    """The language of the page: what was chosen now, else what the account chose before."""
    if _LANGUAGE not in st.session_state:
        account = current()
        st.session_state[_LANGUAGE] = place().accounts.language(account.name) if account else "ko"
    return "en" if st.session_state[_LANGUAGE] == "en" else "ko"


def choose_language(account: Account, lang: Lang) -> None:
    """Change the language, for this page and for the next time."""
    with contextlib.suppress(SignedOut):  # the page says so by itself
        check(account, "annotator")
        st.session_state[_LANGUAGE] = lang
        place().accounts.set_language(account.name, lang)


def sign_out(account: Account) -> None:
    """End the session of somebody whom a provider vouches for. Others leave by the form, which takes the cookie too."""
    place().sessions.end_identified(account)
    st.logout()


def token() -> str:
    """The token that the browser sent when the page was opened, empty without one."""
    return st.context.cookies.get(COOKIE, "")


def identified(cookies: Mapping[str, str]) -> Account | None:
    """Whom the cookie of a provider's sign-in names, once its signature was looked at and they may come in."""
    secret = place().secrets["auth"]["cookie_secret"]
    signed = get_cookie_with_chunks(
        lambda name: decode_signed_value(secret, name, cookies.get(name, "")), USER_COOKIE_NAME
    )
    claims = json.loads(signed) if signed else {}
    with contextlib.suppress(SignInRefused):
        return _of_identity(_named(claims)) if claims.get("is_logged_in") else None
    return None


def _of_token(shown: str) -> Account | None:
    return place().sessions.account(shown) if shown else None


def _identity() -> tuple[Identity, float] | None:
    """Whom a provider vouches for on this page, and since when."""
    return _named(st.user.to_dict()) if place().providers and st.user.is_logged_in else None


def _named(claims: Mapping[str, Any]) -> tuple[Identity, float]:
    shown = claims.get("email") or claims.get("name") or claims["sub"]
    return Identity(str(claims["iss"]), str(claims["sub"]), str(shown)), float(str(claims["iat"]))


def _of_identity(vouched: tuple[Identity, float] | None) -> Account | None:
    return place().sessions.identified(*vouched) if vouched else None


def _vouched_for() -> Account | None:
    try:
        return _of_identity(_identity())
    except SignedOut:
        return None
    except SignInRefused as refused:
        st.warning(refused.korean)
        st.caption(refused.english)
        st.button(word("sign_out", "ko"), on_click=st.logout)
        st.stop()


def _offer_to_sign_in(lang: Lang) -> None:
    wanted = st.query_params.get("with")
    if wanted in place().providers:
        st.login(wanted or None)
        return
    st.warning(word("signed_out", lang))
    back = quote(urlsplit(st.context.url or "/").path)
    st.html(f'<a class="hs-button" href="/signin?next={escape(back)}">{escape(word("sign_in", lang))}</a>')

"""Who is looking, asked of the database on every run of every page, and the language they read."""

from __future__ import annotations

import contextlib
from html import escape
from urllib.parse import quote, urlsplit

import streamlit as st

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
    now = _of_cookie() or _identified()
    if now is None or now.id != account.id or not may(now, role):
        raise SignedOut


def tell(error: Exception) -> bool:
    """Show an error that nobody handled, if it is one of ours that names its cure."""
    if isinstance(error, HansangError):
        st.error(error.korean)
        st.caption(error.english)
    return isinstance(error, HansangError)


def current() -> Account | None:
    """The account that is signed in now; ends the run where a provider vouches for somebody who may not come in."""
    return _of_cookie() or _vouched_for()


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


def _of_cookie() -> Account | None:
    return place().sessions.account(token()) if token() else None


def _identified() -> Account | None:
    if not place().providers or not st.user.is_logged_in:
        return None
    claims = st.user.to_dict()
    shown = claims.get("email") or claims.get("name") or claims["sub"]
    identity = Identity(str(claims["iss"]), str(claims["sub"]), str(shown))
    return place().sessions.identified(identity, float(str(claims["iat"])))


def _vouched_for() -> Account | None:
    try:
        return _identified()
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

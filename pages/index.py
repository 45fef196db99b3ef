"""The entry of the annotation app, run on every change of every page: the look, the menu, the header, then the page."""

from __future__ import annotations

from html import escape

import streamlit as st

from annotations.types import Account
from pages.chat_link import chat_address
from pages.look import style
from pages.menu import PAGES, page
from pages.session import choose_language, current, language, sign_out, token
from pages.words import LANGUAGES, word


def main() -> None:
    """One run."""
    lang = language()
    st.set_page_config(page_title=word("title", lang), page_icon="🍚", layout="wide", initial_sidebar_state="collapsed")
    st.html(style())
    account = current()
    chosen = st.navigation([page(name, account) for name in PAGES], position="top" if account else "hidden")
    if account:
        _header(account)
    chosen.run()


def _header(account: Account) -> None:
    lang = language()
    with st.container(key="hs-header", horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control(
            word("language", lang),
            LANGUAGES,
            default=lang,
            format_func=LANGUAGES.__getitem__,
            key="hs-languages",
            required=True,
            label_visibility="collapsed",
            on_change=lambda: choose_language(account, st.session_state["hs-languages"]),
        )
        with st.popover(account.name, key="hs-account"):
            st.html(f"<b>{escape(account.name)}</b> <span class='hs-soft'>{escape(word(account.role, lang))}</span>")
            if chat := chat_address():
                st.html(f'<a class="hs-button" href="{escape(chat)}">{escape(word("chat", lang))}</a>')
            if token():
                leave = escape(word("sign_out", lang))
                st.html(f'<form class="hs-plain" method="post" action="/signout"><button>{leave}</button></form>')
            else:
                st.button(word("sign_out", lang), on_click=sign_out, args=(account,))


main()

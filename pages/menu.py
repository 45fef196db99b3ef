"""The pages there are and who may open them."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable
from types import ModuleType

import streamlit as st
from streamlit.navigation.page import Page

from annotations.types import Account, Role
from pages.place import place
from pages.session import language, may, require
from pages.watched import watched
from pages.words import word

PAGES: dict[str, Role] = {
    "home": "annotator",
    "label": "annotator",
    "mine": "annotator",
    "adjudicate": "adjudicator",
    "quality": "adjudicator",
    "failures": "adjudicator",
    "runs": "adjudicator",
    "robustness": "adjudicator",
    "regression": "adjudicator",
    "export": "admin",
    "users": "admin",
    "operation": "admin",
}
"""Page, a module of this package with ``render(desk, account)`` → the lowest role that may open it."""

START = "home"


def page(name: str, account: Account | None = None) -> Page:
    """A page for ``st.navigation`` and ``st.page_link``; it is in the menu of those who may open it."""
    shown = account is not None and may(account, PAGES[name])
    return st.Page(
        script(name),
        title=word(name, language()),
        url_path="" if name == START else name,
        default=name == START,
        visibility="visible" if shown else "hidden",
    )


def script(name: str) -> Callable[[], None]:
    """What a page runs: first whether it may be looked at, then itself."""

    def run() -> None:
        account = require(PAGES[name])
        _module(name).render(watched(place().desk, account, PAGES[name]), account)

    return run


def _module(name: str) -> ModuleType:
    path = f"pages.{name}"
    is_new = path not in sys.modules
    # here and not on top: the quality page brings plotly, which those who label need not wait for
    module = importlib.import_module(path)
    if is_new:  # it stays; looking through all of it for garbage would stop everybody for a tenth of a second
        gc.freeze()
    return module

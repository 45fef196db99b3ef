"""The form as a Streamlit component: its files, its place on the page, the exchange of messages with each run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest
from streamlit.components.v2.types import ComponentRenderer

from pages.form.bundle import bundle
from pages.form.choice import go_to
from pages.form.messages import Exchange, Json, Work
from pages.session import language

FOLDER = Path(__file__).parent
_PROJECT, _ENTRY, _STYLE = "hansang", "form.js", "form.css"
_UNDER = "/_stcore/bidi-components"


@cache
def served() -> Mapping[str, bytes]:
    """The form's script and style by the path under which a browser asks for them."""
    script = bundle(FOLDER / "assets", "form").encode()
    style = (FOLDER / "assets" / _STYLE).read_bytes()
    under = f"{_UNDER}/{_PROJECT}.form-{hashlib.sha256(script + style).hexdigest()[:12]}"
    return {f"{under}/{_ENTRY}": script, f"{under}/{_STYLE}": style}


def _name() -> str:
    return next(iter(served())).split("/")[3]


@st.cache_resource
def _form() -> ComponentRenderer:
    # Streamlit finds a component's files through the pyproject.toml of an installed package, which an editable install
    # with several packages at its root doesn't have: so ours are announced here. They are served as they lie in assets.
    project, _, component = _name().partition(".")
    manifest = ComponentManifest(project, "1", [ComponentConfig(component, "assets")])
    get_bidi_component_manager().register_from_manifest(manifest, FOLDER)
    return st.components.v2.component(_name(), js=_ENTRY, css=_STYLE)


def show(key: str, begin: Callable[[], Work], schemes: list[dict[str, str]]) -> None:
    """The form on the page. ``begin`` makes what stands behind it when a browser session comes to it first.

    Whoever may use the desk behind it is for the desk to check (``pages.watched``): the form reruns by itself, without
    the page around it. ``schemes`` are offered on it.
    """
    held = f"{key}-exchange"
    if held not in st.session_state:
        st.session_state[held] = Exchange(begin())
    _run(key, st.session_state[held], schemes)
    # A process that was started anew knows no fragments: with this the browser has it run the page first.
    _form()(key=f"{key}-wake", data={"wake": True}, on_wake_change=_nothing)


@st.fragment
def _run(key: str, exchange: Exchange, schemes: list[dict[str, str]]) -> None:
    sent = st.session_state.get(key)
    # Handled before the form is shown, so that one run does both and a save takes one round trip.
    exchange.receive(sent.get("messages") if sent else None)
    data: Json = {**exchange.data(), "lang": language(), "schemes": schemes}
    result = _form()(key=key, data=data, on_messages_change=_nothing, on_scheme_change=_nothing)
    if chosen := result.get("scheme"):
        go_to(chosen)
        st.rerun()
    if exchange.receive(result.get("messages")):
        st.rerun()  # the first run of a new session knows of messages only once the form is on the page


def _nothing() -> None:
    """A trigger needs a callback to be known by."""

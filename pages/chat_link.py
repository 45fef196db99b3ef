"""Where the chat is, for links in pages."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from pages.place import place
from pipeline.endpoint import is_here


def chat_address() -> str:
    """The chat's address as this browser can reach it, empty where there is none: what ``service.chat_url`` says, else
    the same machine, another port.

    A browser on this machine is sent to the address that the chat listens on, where that isn't this machine's own.
    """
    server = place().server
    if server and place().chat_url:
        return place().chat_url
    host = urlsplit(st.context.url or "").hostname or ""
    bare = f"[{host}]" if ":" in host else host
    if server and host and is_here(f"http://{bare}") and not is_here(server):
        return server
    return f"http://{bare}:{place().chat}" if server and host else ""

"""Where the chat is, for links in pages."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from pages.place import place


def chat_address() -> str:
    """The chat's address as this browser can reach it: the same machine, another port. Empty where there is none."""
    host = urlsplit(st.context.url or "").hostname or ""
    return f"http://{f'[{host}]' if ':' in host else host}:{place().chat}" if place().chat and host else ""

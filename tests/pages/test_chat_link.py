"""Where links to the chat lead, by how the page was opened and where the chat listens."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from pages import chat_link
from tests.pages.stored import looking


@pytest.mark.parametrize(
    ("page", "host", "link"),
    [
        ("http://127.0.0.1:8501/", "127.0.0.1", "http://127.0.0.1:7860"),
        ("http://localhost:8501/", "127.0.0.1", "http://localhost:7860"),  # cookies are the name's
        ("http://labels.kr:8501/", "127.0.0.1", "http://labels.kr:7860"),  # listens on every address
        ("http://labels.kr:8501/", "192.0.2.7", "http://labels.kr:7860"),
        ("http://127.0.0.1:8501/", "192.0.2.7", "http://192.0.2.7:7860"),  # there, and nowhere else
        ("http://[::1]:8501/", "[2001:db8::7]", "http://[2001:db8::7]:7860"),
        ("http://[2001:db8::9]:8501/", "127.0.0.1", "http://[2001:db8::9]:7860"),
        ("", "127.0.0.1", ""),
    ],
)
def test_the_link_leads_to_where_the_chat_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str, host: str, link: str
) -> None:
    monkeypatch.setattr(chat_link, "st", SimpleNamespace(context=SimpleNamespace(url=page)))
    with looking(tmp_path, 7860, host):
        assert chat_link.chat_address() == link
    with looking(tmp_path, 0, host):
        assert chat_link.chat_address() == ""


@pytest.mark.parametrize("page", ["https://labels.kr/", "http://127.0.0.1:8501/"])
def test_the_public_address_of_the_chat_is_the_link_where_it_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setattr(chat_link, "st", SimpleNamespace(context=SimpleNamespace(url=page)))
    for chat, link in ((7860, "https://chat.kr"), (0, "")):
        with looking(tmp_path, chat, chat_url="https://chat.kr"):
            assert chat_link.chat_address() == link

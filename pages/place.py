"""What one process of the annotation app works with: the desk, accounts, sessions. Opened once, by whoever serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotations.accounts.accounts import Accounts
from annotations.accounts.identity_providers import SECRETS, providers, read_secrets
from annotations.accounts.passwords import Passwords
from annotations.accounts.sessions import Sessions
from annotations.desk import DEFAULTS, Desk
from annotations.types import DeskSettings

LABELS = "labels.db"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Place:
    """``chat`` is the port of the chat, 0 where there is none; ``demo`` whether demo accounts may sign in.

    ``chat_host`` is a host by which this machine reaches the chat, in brackets where it is an IPv6 address;
    ``chat_url`` is the address by which people do, empty where that is its port beside ours.

    ``secrets`` are Streamlit's, ``providers`` the identity providers in them as ``st.login`` names them, ``""`` for the
    one without a name.
    """

    desk: Desk
    accounts: Accounts
    sessions: Sessions
    chat: int = 0
    chat_host: str = LOOPBACK
    demo: bool = False
    secrets: Mapping[str, Any] = field(default_factory=dict)
    providers: tuple[str, ...] = ()
    chat_url: str = ""

    @property
    def server(self) -> str:
        """The server's address as this machine reaches it; empty where there is none."""
        return f"http://{self.chat_host}:{self.chat}" if self.chat else ""


_open: list[Place] = []


def open_place(
    home: Path,
    *,
    chat: int = 0,
    chat_host: str = LOOPBACK,
    chat_url: str = "",
    demo: bool = False,
    settings: DeskSettings = DEFAULTS,
    passwords: Passwords | None = None,
) -> Place:
    """Open everything over one home, having looked through the labels for damage, and keep it for this process.

    Raises:
        LabelsDamaged, LabelsNewer, FileProblem: it can't be opened, with the cure.
    """
    secrets = read_secrets(home / SECRETS)
    desk, passwords = _checked(Desk(home / LABELS, settings)), passwords or Passwords()
    opened = Place(
        desk,
        Accounts(desk.writer, passwords=passwords, demo=demo),
        Sessions(desk.writer, passwords=passwords, demo=demo),
        chat,
        chat_host,
        demo,
        secrets,
        providers(secrets.get("auth", {})),
        chat_url,
    )
    _open[:] = [opened]
    return opened


def _checked(desk: Desk) -> Desk:
    # Whoever starts this process by hand is told at once, not by the first page that reads what is broken.
    try:
        desk.check()
    except BaseException:
        desk.close()
        raise
    return desk


def place() -> Place:
    """What this process has open."""
    return _open[0]


def close_place() -> None:
    """Finish what is being written."""
    _open.pop().desk.close()

"""What one process of the annotation app works with: the desk, accounts, sessions. Opened once, by whoever serves."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotations.accounts import Accounts
from annotations.desk import DEFAULTS, Desk
from annotations.passwords import Passwords
from annotations.sessions import Sessions
from annotations.types import DeskSettings
from pipeline.errors import FileProblem

LABELS = "labels.db"
SECRETS = "secrets.toml"
_SHARED = ("redirect_uri", "cookie_secret")
_OF_PROVIDER = ("client_id", "client_secret", "server_metadata_url")


@dataclass(frozen=True, slots=True)
class Place:
    """``chat`` is the port of the chat, 0 where there is none; ``demo`` whether demo accounts may sign in.

    ``secrets`` are Streamlit's, ``providers`` the identity providers in them as ``st.login`` names them, ``""`` for the
    one without a name.
    """

    desk: Desk
    accounts: Accounts
    sessions: Sessions
    chat: int = 0
    demo: bool = False
    secrets: Mapping[str, Any] = field(default_factory=dict)
    providers: tuple[str, ...] = ()


_open: list[Place] = []


def open_place(
    home: Path,
    *,
    chat: int = 0,
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
        demo,
        secrets,
        providers(secrets.get("auth", {})),
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


def read_secrets(path: Path) -> Mapping[str, Any]:
    """Streamlit's secrets of a home; empty where there is no such file.

    Raises:
        FileProblem: it can't be read, or ``[auth]`` isn't complete.
    """
    if not path.exists():
        return {}
    try:
        secrets = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _problem(path, f"TOML로 읽을 수 없습니다({error})", f"It is not TOML ({error})") from error
    if "auth" in secrets:
        _check_auth(path, secrets["auth"])
    return secrets


def providers(auth: Mapping[str, Any]) -> tuple[str, ...]:
    """The identity providers in ``[auth]``."""
    named = tuple(name for name, section in auth.items() if isinstance(section, dict) and "client_id" in section)
    return ("", *named) if "client_id" in auth else named


def _check_auth(path: Path, auth: Mapping[str, Any]) -> None:
    missing = [name for name in _SHARED if not auth.get(name)]
    for provider in providers(auth) or ("",):
        section = auth[provider] if provider else auth
        missing += [f"{provider}.{name}".lstrip(".") for name in _OF_PROVIDER if not section.get(name)]
    if missing:
        names = ", ".join(missing)
        raise _problem(path, f"[auth]에 {names}이(가) 없습니다", f"[auth] has no {names}")


def _problem(path: Path, ko: str, en: str) -> FileProblem:
    return FileProblem(
        path=path, problem=ko, cure="README의 '외부 로그인'대로 고치거나 파일을 옮기세요.",
        problem_en=en, cure_en="Mend it as the README says under OIDC, or move the file away.",
    )  # fmt: skip

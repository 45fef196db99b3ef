"""The identity providers of a home: its ``secrets.toml``, which is Streamlit's file and the chat's as well."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors.files import FileProblem

SECRETS = "secrets.toml"
CALLBACK = "/signin/callback"
_SHARED = ("redirect_uri", "cookie_secret")
_OF_PROVIDER = ("client_id", "client_secret", "server_metadata_url")


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """One provider as the chat speaks to it. ``name`` is "" for the one without a name."""

    name: str
    client_id: str
    client_secret: str = field(repr=False)
    metadata_url: str


@dataclass(frozen=True, slots=True)
class ChatSignIn:
    """By whom people may be vouched for in the chat, where they are sent back to, and the key of its cookies."""

    providers: tuple[IdentityProvider, ...]
    redirect_uri: str
    cookie_secret: str = field(repr=False)


def read_secrets(path: Path) -> Mapping[str, Any]:
    """The secrets of a home; empty where there is no such file.

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
    """The names of the identity providers in ``[auth]``."""
    named = tuple(name for name, section in auth.items() if isinstance(section, dict) and "client_id" in section)
    return ("", *named) if "client_id" in auth else named


def chat_sign_in(path: Path) -> ChatSignIn | None:
    """How people are vouched for in the chat; None where ``[chat]`` names no ``redirect_uri`` or ``[auth]`` nobody.

    Raises:
        FileProblem: the file can't be read, or the address isn't the chat's.
    """
    secrets = read_secrets(path)
    auth, chat = secrets.get("auth", {}), secrets.get("chat", {})
    redirect = str(chat.get("redirect_uri", ""))
    if not redirect or not auth:
        return None
    if not redirect.startswith(("http://", "https://")) or not redirect.endswith(CALLBACK):
        raise _problem(
            path,
            f"[chat]의 redirect_uri는 채팅의 주소에 {CALLBACK}을 붙인 것이어야 합니다",
            f"redirect_uri of [chat] has to be the chat's address with {CALLBACK}",
        )
    return ChatSignIn(tuple(_of_chat(auth)), redirect, str(auth["cookie_secret"]))


def _of_chat(auth: Mapping[str, Any]) -> Iterator[IdentityProvider]:
    for name in providers(auth):
        section = auth[name] if name else auth
        yield IdentityProvider(name, *(str(section[key]) for key in _OF_PROVIDER))


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

"""What the sign-in page says, in Korean and English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Lang = Literal["ko", "en"]

_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "title": ("한상", "Hansang"),
    "sign_in": ("로그인", "Sign in"),
    "sign_out": ("로그아웃", "Sign out"),
    "sign_in_with": ("{provider} 계정으로 로그인", "Sign in with {provider}"),
    "sso": ("회사", "your organisation"),
    "name": ("이름", "Name"),
    "password": ("비밀번호", "Password"),
    "other_language": ("English", "한국어"),
    "hint": (
        "라벨링 앱과 같은 계정입니다. 계정이나 비밀번호가 없으면 관리자에게 부탁하세요.",
        "The accounts are those of the annotation app. Without an account or a password, ask an administrator.",
    ),
    "signed_in_as": ("로그인한 계정: {name}", "Signed in as {name}"),
    "to_chat": ("채팅으로", "To the chat"),
})  # fmt: skip


def word(key: str, lang: Lang, **fields: object) -> str:
    """A word or sentence in a language."""
    ko, en = _WORDS[key]
    return (ko if lang == "ko" else en).format(**fields)

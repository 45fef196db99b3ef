"""What the shell of the annotation app says, in Korean and English. Each page keeps its own words beside it."""

from __future__ import annotations

from typing import Literal

Lang = Literal["ko", "en"]
LANGUAGES: dict[Lang, str] = {"ko": "KO", "en": "EN"}

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("한상 라벨링", "Hansang labels"),
    "language": ("언어", "Language"),
    "other_language": ("English", "한국어"),
    "home": ("할 일", "To do"),
    "label": ("라벨링", "Label"),
    "mine": ("내 답", "My answers"),
    "adjudicate": ("조정", "Adjudicate"),
    "quality": ("품질", "Quality"),
    "failures": ("실패 분석", "Failures"),
    "runs": ("실행 비교", "Compare runs"),
    "robustness": ("강건성", "Robustness"),
    "regression": ("회귀", "Regression"),
    "export": ("내보내기", "Export"),
    "users": ("계정", "Accounts"),
    "operation": ("운영 현황", "Operation"),
    "annotator": ("작업자", "annotator"),
    "adjudicator": ("조정자", "adjudicator"),
    "admin": ("관리자", "admin"),
    "sign_in": ("로그인", "Sign in"),
    "sign_in_with": ("{provider} 계정으로 로그인", "Sign in with {provider}"),
    "sso": ("회사", "your organisation"),
    "sign_out": ("로그아웃", "Sign out"),
    "name": ("이름", "Name"),
    "password": ("비밀번호", "Password"),
    "chat": ("채팅 열기", "Open the chat"),
    "no_accounts": (
        "아직 계정이 없습니다. 터미널에서 hansang users add 이름 --role admin 으로 만드세요.",
        "There is no account yet. Make one in a terminal: hansang users add NAME --role admin",
    ),
    "demo_accounts": (
        "데모 계정과 비밀번호는 hansang demo를 시작한 터미널에 적혀 있습니다.",
        "The demo accounts and their passwords are in the terminal that started hansang demo.",
    ),
    "elsewhere": (
        "이 화면은 다른 곳에서 보낸 로그인을 받지 않습니다. 아래에 다시 적어 주세요.",
        "A sign-in sent from somewhere else is not accepted. Please enter it again below.",
    ),
    "busy": (
        "로그인하려는 사람이 한꺼번에 너무 많습니다. 조금 뒤에 다시 하세요.",
        "Too many people are signing in at once. Try again in a moment.",
    ),
    "signed_out": (
        "로그인이 끝났습니다. 쓰던 답은 저장된 데까지 남아 있습니다. 다시 로그인하면 그대로 이어집니다.",
        "You are signed out. What was saved of your answer is kept; sign in again to go on.",
    ),
    "role_too_low": (
        "이 페이지는 {needed}부터 볼 수 있습니다. 지금 역할은 {role}입니다. 필요하면 관리자에게 바꿔 달라고 하세요.",
        "This page is for the role {needed} and above; yours is {role}. Ask an administrator to change it.",
    ),
}


def word(key: str, lang: Lang, **fields: object) -> str:
    """A text in a language, its fields filled in."""
    ko, en = _WORDS[key]
    return (ko if lang == "ko" else en).format(**fields)

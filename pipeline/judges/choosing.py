"""Which judge is asked: from what the command line says to a ``Judge``. Keys come from the environment only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline.errors.judges import JudgeUnavailable
from pipeline.judges.endpoint import SECONDS, EndpointJudge
from pipeline.judges.gemini import GeminiJudge
from pipeline.judges.types import Judge

Kind = Literal["openai", "gemini", "local"]
URLS: Mapping[Kind, str] = {"openai": "https://api.openai.com/v1", "local": "http://127.0.0.1:8000/v1", "gemini": ""}
KEYS: Mapping[Kind, tuple[str, ...]] = {
    "openai": ("OPENAI_API_KEY",), "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"), "local": ("HANSANG_LLM_KEY",)
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """A judge as it is named on the command line. ``url`` stands for the kind's usual one where it is empty."""

    kind: Kind
    model: str
    url: str = ""
    seconds: float = SECONDS

    @property
    def name(self) -> str:
        """What it is called in the ledger: the address is no part of it, so that a server may move."""
        return f"{self.kind}:{self.model}"


def make_judge(choice: Choice, environment: Mapping[str, str] = os.environ) -> Judge:
    """The judge that was chosen.

    Raises:
        JudgeUnavailable: its key or its package is missing.
    """
    key = next((environment[name] for name in KEYS[choice.kind] if environment.get(name)), "")
    own_server = choice.kind == "openai" and bool(choice.url)  # somebody's own server may want no key
    if not key and choice.kind != "local" and not own_server:
        names = " 또는 ".join(KEYS[choice.kind])
        raise JudgeUnavailable(
            judge=choice.kind, reason="환경 변수에 키가 없습니다", reason_en="its key isn't in the environment",
            cure=f"{names}에 API 키를 넣고 다시 하세요",
            cure_en=f"Put the key into {' or '.join(KEYS[choice.kind])} and try again",
        )  # fmt: skip
    if choice.kind == "gemini":
        return GeminiJudge(choice.name, choice.model, key, url=choice.url, seconds=choice.seconds)
    return EndpointJudge(choice.name, choice.url or URLS[choice.kind], choice.model, key, seconds=choice.seconds)

"""What the bodies of all requests have in common: a field that isn't known is refused, never left out silently."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from pipeline.errors.base import InputError
from pipeline.tables.rejects import printable


class UnknownField(InputError):
    """A body with a field that its operation doesn't take."""

    code = "unknown-field"
    ko = "요청에 쓸 수 없는 칸 '{name}'이(가) 있습니다.{near} 쓸 수 있는 칸: {known}. /docs에서 형식을 확인하세요."
    en = "The request has a field '{name}' that isn't known.{near_en} Known fields: {known}. See /docs for the form."


class Body(BaseModel):
    """A body of a request: whoever misspells ``set`` is told so instead of being answered under other settings."""

    model_config = ConfigDict(extra="forbid")  # says so in the OpenAPI document, too

    @model_validator(mode="before")
    @classmethod
    def _knows_every_field(cls, given: Any) -> Any:
        unknown = [name for name in given if name not in cls.model_fields] if isinstance(given, dict) else []
        if unknown:
            raise unknown_field(printable(str(unknown[0])), tuple(cls.model_fields))
        return given


def unknown_field(name: str, known: tuple[str, ...]) -> UnknownField:
    """The error of a field, with the known one that is spelled most like it."""
    near = "".join(get_close_matches(name.casefold(), known, n=1, cutoff=0.5))
    hints = {"near": f" '{near}'을(를) 쓰려던 것인가요?", "near_en": f" Did you mean '{near}'?"}
    return UnknownField(name=name, known=", ".join(known), **(hints if near else dict.fromkeys(hints, "")))

"""The names of the labels of reviews as the label scheme ``review`` has them: one place for chat and commands."""

from __future__ import annotations

from functools import cache
from typing import Literal

from annotations.schemes.scheme import Field, load_scheme

SCHEME = "review"
SIGNS = {"positive": "+", "neutral": "0", "negative": "−"}


@cache
def _field(name: str) -> Field:
    field = load_scheme(SCHEME).field(name)
    if field is None:
        raise KeyError(name)
    return field


def names(field: str, lang: Literal["ko", "en"] = "ko") -> dict[str, str]:
    """The options of a field of the scheme by their ids, in its order: ``{"positive": "긍정", …}``."""
    return {option.id: option.ko if lang == "ko" else option.en for option in _field(field).options}


def title(field: str, lang: Literal["ko", "en"] = "ko") -> str:
    """What the scheme calls a field."""
    wording = _field(field).title
    return wording.ko if lang == "ko" else wording.en


def anchor(step: int, lang: Literal["ko", "en"] = "ko") -> str:
    """What a step of the intensity means, 1 to 5."""
    option = _field("intensity").option(str(step))
    if option is None or option.anchor is None:
        return ""
    return option.anchor.ko if lang == "ko" else option.anchor.en

"""What a check of this machine says: the nouns of the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "notice", "problem"]


@dataclass(frozen=True, slots=True)
class Text:
    """The same in Korean and in English."""

    ko: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing: what it is, how it stands, what was found, and what to do; ``cure`` is empty when nothing is to do.

    ``notice`` is something to know, which hinders nothing; a ``problem`` hinders the program on this machine.
    """

    name: str
    title: Text
    status: Status
    found: Text
    cure: Text = Text()

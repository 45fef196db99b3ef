"""What a request may change of the settings. Where a model is asked and where it lies is the server's alone."""

from __future__ import annotations

from collections.abc import Mapping

from app.refusals import SettingNotOpen
from pipeline.config import Settings, options

OPEN = (
    "tokenizer", "reranker", "generator", "prompt",
    "retrieval.", "fusion.", "rerank.", "answer.", "llm.temperature", "llm.answer_tokens", "llm.gate",
)  # fmt: skip
"""Names of settings, and groups (with a dot) of them, that a question may change."""


def is_open(name: str) -> bool:
    """Whether a question may change a setting."""
    return any(name.startswith(one) if one.endswith(".") else name == one for one in OPEN)


def checked(settings: Settings, overrides: Mapping[str, object]) -> dict[str, object]:
    """The overrides, unchanged. Unknown names and those that indexing fixes are told by whoever applies them.

    Raises:
        SettingNotOpen: one of them is the server's.
    """
    closed = {o.name for o in options(settings) if not o.index_time and not is_open(o.name)}
    for name in overrides:
        if name in closed:
            raise SettingNotOpen(name=name)
    return dict(overrides)

"""Telling from an error that memory ran out."""

from __future__ import annotations

_SAID = ("DefaultCPUAllocator: can't allocate memory", "DefaultCPUAllocator: not enough memory")
"""How PyTorch says it on a CPU: with a plain RuntimeError."""


def is_shortage(error: BaseException, kinds: tuple[type[BaseException], ...]) -> bool:
    """Whether an error is one of those kinds, or says the same with another."""
    return isinstance(error, kinds) or any(said in str(error) for said in _SAID)

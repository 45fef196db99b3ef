"""Finds and loads backends by name. A kind is a folder, a backend a module in it: adding a module adds a backend.

The only dynamic import of the project.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Literal

from pipeline.errors.machine import BackendUnavailable
from pipeline.errors.settings import BackendNotFound

Kind = Literal["tokenizer", "encoder", "retriever", "reranker", "generator", "classifier"]


def available(kind: Kind) -> tuple[str, ...]:
    """The names of the backends of a kind, sorted. Imports none of them."""
    folder = importlib.import_module(f"pipeline.{kind}s")
    return tuple(sorted(module.name for module in pkgutil.iter_modules(folder.__path__)))


def load(kind: Kind, name: str) -> ModuleType:
    """The module of a backend; it makes its objects with ``load`` and, where it learns from a corpus, ``build``.

    Raises:
        BackendNotFound: no module of that name in the kind's folder.
        BackendUnavailable: a package that it needs isn't installed.
    """
    known = available(kind)
    if name not in known:
        raise BackendNotFound(kind=kind, name=name, known=", ".join(known))
    try:
        return importlib.import_module(f"pipeline.{kind}s.{name}")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "pipeline"):
            raise
        raise BackendUnavailable(
            name=name,
            reason=f"파이썬 패키지 {package}이(가) 설치되어 있지 않습니다",
            cure=f"`pip install {package}`로 설치하세요",
        ) from error

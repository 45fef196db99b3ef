"""The tree of errors: a name is of one error only, and each says what it says in both languages."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pipeline.errors
from pipeline.errors.base import HansangError


def defined() -> Iterator[type[HansangError]]:
    """Every error that a module of the package defines."""
    for module in pkgutil.iter_modules(pipeline.errors.__path__, "pipeline.errors."):
        for kind in vars(importlib.import_module(module.name)).values():
            if isinstance(kind, type) and issubclass(kind, HansangError) and kind.__module__ == module.name:
                yield kind


def test_a_name_is_of_one_error_only() -> None:
    names = [kind.__name__ for kind in defined()]
    assert len(names) > 140
    assert sorted(names) == sorted(set(names))

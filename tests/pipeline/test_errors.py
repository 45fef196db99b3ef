"""The tree of errors: a name is of one error only, and each says what it says in both languages."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pipeline.errors
from pipeline.errors.base import HansangError
from pipeline.errors.settings import BadSetting

ROOT = Path(__file__).parents[2]


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


def test_what_a_setting_needs_is_said_in_one_language_each() -> None:
    made = [call for folder in ("app", "pipeline") for path in (ROOT / folder).rglob("*.py") for call in calls(path)]
    assert len(made) > 40
    for where, said in made:
        assert re.search("[가-힣]", said["expected"]), where
        assert not re.search("[가-힣]", said["expected_en"]), where
        assert not re.search(r"\([A-Za-z]", said["expected"]), where  # English in brackets
    error = BadSetting(name="x", value="주차", expected="값", expected_en="a value")
    assert (error.korean.endswith(" 값"), error.english.endswith(" a value")) == (True, True)


def calls(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Where a module makes the error of a setting, and the words that each keyword has in the source."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == BadSetting.__name__:
            yield f"{path}:{node.lineno}", {str(one.arg): words(one.value) for one in node.keywords}


def words(value: ast.expr) -> str:
    """The text in an expression."""
    parts = [one.value for one in ast.walk(value) if isinstance(one, ast.Constant)]
    return "".join(part for part in parts if isinstance(part, str))

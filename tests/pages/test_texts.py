"""Every text of the pages is asked for with its fields: where one is missing, the page breaks only when it is shown."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "pages"
MODULES = sorted(PAGES.rglob("*.py"))
SAYING = {"say", "_say", "text", "word"}
"""The functions that take the key of a text, and its fields by name."""


def tables(module: ast.Module) -> Iterator[tuple[str, tuple[str, str]]]:
    """The texts of a module: key → Korean and English."""
    for node in module.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Tuple) and len(value.elts) == 2:
                    ko, en = (each.value if isinstance(each, ast.Constant) else None for each in value.elts)
                    if isinstance(ko, str) and isinstance(en, str):
                        yield str(key.value), (ko, en)


TEXTS = {path: dict(tables(ast.parse(path.read_text("utf-8")))) for path in MODULES}
ANYWHERE = {key: texts for table in TEXTS.values() for key, texts in table.items()}


def fields(text: str) -> set[str]:
    """The names to be filled in. ``{at.month}`` is ``at``."""
    return {name.partition(".")[0] for _, name, _, _ in string.Formatter().parse(text) if name}


def calls(path: Path) -> Iterator[tuple[int, str, set[str]]]:
    """Line, key and the fields given, of every text that is asked for by a key that stands in the code."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or any(each.arg is None for each in node.keywords):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        keys = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if name in SAYING and keys:
            yield node.lineno, keys[0], {each.arg for each in node.keywords if each.arg}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PAGES).as_posix())
def test_every_field_of_a_text_is_given(path: Path) -> None:
    for line, key, given in calls(path):
        texts = TEXTS[path].get(key) or ANYWHERE.get(key)
        if texts:
            assert fields(texts[0]) | fields(texts[1]) <= given, f"{path.name}:{line} {key}"


def test_texts_are_found() -> None:
    found = [key for path in MODULES for _, key, _ in calls(path) if key in ANYWHERE]
    assert len(found) > 150
    assert fields("{at.month}월 {n:,}개") == {"at", "n"}

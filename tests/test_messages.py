"""Errors are told in Korean and in English, also where one text stands in both: what a setting may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KOREAN = re.compile(r"[가-힣]+")
IN_BRACKETS = re.compile(r"\([^()]*[a-z]{3,}[^()]*\)")


def said(node: ast.expr) -> str:
    """A literal's text, with nothing where an f-string is filled in; empty for what is no literal."""
    if isinstance(node, ast.JoinedStr):
        return "".join(said(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return said(node.left) + said(node.right)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def expectations() -> Iterator[tuple[str, str]]:
    """Every literal that says what a setting may be, by its place."""
    for folder in ("annotations", "app", "pages", "pipeline"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.keyword) and node.arg == "expected" and (text := said(node.value)):
                    yield f"{path.relative_to(ROOT)}:{node.value.lineno}", text


@pytest.mark.parametrize(("place", "text"), list(expectations()))
def test_what_a_setting_may_be_is_said_in_english_too(place: str, text: str) -> None:
    if len(KOREAN.findall(text)) > 2:
        assert IN_BRACKETS.search(text), f"{place}: {text}"

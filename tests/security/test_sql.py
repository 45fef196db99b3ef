"""SQL is made of our own words only: every value that comes from anywhere is bound, never written into a statement."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("annotations", "app", "pages", "pipeline")
BASELINE = Path(__file__).with_name("bandit.json")
# Not CREATE: what makes the tables gets nothing from anybody.
_SQL = re.compile(r"^(?!CREATE ).*\b(SELECT|INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM)\b", re.DOTALL)
_OURS = re.compile(r"_?[A-Z][A-Z0-9_]*")


def texts(node: ast.AST) -> str:
    """All that is written out in an expression."""
    return "".join(
        each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)
    )


def ours(node: ast.expr) -> bool:
    """Whether nobody but us can have written what an expression comes to.

    A constant or the name of one, the columns of one (``of``), as many question marks as there are values, and what is
    joined or filled from such.
    """
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.Name):
        return bool(_OURS.fullmatch(node.id))
    if isinstance(node, ast.Tuple | ast.List):
        return all(map(ours, node.elts))
    if isinstance(node, ast.Subscript):
        return ours(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return isinstance(node.left, ast.Constant) and node.left.value == "?"
    if isinstance(node, ast.GeneratorExp):
        return _made_of_ours(node)
    if isinstance(node, ast.Call) and not node.keywords:
        known = isinstance(node.func, ast.Name) and node.func.id == "of"
        method = isinstance(node.func, ast.Attribute) and node.func.attr in ("join", "format") and ours(node.func.value)
        return (known or method) and all(map(ours, node.args))
    return False


def _made_of_ours(node: ast.GeneratorExp) -> bool:
    """``f"{x} = …" for x in OURS``."""
    (loop,) = node.generators
    if not isinstance(node.elt, ast.JoinedStr) or not isinstance(loop.target, ast.Name) or not ours(loop.iter):
        return False
    values = [part.value for part in node.elt.values if isinstance(part, ast.FormattedValue)]
    return all(isinstance(value, ast.Name) and value.id == loop.target.id for value in values)


def written_into(source: str) -> Iterator[tuple[int, ast.expr]]:
    """What is written into the SQL of a module, with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr) and _SQL.search(texts(node)):
            yield from ((node.lineno, part.value) for part in node.values if isinstance(part, ast.FormattedValue))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add) and _SQL.search(texts(node)):
            sides = [side for side in (node.left, node.right) if not isinstance(side, ast.Constant | ast.JoinedStr)]
            yield from ((node.lineno, side) for side in sides)
        elif isinstance(node, ast.Call) and _is_filled(node):
            yield from ((node.lineno, each) for each in (*node.args, *(word.value for word in node.keywords)))


def _is_filled(call: ast.Call) -> bool:
    """``"SELECT …".format(…)``."""
    filled = call.func
    return isinstance(filled, ast.Attribute) and filled.attr == "format" and bool(_SQL.search(texts(filled.value)))


def modules() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def test_nothing_but_our_own_words_is_written_into_sql() -> None:
    strange = [
        f"{path.relative_to(ROOT)}:{line}: {ast.unparse(value)}"
        for path in modules()
        for line, value in written_into(path.read_text(encoding="utf-8"))
        if not ours(value)
    ]
    assert strange == []


def test_what_bandit_asks_about_is_among_what_was_looked_at() -> None:
    looked = {str(path.relative_to(ROOT)) for path in modules() if [*written_into(path.read_text(encoding="utf-8"))]}
    asked = [each for each in json.loads(BASELINE.read_text("utf-8"))["results"] if each["test_id"] == "B608"]
    found = {each["filename"] for each in asked}
    assert found
    assert found <= looked


@pytest.mark.parametrize(
    "source",
    [
        'db.execute(f"SELECT * FROM t WHERE a = {name}")',
        'db.execute(f"SELECT * FROM t WHERE a = {self.name!r}")',
        'db.execute("SELECT * FROM t WHERE a = " + name)',
        'db.execute("SELECT * FROM t WHERE a = %s" % name)',
        'db.execute("SELECT * FROM t WHERE a = {}".format(name))',
        "db.execute(f\"DELETE FROM t WHERE a IN ({', '.join(names)})\")",
        "db.execute(f\"SELECT {', '.join(f'{c}' for c in columns)} FROM t\")",
        "db.execute(f\"SELECT {', '.join(f'{other}' for c in COLUMNS)} FROM t\")",
    ],
)
def test_a_value_in_a_statement_would_be_found(source: str) -> None:
    found = [value for _, value in written_into(source)]
    assert found
    assert not all(map(ours, found))


@pytest.mark.parametrize(
    "source",
    [
        'f"SELECT {COLUMNS} FROM t"',
        "f\"SELECT {of('a', COLUMNS)} FROM t AS a\"",
        "f\"SELECT 1 FROM t WHERE a IN ({', '.join('?' * len(names))})\"",
        "f\"INSERT INTO t SET {', '.join(f'{c} = :{c}' for c in COLUMNS[1:])}\"",
    ],
)
def test_our_own_lists_may_be_in_one(source: str) -> None:
    found = [value for _, value in written_into(source)]
    assert found
    assert all(map(ours, found))

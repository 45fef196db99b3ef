"""What the README says is true: the settings table, the tree, the commands, the links."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from pipeline.settings import Settings, options

ROOT = Path(__file__).parents[1]
FAMILIES = (
    "bench",
    "classifiers",
    "keys",
    "optimise",
    "tasks",
    "train",
    "users",
)  # commands with commands of their own
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
    return [text for kind, text in found if kind == language]


def test_settings_table_is_that_of_the_code() -> None:
    for option in options(Settings()):
        bounds = "" if option.low == float("-inf") else f" ({option.low:g}–{option.high:g})"
        again = " ⟳" if option.index_time else ""
        assert f"| `{option.name}`{again} | `{option.value}`{bounds} | {option.ko} | {option.en} |" in README
    rows = re.findall(r"^\| `([a-z.0-9_]+)`", README, flags=re.MULTILINE)
    assert set(rows) == {option.name for option in options(Settings())}


def tree_paths() -> list[str]:
    paths, stack = [], []
    for line in blocks("")[-1].splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        stack = [*stack[:depth], line.split()[0]]
        paths.append("".join(stack))
    return paths


def test_every_line_of_the_tree_exists() -> None:
    for path in tree_paths():
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("package", ["annotations", "pipeline"])
def test_every_module_below_the_doors_is_in_the_tree(package: str) -> None:
    listed = set(tree_paths())
    here = {f"{package}/{path.name}" for path in (ROOT / package).glob("*.py")} - {f"{package}/__init__.py"}
    folders = {f"{package}/{path.parent.name}/" for path in (ROOT / package).glob("*/__init__.py")}
    assert here | folders <= listed


def test_backends_named_in_the_tree_are_those_that_exist() -> None:
    from pipeline import backends

    for kind in ("tokenizer", "encoder", "retriever", "reranker", "generator", "classifier"):
        (line,) = re.findall(rf"^  {kind}s/ +(.*)$", README, flags=re.MULTILINE)
        assert tuple(sorted(line.split(", "))) == backends.available(kind)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_links_of_the_documents_lead_somewhere() -> None:
    for page in (ROOT / "docs").glob("*.md"):
        inside = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8"))
        for target in inside:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"make ([a-z]+)", README):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_commands_are_those_of_the_program() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "app.cli", "--help"], capture_output=True, text=True, check=True
    ).stdout
    for command in re.findall(r"^\| `hansang ([a-z]+)` \|", README, flags=re.MULTILINE):
        assert re.search(rf"\b{command}\b", shown), command


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines() if "hansang" in line])
def test_commands_with_their_options_are_understood(line: str) -> None:
    words = shlex.split(line)
    options_used = [word for word in words if word.startswith("--")]
    command = words[1 : 3 if words[1] in FAMILIES else 2]
    shown = subprocess.run(
        [sys.executable, "-m", "app.cli", *command, "--help"], capture_output=True, text=True, check=True
    ).stdout
    for option in options_used:
        assert option in shown


def test_limits_are_those_of_the_code() -> None:
    from app.api.asking import AskBody
    from app.api.indexes import IndexBody
    from app.api.records import FeedbackBody
    from app.api.talking import MESSAGES
    from pipeline.service import QUESTION_LIMIT
    from pipeline.tables import cells

    def most(body: type[BaseModel], name: str) -> int:
        return next(int(m.max_length) for m in body.model_fields[name].metadata if hasattr(m, "max_length"))

    said = [
        f"질문 {QUESTION_LIMIT:,}자", f"한 행 {cells.MAX_TEXT:,}자", f"의견 {most(FeedbackBody, 'reason'):,}자",
        f"대화 하나에 글 {MESSAGES:,}개", f"한 번에 색인할 파일 {most(IndexBody, 'files'):,}개",
        f"뺄 조건 {most(AskBody, 'without'):,}개",
    ]  # fmt: skip
    assert f"서버와 파일의 한도: {' · '.join(said)}." in README

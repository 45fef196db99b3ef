"""Which code made a run, asked of a real git."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline import code_version
from pipeline.code_version import code_in
from pipeline.versions import versions

NAME = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
needs_git = pytest.mark.skipif(not shutil.which("git"), reason="no git")


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *NAME, "-C", str(root), *arguments], check=True, capture_output=True)


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-m", "x")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "가.py").write_text("1\n")
    (tmp_path / ".gitignore").write_text("*.pyc\n")
    git(tmp_path, "init")
    commit(tmp_path)
    return tmp_path


@needs_git
def test_it_is_the_commit_that_changed_it_last(checkout: Path) -> None:
    first = code_in(checkout)
    assert re.fullmatch("[0-9a-f]{12}", first)
    (checkout / "README.md").write_text("decides no answer")
    assert code_in(checkout) == first
    commit(checkout)
    assert code_in(checkout) == first
    (checkout / "pipeline" / "가.py").write_text("2\n")
    commit(checkout)
    assert re.fullmatch("[0-9a-f]{12}", code_in(checkout))
    assert code_in(checkout) != first


@needs_git
def test_what_was_changed_since_is_told_apart(checkout: Path) -> None:
    code, clean = checkout / "pipeline" / "가.py", code_in(checkout)
    seen = [clean]
    for change in (
        lambda: code.write_text("2\n"),
        lambda: code.write_text("3\n"),
        lambda: (checkout / "pipeline" / "new.py").write_text("3\n"),
        code.unlink,
    ):
        change()
        assert re.fullmatch(rf"{clean}\+[0-9a-f]{{8}}", code_in(checkout))
        seen.append(code_in(checkout))
    assert len(set(seen)) == len(seen)
    (checkout / "pipeline" / "new.py").unlink()
    code.write_text("1\n")
    (checkout / "pipeline" / "a.pyc").write_text("is ignored")
    assert code_in(checkout) == clean


@needs_git
def test_another_checkout_around_it_says_nothing(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = checkout / ".venv" / "site-packages"
    (inside / "pipeline").mkdir(parents=True)
    (inside / "pipeline" / "a.py").write_text("1\n")
    assert code_in(inside) == ""
    monkeypatch.setenv("GIT_DIR", str(checkout / ".git"))  # as in a hook
    assert code_in(inside) == ""


def test_without_a_checkout_or_git_it_is_the_version_of_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert code_in(tmp_path) == ""
    monkeypatch.setattr(code_version, "ROOT", tmp_path)
    assert code_version.code_version.__wrapped__() == versions()["hansang"]
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_version.code_version.__wrapped__() == versions()["hansang"]

"""Backends are found by name; what is missing is told with the cure."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline import backends
from pipeline.errors.machine import BackendUnavailable
from pipeline.errors.settings import BackendNotFound


def test_an_unknown_backend_is_told_with_those_that_exist() -> None:
    with pytest.raises(BackendNotFound, match="kiwi"):
        backends.load("tokenizer", "mecab")


def test_a_backend_whose_package_is_not_installed_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "konlpy", None)  # as if it weren't there
    monkeypatch.delitem(sys.modules, "pipeline.tokenizers.okt", raising=False)
    with pytest.raises(BackendUnavailable, match="pip install konlpy"):
        backends.load("tokenizer", "okt")


def test_versions_are_told_of_what_is_installed_only() -> None:
    script = (
        "import importlib.metadata as m\nreal = m.version\n"
        "def version(name):\n"
        "    if name == 'konlpy': raise m.PackageNotFoundError(name)\n"
        "    return real(name)\n"
        "m.version = version\n"
        "from pipeline.versions import versions\n"
        "print('konlpy' in versions(), 'kiwipiepy' in versions())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]

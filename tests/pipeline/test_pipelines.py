"""What is open of a folder of indexes, when many ask for it at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.pipelines import Pipelines
from pipeline.service import Home
from pipeline.settings import Settings
from tests.pipeline.corpora import build

CALLERS = 8


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Home(tmp_path_factory.mktemp("pipelines"))
    build(home)
    return home.indexes


@pytest.fixture
def in_turns() -> Iterator[None]:
    """Threads that take turns all the time, as they do where one waits for a disk."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("in_turns")
def test_first_questions_at_once_open_an_index_and_its_models_once(indexes: Path) -> None:
    pipelines, together = Pipelines(indexes, Settings()), threading.Barrier(CALLERS)

    def ask(_: int) -> object:
        together.wait()
        return pipelines.rag("small")

    with ThreadPoolExecutor(CALLERS) as pool:
        first, *others = pool.map(ask, range(CALLERS))
    assert all(other is first for other in others)
    assert pipelines.rag("small") is first


def test_settings_of_ones_own_have_a_pipeline_over_the_same_index(indexes: Path) -> None:
    pipelines = Pipelines(indexes, Settings())
    usual, other = pipelines.rag("small"), pipelines.rag("small", {"retrieval.k": "7"})
    assert other is not usual
    assert other.index is usual.index
    assert other.tokenizer is usual.tokenizer
    pipelines.release()
    assert pipelines.rag("small") is not usual

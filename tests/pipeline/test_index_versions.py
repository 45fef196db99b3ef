"""Versions of an index: swapped, dropped, and never found half-way."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors.indexes import IndexDamaged, IndexNotFound, IndexVersionNotFound
from pipeline.errors.machine import HomeLocked
from pipeline.index import CURRENT
from pipeline.index_versions import LOCK, drop, put_in_use, versions_of
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.storage import MANIFEST, locked
from tests.pipeline.corpora import build, documents, flip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two versions: the older has one review, the newer all."""
    made = Home(tmp_path)
    build(made, documents()[:1])
    build(made)
    return made


def asked(service: Service) -> int:
    *_, trace = service.ask(Request("주차 되나요?", "small", answer=False))
    return len(trace.candidates)


def test_a_former_version_answers_again_while_the_server_runs(home: Home) -> None:
    service = Service(home, Settings())
    newer, older = versions_of(home.indexes, "small")
    assert asked(service) > 1
    assert put_in_use(home.indexes, "small", older).passages == 1
    assert asked(service) == 1
    put_in_use(home.indexes, "small", newer)
    assert asked(service) > 1
    service.close()


def test_unfinished_versions_are_none(home: Home) -> None:
    newer, older = versions_of(home.indexes, "small")
    (home.indexes / "small" / older / MANIFEST).unlink()
    (home.indexes / "small" / ".building-x").mkdir()
    assert versions_of(home.indexes, "small") == (newer,)
    with pytest.raises(IndexVersionNotFound, match=newer):
        put_in_use(home.indexes, "small", older)


@pytest.mark.parametrize("version", ["", ".", "..", "../small", "nope", CURRENT])
def test_only_versions_can_be_put_in_use(home: Home, version: str) -> None:
    before = (home.indexes / "small" / CURRENT).read_text()
    with pytest.raises(IndexVersionNotFound):
        put_in_use(home.indexes, "small", version)
    assert (home.indexes / "small" / CURRENT).read_text() == before


@pytest.mark.parametrize("part", [MANIFEST, "lexicon.json", "kiwi/calibration.json"])
def test_a_damaged_version_is_not_put_in_use(home: Home, part: str) -> None:
    newer, older = versions_of(home.indexes, "small")
    flip(home.indexes / "small" / older / part, 0)
    with pytest.raises(IndexDamaged):
        put_in_use(home.indexes, "small", older)
    assert (home.indexes / "small" / CURRENT).read_text().strip() == newer


def test_dropped_it_is_gone_and_the_name_is_free(home: Home) -> None:
    service = Service(home, Settings())
    assert asked(service)
    drop(home.indexes, "small")
    service.forget("small")
    assert not (home.indexes / "small").exists()
    with pytest.raises(IndexNotFound):
        asked(service)
    build(home)
    assert asked(service)
    service.close()


def test_a_damaged_index_can_be_dropped(home: Home) -> None:
    (home.indexes / "small" / CURRENT).write_text("nope")
    drop(home.indexes, "small")
    assert not (home.indexes / "small").exists()


@pytest.mark.parametrize("name", ["nope", "", "..", "../small", "small/../small"])
def test_nothing_else_can_be_dropped(home: Home, name: str) -> None:
    with pytest.raises(IndexNotFound):
        drop(home.indexes, name)
    assert versions_of(home.indexes, "small")


def test_while_it_is_built_it_is_let_be(home: Home) -> None:
    _, older = versions_of(home.indexes, "small")
    with locked(home.indexes / "small" / LOCK):
        with pytest.raises(HomeLocked):
            drop(home.indexes, "small")
        with pytest.raises(HomeLocked):
            put_in_use(home.indexes, "small", older)
    assert versions_of(home.indexes, "small")

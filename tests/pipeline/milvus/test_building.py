"""Indexing to a Milvus server, and what happens when it, or the build, ends in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.config import with_overrides
from pipeline.errors.indexes import IndexDamaged
from pipeline.errors.milvus import CollectionLost, MilvusDown
from pipeline.errors.settings import BadSetting, IndexTimeSetting
from pipeline.index import CURRENT, current_folder, read_manifest
from pipeline.indexing import Job, Progress, build_index, unchanged
from pipeline.milvus.collection import connect
from pipeline.milvus.records import RECORD, read
from pipeline.protocols import Checked
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.storing import BEGUN, drop_index
from tests.pipeline.corpora import documents
from tests.pipeline.milvus.lite import PATIENT, LiteServer

ASK = Request("주차 되는 고깃집 있어?", "small", keep=False)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiteServer, Home]]:
    """A server that these tests kill, and an index that lies there."""
    folder = tmp_path_factory.mktemp("own")
    server, home = LiteServer(folder / "data").start(), Home(folder / "var")
    build(home, server.uri)
    yield server, home
    server.kill()


@pytest.fixture
def server(own: tuple[LiteServer, Home]) -> LiteServer:
    """It, running."""
    own[0].kill()  # unless the test before left it as it was
    return own[0].start()


@pytest.fixture
def shop(own: tuple[LiteServer, Home]) -> Home:
    """The home of the index that lies there."""
    return own[1]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "var")


def job(home: Home, uri: str, name: str = "small") -> Job:
    settings = with_overrides(Settings(), {"retrieval.store": "milvus", "milvus.uri": uri}, indexing=True)
    return Job(home.indexes, name, settings, ("kiwi",), home.cache)


def build(home: Home, uri: str, told: Progress = lambda stage, done: None) -> str:
    return build_index(job(home, uri), documents(), told).version


def collections(uri: str) -> set[str]:
    return set(connect(uri).list_collections(timeout=10))


def record_of(home: Home, version: str) -> str:
    return read(home.indexes / "small" / version / "kiwi" / RECORD).collection


def answer(home: Home) -> list[str]:
    service = Service(home, PATIENT)
    *_, trace = service.ask(ASK)
    service.close()
    return [candidate.passage.id for candidate in trace.candidates]


def test_a_version_has_its_collection_and_old_ones_go(home: Home, milvus: LiteServer) -> None:
    before = collections(milvus.uri)
    versions = [build(home, milvus.uri) for _ in range(3)]
    kept = {record_of(home, version) for version in versions[1:]}
    assert collections(milvus.uri) - before == kept
    assert {note.stem for note in (home.indexes / "small" / BEGUN).iterdir()} == kept
    folder = current_folder(home.indexes, "small")
    assert not (folder / "kiwi" / "vectors.npy").exists()
    assert not (folder / "kiwi" / "bm25").exists()
    assert read_manifest(folder).settings["retrieval.store"] == "milvus"
    assert answer(home)
    assert unchanged(job(home, milvus.uri))
    assert not unchanged(job(home, "http://127.0.0.1:1"))
    drop_index(home.indexes, "small")
    assert collections(milvus.uri) == before


def test_a_build_that_is_stopped_leaves_nothing(home: Home, milvus: LiteServer) -> None:
    before = collections(milvus.uri)

    def stop(stage: str, done: int) -> None:
        if stage == "store:kiwi":
            assert collections(milvus.uri) - before
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(home, milvus.uri, stop)
    assert collections(milvus.uri) == before
    assert not (home.indexes / "small" / CURRENT).exists()
    assert not list((home.indexes / "small" / BEGUN).iterdir())


def test_no_server_is_said_before_the_work(home: Home) -> None:
    def told(stage: str, done: int) -> None:
        raise AssertionError(stage)

    with pytest.raises(MilvusDown) as found:
        build(home, "http://127.0.0.1:1", told)
    assert (found.value.status, found.value.exit_code) == (503, 5)
    assert "milvus.uri" in found.value.korean
    with pytest.raises(BadSetting):
        build(home, "milvus.db", told)


@pytest.mark.slow
def test_a_server_killed_while_it_is_filled(home: Home, server: LiteServer) -> None:
    before = collections(server.uri)
    first = build(home, server.uri)

    def kill(stage: str, done: int) -> None:
        if stage == "store:kiwi":
            server.kill()

    with pytest.raises(MilvusDown):
        build(home, server.uri, kill)
    assert current_folder(home.indexes, "small").name == first
    notes = {note.stem for note in (home.indexes / "small" / BEGUN).iterdir()}
    assert len(notes) == 2  # it could not be dropped: that is remembered
    server.start()
    second = build(home, server.uri)
    assert collections(server.uri) - before == {record_of(home, first), record_of(home, second)}


def test_a_server_that_was_started_again_reads_its_data_and_goes_on(shop: Home, server: LiteServer) -> None:
    before = answer(shop)
    server.kill()
    server.start()
    assert answer(shop) == before


def test_a_server_killed_between_two_questions(shop: Home, server: LiteServer) -> None:
    service = Service(shop, PATIENT)
    *_, first = service.ask(ASK)
    server.kill()
    retriever = service.rag("small").retrievers["bm25"]
    assert isinstance(retriever, Checked)
    with pytest.raises(MilvusDown) as found:
        list(service.ask(ASK))
    assert server.uri in found.value.korean
    assert isinstance(retriever.trouble(), MilvusDown)
    server.start()
    *_, again = service.ask(ASK)
    assert [c.scores for c in again.candidates] == [c.scores for c in first.candidates]
    service.close()


@pytest.mark.slow
def test_a_server_that_fails_again_and_again_is_left_alone_and_tried_later(shop: Home, server: LiteServer) -> None:
    service = Service(shop, PATIENT)
    retriever = service.rag("small").retrievers["bm25"]
    seconds = [0.0]
    retriever._collection._circuit._now = lambda: seconds[0]  # type: ignore[attr-defined]
    server.kill()
    reasons = []
    for _ in range(4):
        with pytest.raises(MilvusDown) as found:
            list(service.ask(ASK))
        reasons.append(str(found.value.fields["reason"]))
    assert ["resting" in reason for reason in reasons] == [False, False, False, True]
    server.start()
    seconds[0] = 60.0
    *_, trace = service.ask(ASK)
    assert trace.candidates
    service.close()


@pytest.mark.slow
def test_a_server_that_was_not_there_at_the_start(shop: Home, server: LiteServer) -> None:
    server.kill()
    service = Service(shop, PATIENT)
    with pytest.raises(MilvusDown):
        list(service.ask(ASK))
    server.start()
    *_, trace = service.ask(ASK)
    assert trace.candidates
    service.close()


def test_a_collection_that_lost_passages_or_is_gone(home: Home, milvus: LiteServer) -> None:
    collection = record_of(home, build(home, milvus.uri))
    connect(milvus.uri).delete(collection, ids=[3], timeout=10)
    with pytest.raises(CollectionLost) as found:
        answer(home)
    assert (found.value.fields["wanted"], found.value.fields["found"], found.value.status) == (9, 8, 409)
    connect(milvus.uri).drop_collection(collection, timeout=10)
    with pytest.raises(CollectionLost) as found:
        answer(home)
    assert found.value.fields["found"] == 0
    assert "다시 색인" in found.value.korean


def test_an_index_whose_record_is_broken(home: Home, milvus: LiteServer) -> None:
    version = build(home, milvus.uri)
    path = home.indexes / "small" / version / "kiwi" / RECORD
    path.write_text("{")
    with pytest.raises(IndexDamaged):
        answer(home)
    path.unlink()
    with pytest.raises(IndexDamaged):
        answer(home)


def test_where_vectors_are_is_fixed_when_indexing() -> None:
    for name, value in (("retrieval.store", "milvus"), ("milvus.uri", "http://other:1"), ("milvus.index", "hnsw")):
        with pytest.raises(IndexTimeSetting):
            with_overrides(Settings(), {name: value})

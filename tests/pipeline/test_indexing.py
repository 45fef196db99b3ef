import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pipeline import indexing
from pipeline.errors.files import NothingToIndex
from pipeline.errors.indexes import IndexDamaged, IndexNotFound, IndexOutdated
from pipeline.errors.machine import HomeLocked
from pipeline.index import CURRENT, Index, current_folder, names, read_manifest
from pipeline.indexing import Job, unchanged
from pipeline.service import Home
from pipeline.storage import MANIFEST, locked
from pipeline.types import Document, Reject, Source
from pipeline.versions import versions
from tests.pipeline.corpora import build, documents


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "var")


def test_an_index_holds_what_was_read(home: Home) -> None:
    manifest = build(home)
    index = Index(current_folder(home.indexes, "small"))
    assert (manifest.documents, manifest.passages, manifest.rejected) == (9, 9, 0)
    assert [p.id for p in index.passages] == [f"r{n}" for n in range(1, 10)]
    assert [p.text for p in index.passages] == [d.text for d in documents()]
    assert index.passages[0].source == documents()[0].source
    assert index.passages.rows["r9"] == 8
    assert "숯골갈비" in index.lexicon.restaurants


def test_every_analyser_is_calibrated_for_this_index(home: Home) -> None:
    build(home)
    path = current_folder(home.indexes, "small") / "kiwi" / "calibration.json"
    assert {name for name, line in json.loads(path.read_text()).items() if line["slope"] > 0} == {
        "answerable",
        "linear",
    }


def test_long_documents_become_passages_that_know_their_place(home: Home) -> None:
    text = " ".join(f"{n}번째 방문입니다. 갈비가 부드럽고 주차가 편했어요." for n in range(40))
    build(home, [Document(text, Source("long", 0, len(text)))], indexing__passage_chars="200")
    passages = list(Index(current_folder(home.indexes, "small")).passages)
    assert len(passages) > 3
    for passage in passages:
        assert text[passage.source.start : passage.source.end] == passage.text
        assert passage.source.document_id == "long"


def test_rejects_are_kept_with_their_reason_and_the_rest_is_indexed(home: Home) -> None:
    manifest = build(home, [*documents(), Reject("f.csv", 11, "empty-text", "글이 비었습니다", "empty text")])
    folder = current_folder(home.indexes, "small")
    (reject,) = map(json.loads, (folder / "rejects.jsonl").read_text().splitlines())
    assert (manifest.documents, manifest.rejected) == (9, 1)
    assert (reject["line"], reject["code"]) == (11, "empty-text")


def test_nothing_usable_is_an_error_that_says_where_the_reasons_are(home: Home) -> None:
    with pytest.raises(NothingToIndex, match=r"rejects\.jsonl") as caught:
        build(home, [Reject("f.csv", 2, "empty-text", "글이 비었습니다", "empty text")])
    assert Path(str(caught.value.fields["rejects"])).read_text()
    assert names(home.indexes) == ()


def test_same_input_is_known_as_unchanged(home: Home) -> None:
    build(home)
    manifest = read_manifest(current_folder(home.indexes, "small"))
    job = Job(home.indexes, "small", _settings(manifest), ("kiwi",), home.cache, ({"file": "small"},))
    assert unchanged(job) == manifest
    assert unchanged(Job(home.indexes, "small", _settings(manifest), ("kiwi",), home.cache, ({"file": "x"},))) is None


def test_another_version_of_an_analyser_is_a_reason_to_build(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = build(home)
    job = Job(home.indexes, "small", _settings(manifest), ("kiwi",), home.cache, ({"file": "small"},))
    monkeypatch.setattr(indexing, "versions", lambda: {**versions(), "kiwipiepy": "99"})
    assert unchanged(job) is None


def _settings(manifest):
    from pipeline.config import with_overrides
    from pipeline.settings import Settings

    return with_overrides(Settings(), manifest.settings, indexing=True)


def test_building_again_swaps_and_keeps_one_former_version(home: Home) -> None:
    versions = [build(home).version for _ in range(4)]
    folders = sorted(p.name for p in (home.indexes / "small").iterdir() if p.is_dir())
    assert folders == versions[-2:]
    assert current_folder(home.indexes, "small").name == versions[-1]


def test_failure_in_the_middle_leaves_the_old_one_serving(home: Home) -> None:
    version = build(home).version

    def broken():
        yield from documents()[:3]
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        build(home, broken())
    assert current_folder(home.indexes, "small").name == version
    assert not [p for p in (home.indexes / "small").iterdir() if p.name.startswith(".building")]


def test_killed_in_the_middle_leaves_the_old_one_serving_and_the_next_one_works(home: Home) -> None:
    version = build(home).version
    script = """
        import os, signal, sys
        from pathlib import Path
        from pipeline.service import Home
        from tests.pipeline.corpora import build, documents
        def killing():
            yield from documents()
            os.kill(os.getpid(), signal.SIGKILL)
        build(Home(Path(sys.argv[1])), killing())
    """
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(home.root)],
        cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    assert current_folder(home.indexes, "small").name == version
    assert build(home).version > version
    assert not [p for p in (home.indexes / "small").iterdir() if p.name.startswith(".building")]


def test_two_builds_of_one_name_do_not_run_at_once(home: Home) -> None:
    with locked(home.indexes / "small" / ".lock"), pytest.raises(HomeLocked):
        build(home)


def test_index_that_does_not_exist_names_those_that_do(home: Home) -> None:
    build(home)
    with pytest.raises(IndexNotFound, match="small"):
        current_folder(home.indexes, "nope")


def test_index_of_another_format_says_how_to_build_it_again(home: Home) -> None:
    build(home)
    path = current_folder(home.indexes, "small") / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 0}))
    with pytest.raises(IndexOutdated, match="hansang index"):
        read_manifest(path.parent)


@pytest.mark.parametrize("damage", ["{", "[]", "{}", ""])
def test_damaged_manifest_is_an_error_with_a_cure(home: Home, damage: str) -> None:
    build(home)
    folder = current_folder(home.indexes, "small")
    (folder / MANIFEST).write_text(damage)
    with pytest.raises(IndexDamaged, match="hansang index"):
        Index(folder)


def test_missing_part_is_named(home: Home) -> None:
    build(home)
    folder = current_folder(home.indexes, "small")
    (folder / "passages.arrow").unlink()
    with pytest.raises(IndexDamaged, match=r"passages\.arrow"):
        _ = Index(folder).passages


def test_version_that_is_gone_is_damage_not_absence(home: Home) -> None:
    build(home)
    (home.indexes / "small" / CURRENT).write_text("20200101T000000000000")
    with pytest.raises(IndexDamaged):
        current_folder(home.indexes, "small")


def test_name_that_is_a_path_finds_nothing_outside(home: Home) -> None:
    build(home)
    for name in ("../index/small", "small/../small", "", ".", "/etc"):
        with pytest.raises(IndexNotFound):
            current_folder(home.indexes, name)

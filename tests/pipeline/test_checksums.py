"""What ``sha256sum`` says of a folder is what we say of it, and no changed bit of an index passes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checksums import SUMS, first_changed, read_sums, sha256_of, under, write_sums
from pipeline.errors.indexes import IndexDamaged
from pipeline.index import Index, current_folder
from pipeline.indexing import Job, unchanged
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.storage import MANIFEST
from tests.pipeline.corpora import build, flip

FILES = {"a": b"", "b": b"\n", "c/d e": b"\x00\xff", "c/한글.json": "가".encode()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of files, with their checksums."""
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    write_sums(tmp_path)
    return tmp_path


def test_they_are_those_of_sha256sum(folder: Path) -> None:
    tool = shutil.which("sha256sum") or pytest.fail("GNU coreutils have it")
    told = subprocess.run([tool, *FILES], cwd=folder, capture_output=True, text=True, check=True).stdout
    assert (folder / SUMS).read_text(encoding="utf-8") == told
    assert (
        subprocess.run([tool, "--check", "--strict", SUMS], cwd=folder, capture_output=True, check=False).returncode
        == 0
    )
    flip(folder / "c/d e", 1)
    assert subprocess.run([tool, "--check", SUMS], cwd=folder, capture_output=True, check=False).returncode == 1


def test_what_is_read_is_what_was_written(folder: Path) -> None:
    sums = read_sums(folder)
    assert sums == {name: sha256_of(folder / name) for name in FILES}
    assert first_changed(folder, sums, sums) is None
    write_sums(folder)  # they never hold themselves
    assert read_sums(folder) == sums


@pytest.mark.parametrize("name", ["b", "c/d e", "c/한글.json"])
def test_the_first_that_changed_is_named(folder: Path, name: str) -> None:
    sums = read_sums(folder)
    flip(folder / name, 0)
    assert first_changed(folder, sums, sums) == name
    (folder / name).unlink()
    assert first_changed(folder, sums, sums) == name


@pytest.mark.parametrize(
    ("part", "files"), [("a", ["a"]), ("c", ["c/d e", "c/한글.json"]), ("c/d", []), ("", []), ("x", [])]
)
def test_a_part_is_a_file_or_what_lies_below(folder: Path, part: str, files: list[str]) -> None:
    assert under(read_sums(folder), part) == files


@pytest.mark.parametrize("text", ["", "x", "\n", "0" * 64, "0" * 64 + "  ", "0" * 64 + " *a"])
def test_what_are_no_checksums_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / SUMS).write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011  (it is turned into an IndexDamaged, which says what and where)
        read_sums(tmp_path)


def test_where_none_were_written_there_are_none(tmp_path: Path) -> None:
    assert read_sums(tmp_path) == {}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with an index."""
    home = Home(tmp_path_factory.mktemp("built"))
    build(home)
    return home


@given(data=st.data())
def test_no_changed_bit_of_an_index_passes(built: Home, data: st.DataObject) -> None:
    folder = current_folder(built.indexes, "small")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size and path.name != SUMS)
    file = data.draw(st.sampled_from(files))
    place = data.draw(st.integers(0, file.stat().st_size - 1))
    flip(file, place)
    try:
        with pytest.raises(IndexDamaged, match=file.name):
            Index(folder).check()
    finally:
        flip(file, place)
    Index(folder).check()


@pytest.mark.parametrize("part", ["kiwi/vectors.npy", "kiwi/terms", "kiwi/bm25", "kiwi/windows", "passages.arrow"])
def test_nobody_is_answered_with_changed_numbers(tmp_path: Path, part: str) -> None:
    home = Home(tmp_path)
    build(home)
    path = current_folder(home.indexes, "small") / part
    file = max(path.iterdir(), key=lambda file: file.stat().st_size) if path.is_dir() else path
    flip(file, file.stat().st_size - 1)
    service = Service(home, Settings())
    with pytest.raises(IndexDamaged, match=file.name):
        list(service.ask(Request("주차 되나요?", "small")))
    service.close()


def test_a_damaged_index_is_not_as_it_was_built(tmp_path: Path) -> None:
    home = Home(tmp_path)
    manifest = build(home)
    job = Job(home.indexes, "small", Settings(), ("kiwi",), home.cache, ({"file": "small"},))
    assert unchanged(job) == manifest
    flip(current_folder(home.indexes, "small") / "kiwi/calibration.json", 0)
    assert unchanged(job) is None


@pytest.mark.parametrize("text", ["", "garbled\n", "\xff"])
def test_checksums_that_are_garbled_are_damage(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path)
    build(home)
    folder = current_folder(home.indexes, "small")
    (folder / SUMS).write_bytes(text.encode("latin-1"))
    with pytest.raises(IndexDamaged, match=SUMS):
        Index(folder)


def test_without_checksums_what_is_missing_is_told_all_the_same(tmp_path: Path) -> None:
    home = Home(tmp_path)
    build(home)
    folder = current_folder(home.indexes, "small")
    (folder / SUMS).unlink()
    Index(folder).check()
    (folder / "lexicon.json").unlink()
    with pytest.raises(IndexDamaged, match="lexicon"):
        Index(folder).check()
    assert (folder / MANIFEST).exists()

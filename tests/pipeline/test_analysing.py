"""A file of analyses: resumed to the same bytes however it was cut short, never over something else."""

from __future__ import annotations

import csv
import errno
import fcntl
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import analysing
from pipeline.analysing import Outcome, analyse_documents
from pipeline.analysis.model import FILES, FOLDER, Model, read_model
from pipeline.analysis.records import from_json, to_json
from pipeline.analysis.sheets import COLUMNS
from pipeline.classifiers.linear import LinearClassifier
from pipeline.errors.analysing import (
    AnalysisMixed,
    ModelSwapped,
    ResultBusy,
    ResultExists,
    ResultForeign,
    ReviewsChanged,
)
from pipeline.errors.base import HansangError
from pipeline.errors.machine import DiskFull, NotWritable
from pipeline.errors.settings import BadSetting
from pipeline.types import Analysis, Document, Reject, Source, Unanalysed
from tests.pipeline.classifiers.judges import HashJudge

TEXTS = [f"후기 {n} 맛있어요" for n in range(23)] + ["불능", "=1+1 별로", '따옴표 " 와\n줄바꿈', "마지막"]


def documents(texts: Sequence[str] = TEXTS) -> list[Document | Reject]:
    return [Document(text, Source(f"r{n}")) for n, text in enumerate(texts)]


def analyse(out: Path, given: Sequence[Document | Reject] | None = None, **more: object) -> Outcome:
    settings = {"aspects": True, "at_once": 5, "told": lambda _: None} | more
    judge = settings.pop("judge", None) or HashJudge("hash")
    return analyse_documents(documents() if given is None else given, out, judge, **settings)


class Stopped(Exception):
    """What ends a run in the middle."""


def stop_at(reviews: int, done: int) -> None:
    if done >= reviews:
        raise Stopped


def stop_after(reviews: int, out: Path) -> None:
    with pytest.raises(Stopped):
        analyse(out, told=lambda done: stop_at(reviews, done))


def test_each_review_has_its_record(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out.jsonl"
    seen: list[int] = []
    assert analyse(out, told=seen.append) == Outcome(analysed=27, before=0, failed=1, rejected=0)
    assert seen == [5, 10, 15, 20, 25, 27]
    records = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [record["text"] for record in records] == TEXTS
    assert [record["id"] for record in records] == [f"r{n}" for n in range(len(TEXTS))]
    assert "error" in records[23]
    for record in records[:23]:
        for said in (*record["opinions"], *record["sentences"]):
            assert record["text"][said["start"] : said["end"]] == said["quote"]


@settings(max_examples=40)
@given(st.integers(1, 27), st.integers(0, 400))
def test_a_run_cut_short_anywhere_goes_on_to_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, done: int, lost: int
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    whole, cut = folder / "whole.jsonl", folder / "cut.jsonl"
    analyse(whole)
    stop_after(done, cut)
    size = cut.stat().st_size
    with cut.open("r+b") as file:
        file.truncate(max(0, size - lost))  # as if the last write had not come to its end
    outcome = analyse(cut)
    assert cut.read_bytes() == whole.read_bytes()
    assert outcome.analysed + outcome.before == 27
    assert outcome.failed == 1


def test_a_finished_run_asks_nobody_again(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    analyse(out)
    before, judge = out.read_bytes(), HashJudge("hash")
    assert analyse(out, judge=judge) == Outcome(analysed=0, before=27, failed=1, rejected=0)
    assert judge.asked == 0
    assert out.read_bytes() == before


def test_more_reviews_are_added_to_a_finished_run(tmp_path: Path) -> None:
    some, whole = tmp_path / "some.jsonl", tmp_path / "whole.jsonl"
    analyse(some, documents()[:12])
    assert analyse(some).before == 10  # the batch that grew is done again
    analyse(whole)
    assert some.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_tables_are_the_same_however_often_they_were_cut_short(tmp_path: Path, suffix: str) -> None:
    whole, cut = tmp_path / f"whole{suffix}", tmp_path / f"cut{suffix}"
    analyse(whole)
    stop_after(9, cut)
    assert not cut.exists()
    analyse(cut)
    assert cut.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [cut.name, whole.name]
    with pytest.raises(ResultExists):
        analyse(cut)


def test_a_csv_opens_in_a_spreadsheet_without_running_anything(tmp_path: Path) -> None:
    analyse(tmp_path / "out.csv")
    raw = (tmp_path / "out.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines(keepends=True)))
    assert tuple(rows[0]) == COLUMNS
    assert [row["text"].removeprefix("'") for row in rows] == TEXTS
    assert rows[24]["text"] == "'=1+1 별로"
    assert (rows[23]["error"], rows[23]["sentiment"]) == ("unable", "")
    shares = [float(rows[0][name]) for name in ("positive", "neutral", "negative", "mixed")]
    assert float(rows[0]["confidence"]) == max(shares)


def test_a_parquet_has_numbers_and_json(tmp_path: Path) -> None:
    analyse(tmp_path / "out.parquet", aspects=False)
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["text"] for row in rows] == TEXTS
    assert 1 <= rows[0]["intensity"] <= 5
    assert rows[0]["opinions"] is None
    assert len(json.loads(rows[0]["emotion_scores"])) == 12
    assert rows[23]["positive"] is None


def test_rows_that_are_refused_are_told_in_a_file_of_their_own(tmp_path: Path) -> None:
    refused = Reject("x.csv", 3, "empty-text", "비어 있습니다", "empty", "…")
    out = tmp_path / "out.jsonl"
    assert analyse(out, [*documents()[:2], refused, *documents()[2:]]).rejected == 1
    (row,) = (tmp_path / "out.jsonl.rejects.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(row)["code"] == "empty-text"
    assert analyse(out).rejected == 0
    assert not (tmp_path / "out.jsonl.rejects.jsonl").exists()


def test_no_reviews_make_an_empty_result(tmp_path: Path) -> None:
    assert analyse(tmp_path / "out.jsonl", []) == Outcome(0, 0, 0, 0)
    assert analyse(tmp_path / "out.csv", []).analysed == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines() == [",".join(COLUMNS)]


FOREIGN = {
    "other JSON": b'{"id": "a", "text": "b", "sentiment": "positive"}\n',
    "other JSON without an end": b'{"id": "a", "text": "b"}',
    "text": "메모".encode(),
    "a list": b"[1]\n",
    "bytes": b"\xff\xfe\x00\x01",
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_file_that_holds_something_else_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    out = tmp_path / "out.jsonl"
    out.write_bytes(content)
    with pytest.raises(ResultForeign, match="1번째 줄"):
        analyse(out)
    assert out.read_bytes() == content


def test_a_line_broken_in_the_middle_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    analyse(out)
    lines = out.read_bytes().splitlines(keepends=True)
    spoiled = b"".join([*lines[:3], b'{"id": "r3\n', *lines[4:]])
    out.write_bytes(spoiled)
    with pytest.raises(ResultForeign, match="4번째 줄"):
        analyse(out)
    assert out.read_bytes() == spoiled


def expect(error: type[HansangError], out: Path, *arguments: Sequence[Document | Reject], **more: object) -> str:
    before = out.read_bytes()
    with pytest.raises(error) as told:
        analyse(out, *arguments, **more)
    assert out.read_bytes() == before
    assert told.value.english
    return told.value.korean


def test_a_result_is_not_continued_with_anything_else(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    stop_after(10, out)
    assert "'hash'" in expect(AnalysisMixed, out, judge=HashJudge("other"))
    assert "--no-aspects" in expect(AnalysisMixed, out, aspects=False)
    assert "'r0'" in expect(ReviewsChanged, out, documents()[1:])
    assert "글이 다릅니다" in expect(ReviewsChanged, out, documents(["바뀐 글", *TEXTS[1:]]))
    assert "the end" in expect(ReviewsChanged, out, documents()[:5])


def test_a_result_is_not_continued_with_a_model_that_was_trained_again(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    stop_after(10, out)
    said = expect(ModelSwapped, out, judge=HashJudge("hash", fingerprint="2"))
    assert "hash-1" in said
    assert "hash-2" in said
    assert "--out" in said
    analyse(out)
    expect(ModelSwapped, out, judge=HashJudge("hash", fingerprint="2"))  # nor is a finished one added to


def test_results_of_versions_that_wrote_no_fingerprint_are_not_added_to(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    stop_after(10, out)
    records = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    lines = ({key: value for key, value in record.items() if key != "fingerprint"} for record in records)
    out.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    assert "적혀 있지 않음" in expect(ModelSwapped, out)


def retrained(folder: Path) -> LinearClassifier:
    """The shipped model with one weight in a thousand different: nothing that a few texts would show."""
    shutil.copytree(FOLDER, folder)
    with np.load(folder / FILES[0], allow_pickle=False) as arrays:
        parts = {name: arrays[name] for name in arrays.files}
    parts["weights"][0, ::1000] ^= 1
    np.savez_compressed(folder / FILES[0], **parts)
    return linear(read_model(folder))


def linear(model: Model) -> LinearClassifier:
    return LinearClassifier(model, lambda: pytest.fail("nobody asked for opinions"))


def test_a_linear_model_whose_files_were_swapped_is_another(tmp_path: Path) -> None:
    out, whole = tmp_path / "out.jsonl", tmp_path / "whole.jsonl"
    shipped = linear(read_model())
    analyse(whole, judge=shipped, aspects=False)
    with pytest.raises(Stopped):
        analyse(out, judge=shipped, aspects=False, told=lambda done: stop_at(10, done))
    expect(ModelSwapped, out, judge=retrained(tmp_path / "again"), aspects=False)
    assert analyse(out, judge=linear(read_model()), aspects=False).before == 10
    assert out.read_bytes() == whole.read_bytes()


def test_a_result_that_another_process_writes_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    stop_after(10, out)
    with out.open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        expect(ResultBusy, out)


@pytest.mark.parametrize("name", ["out.txt", "out", "out.xlsx"])
def test_other_extensions_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadSetting, match=r"\.parquet"):
        analyse(tmp_path / name)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(BadSetting):
        analyse(tmp_path / "folder.csv")


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises((NotWritable, FileExistsError)):
        analyse(tmp_path / "file" / "out.jsonl")


def test_a_full_disk_leaves_whole_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, whole = tmp_path / "out.jsonl", tmp_path / "whole.jsonl"
    analyse(whole)

    class Full(analysing.FileIO):
        written = 0

        def write(self, data: bytes) -> int:
            Full.written += 1
            if Full.written == 3:
                return int(super().write(bytes(data)[:100]))
            if Full.written > 3:
                raise OSError(errno.ENOSPC, "No space left on device")
            return int(super().write(data))

    with monkeypatch.context() as patched:
        patched.setattr(analysing, "FileIO", Full)
        with pytest.raises(DiskFull):
            analyse(out)
    assert len(out.read_bytes().splitlines()) == 10
    analyse(out)
    assert out.read_bytes() == whole.read_bytes()


def test_records_come_back_but_for_digits() -> None:
    for text, found in zip(TEXTS, HashJudge("hash").classify(TEXTS), strict=True):
        again = from_json(json.loads(json.dumps(to_json("r", text, found))))
        if isinstance(found, Unanalysed):
            assert again == found
            continue
        assert isinstance(again, Analysis)
        assert again.sentiment == pytest.approx(dict(found.sentiment), abs=1e-4)
        assert again.intensity == pytest.approx(found.intensity, abs=1e-4)
        assert (again.felt, again.note, again.classifier) == (found.felt, found.note, found.classifier)
        assert [o.span for o in again.opinions] == [o.span for o in found.opinions]
        assert [p.span for p in again.parts] == [p.span for p in found.parts]


def test_a_classifier_without_intensity_has_none_in_its_record() -> None:
    record = to_json("r", "글", Analysis("x", {"positive": 1.0}, ()), aspects=False)
    assert record["intensity"] is None
    assert "opinions" not in record
    again = from_json(record)
    assert isinstance(again, Analysis)
    assert (again.intensity, again.opinions) == ((), ())

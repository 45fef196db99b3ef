"""What is said of files whose rows are indexed all the same: dates unread or yet to come, columns unused."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpus.reader import read_corpus
from pipeline.corpus.remarks import Noticed, Remark
from pipeline.types import Document

TODAY = datetime.date(2026, 11, 22)


def noticed(folder: Path, name: str, content: str, **more: object) -> tuple[Remark, ...]:
    """What is said of a file of which every row is kept."""
    path = folder / name
    path.write_text(content, encoding="utf-8")
    found = Noticed(TODAY)
    assert all(isinstance(each, Document) for each in read_corpus([path], noticed=found, **more))  # type: ignore[arg-type]
    return found.remarks()


def test_dates_that_cannot_be_read_are_counted_with_the_first_of_them(tmp_path: Path) -> None:
    rows = "좋다,2026-03-14\n맛있다,어제\n짜다,03/14/2026\n달다,\n쓰다,-\n시다,2026-13-45\n"
    (remark,) = noticed(tmp_path, "후기.csv", f"리뷰,작성일\n{rows}")
    assert (remark.file, remark.code, remark.count, remark.line, remark.value) == (
        "후기.csv", "unread-date", 3, 3, "어제",
    )  # fmt: skip
    for said in (remark.ko, remark.en):
        assert "--column date=" in said
        assert "어제" in said
        assert "3" in said


def test_dates_that_have_yet_to_come_are_counted_but_not_tomorrow_which_may_have_begun_there(tmp_path: Path) -> None:
    rows = "좋다,2026-11-22\n맛있다,2026-11-23\n짜다,2026-11-24\n달다,2031.1.2\n"
    (remark,) = noticed(tmp_path, "후기.csv", f"리뷰,날짜\n{rows}")
    assert (remark.code, remark.count, remark.line, remark.value) == ("future-date", 2, 4, "2026-11-24")


def test_columns_that_are_no_field_are_named(tmp_path: Path) -> None:
    (remark,) = noticed(tmp_path, "a.csv", ",리뷰,별점,쓴날,작성자\n0,좋다,5,어제,김\n")
    assert (remark.code, remark.count, remark.value) == ("unused-columns", 2, "쓴날, 작성자")
    assert "--column date=" in remark.ko
    assert "reply_to" in remark.en  # every field that a column could be given to


def test_the_cure_works(tmp_path: Path) -> None:
    content = "리뷰,날짜,쓴날\n좋다,봄,2026-03-14\n"
    assert [remark.code for remark in noticed(tmp_path, "a.csv", content)] == ["unread-date", "unused-columns"]
    (left,) = noticed(tmp_path, "a.csv", content, columns={"date": "쓴날"})
    assert (left.code, left.value) == ("unused-columns", "날짜")


def test_columns_of_json_lines_are_counted_wherever_they_first_appear(tmp_path: Path) -> None:
    rows = '{"text": "하나"}\n' * 200 + '{"text": "둘", "tags": ["a"], "date": "작년"}\n'
    dates, columns = noticed(tmp_path, "a.jsonl", rows)
    assert (dates.line, columns.value) == (201, "tags")


def test_a_row_that_is_rejected_is_not_counted_too(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,리뷰,별점,날짜\n1,하나,5,봄\n1,둘,5,여름\n2,셋,열하나,가을\n3,,5,겨울\n", encoding="utf-8")
    found = Noticed(TODAY)
    assert len(list(read_corpus([path], noticed=found))) == 4
    (remark,) = found.remarks()
    assert (remark.count, remark.value) == (1, "봄")


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "a.csv" for folder in ("x", "y")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(f"리뷰,날짜\n{path.parent.name},어제\n", encoding="utf-8")
    found = Noticed(TODAY)
    list(read_corpus(paths, noticed=found))
    assert [(remark.file, remark.count) for remark in found.remarks()] == [("a.csv", 1), ("a.csv", 1)]


def test_nothing_is_said_of_a_file_that_is_understood_and_of_benchmarks(tmp_path: Path) -> None:
    assert noticed(tmp_path, "a.csv", "리뷰,날짜,별점\n좋다,2026-03-14,5\n") == ()
    beir = '{"_id": "d1", "text": "주차가 편해요", "metadata": {"url": "x"}, "date": "봄"}\n'
    assert noticed(tmp_path, "corpus.jsonl", beir, format="beir") == ()


@pytest.mark.parametrize("value", ["{count}", "봄\x1b[31m", "가" * 500])
def test_a_cell_is_only_quoted(tmp_path: Path, value: str) -> None:
    (remark,) = noticed(tmp_path, "a.csv", f"리뷰,날짜\n좋다,{value}\n")
    assert remark.value in remark.ko
    assert "\x1b" not in remark.ko
    assert len(remark.value) <= 80


@given(st.lists(st.dates(datetime.date(1990, 1, 1), datetime.date(2090, 1, 1))))
def test_as_many_are_counted_as_have_yet_to_come(days: list[datetime.date]) -> None:
    found = Noticed(TODAY)
    for line, day in enumerate(days, start=1):
        found.date(Path("a.csv"), line, day.isoformat(), "")
    counted = sum(remark.count for remark in found.remarks())
    assert counted == sum(day > TODAY + datetime.timedelta(days=1) for day in days)

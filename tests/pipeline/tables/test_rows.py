from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from pipeline.errors.files import FileProblem
from pipeline.tables.rows import Row, open_table
from pipeline.types import Reject


def _write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _read(path: Path, format: str = "auto") -> list[tuple[int, object]]:
    """Each row as its line and its cells, or the code of its reject."""
    rows = open_table(path, format).rows()
    return [(row.line, tuple(row.values.values()) if isinstance(row, Row) else row.code) for row in rows]


def _csv(folder: Path, content: str | bytes) -> list[tuple[int, object]]:
    # Cells come in the reverse order of the columns, which is of no account to those who ask by name.
    rows = _read(_write(folder, "a.csv", content))
    return [(line, cells[::-1] if isinstance(cells, tuple) else cells) for line, cells in rows]


def test_line_numbers_are_physical_with_newlines_in_quotes(tmp_path: Path) -> None:
    content = 'a,b\n1,"하나\n둘\n셋"\n\n2,넷\n3,"다섯 ""여섯"", 일곱"\n'
    assert _csv(tmp_path, content) == [(2, ("1", "하나\n둘\n셋")), (6, ("2", "넷")), (7, ("3", '다섯 "여섯", 일곱'))]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(tmp_path: Path, end: str) -> None:
    rows = _csv(tmp_path, end.join(["a,b", "1,가", '2,"나', '다"', "3,라"]))
    assert rows == [(2, ("1", "가")), (3, ("2", f"나{end}다")), (5, ("3", "라"))]


def test_a_wrong_number_of_columns_is_rejected_at_its_line(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.csv", 'a,b\n"하\n나",1\n맛있고, 좋아요,5\n둘\n셋,3\n')
    rows = list(open_table(path).rows())
    assert [(row.line, type(row)) for row in rows] == [(2, Row), (4, Reject), (5, Reject), (6, Row)]
    reject = rows[1]
    assert isinstance(reject, Reject)
    assert (reject.code, reject.path, reject.excerpt) == ("column-count", str(path), "맛있고, 좋아요,5")
    assert "2개여야 하는데 3개" in reject.ko
    assert "3 columns instead of 2" in reject.en


def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path) -> None:
    rows = _csv(tmp_path, 'a,b\n1,"열린 채\n2,둘\n3,"셋"\n4,"넷\n더"\n')
    assert rows == [(2, "broken-quoting"), (3, ("2", "둘")), (4, ("3", "셋")), (5, ("4", "넷\n더"))]


def test_a_quote_open_at_the_end_of_a_long_file_costs_one_row(tmp_path: Path) -> None:
    rows = _csv(tmp_path, 'a,b\n1,"열린 채\n' + "2,이 줄은 온전합니다\n" * 20_000)
    assert rows[0] == (2, "broken-quoting")
    assert rows[1:] == [(line, ("2", "이 줄은 온전합니다")) for line in range(3, 20_003)]


def test_quotes_inside_quotes_that_are_not_doubled(tmp_path: Path) -> None:
    assert _csv(tmp_path, 'a,b\n1,"그는 "맛있다"고 했다"\n2,둘\n') == [(2, "broken-quoting"), (3, ("2", "둘"))]


def test_a_line_too_long_for_any_text(tmp_path: Path) -> None:
    assert _csv(tmp_path, "a,b\n1," + "가" * 200_000 + "\n2,둘\n") == [(2, "text-too-long"), (3, ("2", "둘"))]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_are_sniffed(tmp_path: Path, delimiter: str) -> None:
    lines = [["리뷰", "별점"], ["맛있어요. 정말!", "5"], ["별로", "2"]]
    assert _csv(tmp_path, "\n".join(map(delimiter.join, lines))) == [(2, ("맛있어요. 정말!", "5")), (3, ("별로", "2"))]


def test_a_delimiter_is_not_taken_from_the_text(tmp_path: Path) -> None:
    assert _csv(tmp_path, "리뷰;별점\n맛, 양, 값;5\n가, 나, 다;4\n")[0] == (2, ("맛, 양, 값", "5"))
    assert _csv(tmp_path, "리뷰\n맛있어요; 정말\n") == [(2, ("맛있어요; 정말",))]


def test_tabs_with_and_without_quoting(tmp_path: Path) -> None:
    quoted = _write(tmp_path, "a.tsv", 'a\tb\n1\t"두\n줄"\n')
    assert _read(quoted) == [(2, ("두\n줄", "1"))]
    bare = _write(tmp_path, "b.tsv", 'a\tb\n1\t"최고"라는 말\n2\t"열린 말\n3\t둘"\n4\t끝, 그리고\n')
    assert [cells for _, cells in _read(bare)] == [
        ('"최고"라는 말', "1"),
        ('"열린 말', "2"),
        ('둘"', "3"),
        ("끝, 그리고", "4"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp949", "utf-16"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    path = _write(tmp_path, "a.csv", '리뷰,별점\n"맛\n있어요",5\n'.encode(encoding))
    assert open_table(path).columns == ("리뷰", "별점")
    assert _read(path) == [(2, ("5", "맛\n있어요"))]


def test_only_rows_with_broken_bytes_are_rejected(tmp_path: Path) -> None:
    content = "a,b\n1,가나다\n2,깨@짐\n3,라마바\n".encode().replace(b"@", b"\xff\xfe")
    path = _write(tmp_path, "a.csv", content)
    assert _read(path) == [(2, ("가나다", "1")), (3, "broken-encoding"), (4, ("라마바", "3"))]
    (reject,) = [row for row in open_table(path).rows() if isinstance(row, Reject)]
    assert reject.code == "broken-encoding"
    assert reject.excerpt == "2,깨�짐"


def test_utf_8_rows_in_a_cp949_file_are_rejected_not_garbled(tmp_path: Path) -> None:
    korean = "1,고기가 부드럽고 반찬이 많아요\n"
    rows = _csv(tmp_path, b"a,b\n" + korean.encode("cp949") * 9 + korean.encode())
    assert rows[-2:] == [(10, ("1", "고기가 부드럽고 반찬이 많아요")), (11, "broken-encoding")]


def test_the_first_of_two_columns_of_one_name_is_read(tmp_path: Path) -> None:
    (row,) = open_table(_write(tmp_path, "a.csv", "리뷰,리뷰\n첫째,둘째\n")).rows()
    assert isinstance(row, Row)
    assert row.values == {"리뷰": "첫째"}


_CELLS = st.text(alphabet='가a,;"\n \t', max_size=8)


@given(st.lists(st.tuples(_CELLS, _CELLS, st.just("끝")), min_size=1, max_size=8))
def test_what_is_quoted_rightly_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [("a", "b", "c"), *rows]]
    read = _csv(tmp_path_factory.getbasetemp(), "\n".join(quoted))
    assert [cells for _, cells in read] == rows
    starts = [2]
    for row in rows[:-1]:
        starts.append(starts[-1] + 1 + sum(cell.count("\n") for cell in row))
    assert [line for line, _ in read] == starts


def test_json_lines_one_bad_line_costs_one_row(tmp_path: Path) -> None:
    huge = '{"n": ' + "1" * 5000 + "}"
    lines = ['{"text": "하나"}', "", "{broken", "[1]", '"글"', "null", "[" * 5000, huge, '{"text": "둘", "b": 1}']
    path = _write(tmp_path, "a.jsonl", "\n".join(lines))
    assert _read(path) == [
        (1, ("하나",)),
        (3, "bad-json"),
        (4, "not-an-object"),
        (5, "not-an-object"),
        (6, "not-an-object"),
        (7, "bad-json"),
        (8, "bad-json"),
        (9, ("둘", 1)),
    ]
    assert open_table(path).columns == ("text", "b")


def test_json_lines_with_broken_bytes_a_mark_and_unicode_line_ends(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbf{"text": "\xeb\xa7\x9b"}\r\n{"text": "\xff"}\r\n{"text": "\xe2\x80\xa8\xeb\xa7\x9b"}\r\n'
    assert _read(_write(tmp_path, "a.ndjson", content)) == [(1, ("맛",)), (2, "broken-encoding"), (3, ("\u2028맛",))]


@pytest.mark.parametrize("content", ['[{"text": "하나"}]', '[\n  {"text": "하나"},\n  {"text": "둘"}\n]'])
def test_a_json_array_is_told_from_json_lines(tmp_path: Path, content: str) -> None:
    with pytest.raises(FileProblem, match="JSON 배열"):
        open_table(_write(tmp_path, "a.jsonl", content))


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"text": ["하나", None, "셋"], "rating": [1.0, 2.0, None]}), path)
    assert open_table(path).columns == ("text", "rating")
    assert _read(path) == [(1, ("하나", 1.0)), (2, (None, 2.0)), (3, ("셋", None))]


def test_parquet_with_a_broken_string(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    broken = pa.Array.from_buffers(pa.string(), 2, pa.array([b"ok", b"\xff\xfe"], pa.binary()).buffers())
    parquet.write_table(pa.table({"text": broken}), path)
    assert _read(path) == [(1, ("ok",)), (2, "broken-encoding")]


def test_parquet_cut_off_and_parquet_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"text": ["하나"] * 100}), path)
    path.write_bytes(path.read_bytes()[:-20])
    for damaged in (path, _write(tmp_path, "b.parquet", "text\n하나\n")):
        with pytest.raises(FileProblem, match="손상"):
            open_table(damaged)


def test_parquet_damaged_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"text": [f"{number}번째 글" for number in range(5000)]}), path)
    content = bytearray(path.read_bytes())
    content[4:2000] = bytes(1996)
    path.write_bytes(content)
    with pytest.raises(FileProblem, match="손상"):
        list(open_table(path).rows())


def test_parquet_without_rows(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "a.parquet")
    with pytest.raises(FileProblem, match="비어"):
        open_table(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", "\n\n"), ("a.csv", "리뷰,별점\n"), ("a.csv", "\ufeff"), ("a.jsonl", "\n \n"), ("a.tsv", "리뷰\t별점")],
)
def test_files_without_a_row_are_empty(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(FileProblem, match="비어"):
        open_table(_write(tmp_path, name, content))


def test_a_header_whose_quotes_do_not_pair(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="머리글"):
        open_table(_write(tmp_path, "a.csv", '"a"x,b\n1,2\n'))


@pytest.mark.parametrize(
    ("name", "cure"), [("a.json", "squad"), ("a.csv.gz", "압축"), ("a.txt", "--format csv"), ("a", "확장자 없음")]
)
def test_unknown_extensions_come_with_a_cure(tmp_path: Path, name: str, cure: str) -> None:
    with pytest.raises(FileProblem, match="모르는 형식") as caught:
        open_table(_write(tmp_path, name, "리뷰\n맛\n"))
    assert cure in caught.value.korean


def test_a_format_given_is_stronger_than_the_extension(tmp_path: Path) -> None:
    assert _read(_write(tmp_path, "a.txt", "리뷰\n맛\n"), "csv") == [(2, ("맛",))]
    assert _read(_write(tmp_path, "A.CSV", "리뷰\n맛\n")) == [(2, ("맛",))]

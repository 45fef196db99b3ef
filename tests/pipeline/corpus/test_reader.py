from __future__ import annotations

import datetime
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.corpus.reader import read_corpus
from pipeline.errors.files import FileProblem, MissingColumn
from pipeline.types import Document, Reject, Source


def _write(folder: Path, name: str, content: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode(encoding))
    return path


def _documents(read: Iterator[Document | Reject]) -> list[Document]:
    """The documents, when nothing was rejected."""
    documents = []
    for each in read:
        assert isinstance(each, Document), each
        documents.append(each)
    return documents


def _rejects(read: Iterator[Document | Reject]) -> list[tuple[int, str]]:
    return [(each.line, each.code) for each in read if isinstance(each, Reject)]


def _ids(read: Iterator[Document | Reject]) -> list[str]:
    return [each.source.document_id for each in read if isinstance(each, Document)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "euc-kr", "utf-16"])
@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.csv", "\t"), ("a.tsv", "\t")])
def test_a_whole_review(tmp_path: Path, encoding: str, name: str, delimiter: str) -> None:
    header = "리뷰 번호|상호명|별점|작성일|리뷰 내용|업종|지역|가격대|제목|답글".split("|")
    row = 'r-7|한상|★★★★☆|2026년 3월 14일|"고기가 부드럽다.\n또 간다."|고기|마포|2|단골|r-3'.split("|")
    path = _write(tmp_path, name, delimiter.join(header) + "\n" + delimiter.join(row) + "\n", encoding)
    text = "고기가 부드럽다.\n또 간다."
    assert _documents(read_corpus([path])) == [
        Document(text, Source("r-7", 0, len(text), "단골", "한상", "고기", "마포", 2, 4.0, "2026-03-14", "r-3"))
    ]


def test_json_lines_and_parquet_say_the_same(tmp_path: Path) -> None:
    line = '{"id": 7, "text": "맛있다", "rating": 4.5, "created_at": "2026-03-14T10:00:00"}\n'
    lines = _write(tmp_path, "a.jsonl", line)
    table = {"id": [7], "text": ["맛있다"], "rating": [4.5], "created_at": [datetime.datetime(2026, 3, 14, 10)]}
    parquet.write_table(pa.table(table), tmp_path / "b.parquet")
    expected = [Document("맛있다", Source("7", end=3, rating=4.5, date="2026-03-14"))]
    assert _documents(read_corpus([lines])) == expected
    assert _documents(read_corpus([tmp_path / "b.parquet"])) == expected


def test_every_kind_of_bad_row_is_rejected_and_the_rest_read(tmp_path: Path) -> None:
    rows = [
        "1,맛있다,5",
        "2,,5",
        "3,별점이 이상하다,11",
        "4,음수,-1",
        "5,수가 아님,nan",
        "6,무한,inf",
        "7,말,최고",
        "8,열이,너무,많다",
        "9,열이 모자란다",
        "1,같은 아이디,3",
        "10," + "가" * 100_001 + ",4",
        "11,\x00\x01,4",
        "12,제어\x00문자,4",
        '13,"따옴표"가,4',
        "14,별점이 없다,",
    ]
    path = _write(tmp_path, "a.csv", "id,리뷰,별점\n" + "\n".join(rows) + "\n15,깨@짐,4\n16,끝,3\n")
    path.write_bytes(path.read_bytes().replace(b"@", b"\xff"))
    read = list(read_corpus([path]))
    assert _ids(iter(read)) == ["1", "12", "14", "16"]
    assert _rejects(iter(read)) == [
        (3, "empty-text"),
        (4, "bad-rating"),
        (5, "bad-rating"),
        (6, "bad-rating"),
        (7, "bad-rating"),
        (8, "bad-rating"),
        (9, "column-count"),
        (10, "column-count"),
        (11, "duplicate-id"),
        (12, "text-too-long"),
        (13, "empty-text"),
        (15, "broken-quoting"),
        (17, "broken-encoding"),
    ]
    for reject in read:
        if isinstance(reject, Reject):
            assert reject.path == str(path)
            assert reject.ko != reject.en
            assert len(reject.excerpt) <= 80
            # A report of rejects must always be writable.
            (reject.ko + reject.en + reject.excerpt).encode()


def test_a_bad_date_or_price_does_not_lose_the_review(tmp_path: Path) -> None:
    (document,) = _documents(read_corpus([_write(tmp_path, "a.csv", "리뷰,날짜,가격대\n맛있다,어제,비쌈\n")]))
    assert (document.source.date, document.source.price_band) == ("", None)


def test_ten_point_ratings_are_not_rescaled(tmp_path: Path) -> None:
    (document,) = _documents(read_corpus([_write(tmp_path, "a.csv", "리뷰,평점\n맛있다,8.5\n")]))
    assert document.source.rating == 8.5


def test_rows_without_an_id_are_named_by_file_and_row(tmp_path: Path) -> None:
    first = _write(tmp_path, "리뷰.csv", '내용\n"하나\n둘"\n\n""\n셋\n')
    assert _ids(read_corpus([first])) == ["리뷰-1", "리뷰-3"]
    second = _write(tmp_path, "other/리뷰.csv", "내용,번호\n하나,x\n둘,\n")
    assert _ids(read_corpus([first, second])) == ["리뷰-1", "리뷰-3", "x", "리뷰.2-2"]


def test_an_id_must_be_new_across_files(tmp_path: Path) -> None:
    paths = [_write(tmp_path, name, "id,text\n1,하나\n") for name in ("a.csv", "b.csv")]
    read = list(read_corpus(paths))
    assert _ids(iter(read)) == ["1"]
    reject = read[1]
    assert isinstance(reject, Reject)
    assert (reject.path, reject.line, reject.code) == (str(paths[1]), 2, "duplicate-id")
    assert "'1'" in reject.ko


def test_a_named_column_wins(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.csv", "리뷰,메모\n하나,둘\n")
    assert [document.text for document in _documents(read_corpus([path], columns={"text": "메모"}))] == ["둘"]


def test_missing_columns_are_named_before_anything_is_read(tmp_path: Path) -> None:
    good = _write(tmp_path, "a.csv", "리뷰\n하나\n")
    bad = _write(tmp_path, "b.csv", "글쓴이,평\n가,나\n")
    with pytest.raises(MissingColumn, match=r"b\.csv에서 text 열.*글쓴이, 평"):
        read_corpus([good, bad])
    with pytest.raises(MissingColumn, match=r"'본문' 열이 없습니다.*리뷰"):
        read_corpus([good], columns={"text": "본문"})
    with pytest.raises(MissingColumn):
        read_corpus([_write(tmp_path, "c.jsonl", '{"글쓴이": "가"}\n')])


def test_json_lines_may_bring_a_column_late(tmp_path: Path) -> None:
    lines = '{"content": "글"}\n' * 200 + '{"content": "글", "rating": 4, "review": "다른 열"}\n{"rating": 3}\n'
    read = list(read_corpus([_write(tmp_path, "a.jsonl", lines)]))
    last = read[200]
    assert isinstance(last, Document)
    assert (last.text, last.source.rating) == ("글", 4.0)
    assert _rejects(iter(read)) == [(202, "empty-text")]


def test_json_lines_without_one_good_line_are_rejected_line_by_line(tmp_path: Path) -> None:
    assert _rejects(read_corpus([_write(tmp_path, "a.jsonl", "{cut\n3\n")])) == [(1, "bad-json"), (2, "not-an-object")]


def test_restaurants_are_joined(tmp_path: Path) -> None:
    reviews = _write(
        tmp_path,
        "a.csv",
        "id,restaurant_id,category,text\n1,10,,하나\n2,10,분식,둘\n3,99,,모르는 가게\n4,,,가게 없음\n",
    )
    places = _write(
        tmp_path,
        "places.jsonl",
        '{"id": 10, "name": "한상", "category": "한식", "district": "마포", "price_band": 2}\n'
        '{"id": 10, "name": "또"}\n{"id": 11}\n{cut\n',
    )
    read = list(read_corpus([reviews], restaurants=places))
    assert _rejects(iter(read)) == [(2, "duplicate-id"), (3, "restaurant-incomplete"), (4, "bad-json")]
    sources = [each.source for each in read if isinstance(each, Document)]
    assert [(s.restaurant, s.category, s.district, s.price_band) for s in sources] == [
        ("한상", "한식", "마포", 2),
        ("한상", "분식", "마포", 2),
        ("99", "", "", None),
        ("", "", "", None),
    ]


def test_restaurants_in_korean_csv_and_without_their_columns(tmp_path: Path) -> None:
    reviews = _write(tmp_path, "a.csv", "가게번호,리뷰\n10,하나\n")
    places = _write(tmp_path, "p.csv", "번호,가게명,업종,지역,가격대\n10,한상,한식,마포,₩₩\n")
    (document,) = _documents(read_corpus([reviews], restaurants=places))
    assert (document.source.restaurant, document.source.price_band) == ("한상", 2)
    with pytest.raises(MissingColumn, match="restaurant_id"):
        read_corpus([_write(tmp_path, "b.csv", "리뷰,별점\n하나,5\n")], restaurants=places)
    with pytest.raises(MissingColumn, match="restaurant"):
        read_corpus([reviews], restaurants=_write(tmp_path, "q.csv", "번호,전화\n10,02\n"))


def test_file_problems_come_before_any_row(tmp_path: Path) -> None:
    good = _write(tmp_path, "a.csv", "리뷰\n하나\n")
    for path, said in ((tmp_path / "none.csv", "없습니다"), (tmp_path, r"폴더.*a\.csv"), (good, "두 번")):
        with pytest.raises(FileProblem, match=said):
            read_corpus([good, path])


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_rows_are_never_held_together(tmp_path: Path, name: str) -> None:
    text, path = "고기가 부드럽고 반찬이 많아요. " * 40, tmp_path / name
    if name == "a.csv":
        path.write_text("text\n" + (text + "\n") * 20_000, encoding="utf-8")
    elif name == "a.jsonl":
        path.write_text(('{"text": "' + text + '"}\n') * 20_000, encoding="utf-8")
    else:
        parquet.write_table(pa.table({"text": [text] * 20_000}), path)
    tracemalloc.start()
    try:
        read = read_corpus([path])
        next(read)
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
        assert sum(1 for _ in read) == 19_999
        # Twenty thousand such texts take 28 MB; what stays is their ids, to find duplicates by.
        assert tracemalloc.get_traced_memory()[1] < 14_000_000
    finally:
        tracemalloc.stop()


def test_a_row_is_given_before_the_next_is_read(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.csv", "text\n" + "처음의 글\n" * 100_000)
    read = read_corpus([path])
    first = next(read)
    # What is written later into the part that no buffer holds yet is seen: so it was not read before.
    with path.open("r+b") as stream:
        stream.seek(-len("처음의 글\n".encode()), 2)
        stream.write("나중의 글\n".encode())
    assert isinstance(first, Document)
    *_, last = read
    assert isinstance(last, Document)
    assert (first.text, last.text) == ("처음의 글", "나중의 글")

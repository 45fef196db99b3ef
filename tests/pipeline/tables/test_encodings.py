from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors.files import FileProblem
from pipeline.tables.encodings import check_file, detect_encoding, is_broken, open_text

_KOREAN = "리뷰,별점\n고기가 부드럽고 반찬이 많아요,5\n주차가 어렵습니다,2\n"


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "reviews.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (_KOREAN.encode(), "utf-8"),
        (_KOREAN.encode("utf-8-sig"), "utf-8-sig"),
        (_KOREAN.encode("cp949"), "cp949"),
        (_KOREAN.encode("euc-kr"), "cp949"),
        ("뷁똠방각하\n쀍".encode("cp949"), "cp949"),
        (_KOREAN.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + _KOREAN.encode("utf-16-be"), "utf-16"),
        (_KOREAN.encode("utf-32"), "utf-32"),
        (b"text\ngood\n", "utf-8"),
    ],
)
def test_encodings_are_told_apart_and_read_back(tmp_path: Path, written: bytes, expected: str) -> None:
    path = _file(tmp_path, written)
    assert detect_encoding(path) == expected
    with open_text(path, expected) as stream:
        assert not stream.read(1).startswith("\ufeff")


def test_a_few_broken_bytes_do_not_make_utf_8_cp949(tmp_path: Path) -> None:
    content = (_KOREAN * 50).encode()
    assert detect_encoding(_file(tmp_path, content + b"\xb8\xc0\xc0\xd6,3\n" + content)) == "utf-8"


def test_a_few_broken_bytes_do_not_make_cp949_unknown(tmp_path: Path) -> None:
    content = (_KOREAN * 50).encode("cp949")
    assert detect_encoding(_file(tmp_path, content + b"\xff\xff\x80,3\n" + content)) == "cp949"


def test_the_whole_file_is_looked_at(tmp_path: Path) -> None:
    english = b"text\n" + b"nothing but ASCII here\n" * 100_000
    assert detect_encoding(_file(tmp_path, english + "맛있어요".encode("cp949"))) == "cp949"


@given(st.text(alphabet=st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=8, max_size=200))
def test_hangul_is_read_back_from_cp949(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = _file(tmp_path_factory.getbasetemp(), text.encode("cp949"))
    if detect_encoding(path) == "cp949":
        with open_text(path, "cp949") as stream:
            assert stream.read() == text
    else:  # only what happens to be UTF-8 for the greater part may be taken for it
        decoded = text.encode("cp949").decode("utf-8", "surrogateescape")
        broken = sum("\udc80" <= character <= "\udcff" for character in decoded)
        assert broken < sum(character > "\x7f" for character in decoded) - broken


def test_broken_pieces_are_known_by_row() -> None:
    assert is_broken("맛\udcff", "utf-8")
    assert is_broken("맛\udcff", "cp949")
    assert not is_broken("맛있어요", "utf-8")
    assert not is_broken("맛있어요 樂", "cp949")
    assert is_broken("맛있어요".encode().decode("cp949", "surrogateescape"), "cp949")
    assert not is_broken("plain", "cp949")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04rest", "xlsx"),
        (b"\xd0\xcf\x11\xe0rest", "xls"),
        (b"\x1f\x8brest", "gzip"),
        (b"\x89PNG\r\n", "그림"),
        (bytes(range(256)) * 20, "인코딩"),
        (_KOREAN.encode("utf-16-le"), "UTF-16"),
        ("text\ncafé très très doué\n".encode("latin-1"), "인코딩"),
        (_KOREAN.encode("utf-16")[:-1], "인코딩"),
    ],
)
def test_what_is_not_text_is_said_to_be_so(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(FileProblem, match=r"reviews.csv") as caught:
        detect_encoding(_file(tmp_path, content))
    assert said in caught.value.korean
    assert "UTF-8" in caught.value.english


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="파일이 없습니다"):
        check_file(tmp_path / "none.csv")


def test_a_folder_lists_its_files(tmp_path: Path) -> None:
    for name in ("b.csv", "a.jsonl", ".hidden"):
        (tmp_path / name).touch()
    with pytest.raises(FileProblem, match=r"폴더입니다.*a\.jsonl, b\.csv$"):
        check_file(tmp_path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="비어 있습니다"):
        check_file(_file(tmp_path, b""))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(FileProblem, match="일반 파일이 아닙니다"):
        check_file(tmp_path / "pipe.csv")


def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, b"text\ngood\n")
    path.chmod(0)
    # Permissions don't bind root, so as root the test goes on as a user who may not read the file.
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(FileProblem, match="권한"):
            check_file(path)
    finally:
        os.seteuid(user)


def test_a_name_the_system_refuses_is_a_problem_too(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="읽지 못했습니다"):
        check_file(tmp_path / ("가" * 300))

"""What a file is before its rows are read: present, readable, text, and in which encoding. Knows nothing of columns.

The encoding is decided for the file as a whole. Bytes that don't fit it are read as lone surrogates
(``surrogateescape``), which no valid text holds, so that exactly the rows they stand in can be refused.
"""

from __future__ import annotations

import codecs
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from pipeline.errors.files import FileProblem

_CHUNK = 1 << 20
_HEAD = 1 << 16
_ENOUGH = 200_000
_ESCAPED = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")
_HANGUL = re.compile("[가-힣]")
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\x1b"))

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "엑셀(xlsx) 또는 압축 파일", "an Excel (xlsx) or ZIP file"),
    (b"\xd0\xcf\x11\xe0", "옛 엑셀(xls) 파일", "an old Excel (xls) file"),
    (b"\x1f\x8b", "gzip 압축 파일", "a gzip file"),
    (b"%PDF", "PDF 파일", "a PDF file"),
    (b"\x89PNG", "그림 파일", "a picture"),
    (b"\xff\xd8\xff", "그림 파일", "a picture"),
    (b"SQLite format 3\x00", "SQLite 파일", "an SQLite file"),
    (b"PAR1", "Parquet 파일", "a Parquet file"),
)
_TEXT_CURE = ("CSV UTF-8 또는 JSONL로 저장해 주세요.", "Save it as CSV UTF-8 or JSONL.")

# The order matters: the mark of UTF-32 begins with that of UTF-16.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def problem(path: Path, ko: str, cure: str, en: str, cure_en: str) -> FileProblem:
    """A `FileProblem` of a path: what is wrong and what to do, in both languages."""
    return FileProblem(path=path, problem=ko, cure=cure, problem_en=en, cure_en=cure_en)


def unreadable(path: Path, error: OSError) -> FileProblem:
    """The `FileProblem` for what the operating system said about a path."""
    if isinstance(error, PermissionError):
        return problem(
            path,
            "읽을 권한이 없습니다",
            f"`chmod +r {path}`로 권한을 주거나 읽을 수 있는 곳으로 옮겨 주세요.",
            "There is no permission to read it",
            f"Grant it with `chmod +r {path}`, or move the file to where it can be read.",
        )
    reason = error.strerror or str(error)
    return problem(
        path,
        f"파일을 읽지 못했습니다({reason})",
        "경로를 확인하고 다시 해 주세요.",
        f"The file could not be read ({reason})",
        "Check the path and try again.",
    )


def check_file(path: Path) -> None:
    """Make sure that a path is a regular file with something in it that this process may read.

    Raises:
        FileProblem: it is missing, a folder, not a regular file, empty, or may not be read.
    """
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode):
            path.open("rb").close()
    except FileNotFoundError as error:
        raise problem(
            path,
            "파일이 없습니다",
            f"이름과 위치를 확인해 주세요(지금 폴더: {Path.cwd()}).",
            "There is no such file",
            f"Check its name and place (the current folder is {Path.cwd()}).",
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
    if stat.S_ISDIR(status.st_mode):
        raise _is_folder(path)
    if not stat.S_ISREG(status.st_mode):
        # Text is read twice (once for its encoding), which a pipe doesn't allow.
        raise problem(
            path,
            "일반 파일이 아닙니다",
            "내용을 파일로 저장해서 그 파일을 주세요.",
            "It is not a regular file",
            "Save the content to a file and give that.",
        )
    if status.st_size == 0:
        raise empty(path)


def _is_folder(path: Path) -> FileProblem:
    try:
        names = sorted(child.name for child in path.iterdir() if child.is_file() and not child.name.startswith("."))
    except OSError as error:
        return unreadable(path, error)
    shown = ", ".join(names[:5]) + (f" … ({len(names):,})" if len(names) > 5 else "")
    return problem(
        path,
        "파일이 아니라 폴더입니다",
        f"안에 있는 파일을 주세요: {shown}" if names else "이 폴더에는 파일이 없습니다.",
        "It is a folder, not a file",
        f"Give the files in it: {shown}" if names else "There is no file in it.",
    )


def empty(path: Path) -> FileProblem:
    """The `FileProblem` of a file without a single row."""
    return problem(
        path,
        "파일이 비어 있습니다",
        "머리글과 한 행 이상이 든 파일을 주세요.",
        "The file is empty",
        "Give a file with a header and at least one row.",
    )


def detect_encoding(path: Path) -> str:
    """The encoding of a text file: ``utf-8``, ``utf-8-sig``, ``cp949`` (with EUC-KR in it), ``utf-16``, ``utf-32``.

    Strict UTF-8 is tried first. A file that isn't strict UTF-8 is still UTF-8 when more of its non-ASCII characters
    are intact than bytes are broken: Korean in CP949 read as UTF-8 breaks at nearly every byte, whereas a damaged UTF-8
    file breaks at few. Otherwise it is CP949 if at most a fifth of it breaks there.

    Raises:
        FileProblem: it is binary, or in none of these encodings.
    """
    try:
        return _detect(path)
    except OSError as error:
        raise unreadable(path, error) from error


def _detect(path: Path) -> str:
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            # A UTF-8 file with broken bytes loses the rows they stand in; the other two can't be read on after one.
            if encoding != "utf-8-sig" and not _decodes(path, encoding):
                raise _unknown(path)
            return encoding
    _refuse_binary(path, head)
    if _decodes(path, "utf-8"):
        return "utf-8"
    controls = _controls(head)
    if controls >= 8 and controls > 0.05 * len(head):
        raise _unknown(path)
    intact, broken = _count(path, "utf-8")
    if intact > broken:
        return "utf-8"
    intact, broken = _count(path, "cp949")
    if broken > 0.2 * (intact + broken):
        raise _unknown(path)
    return "cp949"


def open_text(path: Path, encoding: str) -> TextIO:
    """Open a text so that line ends stay as they are and broken bytes become lone surrogates.

    Raises:
        FileProblem: the operating system refuses.
    """
    # A file with a UTF-16 or UTF-32 mark was found intact as a whole; surrogateescape doesn't know these encodings.
    errors = "strict" if encoding in ("utf-16", "utf-32") else "surrogateescape"
    try:
        return path.open("r", encoding=encoding, errors=errors, newline="")
    except OSError as error:
        raise unreadable(path, error) from error


def is_broken(text: str, encoding: str) -> bool:
    """Whether a piece of a file read by `open_text` holds bytes that are not in the file's encoding.

    In a CP949 file a row written in UTF-8 decodes without an error, to nonsense. It is told by being valid UTF-8 with
    Hangul in it, which CP949 is only by accident of one in millions.
    """
    if text.isascii():
        return False
    if _ESCAPED.search(text):
        return True
    if encoding != "cp949":
        return False
    try:
        return bool(_HANGUL.search(text.encode("cp949").decode("utf-8")))
    except UnicodeError:
        return False


def _refuse_binary(path: Path, head: bytes) -> None:
    for magic, ko, en in _MAGIC:
        if head.startswith(magic):
            raise problem(path, f"글이 아니라 {ko}입니다", _TEXT_CURE[0], f"It is not text but {en}", _TEXT_CURE[1])
    zeros = head.count(0)
    # A stray NUL in a review is forgiven; text in UTF-16 without its mark, and programs, are full of them.
    if (zeros >= 8 and zeros > 0.05 * len(head)) or _controls(head) > 0.3 * len(head):
        raise _unknown(path)


def _controls(head: bytes) -> int:
    return len(head) - len(head.translate(None, _CONTROLS))


def _unknown(path: Path) -> FileProblem:
    return problem(
        path,
        "글이 아니거나 알 수 없는 인코딩입니다(UTF-8, CP949, BOM이 있는 UTF-16을 읽습니다)",
        _TEXT_CURE[0],
        "It is binary or in an unknown encoding (UTF-8, CP949 and UTF-16 with its mark are read)",
        _TEXT_CURE[1],
    )


def _decoded(path: Path, encoding: str, errors: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _decodes(path: Path, encoding: str) -> bool:
    try:
        for _ in _decoded(path, encoding, "strict"):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _count(path: Path, encoding: str) -> tuple[int, int]:
    """Non-ASCII characters that decode, and bytes that don't, up to where there are enough of them to judge by."""
    intact = broken = 0
    for piece in _decoded(path, encoding, "surrogateescape"):
        intact += len(_BEYOND_ASCII.findall(piece))
        broken += len(_ESCAPED.findall(piece))
        # Every broken byte costs an error inside the decoder: a second for a few megabytes.
        if intact + broken > _ENOUGH:
            break
    return intact, broken

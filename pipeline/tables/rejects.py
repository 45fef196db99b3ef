"""Why a row could not be used: every reason in Korean and in English. Knows nothing of files or columns."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.types import Reject

_EXCERPT_LENGTH = 80
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]+")

_REASONS: dict[str, tuple[str, str]] = {
    "empty-text": ("글이 비어 있습니다", "The text is empty"),
    "text-not-text": ("글이 문자열이 아니라 {found}입니다", "The text is not a string but {found}"),
    "text-too-long": (
        "글이 {limit:,}자를 넘습니다. 여러 행으로 나누세요",
        "The text has more than {limit:,} characters. Split it into several rows",
    ),
    "broken-encoding": (
        "글자가 깨져 있습니다. 원본에서 이 행을 다시 저장하세요",
        "Characters are broken. Save this row again from where it came from",
    ),
    "column-count": (
        "열이 {expected}개여야 하는데 {found}개입니다. 글 안의 구분자는 큰따옴표로 감싸세요",
        "The row has {found} columns instead of {expected}. Put text that holds the delimiter in double quotes",
    ),
    "broken-quoting": (
        '큰따옴표의 짝이 맞지 않습니다. 글 안의 큰따옴표는 두 번("") 쓰세요',
        'Double quotes do not pair. Write a double quote inside text twice ("")',
    ),
    "bad-rating": (
        "별점 '{value}'은(는) 0에서 10 사이의 수가 아닙니다",
        "The rating '{value}' is not a number from 0 to 10",
    ),
    "bad-json": ("JSON으로 읽을 수 없는 줄입니다: {detail}", "The line is not JSON: {detail}"),
    "not-an-object": (
        '줄이 JSON 객체({{"text": …}})가 아니라 {found}입니다',
        'The line is not a JSON object ({{"text": …}}) but {found}',
    ),
    "restaurant-incomplete": ("가게의 아이디나 이름이 비어 있습니다", "The restaurant has no id or no name"),
    "duplicate-id": ("아이디 '{value}'이(가) 앞에 이미 있습니다", "The id '{value}' has already occurred"),
    "duplicate-text": (
        "아이디가 없고 같은 글이 앞에 이미 있습니다. 다른 항목이라면 아이디를 주세요",
        "It has no id and the same text has already occurred. Give it an id if it is another item",
    ),
    "bad-cell": (
        "'{column}' 칸의 '{value}'을(를) 쓸 수 없습니다. {ko}",
        "'{value}' in column '{column}' can't be used. {en}",
    ),
    "bad-labels": (
        "라벨 {title}({field})의 {value}: {problem}. 쓸 수 있는 값: {allowed}",
        "Label {title_en} ({field}), {value}: {problem_en}. Allowed: {allowed_en}",
    ),
    "bad-context": ("'{key}'을(를) 쓸 수 없습니다: {problem}", "'{key}' can't be used: {problem_en}"),
    "gold-without-item": (
        "정답의 아이디 '{value}'인 항목이 가져오는 파일에 없습니다",
        "No item of the imported file has the id '{value}' of this gold label",
    ),
}


class Refusal(Exception):
    """A row is refused. Raised while a row is read; the loop over rows turns it into a `Reject`, so it never leaves."""

    def __init__(self, code: str, *, excerpt: str = "", **fields: object) -> None:
        super().__init__(code)
        self.code = code
        self.excerpt = excerpt
        self.fields = fields

    def at(self, path: Path, line: int) -> Reject:
        """The reject this refusal becomes. ``line`` counts from 1: physical lines in text files, rows in Parquet."""
        ko, en = _REASONS[self.code]
        fields = {name: printable(value) if isinstance(value, str) else value for name, value in self.fields.items()}
        return Reject(
            path=str(path),
            line=line,
            code=self.code,
            ko=ko.format(**fields),
            en=en.format(**fields),
            excerpt=printable(self.excerpt),
        )


def printable(text: str) -> str:
    """At most 80 characters of a text on one line, broken ones shown as ``�``, so that it can always be written."""
    # Cut before replacing: the text may be a hundred megabytes long.
    shown = _UNPRINTABLE.sub(_stand_in, text[: 2 * _EXCERPT_LENGTH]).strip()
    return shown if len(shown) <= _EXCERPT_LENGTH else shown[: _EXCERPT_LENGTH - 1] + "…"


def _stand_in(match: re.Match[str]) -> str:
    return "�" if any("\ud800" <= character <= "\udfff" for character in match[0]) else " "

"""What is worth saying of files of which no row was refused for it: dates unread or yet to come, columns unused.

Such rows are indexed all the same; only whoever gave the file knows whether something is wrong.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

from pipeline.tables.columns import REVIEW_COLUMNS, listed
from pipeline.tables.rejects import printable

_SENTENCES = MappingProxyType({
    "unread-date": (
        "{file}: 날짜를 읽지 못한 행 {count:,}개(예: {line}번째 줄 '{value}')는 날짜 없이 색인했습니다. "
        "2026-03-14처럼 연도부터 적거나, 날짜가 다른 열에 있으면 `--column date=열이름`으로 알려 주세요.",
        "{file}: {count:,} rows with a date that can't be read (e.g. line {line}: '{value}') were indexed without one. "
        "Write the year first, like 2026-03-14, or name another column with `--column date=NAME`.",
    ),
    "future-date": (
        "{file}: 날짜가 아직 오지 않은 날인 행 {count:,}개(예: {line}번째 줄 '{value}')를 그대로 색인했습니다. "
        "파일을 고치거나, 작성일이 다른 열에 있으면 `--column date=열이름`으로 알려 주세요.",
        "{file}: {count:,} rows with a date in the future (e.g. line {line}: '{value}') were indexed as they are. "
        "Mend the file, or name another column with `--column date=NAME`.",
    ),
    "unused-columns": (
        "{file}: 쓰지 않은 열 {count:,}개({value}). 쓸 것은 `--column date=열이름`처럼 알려 주세요(칸: {fields}).",
        "{file}: {count:,} unused columns ({value}). To use one: `--column date=NAME` (fields: {fields}).",
    ),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Remark:
    """``code`` says what, ``count`` of how many rows or columns; ``line`` (from 1) and ``value`` are the first of them.

    Of ``unused-columns`` the value lists their names and the line is 0.
    """

    file: str
    code: str
    count: int
    line: int
    value: str
    ko: str
    en: str


@dataclass(slots=True)
class _Dates:
    count: int
    line: int
    value: str


class Noticed:
    """Filled while rows are read. ``today`` is the day after which a date has yet to come."""

    def __init__(self, today: datetime.date | None = None) -> None:
        # Where a review was written it may be tomorrow already.
        self._last = ((today or datetime.date.today()) + datetime.timedelta(days=1)).isoformat()
        self._dates: dict[tuple[Path, str], _Dates] = {}
        self._unused: dict[Path, list[str]] = {}

    def date(self, path: Path, line: int, day: str, unread: str) -> None:
        """A row that is kept, with its day (``YYYY-MM-DD`` or empty) or what is written where none could be read."""
        if unread:
            self._count(path, "unread-date", line, unread)
        elif day > self._last:
            self._count(path, "future-date", line, day)

    def unused(self, path: Path, columns: Iterable[str]) -> None:
        """The columns of a file that are no field of a review."""
        named = [column for column in columns if column.strip()]
        if named:
            self._unused[path] = named

    def remarks(self) -> tuple[Remark, ...]:
        """What there is to say by now, file by file in the order they were read."""
        return tuple(self._remarks())

    def to_json(self) -> tuple[dict[str, object], ...]:
        """The same as a manifest keeps it."""
        return tuple(asdict(remark) for remark in self.remarks())

    def _count(self, path: Path, code: str, line: int, value: str) -> None:
        self._dates.setdefault((path, code), _Dates(0, line, printable(value))).count += 1

    def _remarks(self) -> Iterator[Remark]:
        for (path, code), dates in self._dates.items():
            yield _remark(path.name, code, dates.count, dates.line, dates.value)
        for path, columns in self._unused.items():
            yield _remark(path.name, "unused-columns", len(columns), 0, listed(columns))


def _remark(file: str, code: str, count: int, line: int, value: str) -> Remark:
    ko, en = (
        sentence.format(file=printable(file), count=count, line=line, value=value, fields=", ".join(REVIEW_COLUMNS))
        for sentence in _SENTENCES[code]
    )
    return Remark(printable(file), code, count, line, value, ko, en)

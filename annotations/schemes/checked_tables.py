"""Tables of a TOML file whose values are fetched with their types checked. Knows nothing of label schemes.

Every refusal is a BadScheme that names the file, the place in it and the cure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors.schemes import BadScheme


@dataclass(frozen=True, slots=True)
class Table:
    """One table: where it stands (``fields[2] emotions``) and its values."""

    path: Path
    place: str
    values: Mapping[str, object]

    def refused(self, problem: str, problem_en: str) -> BadScheme:
        """The error for this place, to be raised."""
        return BadScheme(path=self.path, place=self.place, problem=problem, problem_en=problem_en)

    def at(self, place: str) -> Table:
        """The same table under a name that says more."""
        return Table(self.path, place, self.values)

    def only(self, keys: Collection[str]) -> None:
        """Refuse what has no meaning here: mostly a slip of the pen, which would else be overlooked."""
        unknown = sorted(set(self.values) - set(keys))
        if unknown:
            names, known = ", ".join(unknown), ", ".join(sorted(keys))
            raise self.refused(f"모르는 항목 {names}(쓸 수 있는 것: {known})", f"unknown {names} (known: {known})")

    def text(self, key: str, default: str | None = None) -> str:
        """A string that isn't blank; ``default`` when absent, where there is one."""
        value = self.values.get(key, default)
        if isinstance(value, str) and (value.strip() or key not in self.values):
            return value
        raise self.refused(f"{key}에는 빈칸이 아닌 글이 있어야 합니다", f"{key} must be a text that isn't blank")

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number from 1."""
        value = self.values.get(key, default)
        if type(value) is int and (value >= 1 or key not in self.values):
            return value
        raise self.refused(f"{key}에는 1 이상의 정수가 있어야 합니다", f"{key} must be a whole number from 1")

    def flag(self, key: str) -> bool:
        """True or false; false when absent."""
        value = self.values.get(key, False)
        if isinstance(value, bool):
            return value
        raise self.refused(f"{key}에는 true나 false가 있어야 합니다", f"{key} must be true or false")

    def words(self, key: str) -> tuple[str, ...]:
        """A list of strings; empty when absent."""
        value = self.values.get(key, [])
        if isinstance(value, list) and all(isinstance(each, str) and each for each in value):
            return tuple(value)
        raise self.refused(f"{key}에는 글의 목록이 있어야 합니다", f"{key} must be a list of texts")

    def span(self, key: str) -> tuple[int, int] | None:
        """Two whole numbers from 1, the lower first; None when absent."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, list) and len(value) == 2 and all(type(each) is int for each in value):
            low, high = value
            if 1 <= low < high:
                return low, high
        raise self.refused(
            f"{key}에는 [1, 3]처럼 작은 수, 큰 수가 있어야 합니다", f"{key} must be two numbers such as [1, 3]"
        )

    def table(self, key: str) -> Table | None:
        """A table inside this one; None when absent."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, dict):
            return Table(self.path, f"{self.place} {key}".strip(), value)
        raise self.refused(f"{key}에는 표가 있어야 합니다", f"{key} must be a table")

    def tables(self, key: str) -> tuple[Table, ...]:
        """A list of tables, each named by its place in the list; empty when absent."""
        value = self.values.get(key, [])
        if isinstance(value, list) and all(isinstance(each, dict) for each in value):
            place = f"{self.place} {key}".strip()
            return tuple(Table(self.path, f"{place}[{number}]", each) for number, each in enumerate(value, start=1))
        raise self.refused(f"{key}에는 표의 목록이 있어야 합니다", f"{key} must be a list of tables")

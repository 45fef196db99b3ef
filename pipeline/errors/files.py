"""Files of reviews or tasks that can't be read, lack a column, or have no row that can be used."""

from __future__ import annotations

from pipeline.errors.base import InputError


class FileProblem(InputError):
    """A file that can't be read as reviews."""

    code = "file-problem"
    ko = "{path}: {problem}. {cure}"
    en = "{path}: {problem_en}. {cure_en}"


class MissingColumn(InputError):
    """A file without a column that is needed."""

    code = "missing-column"
    ko = "{path}에서 {column} 열을 찾지 못했습니다(있는 열: {found}). `--column {column}=열이름`으로 알려 주세요."
    en = "{path} has no column for {column} (it has: {found}). Name it with `--column {column}=NAME`."


class NamedColumnMissing(MissingColumn):
    """A file without a column that the user named."""

    ko = "{path}에 '{name}' 열이 없습니다(있는 열: {found}). `--column {column}=열이름`을 고쳐 주세요."
    en = "{path} has no column '{name}' (it has: {found}). Correct `--column {column}=NAME`."


class NothingToIndex(InputError):
    """Files in which no row could be used."""

    code = "nothing-to-index"
    ko = "쓸 수 있는 행이 하나도 없습니다({rejected:,}행 거절). 이유는 {rejects}에 줄마다 적혀 있습니다."
    en = "Not one row could be used ({rejected:,} rejected). {rejects} says why, line by line."


class NothingToImport(NothingToIndex):
    """A file of tasks in which no row could be used."""

    code = "nothing-to-import"

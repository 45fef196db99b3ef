"""The root of the tree, and the kinds of errors that every other one is of."""

from __future__ import annotations

from functools import partial
from typing import Any


class HansangError(Exception):
    """The root. Fields given as keywords fill the sentences; ``str(error)`` is the Korean one."""

    code = "internal"
    exit_code = 1
    status = 500
    ko = "처리하지 못했습니다: {detail}"
    en = "Could not be done: {detail}"

    def __init__(self, **fields: object) -> None:
        super().__init__(fields)
        self.fields = fields

    @property
    def korean(self) -> str:
        """The sentence for the user, in Korean."""
        return self.ko.format(**self.fields)

    @property
    def english(self) -> str:
        """The same in English."""
        return self.en.format(**self.fields)

    def __str__(self) -> str:
        return self.korean

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), **self.fields), ()  # fields come by name, which pickle doesn't know by itself


class InputError(HansangError):
    """What was given can't be used as it is."""

    code = "bad-input"
    exit_code = 2
    status = 422


class NotFound(HansangError):
    """Something named does not exist."""

    code = "not-found"
    exit_code = 3
    status = 404


class Conflict(HansangError):
    """The state on disk doesn't allow it."""

    code = "conflict"
    exit_code = 4
    status = 409


class MachineError(HansangError):
    """This machine can't do it now."""

    code = "machine"
    exit_code = 5
    status = 503


class UnexpectedFault(HansangError):
    """A fault of the program while one question of many was asked; the others go on."""

    code = "internal"
    ko = "예상하지 못한 오류({name})입니다. 자세한 내용은 기록(log)에 있습니다."
    en = "An unexpected error ({name}); the log has the details."

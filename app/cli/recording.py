"""Commands of the terminal that administrators are asked about later: what was done is noted in the log of acts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.cli.console import note
from app.cli.failures import Command
from app.cli.options import root_of
from app.cli.users import BY
from pipeline.errors.base import HansangError

_DONE = "hansang.done"


def done(ctx: Any, what: object, **detail: object) -> None:
    """Say that a command has done its work, on what, and what else the log is to know of it."""
    ctx.meta[_DONE] = (str(what), detail)


class Recorded(Command):
    """A command that is noted once it has done its work, in homes that have a log: one without accounts has none."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            result = super().invoke(ctx)
            ctx.meta.setdefault(_DONE, (_what(ctx.params), {}))
        finally:  # what was done is noted, also where its output could not be written
            if _DONE in ctx.meta:
                _record(ctx, *ctx.meta[_DONE])
        return result


def _record(ctx: Any, what: str, detail: Mapping[str, object]) -> None:
    labels = root_of(ctx, ctx.params.get("home")) / "labels.db"
    if labels.exists():
        _note(labels, _kind(ctx), what, detail)


def _kind(ctx: Any) -> str:
    """The command as it was typed after ``hansang``."""
    words: list[str] = []
    while ctx.parent is not None:
        words.insert(0, str(ctx.info_name))
        ctx = ctx.parent
    return " ".join(words)


def _note(labels: Path, kind: str, what: str, detail: Mapping[str, object]) -> None:
    from annotations.keeping.noting import note_in  # heavy: sqlite-utils brings pandas, which help doesn't need

    try:
        note_in(labels, kind, BY, what, **detail)
    except HansangError as error:  # what was asked for is done; that it isn't in the log must be said, not undo it
        note(f"한 일을 기록하지 못했습니다: {error.korean}", f"It is done, but not in the log: {error.english}")


def _what(params: dict[str, Any]) -> str:
    """What it was done to: the name that was given, else the file."""
    named = ("name", "files", "file", "scheme")
    given = next((params[each] for each in named if params.get(each)), "")
    return ", ".join(map(str, given)) if isinstance(given, list | tuple) else str(given)

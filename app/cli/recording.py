"""Commands of the terminal that administrators are asked about later: what was done is noted in the log of acts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.cli.console import note
from app.cli.failures import Command
from app.cli.options import root_of
from app.cli.users import BY
from pipeline.errors import HansangError


class Recorded(Command):
    """A command that is noted once it has done its work, in homes that have a log: one without accounts has none."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        result = super().invoke(ctx)
        labels = root_of(ctx, ctx.params.get("home")) / "labels.db"
        if labels.exists():
            _note(labels, _kind(ctx), _what(ctx.params))
        return result


def _kind(ctx: Any) -> str:
    """The command as it was typed after ``hansang``."""
    words: list[str] = []
    while ctx.parent is not None:
        words.insert(0, str(ctx.info_name))
        ctx = ctx.parent
    return " ".join(words)


def _note(labels: Path, kind: str, what: str) -> None:
    from annotations.accounts.audit import note_act  # heavy: sqlite-utils brings pandas, which help doesn't need
    from annotations.storage.migrations import MIGRATIONS
    from annotations.storage.writer import Writer

    try:
        store = Writer(labels, MIGRATIONS)
        try:
            store.write(lambda db: note_act(db, kind, BY, what))
        finally:
            store.close()
    except HansangError as error:  # what was asked for is done; that it isn't in the log must be said, not undo it
        note(f"한 일을 기록하지 못했습니다: {error.korean}", f"It is done, but not in the log: {error.english}")


def _what(params: dict[str, Any]) -> str:
    """What it was done to: the name that was given, else the file."""
    named = ("name", "copy", "files", "file", "scheme")
    given = next((params[each] for each in named if params.get(each)), "")
    return ", ".join(map(str, given)) if isinstance(given, list | tuple) else str(given)

"""``hansang doctor``: what this machine has, and the cure for each thing that is missing."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from app.cli.console import clean, print_json, stdout, waiting
from app.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from pipeline.checkup import Check
    from pipeline.checkup import Text as Both

MODELS = Path(__file__).resolve().parents[2] / "models"
_MARKS = {"ok": ("✓ 정상", "green"), "notice": ("! 알림", "yellow"), "problem": ("✗ 문제", "bold red")}


def doctor(ctx: typer.Context, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """이 컴퓨터를 점검하고 고칠 방법을 알립니다. · Check this machine.

    문제가 있으면 종료 코드가 1입니다. · Exits with 1 when there is a problem.

    예) hansang doctor · hansang doctor --json
    """
    from pipeline.doctor import examine  # brings pyarrow and sqlite-utils, which help doesn't need

    with waiting("점검하는 중 … (Checking)"):
        place = home_of(ctx, home)
        checks = list(examine(place.root, place.indexes, place.lock, MODELS))
    healthy = all(check.status != "problem" for check in checks)
    if as_json:
        print_json({"ok": healthy, "checks": [asdict(check) for check in checks]})
    else:
        stdout().print(_table(checks))
    if not healthy:
        raise typer.Exit(1)


def _table(checks: list[Check]) -> Table:
    table = Table.grid(padding=(0, 2))
    for check in checks:
        mark, style = _MARKS[check.status]
        what = check.title.ko if check.title.en == check.title.ko else f"{check.title.ko} ({check.title.en})"
        said = _both(check.found)
        if check.cure.ko:
            said.append("\n→ ").append_text(_both(check.cure))
        table.add_row(Text(mark, style, no_wrap=True), clean(what), said)
    return table


def _both(text: Both) -> Text:
    return clean(text.ko) if text.en == text.ko else Text.assemble(clean(text.ko), "\n", clean(text.en, "dim"))

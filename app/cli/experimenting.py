"""``hansang experiment``: what came of the variants of the profile that conversations were given."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from app.cli.console import clean, note, print_json, stdout
from app.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from pipeline.experiments.findings import Findings


def experiment(ctx: typer.Context, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """변형마다 👍·기권을 세고, 매일 보아도 되는 판단을 말합니다. · Votes and abstentions per variant, and a verdict.

    예) hansang serve --profile ab.toml … 며칠 뒤: hansang experiment
    """
    from pipeline.experiments.findings import findings  # heavy: brings numpy and sqlite-utils
    from pipeline.experiments.running import read_running
    from pipeline.experiments.words import verdict
    from pipeline.traces import TraceStore

    place = home_of(ctx, home)
    running = read_running(place.experiment)
    store = TraceStore(place.traces)
    try:
        found = findings(running, store.assigned())
    finally:
        store.close()
    ko, en = verdict(found)
    if as_json:
        settings = {arm.name: arm.overrides for arm in running.arms}
        print_json({**asdict(found), "settings": settings, "verdict": ko, "verdict_en": en})
        return
    _show(found)
    note(ko, en)


def _show(found: Findings) -> None:
    console = stdout()
    table = Table("변형", "몫", "세션", "답", "기권", "👍", "👎", title=f"{found.since[:10]}부터")
    for arm in found.arms:
        numbers = (arm.sessions, arm.answers, arm.abstained, arm.up, arm.down)
        table.add_row(clean(arm.name), f"{arm.share:.0%}", *(f"{number:,}" for number in numbers))
    console.print(table)
    gaps = Table("세션마다 첫 것", "변형", "짝", "차이", "매일 보아도 되는 구간")
    names = {"up": "👍 비율", "abstained": "기권 비율"}
    for c in found.contrasts:
        gap = "–" if c.difference is None else f"{c.difference:+.3f}"
        bounds = f"{c.low:+.3f} ~ {c.high:+.3f} ({c.level:.2%})"
        gaps.add_row(names[c.measure], clean(f"{c.arm} − {c.base}"), f"{c.blocks:,}", gap, bounds)
    console.print(gaps)
    if found.others:
        console.print(f"설정이 달랐을 때의 답 {found.others:,}개는 세지 않았습니다.", style="dim")

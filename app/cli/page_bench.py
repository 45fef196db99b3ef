"""``hansang bench page``: how long an annotator waits for the label page, in a real browser."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.cli.console import print_json, stdout
from app.cli.options import JsonOption
from app.cli.reports import counting

CHROMIUM = Path("/usr/bin/chromium")


def page(
    tasks: Annotated[int, typer.Option("--tasks", min=100, help="기다리는 과제 수 · Tasks waiting.")] = 100_000,
    times: Annotated[int, typer.Option("--times", min=1, help="몇 번 열고 답하나 · Openings and answers.")] = 10,
    browser: Annotated[Path, typer.Option("--browser", metavar="파일", help="Chromium · A Chromium.")] = CHROMIUM,
    as_json: JsonOption = False,
) -> None:
    """라벨 화면이 열리는 시간과 다음 과제까지의 시간을 브라우저로 잽니다. · Time to a label page and to the next task.

    예) hansang bench page --tasks 100000
    """
    from app.label_page import bench_page  # heavy: sqlite-utils brings pandas

    with counting(3 * times + 1) as step:
        found = bench_page(tasks, times, browser, step)
    if as_json:
        print_json(asdict(found) | found.summary)
        return
    table = Table("과제", "처음 ms", "열기", "다시 열기(캐시)", "다음 과제", caption="중앙값 / 최대, ms")
    summary = found.summary
    table.add_row(
        f"{found.tasks:,}",
        f"{found.first:,.0f}",
        *(f"{summary[f'{what}_median']:,.0f} / {summary[f'{what}_most']:,.0f}" for what in ("opened", "again", "next")),
    )
    stdout().print(table)

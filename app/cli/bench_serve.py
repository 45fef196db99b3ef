"""``hansang bench serve``: a real server under load, until it turns people away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from app.cli.console import clean, print_json, stdout, waiting
from app.cli.options import (
    DEFAULT_INDEX,
    HomeOption,
    IndexOption,
    JsonOption,
    ProfileOption,
    SetOption,
    common_of,
    home_of,
    overrides_of,
    settings_of,
)
from pipeline.config import with_overrides
from pipeline.errors.settings import BadSetting

if TYPE_CHECKING:
    from app.serve_bench import Load

COLUMNS = (
    "사용자",
    "보냄/초",
    "답/초",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "돌려보냄",
    "오류",
    "CPU ms",
    "메모리 MiB",
    "늘어남",
)


def serve(
    ctx: typer.Context,
    index: IndexOption = DEFAULT_INDEX,
    users: Annotated[
        str, typer.Option("--users", metavar="1,20,100", help="동시 사용자 수 · Users at once.")
    ] = "1,20,100",
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="부하마다 · For each load.")] = 30.0,
    pause: Annotated[
        float,
        typer.Option("--pause", min=0.001, help="한 사용자의 질문 간격(초) · Seconds between a user's questions."),
    ] = 1.0,
    what: Annotated[str, typer.Option("--what", metavar="search|ask", help="잴 것 · What to ask.")] = "search",
    data: Annotated[
        Path | None, typer.Option("--data", metavar="파일", show_default=False, help="질문(JSONL) · Questions.")
    ] = None,
    assignments: SetOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:
    """서버를 띄워 부하를 주고 초당 요청, 시간, 오류, 메모리를 잽니다. · Requests/s, times, errors, memory under load.

    사용자마다 1초에 하나씩 묻습니다(100명 = 초당 100개). · Each user asks once a second, whatever comes back.

    예) hansang bench serve --users 1,20,100,500 --seconds 600 --what search --set service.processes=1
    """
    from app.cli.bench import _counts
    from app.cli.building import DEMO
    from app.serve_bench import bench_serve  # heavy: brings the evaluation's libraries
    from pipeline.corpus.reader import read_samples

    path, overrides = _path(what), overrides_of(assignments)
    with_overrides(settings_of(ctx, profile), overrides)
    texts = [sample.question.text for sample in read_samples(data or DEMO / "questions.jsonl", "auto")]
    counts, place = _counts(users), home_of(ctx, home)
    found = {}
    for count in counts:
        with waiting(f"{count:,}명이 {seconds:g}초 동안 묻는 중 … ({count:,} users for {seconds:g} s)"):
            found[count] = bench_serve(
                place.root, profile or common_of(ctx).profile, index, texts, path=path, users=count, seconds=seconds,
                pause=pause, overrides=overrides,
            )  # fmt: skip
    if as_json:
        print_json({str(count): asdict(load) for count, load in found.items()})
    else:
        _show(stdout(), found)


def _path(what: str) -> Literal["/v1/search", "/v1/ask"]:
    if what == "search":
        return "/v1/search"
    if what == "ask":
        return "/v1/ask"
    raise BadSetting(
        name="--what", value=what, expected="search나 ask를 적어 주세요.", expected_en="Write search or ask."
    )


def _show(console: Console, found: Mapping[int, Load]) -> None:
    table = Table(*COLUMNS)
    for load in found.values():
        table.add_row(
            str(load.users), f"{load.offered_per_second:,.0f}", f"{load.per_second:,.1f}", f"{load.p50:,.1f}",
            f"{load.p95:,.1f}", f"{load.p99:,.1f}", f"{load.refused:,}", f"{load.errors:,}", f"{load.cpu_ms:,.2f}",
            f"{load.memory_mib:,.0f}", f"{load.growth:+.1%}",
        )  # fmt: skip
    console.print(table)
    for load in found.values():
        if load.trouble:
            console.print(clean(f"{load.users:,}명: {load.trouble}"), soft_wrap=True)

"""``hansang bench scale``: how indexing and asking grow with the number of reviews."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from app.cli.console import print_json, stdout, waiting
from app.cli.options import JsonOption, ProfileOption, SetOption, overrides_of, settings_of
from pipeline.config import with_overrides

if TYPE_CHECKING:
    from pipeline.evaluation.scale_bench import ScaleReport

MIB = 2**20


def scale(
    ctx: typer.Context,
    passages: Annotated[
        int, typer.Option("--passages", min=100, max=10_000_000, help="만들 후기 수 · Synthetic reviews.")
    ] = 100_000,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="파일", show_default=False, help="문장을 빌릴 후기. 기본: 데모 · Its sentences."
        ),
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="auto|jsonl|…", help="그 형식 · Its format.")] = "auto",
    questions: Annotated[int, typer.Option("--questions", min=1, help="물을 질문 수 · Questions.")] = 200,
    seed: Annotated[int, typer.Option("--seed", help="만들기의 씨앗 · Seed.")] = 0,
    assignments: SetOption = None,
    as_json: JsonOption = False,
    profile: ProfileOption = None,
) -> None:
    """문장을 섞어 만든 후기로 색인과 질문이 얼마나 드는지 잽니다. · Time, memory and disk by number of reviews.

    예) hansang bench scale --passages 100000
    """
    from app.cli.building import DEMO
    from pipeline.evaluation import scale_bench  # heavy: brings pandas; help must answer at once

    settings = with_overrides(settings_of(ctx, profile), overrides_of(assignments), indexing=True)
    with waiting(f"후기 {passages:,}개를 색인하는 중 … (Indexing)") as shown:
        material = scale_bench.read_material(source or DEMO / "reviews.jsonl", form)
        found = scale_bench.bench_scale(
            material, settings, passages, questions, seed, lambda what, done: shown.say(f"{what} {done:,}")
        )
    if as_json:
        print_json(asdict(found))
    else:
        _show(found)


def _show(found: ScaleReport) -> None:
    console = stdout()
    rate = found.documents / found.index_s
    console.print(f"후기 {found.documents:,}개 → 단락 {found.passages:,}개 (씨앗 {found.seed})")
    console.print(f"색인 {found.index_s:,.1f} s ({rate:,.0f}개/초) · CPU {found.index_cpu_s:,.1f} s")
    console.print(
        f"메모리 {found.memory_before // MIB:,} → 최대 {found.memory_highest // MIB:,} MiB · "
        f"디스크 {found.disk / MIB:,.1f} MiB · 첫 질문 {found.opened_s * 1000:,.0f} ms"
    )
    table = Table("단계 (ms)", "p50", "p95", title=f"질문 {found.questions:,}개")
    for stage, each in found.timings.items():
        table.add_row(stage, f"{each.p50:.2f}", f"{each.p95:.2f}")
    console.print(table)

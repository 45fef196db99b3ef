"""``hansang optimise llm``: a language model made smaller, calibrated on our prompts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app.cli.console import clean, note, print_json, stderr, stdout
from app.cli.options import (
    DEFAULT_INDEX,
    HomeOption,
    IndexOption,
    JsonOption,
    ProfileOption,
    SetOption,
    home_of,
    overrides_of,
    settings_of,
)

if TYPE_CHECKING:
    from pipeline.evaluation.llm_prompts import Asked
    from pipeline.optimising.llm.report import Optimised
    from pipeline.service import Service

MIB = 1 << 20
STAGES: Mapping[str, str] = {
    "prompt": "프롬프트를 만드는 중 (Making prompts)", "load": "모델을 여는 중 (Loading the model)",
    "layers": "층을 세는 중 (Counting layers)", "calibrate": "재고 줄이는 중 (Calibrating)",
    "write": "쓰는 중 (Writing)", "request": "속도를 재는 중 (Timing)",
}  # fmt: skip

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="파일",
        show_default=False,
        help="질문 파일. 없으면 색인의 글로 만든 질문 · Questions (JSONL).",
    ),
]


def llm(
    ctx: typer.Context,
    scheme: Annotated[Literal["w8a8", "fp8", "w4a16"], typer.Option("--scheme", help="어떻게 줄일까 · How.")],
    out: Annotated[Path, typer.Option("--out", metavar="폴더", show_default=False, help="만들 폴더 · Folder to make.")],
    model: Annotated[
        str, typer.Option("--model", metavar="이름|폴더", help="줄일 모델. 기본: 설정 llm.model · The model.")
    ] = "",
    revision: Annotated[str, typer.Option("--revision", metavar="판", help="허브의 판 · Revision.")] = "main",
    index: IndexOption = DEFAULT_INDEX,
    data: DataOption = None,
    samples: Annotated[int, typer.Option("--samples", min=1, max=10_000, help="맞출 프롬프트 수 · Prompts.")] = 256,
    tokens: Annotated[
        int, typer.Option("--tokens", min=64, max=131_072, help="프롬프트마다 읽을 토큰 · Tokens of each at most.")
    ] = 4_096,
    assignments: SetOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:
    """언어 모델을 우리 프롬프트에 맞춰 줄입니다. 쓰기 전에 gate-llm을 지나야 합니다. · Compresses a language model.

    예) hansang optimise llm --scheme w8a8 --model 모델폴더 --index demo --out models/w8a8
    """
    from pipeline.neural.hub import find  # heavy, like all below: help must answer at once
    from pipeline.optimising.llm import compressing

    settings = settings_of(ctx, profile)
    python = compressing.interpreter()
    compressing.check_out(out)
    found = find(model or settings.llm.model, revision, "generator")
    place = home_of(ctx, home)
    with opened(ctx, home, profile) as service, watching_stages() as told:
        asked = _prompts(service, index, data, samples, overrides_of(assignments), told)
        prompt = str(service.rag(index, overrides_of(assignments)).settings.prompt)
    order = compressing.Order(
        found.folder, found.name, found.revision, scheme, out, index, prompt, [each.question for each in asked],
        [each.turns for each in asked], tokens,
    )  # fmt: skip
    with watching_stages() as told:
        report = compressing.compress(order, python, place.root / "logs" / "optimise-llm.log", told)
    if as_json:
        print_json({"folder": str(out), **asdict(report)})
    else:
        _show_made(out, report)


@contextmanager
def opened(ctx: typer.Context, home: Path | None, profile: str | None) -> Iterator[Service]:
    """The service over the home, closed at the end."""
    from pipeline.service import Service

    service = Service(home_of(ctx, home), settings_of(ctx, profile))
    try:
        yield service
    finally:
        service.close()


def _prompts(
    service: Service, index: str, data: Path | None, count: int, overrides: Mapping[str, object],
    told: Callable[[str, int], None],
) -> list[Asked]:  # fmt: skip
    from pipeline.evaluation.llm_prompts import prompts, pseudo_questions
    from pipeline.evaluation.running import read_questions

    own: Iterator[str] | Sequence[str]
    own = [s.question.text for s in read_questions(data)] if data is not None else pseudo_questions(service, index)
    return prompts(service, index, own, count, overrides, told)


@contextmanager
def watching_stages() -> Iterator[Callable[[str, int], None]]:
    """A line of progress on the terminal."""
    console = stderr()
    shown = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    with shown:
        task = shown.add_task("", total=None)
        yield lambda what, done: shown.update(task, description=STAGES.get(what, what), completed=done)


def _show_made(out: Path, report: Optimised) -> None:
    from pipeline.optimising.llm.schemes import RECIPES

    console, used, recipe = stdout(), report.calibration, RECIPES[report.scheme]
    console.print(clean(f"{report.source} → {out} ({report.scheme}: {recipe.ko})"))
    share = report.compressed / report.original
    console.print(f"가중치 {report.original / MIB:,.1f} → {report.compressed / MIB:,.1f} MiB ({share:.0%})")
    if used.used:
        console.print(
            f"{used.index}의 프롬프트 {used.prompts:,}개({used.prompt}), {used.tokens:,}토큰에 맞춤 · "
            f"가장 긴 것 {used.longest:,} · 잘린 것 {used.cut:,} · {report.seconds:,.0f}초"
        )
    else:
        console.print(f"이 방식은 프롬프트를 보지 않습니다 · {report.seconds:,.0f}초 (It looks at no prompts.)")
    note(
        f"아직 쓰지 마세요. 서버에 올린 뒤 `hansang optimise gate-llm {out}`을 지나야 합니다.",
        f"Don't use it yet: serve it, and let it pass `hansang optimise gate-llm {out}`.",
    )

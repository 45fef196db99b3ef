"""``hansang sweep`` and ``hansang compare``: what stored runs say about other settings and about each other."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from app.cli.comparing_models import Wanted, compare_models
from app.cli.console import clean, note, print_json, stdout, waiting
from app.cli.options import (
    DEFAULT_INDEX,
    HomeOption,
    IndexOption,
    JsonOption,
    ProfileOption,
    SetOption,
    home_of,
    overrides_of,
)
from pipeline.errors.settings import BadSetting

if TYPE_CHECKING:
    from pipeline.evaluation.comparison import Comparison, Flip
    from pipeline.evaluation.runs import Plan
    from pipeline.evaluation.sweep import Setting, Sweep

SHOWN = 10

RunArgument = Annotated[str, typer.Argument(metavar="실행", show_default=False, help="실행 이름 · Name of a run.")]


def sweep(
    ctx: typer.Context,
    run: RunArgument,
    grids: Annotated[
        list[str],
        typer.Option(
            "--grid",
            metavar="이름=값들",
            show_default=False,
            help="훑을 설정(여러 번). 예) fusion.weight=0:1:.1 · Settings to try; repeatable.",
        ),
    ],
    measure: Annotated[
        Literal["mrr10", "hit"], typer.Option("--measure", help="mrr10 또는 k 안에 드는 몫(hit) · What to maximise.")
    ] = "mrr10",
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="파일", show_default=False, help="열 지도 HTML · Heat map.")
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """저장된 점수로 수천 가지 설정을 몇 초에 비교합니다. · Tries thousands of settings on stored scores.

    예) hansang sweep base --grid fusion.weight=0:1:.1 --grid rerank.depth=10,30,50
    """  # fmt: skip
    from pipeline.evaluation import sweep as sweeping  # heavy: brings numpy and scipy
    from pipeline.evaluation.runs import read_plan, read_records, run_folder, settings_of
    from pipeline.storage import clear_errors, write_atomically

    folder = run_folder(home_of(ctx, home).runs, run)
    base = settings_of(read_plan(folder))
    settings = sweeping.grid(dict(sweeping.parse_grid(text) for text in grids))
    with waiting(f"설정 {len(settings):,}가지를 훑는 중 … (Sweeping)"):
        found = sweeping.sweep(read_records(folder), base, settings, measure)
    if plot:
        from pipeline.evaluation.heatmap import heat_map

        with clear_errors(plot):
            write_atomically(plot, heat_map(found))
    if as_json:
        print_json(asdict(found))
    else:
        _show_sweep(found)
        if plot:
            note(f"열 지도: {plot}", f"Heat map: {plot}")


def _words(setting: Setting) -> str:
    return " ".join(f"{name}={value}" for name, value in setting.items())


def _show_sweep(found: Sweep) -> None:
    console = stdout()
    table = Table("", "설정", found.measure)
    table.add_row("지금", "", f"{found.baseline.value:.4f}")
    for place, tried in enumerate(found.tried[:SHOWN], start=1):
        table.add_row(str(place), clean(_words(tried.setting)), f"{tried.value:.4f}")
    console.print(table)
    value, low, high = found.held_out
    gain, least, most = found.gain
    console.print(
        f"고르는 데 쓰지 않은 질문에서(교차 검증, 질문 {found.questions:,}개): {value:.4f} (95 % {low:.4f}–{high:.4f})"
    )
    sure = "나아집니다" if least > 0 else "나빠집니다" if most < 0 else "나아진다고 할 수 없습니다"
    console.print(f"지금 설정보다 {gain:+.4f} (95 % {least:+.4f} ~ {most:+.4f}): {sure}.")
    alike = len(found.tried) > 1 and found.tried[0].value == found.tried[-1].value
    votes = Counter(_words(setting) for setting in found.chosen)
    for words, count in () if alike else votes.most_common():
        console.print(clean(f"교차 검증이 고른 설정: {words} ({len(found.chosen)}번 가운데 {count}번)"))
    _note_alike(found, alike)
    console.print("리랭커 점수는 실행 때 본 후보의 것입니다. 고른 설정은 evaluate로 확인하세요.", style="dim")


def _note_alike(found: Sweep, alike: bool) -> None:
    """Say why settings that were swept make no difference."""
    if found.measure == "mrr10" and "retrieval.k" in found.tried[0].setting:
        note(
            "retrieval.k는 순위를 바꾸지 않아 mrr10이 달라지지 않습니다. `--measure hit`으로 훑으세요.",
            "retrieval.k changes no ranking, so mrr10 stays; sweep it with `--measure hit`.",
        )
    elif alike:
        note(
            "모두 같은 값입니다. 저장된 리랭커 점수가 순서를 정합니다: `--grid reranker=none`이 융합만 견줍니다.",
            "All alike, as where stored scores of the reranker decide; `--grid reranker=none` compares the fusion.",
        )


def compare(
    ctx: typer.Context,
    a: Annotated[
        str,
        typer.Argument(metavar="실행", show_default=False, help="실행 이름, --models면 질문 파일 · Run, or questions."),
    ],
    b: Annotated[str, typer.Argument(metavar="실행", show_default=False, help="다른 실행 · The other run.")] = "",
    models: Annotated[
        str, typer.Option("--models", metavar="a,b,c", show_default=False, help="llm.url의 모델들 · Models of llm.url.")
    ] = "",
    index: IndexOption = DEFAULT_INDEX,
    assignments: SetOption = None,
    sample: Annotated[int, typer.Option("--sample", min=0, help="--models: 몇 개만 · Draw (0 = all).")] = 0,
    stratify: Annotated[
        Literal["", "type", "answerable"], typer.Option("--stratify", help="종류별 몫을 지킴 · By kind.")
    ] = "",
    seed: Annotated[int, typer.Option("--seed", help="뽑기의 씨앗 · Seed of the draw.")] = 0,
    run: Annotated[str, typer.Option("--run", metavar="이름", help="--models: 실행 이름의 앞 · Runs' prefix.")] = "",
    as_json: JsonOption = False,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:
    """같은 질문에 대한 두 실행이나 여러 모델을 정직하게 비교합니다. · Two runs or several models, same questions.

    예) hansang compare base weight-4 · hansang compare --models a,b,c questions.jsonl --sample 49 --stratify type
    """
    if models:
        if b:
            raise BadSetting(
                name="--models", value=b,
                expected="질문 파일 하나만 적어 주세요.", expected_en="Name one file of questions.",
            )  # fmt: skip
        overrides = overrides_of(assignments)
        wanted = Wanted(models, a, index, overrides, sample, stratify, seed, run, home, profile)
        compare_models(ctx, wanted, as_json)
        return
    if not b:
        raise typer.BadParameter("견줄 실행 둘을 적거나 --models를 주세요 · Name two runs, or give --models.")
    from pipeline.evaluation import compare as comparing  # heavy: brings scipy
    from pipeline.evaluation.runs import read_plan, run_folder

    runs = home_of(ctx, home).runs
    one, other = (run_folder(runs, name) for name in (a, b))
    plans = read_plan(one), read_plan(other)
    with waiting("비교하는 중 … (Comparing)"):
        found = comparing.compare_runs(one, other)
    if as_json:
        print_json(asdict(found))
    else:
        _show_changes(*plans)
        _show_comparison(found)


def _show_changes(one: Plan, other: Plan) -> None:
    changed = [
        f"{name}: {one.settings.get(name)} → {other.settings.get(name)}"
        for name in {**one.settings, **other.settings}
        if one.settings.get(name) != other.settings.get(name)
    ]
    if one.index_version != other.index_version:
        changed.append(f"색인: {one.index} {one.index_version} → {other.index} {other.index_version}")
    stdout().print(clean("달라진 설정: " + ("; ".join(changed) or "없음")))


def _show_comparison(found: Comparison) -> None:
    from pipeline.evaluation.comparison_words import NAMES

    console = stdout()
    table = Table("측정", "질문", found.a, found.b, "차이", "95 % 구간", "p(Holm)", "더 필요한 질문")
    for d in found.differences:
        more = "충분" if d.is_clear else "–" if d.needed is None else f"약 {d.more:,}" if d.more else "조금"
        table.add_row(
            NAMES[d.measure], f"{d.questions:,}", f"{d.a:.4f}", f"{d.b:.4f}", f"{d.difference:+.4f}",
            f"{d.low:+.4f} ~ {d.high:+.4f}", f"{d.adjusted:.3f}", more,
        )  # fmt: skip
    console.print(table)
    for title, flips in ((f"{found.b}만 맞힌 질문", found.better), (f"{found.a}만 맞힌 질문", found.worse)):
        _show_flips(title, flips)
    console.print(clean(found.verdict))
    console.print(clean(found.verdict_en, "dim"))
    if found.warning:
        console.print(clean(found.warning, "yellow"), soft_wrap=True)
        console.print(clean(found.warning_en, "dim"), soft_wrap=True)


def _show_flips(title: str, flips: tuple[Flip, ...]) -> None:
    if not flips:
        return
    table = Table("아이디", "질문", "A", "B", title=clean(f"{title} {len(flips)}개"))
    for flip in flips[:SHOWN]:
        table.add_row(*(clean(text) for text in (flip.id, flip.question, flip.a, flip.b)))
    stdout().print(table)

"""``hansang optimise gate-llm``: whether a compressed language model answers as the original, and what it saves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from app.cli.console import clean, note, print_json, stdout
from app.cli.optimising_llm import DataOption, opened
from app.cli.options import (
    DEFAULT_INDEX,
    HomeOption,
    IndexOption,
    JsonOption,
    ProfileOption,
    SetOption,
    overrides_of,
    settings_of,
)

if TYPE_CHECKING:
    from pipeline.endpoint import Endpoint
    from pipeline.optimising.llm.report import Optimised, Side
    from pipeline.service import Service
    from pipeline.types import Sample

MIB = 1 << 20
REFUSED = 4
"""Exit code of a gate that was not passed."""


def gate_llm(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="폴더", show_default=False, help="줄인 모델의 폴더 · Its folder.")],
    original: Annotated[
        str, typer.Option("--original", metavar="주소", help="원래 모델의 서버 · URL of the original's server.")
    ] = "",
    original_model: Annotated[str, typer.Option("--original-model", metavar="이름", help="거기서의 이름 · Name.")] = "",
    compressed: Annotated[
        str, typer.Option("--compressed", metavar="주소", help="줄인 모델의 서버 · URL of the compressed one's.")
    ] = "",
    compressed_model: Annotated[
        str, typer.Option("--compressed-model", metavar="이름", help="거기서의 이름 · Name there.")
    ] = "",
    index: IndexOption = DEFAULT_INDEX,
    data: DataOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="질문은 많아야 · Questions at most.")] = 200,
    agreement: Annotated[
        float, typer.Option("--agreement", min=0, max=1, help="두 답의 글자 F1의 기준 · Least agreement.")
    ] = 0.7,
    margin: Annotated[
        float, typer.Option("--margin", min=0, max=1, help="떨어져도 되는 만큼 · By how much a measure may fall.")
    ] = 0.05,
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, max=64, help="동시에 묻는 질문 · At once.")] = 4,
    timed: Annotated[bool, typer.Option("--speed/--no-speed", help="속도도 잼 · Also time the servers.")] = True,
    assignments: SetOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:
    """줄인 모델의 답을 원래 모델의 답과 견주어 통과나 거절을 적습니다. · Judges a compressed model by its answers.

    두 서버를 함께 켜지 않아도 됩니다: 하나씩 물으면 답이 남습니다. · The two servers need not be up together.

    예) hansang optimise gate-llm models/w8a8 --original http://127.0.0.1:8000/v1 --compressed http://127.0.0.1:8001/v1
    """
    from pipeline.evaluation import llm_sides  # heavy, like all below: help must answer at once
    from pipeline.evaluation.llm_gate import Rules
    from pipeline.optimising.llm.report import read

    report = read(folder)
    given = {"original": (original, original_model), "compressed": (compressed, compressed_model)}
    sides = {side: _endpoint(ctx, profile, side, *named) for side, named in given.items() if named[0]}
    job = llm_sides.Job(index, overrides_of(assignments), concurrency, timed=timed)
    with opened(ctx, home, profile) as service:
        for side, endpoint in sides.items():
            asked = _questions(service, index, data, report, limit)
            report = _answered(service, folder, report, side, endpoint, asked, job)  # type: ignore[arg-type]
        missing = [side for side in given if side not in report.runs]
        waits = bool(sides and missing)
        if not waits:
            report = llm_sides.verdict(service.home.runs, folder, report, Rules(agreement, margin))
    if as_json:
        print_json({"folder": str(folder), **asdict(report)})
    elif waits:
        _wait_for(folder, missing[0])
    else:
        _show_gate(folder, report)
    if report.state != "passed" and not waits:
        raise typer.Exit(REFUSED)


def _answered(
    service: Service, folder: Path, report: Optimised, side: Side, endpoint: Endpoint, asked: list[Sample], job: Any
) -> Optimised:
    from app.cli.run_progress import watching
    from pipeline.evaluation import llm_sides

    note(f"{side}: {endpoint.url} · {endpoint.model}")
    with watching(len(asked)) as (watch, _):
        return llm_sides.answer(service, folder, report, side, endpoint, asked, job, watch)


def _wait_for(folder: Path, side: str) -> None:
    """Say that one half is done."""
    note(
        f"답을 남겼습니다. 이제 다른 쪽의 서버를 켜고 `hansang optimise gate-llm {folder} --{side} 주소`를 하세요.",
        f"The answers are kept. Now start the other server, and run it with --{side} URL.",
    )


def _endpoint(ctx: typer.Context, profile: str | None, side: str, url: str, model: str) -> Endpoint:
    from pipeline.endpoint import Endpoint, Named, checked_endpoint
    from pipeline.generators.openai import KEY

    named = Named(f"--{side}", f"--{side}-model")
    endpoint = Endpoint(url, model or settings_of(ctx, profile).llm.model, os.environ.get(KEY, ""))
    return checked_endpoint(endpoint, named)


def _questions(service: Service, index: str, data: Path | None, report: Optimised, limit: int) -> list[Sample]:
    """What the gate asks: the file's questions, or some made of the index's own texts, none that calibration saw."""
    from itertools import islice

    from pipeline.evaluation.llm_prompts import pseudo_questions
    from pipeline.evaluation.llm_sides import unseen
    from pipeline.evaluation.running import read_questions
    from pipeline.types import Question, Sample

    if data is not None:
        return unseen(read_questions(data), report)[:limit]
    made = islice(pseudo_questions(service, index, seed=1), limit + len(report.calibration.seen))
    return unseen([Sample(Question(f"p{n}", text)) for n, text in enumerate(made, start=1)], report)[:limit]


def _show_gate(folder: Path, report: Optimised) -> None:
    from pipeline.evaluation.llm_gate import NAMES

    console, gate = stdout(), report.gate
    mean, low, high = gate["agreement"]
    console.print(
        f"질문 {gate['questions']:,}개 가운데 언어 모델이 답한 {gate['asked']:,}개 · 똑같은 답 {gate['exact']:.1%} · "
        f"두 답의 글자 F1 {mean:.3f} ({low:.3f} ~ {high:.3f})"
    )
    table = Table("", "질문", "원래", "줄인 것", "차이", "95 % 구간")
    for one in gate["measures"]:
        table.add_row(
            clean(NAMES.get(one["measure"], one["measure"])), f"{one['questions']:,}", f"{one['original']:.3f}",
            f"{one['compressed']:.3f}", f"{one['difference']:+.3f}", f"{one['low']:+.3f} ~ {one['high']:+.3f}",
        )  # fmt: skip
    console.print(table)
    _show_servers(report)
    if report.state == "passed":
        note(f"통과: {folder}을(를) 써도 됩니다.", f"Passed: {folder} may be used.")
    else:
        note(f"거절: {folder}을(를) 쓰지 마세요.", f"Refused: don't use {folder}.")
    for ko, en in gate["reasons"]:
        note(f"  · {ko}", f"    {en}")
    if gate["unsure"] and report.state == "passed":
        note(
            "질문이 적어 구간이 기준 밖까지 걸칩니다. 질문을 늘리면 더 분명해집니다.",
            "The intervals reach beyond what is allowed; more questions would tell more.",
        )


def _show_servers(report: Optimised) -> None:
    """Memory and speed of both, side by side."""
    table = Table("", "원래", "줄인 것", "몇 배 (×)")
    one, other = (report.servers.get(side, {}) for side in ("original", "compressed"))
    table.add_row("가중치 MiB", *_cells(report.original / MIB, report.compressed / MIB))
    for name, key, unit in (
        ("서버의 메모리 MiB", "resident", MIB),
        ("카드에서 쓰는 MiB", "gpu", MIB),
        ("캐시 자리(토큰)", "cache_tokens", 1),
    ):
        before, after = one.get(key), other.get(key)
        table.add_row(name, *_cells(before / unit if before else None, after / unit if after else None))
    loads = [{load["together"]: load for load in side.get("loads", ())} for side in (one, other)]
    for times in report.gate.get("faster", ()):
        together = times["together"]
        before, after = (_figures(side[together]) for side in loads)
        for name, key in (("첫 토큰 p50 ms", "first"), ("다음 토큰 p50 ms", "token"), ("쓴 토큰/초", "out_per_s")):
            ratio, shown = times[key], [_number(figures[key]) for figures in (before, after)]
            table.add_row(f"{name} · {together}명", *shown, f"빠르기 {ratio:.2f}" if ratio else "–")
    stdout().print(table)
    if report.gate["faster"]:
        note(
            "속도는 두 서버를 앞뒤로 잰 것입니다. 나란히 견주려면 `hansang bench llm --url 줄인것 --url 원래`.",
            "The servers were timed one after the other; side by side: `hansang bench llm` with two --url.",
        )


def _figures(load: Mapping[str, Any]) -> dict[str, float | None]:
    return {"first": load["first_ms"]["p50"], "token": load["token_ms"]["p50"], "out_per_s": load["out_per_s"]}


def _cells(before: float | None, after: float | None) -> list[str]:
    return [_number(before), _number(after), f"{after / before:.2f}" if before and after else "–"]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"

"""``hansang evaluate``: a whole set of questions, kept question by question, with its report."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

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
    from pipeline.evaluation.runs import State, Watch
    from pipeline.evaluation.summary import Summary

MIB = 2**20


def evaluate(
    ctx: typer.Context,
    questions: Annotated[
        Path, typer.Argument(metavar="질문파일", show_default=False, help="JSONL, SQuAD, BEIR · The questions.")
    ],
    run: Annotated[
        str, typer.Option("--run", metavar="이름", help="실행 이름. 같은 이름이면 이어서 함 · Name; resumes.")
    ] = "",
    index: IndexOption = DEFAULT_INDEX,
    form: Annotated[str, typer.Option("--format", metavar="auto|jsonl|squad|beir", help="형식 · Format.")] = "auto",
    assignments: SetOption = None,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=64, help="동시에 묻는 질문 · Questions at once.")
    ] = 2,
    limit: Annotated[int, typer.Option("--limit", min=0, help="앞에서 몇 개만(0=모두) · The first (0 = all).")] = 0,
    sample: Annotated[int, typer.Option("--sample", min=0, help="몇 개만 뽑음(0=모두) · Draw (0 = all).")] = 0,
    stratify: Annotated[
        Literal["", "type", "answerable"], typer.Option("--stratify", help="뽑을 때 종류별 몫을 지킴 · By kind.")
    ] = "",
    seed: Annotated[int, typer.Option("--seed", help="뽑기의 씨앗 · Seed of the draw.")] = 0,
    retry: Annotated[
        bool, typer.Option("--retry-failed", help="실패한 질문을 다시 물음 · Ask the failed ones again.")
    ] = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:
    """질문 집합 전체를 묻고 보고서를 만듭니다. 멈추면 이어서 합니다. · Runs a whole question set; resumable.

    예) hansang evaluate data/demo/questions.jsonl --run base
    """
    from pipeline.evaluation import running  # heavy: brings pandas and plotly; help must answer at once
    from pipeline.service import Service

    place = home_of(ctx, home)
    name = run or f"{questions.stem}-{datetime.datetime.now():%Y%m%d-%H%M%S}"
    samples = running.read_questions(questions, form, limit=limit, size=sample, stratify=stratify, seed=seed)
    service = Service(place, settings_of(ctx, profile))
    try:
        with _watching(len(samples)) as watch:
            job = running.Evaluation(name, index, overrides_of(assignments), seed, concurrency, retry)
            folder, summary = running.evaluate(service, samples, job, watch)
    finally:
        service.close()
    if as_json:
        print_json({"run": name, "folder": str(folder), **asdict(summary)})
        return
    show_summary(summary)
    note(f"보고서: {folder / 'report.html'}", f"Report: {folder / 'report.html'}")


@contextmanager
def _watching(total: int) -> Iterator[Watch]:
    console = stderr()
    shown = Progress(
        TextColumn("질문"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("남은"),
        TimeRemainingColumn(), TextColumn("{task.fields[state]}"),
        console=console, disable=not console.is_terminal, transient=True,
    )  # fmt: skip
    with shown:
        task = shown.add_task("ask", total=total, state="")

        def watch(state: State) -> None:
            good = (state.done - state.failures) / state.done
            shown.update(
                task,
                completed=state.done,
                state=(
                    f"성공 {good:.1%} · 메모리 {state.used // MIB:,} MiB(남음 {state.free // MIB:,})"
                    f"{f' · GPU {state.gpu // MIB:,} MiB' if state.gpu else ''} · 동시 {state.workers}"
                ),
            )

        yield watch


def show_summary(summary: Summary) -> None:
    """The summary of a run on the terminal."""
    from pipeline.evaluation.blame import Verdict
    from pipeline.evaluation.report import STAGES

    console = stdout()
    console.print(f"질문 {summary.questions:,} · 성공 {summary.success:.1%} · 정답률 {summary.answers.accuracy:.1%}")
    if summary.retrieval:
        table = Table("단계", "MRR@10", "nDCG@10", "R@1", "R@5", "R@10", "R@50")
        for stage, found in summary.retrieval.items():
            values = (found.mrr10, found.ndcg10, *found.recall.values())
            table.add_row(STAGES[stage], *(f"{value:.4f}" for value in values))
        console.print(table)
    verdicts = Table("판정", "질문", "몫")
    for name, count in summary.blame.items():
        verdicts.add_row(Verdict(name).ko, f"{count:,}", f"{count / summary.questions:.1%}")
    console.print(verdicts)
    for code, count in summary.errors.items():
        console.print(clean(f"오류 {code}: {count}"))

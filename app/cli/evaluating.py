"""``hansang evaluate``: a whole set of questions, kept question by question, with its report."""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from app.cli.console import clean, note, print_json, stdout
from app.cli.engines import ActorsOption, EngineOption, engine_of
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
from app.cli.run_progress import watching
from pipeline.config import with_overrides
from pipeline.errors.settings import BadSetting

if TYPE_CHECKING:
    from pipeline.engines.work import Engine
    from pipeline.evaluation.asking import Asking
    from pipeline.evaluation.phases import Phases, Told
    from pipeline.evaluation.summary import Summary
    from pipeline.service import Home, Service
    from pipeline.settings import Settings
    from pipeline.types import Sample


def evaluate(
    ctx: typer.Context,
    questions: Annotated[
        Path | None, typer.Argument(metavar="질문파일", show_default=False, help="JSONL, SQuAD, BEIR · The questions.")
    ] = None,
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
    regression: Annotated[
        bool, typer.Option("--regression", help="파일 대신 회귀 세트를 물음 · Ask the regression set, no file.")
    ] = False,
    phases: Annotated[
        Literal["auto", "one", "two"],
        typer.Option("--phases", help="둘: 모두 검색한 뒤 모두 답함(GPU가 모자랄 때) · Search all, then answer all."),
    ] = "auto",
    engine: EngineOption = "local",
    actors: ActorsOption = 0,
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
    if questions is None or regression:
        samples = _watched_questions(place, index, questions, regression, bool(limit or sample))
    else:
        samples = running.read_questions(questions, form, limit=limit, size=sample, stratify=stratify, seed=seed)
    service = Service(place, settings_of(ctx, profile))
    overrides = overrides_of(assignments)
    try:
        name = run or _name(service, index, samples, overrides, seed, questions.stem if questions else "regression")
        with engine_of(engine, actors) as where, watching(len(samples)) as (watch, told):
            settings = with_overrides(service.settings, overrides)
            asking = _asking(phases, settings, told) if engine == "local" else _elsewhere(phases, where)
            job = running.Evaluation(name, index, overrides, seed, concurrency, retry, asking)
            folder, summary = running.evaluate(service, samples, job, watch)
    finally:
        service.close()
    watched = _against_before(place, name) if regression else None
    if as_json:
        more = {"regression": asdict(watched)} if watched else {}
        print_json({"run": name, "folder": str(folder), **asdict(summary), **more})
        return
    show_summary(summary)
    if watched:
        show_watched(watched)
    note(f"보고서: {folder / 'report.html'}", f"Report: {folder / 'report.html'}")


def _name(
    service: Service, index: str, samples: list[Sample], overrides: dict[str, object], seed: int, stem: str
) -> str:
    """What a run is called that nobody named: the same command goes on with what it was broken off at."""
    from pipeline.evaluation.run_naming import name_for
    from pipeline.evaluation.runs import plan

    wanted = plan(service, index, samples, overrides, seed)
    named = name_for(service.home.runs, stem, wanted, datetime.datetime.now())
    if named.goes_on:
        note(
            f"멈춘 실행 '{named.name}'을(를) 이어서 합니다.",
            f"Going on with the run '{named.name}', which was broken off.",
        )
    if named.left:
        note(
            f"멈춘 실행 '{named.left}'은(는) 다른 코드로 시작되어 이어서 하지 않고 새로 시작합니다.",
            f"A new run: other code began the run '{named.left}', which was broken off.",
        )
    return named.name


def _asking(wanted: Phases, settings: Settings, told: Told) -> Asking | None:
    """How the questions are asked: None is one after the other from search to answer."""
    from pipeline.evaluation.phases import decide, in_two  # heavy: brings numpy

    if decide(wanted, settings) == "one":
        return None
    note("두 단계로 합니다: 모두 검색한 뒤 모두 답합니다.", "In two phases: all searches, then all answers.")
    return partial(in_two, told=told)


def _elsewhere(wanted: Phases, engine: Engine) -> Asking:
    from pipeline.evaluation.elsewhere import ask_by  # heavy: brings numpy

    if wanted == "two":
        raise BadSetting(
            name="--phases", value=wanted,
            expected="두 단계는 `--engine local`에서만 합니다.", expected_en="Two phases need `--engine local`.",
        )  # fmt: skip
    return partial(ask_by, engine)


def _watched_questions(
    place: Home, index: str, questions: Path | None, regression: bool, in_part: bool
) -> list[Sample]:
    """The questions of the regression set; refuses what doesn't go with it."""
    from pipeline.evaluation.regression import FILE, samples  # heavy: brings pandas

    if not regression:
        raise typer.BadParameter("질문 파일을 적거나 --regression을 주세요 · Give a file, or --regression.")
    if questions is not None or in_part:
        value = questions or "--limit/--sample"
        raise BadSetting(
            name="--regression", value=value,
            expected="회귀 세트는 전체를 묻습니다.", expected_en="The whole regression set is asked.",
        )  # fmt: skip
    return samples(place.root / FILE, index)


@dataclass(frozen=True, slots=True)
class Watched:
    """How the regression set fared in a run: questions that broke or were mended since they were asked before."""

    passed: int
    judged: int
    broken: tuple[str, ...]
    mended: tuple[str, ...]


def _against_before(place: Home, name: str) -> Watched:
    from pipeline.evaluation.regression import FILE, history, read_cases, read_results
    from pipeline.evaluation.runs import run_names

    cases = read_cases(place.root / FILE)
    words = {case.id: case.question for case in cases}
    names = list(reversed(run_names(place.runs)))
    seen = [(each, read_results(place.runs / each, cases)) for each in names[: names.index(name) + 1]]
    turn = history(seen)[-1]
    broken, mended = (tuple(words[id_] for id_ in ids) for ids in (turn.broken, turn.mended))
    return Watched(turn.passed, turn.judged, broken, mended)


def show_watched(watched: Watched) -> None:
    """How the regression set fared, on the terminal."""
    console = stdout()
    counts = f"깨짐 {len(watched.broken):,} · 고쳐짐 {len(watched.mended):,}"
    console.print(f"회귀 세트: {watched.judged:,}개 가운데 {watched.passed:,}개 통과 · {counts}")
    for sign, questions in (("▼ 깨짐  ", watched.broken), ("▲ 고쳐짐", watched.mended)):
        for question in questions:
            console.print(clean(f"  {sign}  {question}"))


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

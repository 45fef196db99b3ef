"""``hansang``: the commands put together. What each does is in the module of its family."""

from __future__ import annotations

import os
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from app.cli import (
    analysis_bench,
    analyzing,
    asking,
    bench_llm,
    bench_models,
    bench_serve,
    checkup,
    comparing,
    evaluating,
    experimenting,
    gating_llm,
    indexing,
    optimising_llm,
    page_bench,
    quality,
    replaying,
    safekeeping,
    scaling,
    serving,
)
from app.cli.bench import bench
from app.cli.classifiers import classifiers
from app.cli.exporting import export
from app.cli.failures import Command
from app.cli.judging import judge
from app.cli.keys import audit, keys
from app.cli.optimising import optimise
from app.cli.options import DEFAULT_HOME, DEFAULT_PROFILE, Common
from app.cli.recording import Recorded
from app.cli.summarizing import bench_strengths, strengths, summarize
from app.cli.tasks import tasks
from app.cli.training import train
from app.cli.users import users

app = typer.Typer(
    name="hansang",
    help=(
        "한국어 후기에 묻고, 답의 근거를 모두 봅니다. · Ask Korean reviews and see everything behind the answer.\n\n"
        "예) hansang demo · hansang ask '주차 편한 카페 있어?' · hansang doctor"
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hansang {version('hansang')}")
        raise typer.Exit


@app.callback()
def common(
    ctx: typer.Context,
    home: Annotated[
        Path,
        typer.Option(
            "--home", metavar="폴더", envvar="HANSANG_HOME", help="모든 상태를 두는 폴더 · Folder of all state."
        ),
    ] = DEFAULT_HOME,
    profile: Annotated[
        str, typer.Option("--profile", metavar="이름", help="프로필 이름이나 TOML 파일 · Profile name or TOML file.")
    ] = DEFAULT_PROFILE,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="판을 보여 줌 · Show the version.")
    ] = False,
) -> None:
    """What every command takes; its help is that of ``app``."""
    ctx.obj = Common(home, profile)


app.command("demo", cls=Command)(serving.demo)
app.command("serve", cls=Command)(serving.serve)
app.command("index", cls=Recorded)(indexing.index)
app.command("ask", cls=Command)(asking.ask)
app.command("search", cls=Command)(asking.search)
app.command("explain", cls=Command)(asking.explain)
app.command("analyze", cls=Command)(analyzing.analyze)
app.add_typer(classifiers, name="classifiers")
app.command("doctor", cls=Command)(checkup.doctor)
app.command("evaluate", cls=Command)(evaluating.evaluate)
app.command("replay", cls=Command)(replaying.replay)
app.command("sweep", cls=Command)(comparing.sweep)
app.command("compare", cls=Command)(comparing.compare)
app.command("experiment", cls=Command)(experimenting.experiment)
app.command("judge", cls=Command)(judge)
app.command("agreement", cls=Command)(quality.agreement)
app.command("verify", cls=Command)(safekeeping.verify)
app.command("backup", cls=Recorded)(safekeeping.backup)
app.command("restore", cls=Recorded)(safekeeping.restore)
app.command("summarize", cls=Command)(summarize)
app.command("strengths", cls=Command)(strengths)
bench.command("strengths", cls=Command)(bench_strengths)
bench.command("analyze", cls=Command)(analysis_bench.analyze)
bench.command("serve", cls=Command)(bench_serve.serve)
bench.command("encoder", cls=Command)(bench_models.encoder)
bench.command("reranker", cls=Command)(bench_models.reranker)
bench.command("llm", cls=Command)(bench_llm.llm)
bench.command("page", cls=Command)(page_bench.page)
bench.command("scale", cls=Command)(scaling.scale)
app.add_typer(bench, name="bench")
app.add_typer(users, name="users")
app.add_typer(keys, name="keys")
app.command("audit", cls=Command)(audit)
app.add_typer(tasks, name="tasks")
app.add_typer(train, name="train")
optimise.command("llm", cls=Command)(optimising_llm.llm)
optimise.command("gate-llm", cls=Command)(gating_llm.gate_llm)
app.add_typer(optimise, name="optimise")
app.command("export", cls=Recorded)(export)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a review may hold what a terminal in EUC-KR can't show
    # OpenBLAS sets the flag for lanes of a product that nobody reads; the results are finite.
    warnings.filterwarnings("ignore", "invalid value encountered in matmul", RuntimeWarning)
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        _flush()


def _flush() -> None:
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError:
        # Whoever read us has gone, or the error was told already; without this Python would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

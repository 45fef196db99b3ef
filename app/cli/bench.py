"""``hansang bench``: how well the pipeline finds and answers, and how fast, measured on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.console import print_json, stdout, waiting
from app.cli.failures import Command, PeersMissing
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
from app.cli.reports import counting, show_annotations, show_chat, show_report
from pipeline.config import with_overrides
from pipeline.errors.settings import BadSetting
from pipeline.types import Sample

if TYPE_CHECKING:
    from pipeline.evaluation.retrieval_bench import Progress, Quality, Timing
    from pipeline.service import Service

_PEERS = {"langchain_classic": "langchain-classic", "langchain_community": "langchain-community", "faiss": "faiss-cpu"}

bench = typer.Typer(
    help="품질과 속도를 이 기계에서 잽니다. · Measures quality and speed on this machine.",
    no_args_is_help=True,
)


@bench.command("retrieval", cls=Command)
def retrieval(
    ctx: typer.Context,
    data: Annotated[
        Path, typer.Option("--data", metavar="파일", show_default=False, help="문제 집합 · The question set.")
    ],
    form: Annotated[str, typer.Option("--format", metavar="squad|beir", help="그 형식 · Its format.")] = "squad",
    limit: Annotated[int, typer.Option("--limit", min=0, help="질문 수(0=모두) · Questions (0 = all).")] = 0,
    answers: Annotated[
        bool, typer.Option("--answers", help="근거 문장과 기권도 잼(두 배 걸림) · Also reading and abstention.")
    ] = False,
    peers: Annotated[
        bool, typer.Option("--peers", help="rank_bm25, LangChain과 견줌(extra 'peers') · Compare with peers.")
    ] = False,
    assignments: SetOption = None,
    as_json: JsonOption = False,
    profile: ProfileOption = None,
) -> None:
    """검색의 품질과 단계별 시간을 잽니다. · Quality of retrieval and time of each stage.

    예) hansang bench retrieval --data KorQuAD_v1.0_dev.json --format squad --answers
    """
    from pipeline.corpus.reader import read_samples  # heavy: brings pandas; help must answer at once
    from pipeline.evaluation import retrieval_bench as rb

    if peers:
        _need_peers()
    samples = [sample for sample in read_samples(data, form) if sample.passage_ids]
    samples = samples[:: max(1, len(samples) // limit)][:limit] if limit else samples
    settings = with_overrides(settings_of(ctx, profile), overrides_of(assignments), indexing=True)
    rounds = len(samples) * (1 + answers + peers)
    with ExitStack() as stack:
        with waiting("문제 집합을 색인하는 중 … (Indexing the set)"):
            service = stack.enter_context(rb.benchmark_service(data, form, settings))
        step = stack.enter_context(counting(rounds))
        report = rb.bench_retrieval(service, samples, step)
        if answers:
            report = replace(report, answers=rb.bench_answers(service, samples, step))
        if peers:
            report = replace(report, peers=_peers(service, samples, step))
    if as_json:
        print_json(asdict(report))
    else:
        show_report(stdout(), report, (rb.OURSELVES, rb.BARE))


def _need_peers() -> None:
    """Make sure that those we are compared with are installed: nobody wants to wait for minutes and then be told.

    Raises:
        PeersMissing: one isn't.
    """
    from pipeline.neural.loading import importable  # brings numpy, which help doesn't need

    missing = [package for module, package in _PEERS.items() if not importable(module)]
    if missing:
        raise PeersMissing(package=", ".join(missing))


def _peers(service: Service, samples: Sequence[Sample], step: Progress) -> dict[str, tuple[Quality, Timing]]:
    from pipeline.assemble import ENCODER, load_tokenizer
    from pipeline.evaluation import retrieval_bench as rb
    from pipeline.evaluation.peers import langchain_peer, rank_bm25_peer  # an optional extra

    index, tokenizer = service.index(rb.BENCH), load_tokenizer(service.settings.tokenizer)
    encoder = index.part(f"{service.settings.tokenizer}/{ENCODER}")
    made = {
        rb.OURSELVES: rb.search_only(service),
        rb.BARE: rb.fusing_only(service),
        "rank_bm25": rank_bm25_peer(index.passages, tokenizer),
        "LangChain Ensemble": langchain_peer(index.passages, tokenizer, encoder),
    }
    return rb.bench_peers(made, samples, step)


@bench.command("chat", cls=Command)
def chat(
    ctx: typer.Context,
    index: IndexOption = DEFAULT_INDEX,
    users: Annotated[str, typer.Option("--users", metavar="1,20", help="동시 사용자 수 · Users at once.")] = "1,20",
    questions: Annotated[int, typer.Option("--questions", min=1, help="사용자마다 · Questions each.")] = 10,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="파일", show_default=False, help="질문(JSONL) · Questions.")
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:
    """서버를 띄우고 근거·첫 문장·끝까지의 시간을 잽니다. · Time to contexts, first sentence and end on a real server.

    예) hansang bench chat --users 1,20
    """
    from app.cli.building import DEMO
    from app.load import bench_chat
    from pipeline.corpus.reader import read_samples

    texts = [sample.question.text for sample in read_samples(data or DEMO / "questions.jsonl", "auto")]
    counts = _counts(users)
    place = home_of(ctx, home)
    with waiting("서버에 묻는 중 … (Asking the server)"):
        found = {
            count: bench_chat(place.root, profile or common_of(ctx).profile, index, texts, count, questions)
            for count in counts
        }
    if as_json:
        print_json({str(count): asdict(times) for count, times in found.items()})
    else:
        show_chat(stdout(), found)


def _counts(users: str, name: str = "--users") -> list[int]:
    counts = [int(count) for count in users.split(",") if count.strip().isdecimal()]
    if not counts or min(counts) < 1 or len(counts) != len(users.split(",")):
        raise BadSetting(
            name=name,
            value=users,
            expected="1,20처럼 1 이상의 수를 쉼표로 적어 주세요.",
            expected_en="Write numbers from 1 on with commas, like 1,20.",
        )
    return counts


@bench.command("annotations", cls=Command)
def labelling(
    annotators: Annotated[
        str, typer.Option("--annotators", metavar="1,10,50", help="동시 작업자 수 · Annotators at once.")
    ] = "1,10,50",
    tasks: Annotated[int, typer.Option("--tasks", min=100, help="과제 수 · Tasks.")] = 20_000,
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="부하마다 · For each load.")] = 10.0,
    as_json: JsonOption = False,
) -> None:
    """라벨을 받고 저장하는 속도를 맨 SQLite와 함께 잽니다. · Taking and saving labels, beside bare SQLite.

    예) hansang bench annotations --annotators 1,10,50 --tasks 20000
    """
    from annotations.bench import bench_annotations  # heavy: sqlite-utils brings pandas

    counts = _counts(annotators, "--annotators")
    with waiting("라벨을 받고 저장하는 중 … (Taking and saving)"):
        report = bench_annotations(counts, tasks, seconds)
    if as_json:
        print_json(asdict(report))
    else:
        show_annotations(stdout(), report)

"""``hansang bench encoder`` and ``reranker``: many callers of one neural model, beside the plain libraries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from app.cli.console import print_json, stdout
from app.cli.options import JsonOption, ProfileOption, SetOption, overrides_of, settings_of
from app.cli.reports import counting
from pipeline.config import with_overrides
from pipeline.errors.settings import BadSetting

if TYPE_CHECKING:
    from pipeline.evaluation.model_bench import Arithmetic, Bandwidth, Batches, Memory, Speed
    from pipeline.evaluation.model_peers import Field

MIB = 1 << 20

ModelOption = Annotated[
    Path | None, typer.Option("--model", metavar="폴더", show_default=False, help="모델 폴더 · Folder of a model.")
]
EngineFolderOption = Annotated[
    Path | None,
    typer.Option(
        "--engine", metavar="폴더", show_default=False,
        help="그 모델로 만든 엔진도 함께(hansang optimise encoder) · An engine made of the model, too.",
    ),
]  # fmt: skip
RandomOption = Annotated[
    str,
    typer.Option(
        "--random", metavar="tiny|full", help="내려받지 않고 무작위 가중치로(full: XLM-RoBERTa-large) · Random weights."
    ),
]
TextsOption = Annotated[int, typer.Option("--texts", min=4, help="요청 수 · Requests.")]
ThreadsOption = Annotated[int, typer.Option("--threads", min=1, help="동시에 부르는 스레드 · Threads that call.")]
RoundsOption = Annotated[int, typer.Option("--rounds", min=1, help="되풀이 · Rounds.")]
MemoryOption = Annotated[bool, typer.Option("--memory/--no-memory", help="배치의 메모리도 잼 · Memory of batches.")]


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured. ``unit`` is what ``per_second`` counts; ``amount`` how many of them a round has."""

    model: str
    device: str
    precision: str
    unit: Literal["tokens", "pairs"]
    threads: int
    requests: int
    amount: int
    tokens: int
    speeds: dict[str, Speed]
    arithmetic: Arithmetic
    bandwidth: Bandwidth
    batches: Batches
    memory: Memory | None


def encoder(
    ctx: typer.Context,
    model: ModelOption = None,
    random: RandomOption = "tiny",
    engine: EngineFolderOption = None,
    texts: TextsOption = 256,
    threads: ThreadsOption = 16,
    rounds: RoundsOption = 3,
    memory: MemoryOption = True,
    assignments: SetOption = None,
    as_json: JsonOption = False,
    profile: ProfileOption = None,
) -> None:
    """신경망 인코더를 여러 스레드가 부를 때의 속도 · An encoder called by many threads, beside the plain libraries.

    예) hansang bench encoder --random tiny --threads 16
    """
    chosen = overrides_of(assignments) | ({"models.engine": str(engine)} if engine else {})
    settings = with_overrides(settings_of(ctx, profile), chosen, indexing=True)
    with TemporaryDirectory(prefix="hansang-bench-") as scratch:
        folder = _model(model, random, "encoder", Path(scratch))
        from pipeline.evaluation.model_peers import encoders  # what it imports is heavy; help must answer at once

        asked = _texts(texts)
        record = Path(scratch) / "record"
        record.mkdir()
        field = encoders(folder, record, settings, asked, threads)
        lengths = [field.length(text) for text in asked]
        most = settings.batching.texts if memory else None
        report = _measured(field, str(model or random), "tokens", lengths, rounds, most)
    _show(report, as_json=as_json)


def reranker(
    ctx: typer.Context,
    model: ModelOption = None,
    random: RandomOption = "tiny",
    texts: TextsOption = 64,
    candidates: Annotated[int, typer.Option("--candidates", min=1, help="질문마다 후보 수 · Candidates each.")] = 30,
    threads: ThreadsOption = 16,
    rounds: RoundsOption = 3,
    memory: MemoryOption = True,
    assignments: SetOption = None,
    as_json: JsonOption = False,
    profile: ProfileOption = None,
) -> None:
    """신경망 리랭커를 여러 스레드가 부를 때의 속도 · A reranker called by many threads, beside the plain libraries.

    예) hansang bench reranker --random tiny --candidates 30
    """
    settings = with_overrides(settings_of(ctx, profile), overrides_of(assignments), indexing=True)
    with TemporaryDirectory(prefix="hansang-bench-") as scratch:
        folder = _model(model, random, "reranker", Path(scratch))
        from pipeline.evaluation.model_peers import rerankers  # what it imports is heavy; help must answer at once

        passages = _texts(texts * candidates)
        asked = [
            [question, *passages[row * candidates : (row + 1) * candidates]]
            for row, question in enumerate(_questions(texts))
        ]
        field = rerankers(folder, settings, asked, threads)
        lengths = [field.length(request[0]) + field.length(text) for request in asked for text in request[1:]]
        most = settings.batching.texts if memory else None
        report = _measured(field, str(model or random), "pairs", lengths, rounds, most)
    _show(report, as_json=as_json)


def _measured(
    field: Field, model: str, unit: Literal["tokens", "pairs"], lengths: Sequence[int], rounds: int, most: int | None
) -> Report:
    """Run the contest. ``lengths`` are the tokens of every text or pair; with ``most`` texts in a batch memory, too."""
    from pipeline.evaluation import model_bench as mb
    from pipeline.neural.loading import free_memory

    batches = mb.batches_of(field.limits, field.sizing, lengths, field.run, field.device, check=bool(most))
    measured = mb.measure_memory(field.run, field.device) if most else []
    memory = mb.memory_of(measured, lengths, free_memory(field.device), most) if most and measured else None
    limit = mb.arithmetic(field.parameters, field.device, field.precision)
    fed = mb.bandwidth(field.parameters, field.device, field.precision, batches.filled)
    amount = sum(lengths) if unit == "tokens" else len(lengths)
    with counting(rounds * len(field.contenders)) as step:
        speeds = mb.contest(field.contenders, amount, limit.tokens * amount / sum(lengths), rounds, step)
    first = field.contenders[0]
    return Report(
        model, field.device, field.precision, unit, first.threads, len(first.requests), amount, sum(lengths),
        dict(speeds), limit, fed, batches, memory,
    )  # fmt: skip


def _model(model: Path | None, random: str, kind: Literal["encoder", "reranker"], scratch: Path) -> Path:
    """The user's model, or one made now.

    Raises:
        BadSetting: there is no such size.
        BackendUnavailable: the libraries aren't here.
    """
    from pipeline.evaluation.random_models import SHAPES, make
    from pipeline.neural.loading import require

    if random not in SHAPES:
        raise BadSetting(
            name="--random", value=random, expected="tiny나 full을 적어 주세요.", expected_en="Write tiny or full."
        )
    require(torch="torch", transformers="transformers", sentence_transformers="sentence-transformers")
    return model or make(scratch / "model", kind, SHAPES[random], _reviews())


def _reviews() -> list[str]:
    from app.cli.building import DEMO
    from pipeline.corpus.reader import read_corpus
    from pipeline.types import Document

    return [each.text for each in read_corpus([DEMO / "reviews.jsonl"]) if isinstance(each, Document)]


def _texts(count: int) -> list[str]:
    """Reviews of the demo, again and again: short and long ones as they come."""
    reviews = _reviews()
    return [reviews[row % len(reviews)] for row in range(count)]


def _questions(count: int) -> list[str]:
    from app.cli.building import DEMO
    from pipeline.corpus.reader import read_samples

    found = [sample.question.text for sample in read_samples(DEMO / "questions.jsonl", "auto")]
    return [found[row % len(found)] for row in range(count)]


def _show(report: Report, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(report))
        return
    console = stdout()
    per = "토큰/초 (tokens/s)" if report.unit == "tokens" else "쌍/초 (pairs/s)"
    console.print(
        f"{report.model} · {report.device} {report.precision} · 요청 {report.requests:,}개를 "
        f"스레드 {report.threads}개로 · {report.tokens:,}토큰"
    )
    table = Table("", per, "한상이 몇 배 (ours ×)", "계산 한도의 (of the limit)")
    for name, speed in report.speeds.items():
        if speed.errors:
            table.add_row(name, f"오류 {speed.errors}건", speed.error[:40], "")
        else:
            table.add_row(name, f"{speed.per_second:,.0f}", f"{speed.ratio:.2f}", f"{speed.reached:.0%}")
    console.print(table)
    limit = report.arithmetic
    console.print(
        f"계산 한도 (2 × {limit.parameters / 1e6:,.1f} M 매개변수 × 토큰, 행렬 곱 {limit.rate / 1e9:,.0f} GFLOP/s): "
        f"{limit.tokens:,.0f} 토큰/초"
    )
    fed = report.bandwidth
    console.print(
        f"대역폭 한도 (배치마다 가중치 {fed.bytes / MIB:,.1f} MiB를 한 번, 배치에 {fed.batch:,.0f}토큰, 메모리 복사 "
        f"{fed.rate / 1e9:,.1f} GB/s): {fed.tokens:,.0f} 토큰/초. 낮은 쪽이 한도입니다. (The lower limit holds.)"
    )
    _show_batches(console, report.batches)
    _show_memory(console, report.memory)


def _show_batches(console: Console, batches: Batches) -> None:
    console.print(
        f"한상의 배치: {batches.tokens:,}토큰까지, 이 글들이면 {batches.texts:,.0f}개씩 (tokens and texts of ours)"
    )
    if batches.checked:
        apart = batches.measured / batches.predicted - 1 if batches.predicted else 0.0
        console.print(
            f"  모델을 올리며 잰 선의 오차 평균 {batches.error:.0%} · 처음 보는 {batches.checked:,}토큰: "
            f"예측 {batches.predicted / MIB:,.1f} MiB, 실측 {batches.measured / MIB:,.1f} MiB ({apart:+.0%})"
        )


def _show_memory(console: Console, memory: Memory | None) -> None:
    if memory is None:
        console.print("배치의 메모리는 재지 않았습니다. (Memory wasn't measured: it is on Linux or a GPU.)")
        return
    line = memory.line
    console.print(
        f"배치의 메모리: {line.intercept / MIB:,.1f} MiB + 토큰마다 {line.slope / 1024:,.1f} KiB, "
        f"오차 평균 {line.error:.0%}, 가장 모자란 예측 {line.worst / MIB:,.1f} MiB "
        f"(배치 {len(memory.measured)}개로 맞춤)"
    )
    console.print(
        f"지금 비어 있는 {memory.free / MIB:,.0f} MiB에 batching.tokens {memory.budget:,}까지. 이 글들이면 배치마다 "
        f"{memory.texts:,.0f}개, 채움 {memory.fill:.0%}"
    )

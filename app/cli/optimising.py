"""``hansang optimise``: models made faster and smaller, none of which is used before its gate is passed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from app.cli.console import clean, note, print_json, stdout, waiting
from app.cli.failures import Command
from app.cli.options import HomeOption, JsonOption, home_of
from pipeline.errors.files import FileProblem
from pipeline.errors.optimising import EngineRefused, IndexNotNeural, TensorRtAbsent
from pipeline.errors.settings import BadSetting

if TYPE_CHECKING:
    from pipeline.index import Index
    from pipeline.neural.hub import Found
    from pipeline.optimising.engines import Build, Shape
    from pipeline.optimising.making import Job, Told
    from pipeline.optimising.proving import Asked, Ground
    from pipeline.optimising.report import Report, Row

optimise = typer.Typer(
    help="모델을 더 빠르고 작게 만들고, 관문을 지난 것만 씁니다. · Models made faster and smaller; each passes a gate.",
    no_args_is_help=True,
)

NEURAL = ("bge_m3", "sentence_transformer")  # the encoders whose models can become engines
STAGES: Mapping[str, str] = {
    "export": "ONNX로 옮기는 중 (Exporting)", "quantise": "int8로 바꾸는 중 (Quantising)",
    "race": "속도를 재는 중 (Timing)", "prove": "관문: 글을 읽는 중 (Gate: reading)",
    "weigh": "메모리를 재는 중 (Weighing)",
}  # fmt: skip

IndexNameOption = Annotated[
    str, typer.Option("--index", metavar="이름", show_default=False, help="그 모델로 만든 색인 · An index it made.")
]
OutOption = Annotated[
    Path, typer.Option("--out", metavar="폴더", show_default=False, help="엔진을 둘 새 폴더 · A new folder for it.")
]
ShapesOption = Annotated[
    str,
    typer.Option(
        "--shapes", metavar="글x토큰,…",
        help="속도를 잴 배치. tensorrt는 이 모양만 돌립니다 · Batches timed; TensorRT runs these only.",
    ),
]  # fmt: skip
QuestionsOption = Annotated[
    Path | None,
    typer.Option(
        "--questions", metavar="파일", show_default=False,
        help="정답 단락이 있는 질문. 없으면 색인의 문장으로 만듭니다 · Questions with their passages; else made.",
    ),
]  # fmt: skip


@optimise.callback()
def family() -> None:
    """모델을 더 빠르고 작게 만들고, 관문을 지난 것만 씁니다. · Models made faster and smaller; each passes a gate."""


@optimise.command("encoder", cls=Command)
def encoder(
    ctx: typer.Context,
    index: IndexNameOption,
    out: OutOption,
    to: Annotated[Literal["onnx", "tensorrt"], typer.Option("--to", help="무엇으로 · The runtime.")] = "onnx",
    precision: Annotated[
        Literal["fp32", "fp16", "int8"], typer.Option("--precision", help="계산 정밀도 · Precision.")
    ] = "int8",
    quantize: Annotated[
        Literal["dynamic", "static"],
        typer.Option("--quantize", help="int8의 눈금: 그때그때 또는 미리(색인의 단락으로) · Scales of int8."),
    ] = "dynamic",
    shapes: ShapesOption = "1x16,8x40,8x128",
    questions: QuestionsOption = None,
    form: Annotated[str, typer.Option("--format", metavar="auto|jsonl|squad|beir", help="형식 · Format.")] = "auto",
    asked: Annotated[
        int, typer.Option("--asked", min=1, help="만들 질문 수(파일이 없을 때) · Questions to make.")
    ] = 1_000,
    passages: Annotated[
        int, typer.Option("--passages", min=1, help="관문에서 읽는 최대 단락 수 · Passages that the gate reads.")
    ] = 1_000,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="속도를 재는 횟수 · Rounds of timing.")] = 3,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """색인의 신경망 인코더를 ONNX나 TensorRT 엔진으로 만들고, 그 색인으로 관문을 봅니다. · An engine of its encoder.

    예) hansang optimise encoder --index mine --precision int8 --out engines/int8
    """
    from pipeline.optimising import making  # what it imports is heavy; help must answer at once
    from pipeline.optimising.exporting import require_exporting

    build = _build(to, precision, quantize, read_shapes(shapes))
    opened = _neural_index(ctx, home, index)
    require_exporting()
    making.check_place(out)
    job = making.Job(
        found=_model_of(opened),
        encoder=opened.manifest.encoder,
        tokens=int(opened.manifest.settings["models.passage_tokens"]),
        build=build,
        out=out,
        shapes=read_shapes(shapes),
        passages=passages,
        rounds=rounds,
    )
    report = _made(job, lambda: _ground(opened, questions, form, asked))
    if as_json:
        print_json({"folder": str(out), **report.to_json()})
    else:
        _show(stdout(), report, out)
    if not report.passed:
        raise typer.Exit(EngineRefused.exit_code)


def read_shapes(text: str) -> tuple[Shape, ...]:
    """``1x16,8x40`` as pairs of texts and tokens.

    Raises:
        BadSetting: that is not what was written.
    """
    parts = [part.strip() for part in text.split(",")]
    found = [re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", part) for part in parts]
    pairs = tuple((int(match[1]), int(match[2])) for match in found if match)
    if len(pairs) != len(parts) or min(tokens for _, tokens in pairs) < 4:
        raise BadSetting(
            name="--shapes", value=text,
            expected="1x16,8x40처럼 글 수x토큰 수(4 이상)를 쉼표로 적어 주세요.",
            expected_en="Write texts x tokens (4 or more) with commas, like 1x16,8x40.",
        )  # fmt: skip
    return pairs


def _build(
    to: Literal["onnx", "tensorrt"],
    precision: Literal["fp32", "fp16", "int8"],
    quantize: Literal["dynamic", "static"],
    shapes: tuple[Shape, ...],
) -> Build:
    from pipeline.optimising.engines import Build

    if to == "tensorrt" and precision == "int8" and quantize == "dynamic":
        raise BadSetting(
            name="--quantize", value=quantize,
            expected="TensorRT의 int8은 `--quantize static`만 됩니다.",
            expected_en="TensorRT's int8 must be `--quantize static`.",
        )  # fmt: skip
    how: Literal["", "dynamic", "static"] = quantize if precision == "int8" else ""
    return Build(to, precision, how, shapes=shapes if to == "tensorrt" else ())


def _made(job: Job, ground: Callable[[], Ground]) -> Report:
    """An engine as asked for. Where TensorRT isn't there, one of ONNX in its place, and that is said."""
    from pipeline.optimising.making import make
    from pipeline.optimising.runtime import onnx_runtime
    from pipeline.optimising.sessions import check_tensorrt

    try:
        if job.build.target == "tensorrt":  # before anything slow
            check_tensorrt(onnx_runtime().get_available_providers())
        with _stages() as told:
            return make(job, ground(), told)
    except TensorRtAbsent as absent:  # found missing now, or only when its libraries were to be opened
        note(
            f"{absent.korean} 대신 ONNX 엔진을 만듭니다.",
            f"{absent.english} An ONNX engine is made in its place.",
        )
    with _stages() as told:
        return make(replace(job, build=replace(job.build, target="onnx", shapes=())), ground(), told)


def _neural_index(ctx: typer.Context, home: Path | None, name: str) -> Index:
    from pipeline.index import Index, current_folder

    opened = Index(current_folder(home_of(ctx, home).indexes, name))
    if opened.manifest.encoder not in NEURAL:
        raise IndexNotNeural(name=name, encoder=opened.manifest.encoder)
    return opened


def _ground(index: Index, questions: Path | None, form: str, count: int) -> Ground:
    """The index with its questions: the file's, or such as are made of its sentences.

    Raises:
        IndexDamaged, ModelMismatch, BackendUnavailable: its model can't be used, or isn't the one that made it.
        FileProblem, BadSetting: the file of questions can't be read.
    """
    import numpy as np

    from pipeline.assemble import TERMS, open_encoder, open_vectors
    from pipeline.optimising import proving
    from pipeline.termstore import TermStore

    analyser = index.manifest.analysers[0]
    vectors = open_vectors(index, analyser)
    if questions is None:
        asked = proving.made_of(index.passages, TermStore(index.part(f"{analyser}/{TERMS}")), count)
    else:
        asked = _of_file(index, questions, form)
    return proving.Ground(
        index=index.name,
        version=index.manifest.version,
        passages=index.passages,
        vectors=vectors if isinstance(vectors, np.ndarray) else vectors[np.arange(len(index.passages))],
        reference=partial(open_encoder, index, analyser),
        questions=asked,
        source="pseudo" if questions is None else "file",
    )


def _of_file(index: Index, path: Path, form: str) -> tuple[Asked, ...]:
    from pipeline.corpus.reader import read_samples  # brings pyarrow
    from pipeline.optimising.proving import of_samples

    found = of_samples(read_samples(path, form), index.passages)
    if not found:
        raise FileProblem(
            path=path, problem=f"정답 단락(passage_ids)이 '{index.name}' 색인에 있는 질문이 없습니다",
            cure="그 색인의 질문을 주거나 `--questions`를 빼세요(색인의 문장으로 만듭니다).",
            problem_en=f"None of its questions has passages (passage_ids) of index '{index.name}'",
            cure_en="Give questions of that index, or leave `--questions` out: they are made of its sentences.",
        )  # fmt: skip
    return found


def _model_of(index: Index) -> Found:
    """The model that made an index's vectors, on this machine.

    Raises:
        ModelMismatch, ModelAbsent, ModelUnusable: it isn't there any more.
    """
    from pipeline.assemble import ENCODER, built_with
    from pipeline.neural.encoding import checked

    return checked(index.part(f"{index.manifest.analysers[0]}/{ENCODER}"), built_with(index.manifest))


@contextmanager
def _stages() -> Iterator[Told]:
    with waiting("시작하는 중 … (Beginning)") as line:
        read = 0

        def told(stage: str, done: int) -> None:
            nonlocal read
            read += done
            line.say(f"{STAGES[stage]}{f' {read:,}' if read and stage == 'prove' else ''} …")

        yield told


def _show(console: Console, report: Report, out: Path) -> None:
    from pipeline.optimising import report as r

    figures = report.engine.figures
    console.print(clean(f"{report.engine.source.name} -> {report.engine.id}"))
    if figures is not None:
        console.print(clean(r.ground_line(figures)))
        console.print(_table(("관문 (gate)", "수치 (figure)", "통과 (passes)"), r.gate_rows(figures)))
    console.print(_table(r.speed_heads(report.speeds), r.speed_rows(report.speeds)))
    console.print(_table(("", "엔진 (engine)", "원래 모델 (model)"), r.memory_rows(report)))
    console.print(clean(r.verdict(report), "bold green" if report.passed else "bold red"))
    console.print(clean(f"{out / r.REPORT}"))
    if report.passed:
        console.print(clean(f'hansang ask "…" --index {figures.index if figures else ""} --set models.engine={out}'))


def _table(heads: Row, rows: list[Row]) -> Table:
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    return table

"""``hansang analyze``: what reviews judge, and what of: a file of them, or one that is typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from annotations.schemes.scheme import Scheme, load_scheme
from app.cli.classifying import (
    ClassifierOption,
    EndpointOption,
    ModelOption,
    PromptOption,
    RequestsOption,
    TimeoutOption,
    choice_of,
    made,
)
from app.cli.console import clean, note, print_json, stderr, stdout
from app.cli.engines import ActorsOption, EngineOption, engine_of
from app.cli.indexing import parse_columns
from app.cli.options import JsonOption
from pipeline.errors.analysing import NotAnalysed
from pipeline.errors.settings import BadSetting
from pipeline.types import Analysis, Opinion, Unanalysed

if TYPE_CHECKING:
    from pipeline.analysing import Outcome
    from pipeline.analysing import Progress as Told
    from pipeline.protocols import Classifier

NOTES = {
    "orders": "모델에게 시키는 말을 빼고 읽은 글(orders to a model left out)",
    "no-words": "낱말이 없는 글(no words)",
    "not-korean": "한국어가 아닌 글(not Korean)",
    "cut": "앞부분만 읽은 글(read in part)",
    "partial": "일부 분류기만 답한 글(some members failed)",
}
AT_ONCE = 1_000
DEAR_AT_ONCE = 64  # what takes long is written down more often
CHEAP = ("linear",)


def analyze(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="파일", show_default=False, help="후기: CSV, TSV, JSONL, Parquet · The reviews."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="파일",
            show_default=False,
            help="결과: .jsonl, .csv, .parquet. 멈췄던 것은 이어서 함 · The result; resumes.",
        ),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="글", show_default=False, help="후기 하나를 바로 · One review.")
    ] = None,
    classifier: ClassifierOption = "linear",
    endpoint: EndpointOption = "",
    model: ModelOption = "",
    prompt: PromptOption = "review-1",
    requests: RequestsOption = 8,
    timeout: TimeoutOption = 60.0,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="칸=열이름",
            show_default=False,
            help="열 이름으로 알 수 없을 때. 예) text=본문 · Name a column; repeatable.",
        ),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="형식", help="auto(확장자로), csv, tsv, jsonl, parquet · File format.")
    ] = "auto",
    aspects: Annotated[
        bool, typer.Option("--aspects/--no-aspects", help="속성까지(형태소 분석이 들어 느림) · Aspects too; slower.")
    ] = True,
    engine: EngineOption = "local",
    actors: ActorsOption = 0,
    as_json: JsonOption = False,
) -> None:
    """후기의 감성, 강도, 감정, 속성을 분석합니다. · Sentiment, intensity, emotions and aspects of reviews.

    예) hansang analyze --text "맛은 있는데 웨이팅이 두 시간" · hansang analyze 후기.csv --out 분석.jsonl
    """
    if (text is None) == (file is None) or (file is None) != (out is None):
        raise BadSetting(
            name="analyze", value=text or file or out or "",
            expected="`--text 글` 또는 `파일 --out 결과파일` 가운데 하나를 적어 주세요.",
            expected_en="Give either --text, or FILE with --out.",
        )  # fmt: skip
    choice = choice_of(classifier, endpoint=endpoint, model=model, prompt=prompt, requests=requests, timeout=timeout)
    if file is None or out is None:
        _one(made(choice), text or "", aspects, as_json)
        return
    from pipeline.analysing import analyse_documents, checked_out  # heavy: help must answer at once
    from pipeline.classifying import Classifying
    from pipeline.corpus.reader import read_corpus

    checked_out(out)
    documents = read_corpus([file], format=form, columns=parse_columns(columns))
    at_once = AT_ONCE if classifier in CHEAP else DEAR_AT_ONCE
    with engine_of(engine, actors) as where, _counting() as told:
        # Made here in any case: what it lacks is told before the work, and only what was asked by name is gone on with.
        judge, work = made(choice), Classifying(choice, aspects)
        elsewhere = None if engine == "local" else partial(where.map, work)
        outcome = analyse_documents(
            documents, out, judge, aspects=aspects, at_once=at_once, told=told, classify=elsewhere
        )
    _say(outcome, out, as_json)


def _one(judge: Classifier, text: str, aspects: bool, as_json: bool) -> None:
    from pipeline.analysis.records import to_json

    text = text.encode("utf-8", "replace").decode("utf-8")  # bytes that the terminal couldn't name
    (found,) = judge.classify([text], aspects=aspects)
    if isinstance(found, Unanalysed) and found.code == "empty-text":
        raise BadSetting(
            name="--text", value=text,
            expected="글이 비어 있습니다. 후기를 적어 주세요.", expected_en="It is empty. Write the review.",
        )  # fmt: skip
    if isinstance(found, Unanalysed):
        raise NotAnalysed(reason=found.ko, reason_en=found.en)
    if as_json:
        print_json(to_json("1", text, found, aspects=aspects))
    else:
        show(text, found)


def show(text: str, found: Analysis) -> None:
    """One analysis on the terminal, in the words of the label scheme."""
    console, scheme = stdout(), load_scheme("review")
    sentiments, emotions = _words(scheme, "sentiment"), _words(scheme, "emotions")
    shares = " · ".join(f"{sentiments[name]} {share:.0%}" for name, share in found.sentiment.items())
    console.print(clean(f"감성  {sentiments[found.label]} ({shares})"))
    if found.intensity:
        console.print(clean(f"강도  {found.expected_intensity:.1f} / 5"))
    if found.felt:
        felt = ", ".join(
            f"{emotions[name]} {found.emotions[name]:.2f}".strip() for name in found.felt if name in found.emotions
        )
        console.print(clean(f"감정  {felt or emotions['none']}"))
    for opinion in found.opinions:
        console.print(clean(f"속성  {_said(scheme, text, opinion)}"))
    for part in found.parts:
        label = max(part.sentiment, key=part.sentiment.__getitem__)
        console.print(clean(f"문장  {sentiments[label]} {part.intensity:.1f} 「{text[slice(*part.span)]}」"))
    if found.note:
        console.print(clean(f"참고  {NOTES.get(found.note, found.note)}: 덜 믿을 만합니다", "dim"))


def _words(scheme: Scheme, field: str) -> Mapping[str, str]:
    return {option.id: option.ko for each in scheme.fields if each.id == field for option in each.options}


def _said(scheme: Scheme, text: str, opinion: Opinion) -> str:
    (field,) = (field for field in scheme.fields if field.id == "aspects")
    sign = next(option.sign for option in field.polarities if option.id == opinion.polarity)
    return f"{_words(scheme, 'aspects')[opinion.aspect]} {sign} 「{text[slice(*opinion.span)]}」"


def _say(outcome: Outcome, out: Path, as_json: bool) -> None:
    rejects = f"{out}.rejects.jsonl"
    if as_json:
        print_json({"out": str(out), **asdict(outcome), "rejects": rejects if outcome.rejected else None})
        return
    before = f" (전에 한 것 {outcome.before:,})" if outcome.before else ""
    stdout().print(
        clean(f"{out}: 분석 {outcome.analysed:,}건{before} · 실패 {outcome.failed:,} · 거절 {outcome.rejected:,}")
    )
    if outcome.rejected:
        note(f"거절한 행의 이유: {rejects}", f"Why rows were refused: {rejects}")


@contextmanager
def _counting() -> Iterator[Told]:
    console = stderr()
    columns = (
        TextColumn("분석하는 중 (Analysing)"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("analyse", total=None, rate="")

        def told(done: int) -> None:
            seconds = shown.tasks[0].elapsed or 1e-3
            shown.update(task, completed=done, rate=f"{done / seconds:,.0f}/초")

        yield told

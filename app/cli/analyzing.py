"""``hansang analyze``: what reviews judge, and what of: a file of them, or one that is typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli.classifying import ClassifierOption, EndpointOption, ModelOption, chosen
from app.cli.console import clean, note, print_json, stderr, stdout
from app.cli.indexing import parse_columns
from app.cli.options import JsonOption
from pipeline.errors import BadSetting
from pipeline.types import Analysis, Opinion, Unanalysed

if TYPE_CHECKING:
    from pipeline.analysing import Progress as Told
    from pipeline.protocols import Classifier

SENTIMENTS = {"positive": "긍정", "neutral": "중립", "negative": "부정", "mixed": "복합"}
SIGNS = {"positive": "+", "neutral": "0", "negative": "−"}
ASPECTS = {
    "food": "음식·맛", "value": "양·가격", "service": "서비스", "ambience": "분위기", "hygiene": "위생",
    "waiting": "대기·예약", "location": "위치·주차",
}  # fmt: skip
EMOTIONS = {
    "joy": "만족/기쁨", "disappointment": "실망/안타까움", "annoyance": "불만/짜증", "anger": "분노/어이없음",
    "interest": "기대/관심", "doubt": "의심/불안", "surprise": "놀람/당황", "gratitude": "호의/고마움",
    "admiration": "감동/감탄", "disgust": "혐오", "affection": "귀여움/애정", "sadness": "슬픔", "none": "없음",
}  # fmt: skip
NOTES = {"no-words": "낱말이 없는 글", "not-korean": "한국어가 아닌 글", "cut": "앞부분만 읽은 글"}
AT_ONCE = 1_000
DEAR_AT_ONCE = 32  # what is asked over the network is written down more often
DEAR = ("llm", "electra", "cascade")


def analyze(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="파일", show_default=False, help="후기: CSV, TSV, JSONL, Parquet · The reviews."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="파일", show_default=False, help="결과: .jsonl, .csv, .parquet. 있으면 이어서 함 · The result; resumes."
        ),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="글", show_default=False, help="후기 하나를 바로 · One review.")
    ] = None,
    classifier: ClassifierOption = "linear",
    endpoint: EndpointOption = "",
    model: ModelOption = "",
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column", metavar="이름=열", show_default=False, help="열 이름을 알려 줌. 예) text=본문 · Name a column; repeatable."
        ),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="auto|csv|tsv|jsonl|parquet", help="파일의 형식 · Its format.")
    ] = "auto",
    aspects: Annotated[
        bool, typer.Option("--aspects/--no-aspects", help="속성까지(형태소 분석이 들어 느림) · Aspects too; slower.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """후기의 감성, 강도, 감정, 속성을 분석합니다. · Sentiment, intensity, emotions and aspects of reviews.

    예) hansang analyze --text "맛은 있는데 웨이팅이 두 시간" · hansang analyze 후기.csv --out 분석.jsonl
    """
    if text is None and (file is None or out is None):
        raise BadSetting(name="analyze", value="", expected="`--text 글` 또는 `파일 --out 결과파일`을 적어 주세요.")
    with chosen(classifier, endpoint=endpoint, model=model) as judge:
        if text is not None:
            _one(judge, text, aspects, as_json)
        else:
            assert file is not None
            assert out is not None
            _file(judge, file, out, aspects, form, columns, as_json)


def _one(judge: Classifier, text: str, aspects: bool, as_json: bool) -> None:
    from pipeline.analysis.records import to_json

    (found,) = judge.classify([text], aspects=aspects)
    if as_json:
        print_json(to_json("1", text, found))
    else:
        show(text, found)


def show(text: str, found: Analysis | Unanalysed) -> None:
    """One analysis on the terminal."""
    console = stdout()
    if isinstance(found, Unanalysed):
        console.print(clean(f"분석하지 못했습니다: {found.ko}"))
        return
    shares = " · ".join(f"{SENTIMENTS[name]} {share:.0%}" for name, share in found.sentiment.items())
    console.print(clean(f"감성  {SENTIMENTS[found.label]} ({shares})"))
    console.print(clean(f"강도  {found.expected_intensity:.1f} / 5"))
    console.print(clean(f"감정  {', '.join(f'{EMOTIONS[name]} {found.emotions[name]:.2f}' for name in found.felt)}"))
    for opinion in found.opinions:
        console.print(clean(f"속성  {_said(text, opinion)}"))
    for part in found.parts:
        label = max(part.sentiment, key=part.sentiment.__getitem__)
        console.print(clean(f"문장  {SENTIMENTS[label]} {part.intensity:.1f} 「{text[slice(*part.span)]}」"))
    if found.note:
        console.print(clean(f"참고: {NOTES[found.note]}이라 덜 믿을 만합니다", "dim"))


def _said(text: str, opinion: Opinion) -> str:
    return f"{ASPECTS[opinion.aspect]} {SIGNS[opinion.polarity]} 「{text[slice(*opinion.span)]}」"


def _file(
    judge: Classifier, file: Path, out: Path, aspects: bool, form: str, columns: list[str] | None, as_json: bool
) -> None:
    from pipeline.analysing import analyse_documents  # heavy: brings pandas; help must answer at once
    from pipeline.corpus.reader import read_corpus

    documents = read_corpus([file], format=form, columns=parse_columns(columns))
    at_once = DEAR_AT_ONCE if judge.name in DEAR else AT_ONCE
    with _counting() as told:
        outcome = analyse_documents(documents, out, judge, aspects=aspects, at_once=at_once, told=told)
    if as_json:
        print_json({"out": str(out), **{name: getattr(outcome, name) for name in outcome.__slots__}})
        return
    before = f" (전에 한 것 {outcome.before:,})" if outcome.before else ""
    stdout().print(clean(f"{out}: 분석 {outcome.analysed:,}건{before} · 실패 {outcome.failed:,} · 거절 {outcome.rejected:,}"))
    if outcome.rejected:
        note(f"거절한 행의 이유: {out}.rejects.jsonl", f"Why rows were refused: {out}.rejects.jsonl")


@contextmanager
def _counting() -> Iterator[Told]:
    console = stderr()
    columns = (TextColumn("분석하는 중 (Analysing)"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("analyse", total=None, rate="")

        def told(done: int) -> None:
            seconds = shown.tasks[0].elapsed or 1e-3
            shown.update(task, completed=done, rate=f"{done / seconds:,.0f}/초")

        yield told

"""``hansang judge``: a language model judges the answers of a stored run, within a budget; resumable."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from app.cli.comparing import RunArgument
from app.cli.console import clean, note, print_json, stderr, stdout
from app.cli.options import HomeOption, JsonOption, home_of
from pipeline.errors.settings import BadSetting

if TYPE_CHECKING:
    from pipeline.evaluation.judged import Judged
    from pipeline.evaluation.judgements import Measure
    from pipeline.judges.costs import Price
    from pipeline.judges.docket import Docket
    from pipeline.judges.people import Agreement
    from pipeline.judges.sitting import Sitting, State, Watch
    from pipeline.judges.types import Implementation

MEASURES = "answer_relevancy,faithfulness,context_recall,context_precision"


def judge(
    ctx: typer.Context,
    run: RunArgument,
    kind: Annotated[
        Literal["openai", "gemini", "local"],
        typer.Option("--judge", help="누가 채점하나. openai와 local은 OpenAI 호환 주소 · Who judges."),
    ],
    model: Annotated[
        str, typer.Option("--model", metavar="모델", show_default=False, help="채점 모델 이름 · The judge's model.")
    ],
    url: Annotated[
        str, typer.Option("--url", metavar="주소", help="기본이 아닌 주소. 예) http://127.0.0.1:8000/v1 · Base URL.")
    ] = "",
    measures: Annotated[
        str, typer.Option("--measures", metavar="이름,…", help="측정할 것 · What to measure.")
    ] = MEASURES,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="묻지 않고 비용만 어림함 · Only estimate the cost.")
    ] = False,
    price: Annotated[
        str, typer.Option("--price", metavar="입력,출력", help="토큰 100만 개의 값(달러) · Dollars a million tokens.")
    ] = "",
    budget: Annotated[
        float | None,
        typer.Option("--budget", min=0, metavar="달러", show_default=False, help="이 실행에 쓸 상한 · Limit."),
    ] = None,
    per_minute: Annotated[int, typer.Option("--per-minute", min=0, help="1분에 부를 수(0=제한 없음) · Calls.")] = 0,
    per_day: Annotated[int, typer.Option("--per-day", min=0, help="24시간에 부를 수(0=제한 없음) · Calls.")] = 0,
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, max=64, help="동시에 부를 수 · At once.")] = 4,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, metavar="초", help="답 하나를 기다릴 시간 · Wait for a reply.")
    ] = 60,
    embeddings: Annotated[
        str,
        typer.Option("--embeddings", metavar="모델", help="질문을 견줄 임베딩 모델(없으면 색인의 벡터) · Embeddings."),
    ] = "",
    engine: Annotated[
        Literal["ours", "ragas"],
        typer.Option("--engine", help="한국어 프롬프트(ours) 또는 ragas 패키지 · Our prompts or the ragas package."),
    ] = "ours",
    people: Annotated[
        Path | None,
        typer.Option(
            "--people", metavar="폴더", show_default=False,
            help="사람의 채점(hansang export --scheme answer --form jsonl)과 견줌 · Compare with people's grades.",
        ),
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:  # fmt: skip
    """저장된 실행의 답변을 언어 모델이 채점합니다. 멈추면 이어서 합니다. · A model judges a stored run's answers.

    예) hansang judge base --judge local --model qwen3 --estimate
    """
    from pipeline.judges import docket as dockets  # heavy: brings numpy, pandas and plotly
    from pipeline.judges.choosing import Choice
    from pipeline.judges.people import read_graded

    place = home_of(ctx, home)
    order = dockets.Order(
        run, Choice(kind, model, url, timeout), _measures(measures), _price(price), budget, per_minute, per_day,
        concurrency, _embeddings(embeddings, kind), implementation=_implementation(engine),
    )  # fmt: skip
    graded = read_graded(people) if people else []  # before anything is asked and paid
    docket = dockets.open_docket(place.runs, place.indexes, order)
    if estimate:
        _show_estimate(docket, as_json=as_json)
        return
    if not as_json:
        _note_estimate(docket)
    sitting = None
    if docket.left:
        with _watching(len(docket.todos)) as watch:
            sitting = dockets.hold(docket, watch)
    compared = dockets.compare_with_people(docket, graded)
    _show(docket, sitting, compared, as_json=as_json, people=bool(people))


def _measures(text: str) -> list[Measure]:
    from pipeline.evaluation.judgements import MEASURES as KNOWN

    wanted = {name.strip() for name in text.split(",") if name.strip()}
    unknown = sorted(wanted - set(KNOWN))
    if unknown or not wanted:
        known = ", ".join(KNOWN)
        raise BadSetting(
            name="--measures", value=", ".join(unknown),
            expected=f"쓸 수 있는 측정: {known}", expected_en=f"Known measures: {known}",
        )  # fmt: skip
    return [name for name in KNOWN if name in wanted]


def _price(text: str) -> Price | None:
    from pipeline.judges.costs import Price

    if not text:
        return None
    try:
        read, written = (float(part) for part in text.split(","))
    except ValueError as error:
        raise _bad_price(text) from error
    if not (0 <= read < float("inf") and 0 <= written < float("inf")):
        raise _bad_price(text)
    return Price(read, written)


def _bad_price(text: str) -> BadSetting:
    shown = "--price 0.15,0.60"
    return BadSetting(name="--price", value=text, expected=f"예) {shown}", expected_en=f"Write it like {shown}.")


def _embeddings(model: str, kind: str) -> str:
    if model and kind == "gemini":
        raise BadSetting(
            name="--embeddings", value=model,
            expected="gemini로 채점할 때는 색인의 벡터로 견줍니다.",
            expected_en="With gemini the vectors of the index compare: leave it out.",
        )  # fmt: skip
    return model


def _implementation(engine: str) -> Implementation:
    from pipeline.judges.measures import Ours
    from pipeline.judges.ragas_package import RagasPackage, interpreter

    return RagasPackage(interpreter()) if engine == "ragas" else Ours()


def _show_estimate(docket: Docket, *, as_json: bool) -> None:
    found = docket.estimate()
    if as_json:
        print_json(
            {
                "run": docket.order.run, "judge": docket.order.choice.name, "judgements": len(docket.todos),
                "left": len(docket.left), **{k: v for k, v in asdict(found).items() if k != "judgements"},
                "spent": docket.dollars,
            }
        )  # fmt: skip
        return
    for line in _estimate_lines(docket):
        stdout().print(clean(line))


def _note_estimate(docket: Docket) -> None:
    for line in _estimate_lines(docket):
        note(line)


def _estimate_lines(docket: Docket) -> Iterator[str]:
    found, order = docket.estimate(), docket.order
    yield f"채점 {len(docket.todos):,}건 가운데 남은 것 {len(docket.left):,}건 (Judgements left)"
    tokens = f"입력 {found.tokens_in:,} · 출력 {found.tokens_out:,} 토큰쯤"
    if order.price is None:
        yield f"{order.choice.name}: 호출 {found.calls:,}번, {tokens}. --price 입력,출력을 주면 달러로 어림합니다."
    else:
        dollars = f"${found.dollars:,.4f}쯤(넉넉히 잡아 ${found.at_most:,.4f})"
        yield f"{order.choice.name}: 호출 {found.calls:,}번, {tokens}, {dollars}"


@contextmanager
def _watching(total: int) -> Iterator[Watch]:
    console = stderr()
    shown = Progress(
        TextColumn("채점"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("남은"),
        TimeRemainingColumn(), TextColumn("{task.fields[state]}"),
        console=console, disable=not console.is_terminal, transient=True,
    )  # fmt: skip
    with shown:
        task = shown.add_task("judge", total=total, state="")

        def watch(state: State) -> None:
            counts = " · ".join(f"{status} {count:,}" for status, count in state.statuses.items())
            shown.update(task, completed=state.done, state=f"{counts} · ${state.dollars:,.4f}")

        yield watch


def _show(
    docket: Docket, sitting: Sitting | None, compared: Mapping[Measure, Agreement], *, as_json: bool, people: bool
) -> None:
    from pipeline.evaluation.checks import judged_of

    found = judged_of(docket.folder, docket.records).get(docket.order.choice.name)
    if as_json:
        made = {k: v for k, v in asdict(sitting).items() if k != "judgements"} if sitting else None
        people_said = {measure: asdict(one) for measure, one in compared.items()}
        told = asdict(found) if found else {"judge": docket.order.choice.name, "measures": {}, "overall": None}
        print_json({"run": docket.order.run, **told, "sitting": made, "people": people_said})
        return
    if found:
        _show_measures(found)
        dollars = docket.order.rate.of(found.tokens_in, found.tokens_out)
        cost = "" if docket.order.price is None else f" · ${dollars:,.4f}"
        used = f"호출 {found.calls:,}번 · 입력 {found.tokens_in:,} · 출력 {found.tokens_out:,} 토큰{cost}"
        stdout().print(clean(f"이 실행에 지금까지: {used}"))
    if sitting:
        _show_sitting(sitting)
    if people:
        _show_people(compared)
    if docket.complete:
        note(f"보고서: {docket.folder / 'report.html'}", f"Report: {docket.folder / 'report.html'}")
    else:
        note("실행이 아직 끝나지 않아 보고서는 쓰지 않았습니다.", "The run isn't finished; no report is written.")


def _show_measures(found: Judged) -> None:
    from pipeline.evaluation import judged_report

    console = stdout()
    table = Table(*judged_report.HEAD)
    for cells in judged_report.rows(found):
        table.add_row(*(clean(cell) for cell in cells))
    console.print(table)
    words = {"answerable": "답이 있음", "unanswerable": "답이 없음"}
    matrix = Table("질문", "답함", "기권", "실패")
    for truth, title in words.items():
        matrix.add_row(title, *(f"{found.matrix.get(f'{truth}-{what}', 0):,}" for what in _CAME))
    console.print(matrix)
    said, english = judged_report.warning(found)
    if said:
        console.print(clean(said, "yellow"), soft_wrap=True)
        console.print(clean(english, "dim"), soft_wrap=True)


_CAME = ("answered", "abstained", "failed")
_STOPPED = {
    "budget": (
        "예산이 다 되어 멈췄습니다. --budget을 늘려 다시 하면 이어서 합니다.",
        "Stopped: the budget is used up. Go on with a larger --budget.",
    ),
    "pace": (
        "호출 제한 때문에 멈췄습니다. {minutes:,}분 뒤에 다시 하면 이어서 합니다.",
        "Stopped: no further call for {minutes:,} minutes. Go on after that.",
    ),
}


def _show_sitting(sitting: Sitting) -> None:
    counts = " · ".join(f"{status} {count:,}" for status, count in sitting.statuses.items()) or "없음"
    stdout().print(clean(f"이번에 채점 {sitting.made:,}건({counts}) · 남은 것 {sitting.left:,}건"))
    if set(sitting.statuses) - {"ok", "abstained"}:
        note("다시 하면 채점하지 못한 것만 다시 묻습니다.", "The next run asks only for what failed.")
    if sitting.stopped:
        ko, en = _STOPPED[sitting.stopped]
        minutes = math.ceil(sitting.wait / 60)
        note(ko.format(minutes=minutes), en.format(minutes=minutes))


def _show_people(compared: Mapping[Measure, Agreement]) -> None:
    from pipeline.evaluation.judged_report import TITLES

    console = stdout()
    if not compared:
        console.print("사람이 채점한 것과 같은 답변이 이 실행에 없어 견주지 못했습니다. (No answer in common)")
        return
    table = Table("측정", "답변", "가중 카파", "순위 상관", "너그러움(채점 모델 − 사람)", title="사람과 견줌")
    for measure, one in compared.items():
        table.add_row(
            TITLES[measure], f"{one.pairs:,}", _figure(one.kappa), _figure(one.spearman),
            f"{one.leniency:+.3f} ({one.low:+.3f} ~ {one.high:+.3f})",
        )  # fmt: skip
    console.print(table)
    errors = Table("측정", "사람이 찾은 오류", "답변", "채점 모델의 평균", "통과시킨 몫(≥ .7)")
    for measure, one in compared.items():
        for kind, of in one.errors.items():
            errors.add_row(TITLES[measure], clean(kind), f"{of.answers:,}", f"{of.mean:.3f}", f"{of.passed:.0%}")
    console.print(errors)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"

"""``hansang replay``: a stored answer gone through again with something changed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from app.cli.console import clean, note, print_json, stdout
from app.cli.options import HomeOption, JsonOption, ProfileOption, SetOption, home_of, overrides_of, settings_of

if TYPE_CHECKING:
    from pipeline.evaluation.replay import Replay
    from pipeline.service import Home, Service
    from pipeline.types import Trace

STEPS = {"retrieval": "검색", "rerank": "재정렬", "answer": "답변"}
_EXCERPT = 40


def replay(
    ctx: typer.Context,
    trace: Annotated[
        str,
        typer.Argument(
            metavar="답변", show_default=False, help="답변의 id, 또는 실행/질문 id · Trace or run/question."
        ),
    ],
    assignments: SetOption = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            "--drop", metavar="id", show_default=False, help="색인에 없는 것으로 칠 단락 · Passage to take out."
        ),
    ] = None,
    inject: Annotated[
        list[str] | None,
        typer.Option("--inject", metavar="id", show_default=False, help="답변에 꼭 쓸 단락 · Passage to put in."),
    ] = None,
    generate: Annotated[
        Literal["needed", "always", "never"],
        typer.Option("--generate", help="답을 다시 쓸지 · Whether to write the answer anew."),
    ] = "needed",
    as_json: JsonOption = False,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:
    """저장된 답을 다른 설정으로 다시 봅니다. · Goes through a stored answer again under other settings.

    예) hansang replay 0fe0b37931f96a95 --set fusion.weight=0.5 --drop r01-02
    """
    from pipeline.evaluation.replay import Changes
    from pipeline.evaluation.replay import replay as again  # heavy: brings numpy
    from pipeline.service import Service

    place = home_of(ctx, home)
    service = Service(place, settings_of(ctx, profile))
    try:
        stored = _of_run(service, place, trace) if "/" in trace else service.trace(trace)
        found = again(
            service, stored, Changes(overrides_of(assignments), tuple(drop or ()), tuple(inject or ()), generate)
        )
    finally:
        service.close()
    if as_json:
        _print_json(found)
    else:
        _show(found)


def _of_run(service: Service, home: Home, name: str) -> Trace:
    """A run keeps scores, not traces: its question is asked again, as the run asked it.

    Raises:
        RunNotFound, QuestionNotFound: there is no such run or question.
    """
    from pipeline.errors.evaluation import QuestionNotFound
    from pipeline.evaluation.runs import read_plan, read_records, run_folder, settings_of
    from pipeline.service import Request

    run, _, question = name.partition("/")
    folder = run_folder(home.runs, run)
    plan = read_plan(folder)
    record = next((record for record in read_records(folder) if record.id == question), None)
    if record is None:
        raise QuestionNotFound(run=run, question=question)
    own, base = settings_of(plan).flat(), service.settings.flat()
    *_, trace = service.ask(
        Request(record.question, plan.index, {n: v for n, v in own.items() if base[n] != v}, keep=False)
    )
    now = trace.versions["index"]
    if now != plan.index_version:
        note(
            f"실행 뒤 색인이 바뀌어({plan.index_version} → {now}) ‘전’도 지금 색인에 다시 물은 것입니다.",
            f"The index has changed since the run ({plan.index_version} → {now}); ‘before’ was asked of today's, too.",
        )
    return trace


def _print_json(found: Replay) -> None:
    from pipeline.trace_json import to_json

    print_json(
        {
            "redone": found.redone,
            "moves": [asdict(move) for move in found.moves],
            "before": to_json(found.before),
            "after": to_json(found.after),
        }
    )


def _show(found: Replay) -> None:
    console = stdout()
    steps = ", ".join(STEPS[step] for step in found.redone)
    console.print(f"다시 한 단계: {steps}" if steps else "저장된 점수만으로 다시 보았습니다.")
    table = Table("단락", "전", "후", "", "글")
    for move in found.moves:
        change = "새로 쓰임" if move.is_in_prompt and not move.was_in_prompt else ""
        change = "빠짐" if move.was_in_prompt and not move.is_in_prompt else change
        places = [f"#{place}" if place else "후보 밖" for place in (move.before, move.after)]
        table.add_row(clean(move.passage_id), *places, change, clean(move.text[:_EXCERPT]))
    console.print(table)
    for title, trace in (("전", found.before), ("후", found.after)):
        text = trace.answer.text if trace.answer else "(프롬프트가 달라졌습니다. 답은 다시 쓰지 않았습니다.)"
        console.print(clean(f"{title}: {text}"))

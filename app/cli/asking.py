"""``hansang ask``, ``search`` and ``explain``: questions from the command line.

Everything heavy (the analyser, numpy, pandas) is imported inside the commands, so that help and typing errors answer at
once.
"""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.console import note, print_json, stdout, waiting
from app.cli.options import (
    DEFAULT_INDEX,
    HomeOption,
    IndexOption,
    JsonOption,
    ProfileOption,
    QuestionArgument,
    SetOption,
    WithoutOption,
    home_of,
    overrides_of,
    settings_of,
)
from pipeline.errors.base import MachineError
from pipeline.types import Trace

if TYPE_CHECKING:
    from pipeline.service import Request, Service

_PREPARING = "형태소 분석기를 준비하는 중 … (Loading the analyser)"
_DOING = {
    "understood": "검색 중 … (Searching)",
    "retrieved": "재정렬 중 … (Reranking)",
    "reranked": "답변 작성 중 … (Answering)",
    "analysing": "후기를 분석하는 중 … (Analysing reviews)",
}


def ask(
    ctx: typer.Context,
    question: QuestionArgument,
    index: IndexOption = DEFAULT_INDEX,
    assignments: SetOption = None,
    previous: Annotated[
        str,
        typer.Option(metavar="기록", show_default=False, help="이 답변에 이어서 물음 · Follow up this stored answer."),
    ] = "",
    without: WithoutOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:
    """질문에 근거를 들어 답합니다. · Answer a question with citations.

    예) hansang ask '주차 편한 카페 있어?' --index demo
    """
    from app.cli.answers import show_answer  # heavy, see above
    from pipeline.service import Request, Service
    from pipeline.trace_json import to_json

    request = Request(question, index, overrides_of(assignments), previous, tuple(without or ()))
    trace = _last(Service(home_of(ctx, home), settings_of(ctx, profile)), request)
    if as_json:
        print_json(to_json(trace))
    else:
        show_answer(stdout(), trace)
    if trace.answer and trace.answer.trouble and not trace.answer.text:  # the contexts were shown, but nobody answered
        raise typer.Exit(MachineError.exit_code)


def search(
    ctx: typer.Context,
    question: QuestionArgument,
    index: IndexOption = DEFAULT_INDEX,
    count: Annotated[
        int, typer.Option("-n", "--count", min=1, max=1_000, metavar="수", help="보여 줄 단락 수 · Passages to show.")
    ] = 10,
    assignments: SetOption = None,
    without: WithoutOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:
    """답하지 않고 단락만 찾습니다. · Find passages only.

    예) hansang search '콜키지 무료' -n 20
    """
    from app.cli.answers import show_candidates  # heavy, see above
    from pipeline.service import Request, Service
    from pipeline.trace_json import to_json

    settings, overrides = settings_of(ctx, profile), overrides_of(assignments)
    if count > settings.retrieval.depth:
        overrides.setdefault("retrieval.depth", count)
    request = Request(question, index, overrides, removed=tuple(without or ()), answer=False)
    trace = _last(Service(home_of(ctx, home), settings), request)
    if as_json:
        print_json(to_json(replace(trace, candidates=trace.candidates[:count])))
    else:
        show_candidates(stdout(), trace, count)


def explain(
    ctx: typer.Context,
    question: QuestionArgument,
    passage: Annotated[
        str,
        typer.Option(metavar="단락", show_default=False, help="설명할 단락의 passage_id · The passage to explain."),
    ],
    index: IndexOption = DEFAULT_INDEX,
    assignments: SetOption = None,
    without: WithoutOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:
    """단락이 왜 찾아졌는지 형태소로 봅니다. · X-ray of a passage.

    왜 못 찾아졌는지도 알려 줍니다. · Also says why a passage was not found.

    예) hansang explain '주차 편한 카페' --passage r16-04
    """
    from app.cli.xrays import show_xray  # heavy, see above
    from pipeline.service import Request, Service

    request = Request(question, index, overrides_of(assignments), removed=tuple(without or ()))
    service = Service(home_of(ctx, home), settings_of(ctx, profile))
    try:
        with waiting(_PREPARING):
            xray = service.explain(request, passage)
    finally:
        service.close()
    if as_json:
        print_json(asdict(xray))
    else:
        show_xray(stdout(), xray)


def _last(service: Service, request: Request) -> Trace:
    """The finished trace; the terminal says meanwhile what is being done."""
    trace: Trace | None = None
    try:
        with waiting(_PREPARING) as line:
            for trace in service.ask(request):
                line.say(_DOING.get(trace.state, _DOING["reranked"]))
    except sqlite3.OperationalError as error:
        if trace is None or trace.state != "done":
            raise
        # The answer is there, only its record couldn't be stored: a full disk must not keep it from whoever asked.
        note(f"답변 기록은 남기지 못했습니다({error}).", f"The answer could not be stored ({error}).")
    finally:
        service.close()
    assert trace is not None  # a service yields at least one, or raises
    return trace

"""``hansang tasks``: what there is to label or to grade, brought in from files and from the chat's answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.cli.classifying import ClassifierOption, EndpointOption, ModelOption, choice_of, made
from app.cli.console import print_json, waiting
from app.cli.failures import Command
from app.cli.indexing import parse_columns
from app.cli.options import HomeOption, JsonOption, home_of
from app.cli.recording import Recorded
from app.cli.task_reports import say, show_counts, show_import, show_requests
from app.cli.users import BY
from pipeline.errors.files import NothingToImport
from pipeline.errors.settings import BadSetting

if TYPE_CHECKING:
    from annotations.desk import Desk
    from annotations.intake.incoming import Imported, Incoming
    from annotations.schemes.scheme import Scheme
    from annotations.types import NewTask
    from pipeline.service import Home
    from pipeline.types import Reject

Feedback = Literal["down", "up", "any"]

tasks = typer.Typer(
    name="tasks",
    help="라벨링하고 채점할 과제를 가져오고 봅니다. · Bring in and look at what is to be labelled and graded.",
    no_args_is_help=True,
)

FileArgument = Annotated[
    Path, typer.Argument(metavar="파일", show_default=False, help="CSV·TSV·JSONL·Parquet 파일 · File of tasks.")
]
PairsArgument = Annotated[
    Path,
    typer.Argument(metavar="파일", show_default=False, help="question, contexts, answers가 든 JSONL · JSON Lines."),
]
SchemeOption = Annotated[
    str, typer.Option("--scheme", metavar="이름", show_default=False, help="라벨 체계. 예) review · Label scheme.")
]
SeatsOption = Annotated[
    int, typer.Option(min=1, max=100, metavar="명", help="한 항목을 몇 사람이 하나 · People per item.")
]
GoldOption = Annotated[
    Path | None,
    typer.Option(metavar="파일", show_default=False, help="아이디마다 정답이 든 파일 · File of known labels by id."),
]
PriorityOption = Annotated[
    int, typer.Option(min=-999_999, max=999_999, metavar="수", help="클수록 먼저 · Higher comes first.")
]
DueOption = Annotated[
    str, typer.Option(metavar="날짜", show_default=False, help="언제까지. 예) 2026-12-31 · Due date.")
]
BatchOption = Annotated[
    str, typer.Option(metavar="이름", show_default=False, help="묶음 이름. 기본: 파일 이름 · Name of the batch.")
]
FormatOption = Annotated[
    str, typer.Option(metavar="형식", help="auto(확장자로), csv, tsv, jsonl, parquet · File format.")
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="칸=열이름",
        show_default=False,
        help="열 이름으로 알 수 없을 때(여러 번 가능). 예) --column text=본문 · Name a column; repeatable.",
    ),
]
IgnoreOption = Annotated[
    bool,
    typer.Option("--ignore-labels", help="파일의 labels 열을 정답으로 쓰지 않음 · Don't take its labels for gold."),
]
FeedbackOption = Annotated[Feedback, typer.Option(help="어떤 의견이 달린 답변을 · Answers with which feedback.")]
SinceOption = Annotated[
    str, typer.Option(metavar="날짜", show_default=False, help="이날부터의 의견만 · Feedback since this day (UTC).")
]


@tasks.command("import", cls=Recorded)
def import_(
    ctx: typer.Context,
    file: FileArgument,
    scheme: SchemeOption,
    seats: SeatsOption = 1,
    gold: GoldOption = None,
    priority: PriorityOption = 0,
    due: DueOption = "",
    batch: BatchOption = "",
    format: FormatOption = "auto",
    column: ColumnOption = None,
    ignore_labels: IgnoreOption = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """파일의 항목을 과제로 가져옵니다. 같은 파일을 다시 가져와도 두 번 들어가지 않습니다. · Import tasks from a file.

    labels 열은 정답이 되어 모두에게 섞여 나가고, 그 결과는 관리자만 봅니다. · A column of labels makes gold tasks.

    쓸 수 없는 행은 줄 번호와 이유를 적어 두고, 나머지는 가져옵니다. · Rows that can't be used are listed with reasons.

    예) hansang tasks import 후기.csv --scheme review --seats 2 --gold 정답.jsonl
    """
    from annotations.intake.importing import read_tasks  # heavy: sqlite-utils brings pandas, which help doesn't need
    from annotations.intake.incoming import Defaults
    from annotations.schemes.scheme import load_scheme

    chosen = load_scheme(scheme)
    defaults = Defaults(seats, priority, _day("due", due), batch or file.stem, ignore_labels=ignore_labels)
    found = read_tasks(file, chosen, defaults, format=format, columns=parse_columns(column), gold=gold)
    _bring_in(home_of(ctx, home), found, chosen, file.stem, as_json=as_json)


@tasks.command("from-pairs", cls=Recorded)
def from_pairs(
    ctx: typer.Context,
    file: PairsArgument,
    seats: SeatsOption = 2,
    priority: PriorityOption = 0,
    due: DueOption = "",
    batch: BatchOption = "",
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """두 답변을 견주는 과제를 가져옵니다. 누구의 답변인지는 보이지 않습니다. · Import pairs of answers to compare.

    한 줄에 하나: {"question": "…", "contexts": ["…"], "answers": [{"id": "a", "text": "…"}, {"id": "b", "text": "…"}]}

    예) hansang tasks from-pairs 두답변.jsonl --seats 3
    """
    from annotations.intake.from_traces import SCHEME, read_pairs  # heavy, see above
    from annotations.intake.incoming import Defaults
    from annotations.schemes.scheme import load_scheme

    chosen = load_scheme(SCHEME)
    found = read_pairs(file, chosen, Defaults(seats, priority, _day("due", due), batch or file.stem))
    _bring_in(home_of(ctx, home), found, chosen, file.stem, as_json=as_json)


@tasks.command("from-traces", cls=Recorded)
def from_traces(
    ctx: typer.Context,
    feedback: FeedbackOption = "down",
    since: SinceOption = "",
    seats: SeatsOption = 1,
    priority: PriorityOption = 100,
    due: DueOption = "",
    batch: BatchOption = "chat",
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """채팅에서 의견이 달린 답변을 채점 과제로 가져옵니다. · Import answers of the chat for grading, by feedback.

    예) hansang tasks from-traces --feedback down --since 2026-11-01
    """
    from annotations.intake.from_traces import SCHEME, grade_requests  # heavy, see above
    from annotations.intake.incoming import Defaults
    from annotations.schemes.scheme import load_scheme
    from pipeline.traces import TraceStore

    place, chosen = home_of(ctx, home), load_scheme(SCHEME)
    defaults = Defaults(seats, priority, _day("due", due), batch)
    wanted, first = None if feedback == "any" else feedback, _day("since", since)
    if not place.traces.exists():
        show_requests(None, 0, as_json=as_json)
        return
    store, empty = TraceStore(place.traces), list[str]()
    asked = grade_requests(store.voted(wanted, first), chosen, defaults)
    try:
        with _desk(place) as desk:
            became = _taken_in(desk, _graded(asked, empty), chosen)
    finally:
        store.close()
    show_requests(became, len(empty), as_json=as_json)


def _graded(asked: Iterable[NewTask | str], empty: list[str]) -> Iterator[Incoming]:
    """The tasks; ids of traces without an answer are added to ``empty``."""
    from annotations.intake.incoming import Incoming  # heavy, see above

    for each in asked:
        if isinstance(each, str):
            empty.append(each)
        else:
            yield Incoming(0, each)


@tasks.command("suggest", cls=Recorded)
def suggest_labels(
    ctx: typer.Context,
    classifier: ClassifierOption = "linear",
    endpoint: EndpointOption = "",
    model: ModelOption = "",
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """리뷰 과제에 모델의 제안을 답니다. 작업자는 자기 답을 낸 뒤에만 봅니다. · Add a model's suggestions.

    멈췄다가 다시 하면 남은 것만 합니다. · Stopped and started again, it does what is left.

    예) hansang tasks suggest
    """
    from annotations.intake.suggesting import suggest  # heavy, see above

    done = left = new = 0
    with waiting("분류기를 준비하는 중 … (Loading the classifier)") as line, _desk(home_of(ctx, home)) as desk:
        judge = made(choice_of(classifier, endpoint=endpoint, model=model))
        for done, left, new in suggest(desk, judge):  # noqa: B007  (the last ones are told)
            line.say(f"제안을 다는 중 … {done:,} / {left:,} (Suggesting)")
    if as_json:
        print_json({"read": done, "suggested": new})
    else:
        say(f"과제 {done:,}개를 읽고 제안 {new:,}개를 달았습니다.", f"Read {done:,} tasks, added {new:,} suggestions.")


@tasks.command("list", cls=Command)
def list_tasks(ctx: typer.Context, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """과제가 얼마나 있고 얼마나 되었는지 체계·묶음·상태별로 보여 줍니다. · Count tasks by scheme, batch and status.

    예) hansang tasks list --json
    """
    from annotations.intake.overview import counts  # heavy, see above

    with _desk(home_of(ctx, home)) as desk:
        found = counts(desk)
    if as_json:
        print_json([asdict(each) for each in found])
    elif found:
        show_counts(found)
    else:
        say("아직 과제가 없습니다. `hansang tasks import 파일 --scheme review`로 가져오세요.", "There is no task yet.")


def _bring_in(home: Home, found: Iterable[Incoming | Reject], scheme: Scheme, stem: str, *, as_json: bool) -> None:
    from annotations.intake.incoming import write_rejects  # heavy, see above

    rejects = home.imports / f"{stem}.rejects.jsonl"
    with _desk(home) as desk:
        became = _taken_in(desk, found, scheme)
    write_rejects(rejects, became.rejects)
    if became.added + became.known == 0:
        raise NothingToImport(rejected=len(became.rejects), rejects=rejects)
    show_import(became, rejects, as_json=as_json)


def _taken_in(desk: Desk, found: Iterable[Incoming | Reject], scheme: Scheme) -> Imported:
    from annotations.intake.incoming import Imported, import_tasks  # heavy, see above

    became = Imported()
    with waiting("과제를 가져오는 중 … (Importing)") as line:
        for became in import_tasks(desk, found, scheme, BY):
            done = became.added + became.known
            line.say(f"과제를 가져오는 중 … {done:,} · 거절 {len(became.rejects):,} (Importing)")
    return became


@contextmanager
def _desk(home: Home) -> Iterator[Desk]:
    from annotations.desk import Desk  # heavy, see above

    with Desk(home.labels) as desk:
        yield desk


def _day(name: str, value: str) -> str:
    """A day as ``YYYY-MM-DD``; empty when none is given.

    Raises:
        BadSetting: it can't be understood.
    """
    from pipeline.tables.cells import read_date

    day = read_date(value)
    if value and not day:
        raise BadSetting(
            name=f"--{name}", value=value,
            expected="2026-12-31처럼 적어 주세요.", expected_en="Write it like 2026-12-31.",
        )  # fmt: skip
    return day

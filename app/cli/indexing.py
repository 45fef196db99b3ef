"""``hansang index``: files become an index, with progress; the same files aren't indexed twice."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.cli.building import Input, build, remarks, summary
from app.cli.console import note, print_json
from app.cli.engines import ActorsOption, EngineOption, engine_of
from app.cli.options import HomeOption, JsonOption, ProfileOption, SetOption, home_of, overrides_of, settings_of
from pipeline.config import parse_assignments, with_overrides
from pipeline.errors.base import HansangError

FilesArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="파일…", show_default=False, help="CSV·TSV·JSONL·Parquet 파일, beir는 폴더 · Files to index."
    ),
]
NameOption = Annotated[str, typer.Option(metavar="이름", show_default=False, help="색인의 이름 · Name of the index.")]
FormatOption = Annotated[
    str, typer.Option(metavar="형식", help="auto(확장자로), csv, tsv, jsonl, parquet, squad, beir · File format.")
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="칸=열이름",
        show_default=False,
        help="열 이름으로 알 수 없을 때(여러 번 가능). 예) --column text=본문 · Name a column; repeatable.",
    ),
]
RestaurantsOption = Annotated[
    Path | None, typer.Option(metavar="파일", show_default=False, help="가게 정보 파일 · File of restaurants.")
]
RestaurantOption = Annotated[
    str,
    typer.Option(
        metavar="이름",
        show_default=False,
        help="가게 이름이 없는 후기의 가게 · Whose reviews those are that name none.",
    ),
]
TokenizerOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="이름",
        show_default=False,
        help="더할 분석기(kiwi는 늘 있음, 여러 번 가능). 예) --tokenizer okt · Analyser to add; repeatable.",
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help="바뀐 것이 없어도 다시 만듦 · Build even if unchanged.")]


def index(
    ctx: typer.Context,
    files: FilesArgument,
    name: NameOption,
    format: FormatOption = "auto",
    column: ColumnOption = None,
    restaurants: RestaurantsOption = None,
    restaurant: RestaurantOption = "",
    tokenizer: TokenizerOption = None,
    assignments: SetOption = None,
    force: ForceOption = False,
    engine: EngineOption = "local",
    actors: ActorsOption = 0,
    as_json: JsonOption = False,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:
    """파일로 색인을 만듭니다. · Build an index from files.

    도중에 멈추면 이전 색인이 그대로 남습니다. · When stopped, the former index stays.

    예) hansang index 후기.csv --name 우리동네 --column text=본문 --set indexing.k1=1.5
    """
    settings = with_overrides(settings_of(ctx, profile), overrides_of(assignments), indexing=True)
    given = Input(tuple(files), format, parse_columns(column), restaurants, restaurant)
    analysers = tokenizer or [settings.tokenizer]
    with engine_of(engine, actors) as where:
        outcome = build(home_of(ctx, home), checked_name(name), given, settings, analysers, force=force, engine=where)
    questions = count_questions(given)
    if as_json:
        value = {"index": asdict(outcome.manifest), "unchanged": outcome.unchanged, "rejects": str(outcome.rejects)}
        print_json(value | {"seconds": round(outcome.seconds, 3), "questions": questions})
        return
    for line in (summary(outcome), *remarks(outcome)):
        typer.echo(line)
    if questions is not None:
        typer.echo(f"질문 {questions:,}개도 들어 있습니다. · The files bring {questions:,} questions.")


def parse_columns(assignments: list[str] | None) -> dict[str, str]:
    """``["text=본문"]`` as ``{"text": "본문"}``.

    Raises:
        BadSetting: one has no equals sign.
    """
    return {field: str(column) for field, column in parse_assignments(assignments or []).items()}


def checked_name(name: str) -> str:
    """The name in NFC.

    Raises:
        BadIndexName: no index can be named so.
    """
    from pipeline.index import check_name, composed  # brings pyarrow, which help doesn't need

    name = composed(name)
    check_name(name)
    return name


def count_questions(given: Input) -> int | None:
    """How many questions benchmark files bring; None for other files and where they can't be read."""
    if given.format not in ("squad", "beir"):
        return None
    from pipeline.corpus.reader import read_samples  # brings pyarrow, which help doesn't need

    try:
        return sum(len(read_samples(path, given.format)) for path in given.files)
    except HansangError as error:  # the passages can be asked without them
        note(f"질문은 읽지 못했습니다. {error.korean}", f"The questions could not be read. {error.english}")
        return None

"""The options that several commands share, and what they come to: the home, the settings, the overrides."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.console import note
from pipeline.config import load_profile, parse_assignments
from pipeline.errors.machine import NotWritable
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.service import Home

_WARNED = "hansang.warned-root"
_COMMON = "공통 · Common"
DEFAULT_HOME = Path("var")
DEFAULT_PROFILE = "embedded"
DEFAULT_INDEX = "demo"

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="폴더",
        show_default=False,
        rich_help_panel=_COMMON,
        help="모든 상태를 두는 폴더. 기본: HANSANG_HOME 또는 var · Folder of all state.",
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="이름",
        show_default=False,
        rich_help_panel=_COMMON,
        help="프로필 이름이나 TOML 파일. 기본: embedded · Profile name or TOML file.",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="이름=값",
        show_default=False,
        help="설정 하나를 바꿈(여러 번 가능). 예) --set fusion.weight=0.4 · Change a setting; repeatable.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="사람이 아니라 프로그램이 읽을 JSON으로 · Print JSON.")]
IndexOption = Annotated[str, typer.Option("--index", metavar="이름", help="물어볼 색인 · The index to ask.")]
QuestionArgument = Annotated[
    str, typer.Argument(metavar="질문", show_default=False, help="따옴표로 감싼 질문 · The question, in quotes.")
]
WithoutOption = Annotated[
    list[str] | None,
    typer.Option(
        "--without",
        metavar="조건",
        show_default=False,
        help="질문에서 읽은 조건을 뺌(여러 번 가능). 예) --without district:마포 · Take off a condition; repeatable.",
    ),
]


@dataclass(frozen=True, slots=True)
class Common:
    """What was given before the name of the command."""

    home: Path
    profile: str


def common_of(ctx: typer.Context) -> Common:
    """What was given before the name of the command; the defaults when a command is run by itself."""
    return ctx.find_object(Common) or Common(DEFAULT_HOME, DEFAULT_PROFILE)


def home_of(ctx: typer.Context, home: Path | None) -> Home:
    """The home: the command's own option, else that before the command.

    Raises:
        NotWritable: it is a file.
    """
    from pipeline.service import Home  # heavy: brings pandas and pyarrow, which help and typing errors don't need

    return Home(root_of(ctx, home))


def root_of(ctx: typer.Context, home: Path | None) -> Path:
    """The folder of the home, for those who can't wait for what ``home_of`` loads.

    Raises:
        NotWritable: it is a file.
    """
    root = home or common_of(ctx).home
    if root.exists() and not root.is_dir():
        raise NotWritable(path=root, reason="폴더가 아닙니다 · not a folder")
    _warn_root(ctx, root)
    return root


def _warn_root(ctx: typer.Context, root: Path) -> None:
    """Warn, once a command, that what root makes in the home of another can't be written by its owner."""
    if os.geteuid() != 0 or not root.exists() or (there := root.stat()).st_uid == 0 or ctx.meta.get(_WARNED):
        return
    ctx.meta[_WARNED] = True
    try:
        name = root.owner()
        cure = f"runuser -u {name} -- hansang …"
    except KeyError:
        name = str(there.st_uid)
        cure = f"setpriv --reuid={name} --regid={there.st_gid} --clear-groups hansang …"
    note(
        f"root로 실행했지만 이 폴더의 주인은 {name}입니다: {root}\n"
        f"새로 생기는 파일을 서버가 쓰지 못할 수 있습니다. `{cure}`로 하세요.",
        f"You are root, but {root} belongs to {name}: the server may be unable to write what is made. Use `{cure}`.",
    )


def settings_of(ctx: typer.Context, profile: str | None) -> Settings:
    """The settings of the profile: the command's own option, else that before the command.

    Raises:
        FileProblem: there is no such profile.
    """
    return load_profile(profile or common_of(ctx).profile)


def overrides_of(assignments: list[str] | None) -> dict[str, object]:
    """What ``--set`` said.

    Raises:
        BadSetting: one has no equals sign.
    """
    return parse_assignments(assignments or [])


def unused(path: Path) -> Path:
    """The path, or the first of ``…-2``, ``…-3`` that isn't there: two commands may fall into one second."""
    names = (path if n == 1 else path.with_name(f"{path.name}-{n}") for n in itertools.count(1))
    return next(each for each in names if not each.exists())

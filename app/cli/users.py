"""``hansang users``: who may sign in to the annotation app, and as what."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from annotations.types import Role
from app.cli.console import clean, print_json, stdout
from app.cli.failures import Command
from app.cli.options import HomeOption, JsonOption, home_of
from pipeline.errors.accounts import BadPassword
from pipeline.errors.files import FileProblem

if TYPE_CHECKING:
    from annotations.accounts.accounts import Accounts, Entry

BY = "terminal"
"""Who did it, in the log of administrative acts: whoever may write the file may do anything."""

ROLE_NAMES: dict[str, str] = {"annotator": "작업자", "adjudicator": "조정자", "admin": "관리자"}

users = typer.Typer(
    name="users",
    help="라벨링 앱의 계정을 만들고 고칩니다. · Make and change accounts of the annotation app.",
    no_args_is_help=True,
)

NameArgument = Annotated[
    str, typer.Argument(metavar="이름", show_default=False, help="계정 이름 · Name of the account.")
]
RoleOption = Annotated[
    Role,
    typer.Option("--role", show_default=False, help="역할: 작업자·조정자·관리자 · What the account may do."),
]
PasswordOption = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="파일",
        show_default=False,
        help="비밀번호를 첫 줄에서 읽음. 없으면 물어보거나 표준 입력에서 읽음 · Read the password from its first line.",
    ),
]
WithoutPasswordOption = Annotated[
    bool, typer.Option("--without-password", help="외부 로그인(OIDC)으로만 들어옴 · By an identity provider only.")
]


@users.command("add", cls=Command)
def add(
    ctx: typer.Context,
    name: NameArgument,
    role: RoleOption,
    password_file: PasswordOption = None,
    without_password: WithoutPasswordOption = False,
    home: HomeOption = None,
) -> None:
    """계정을 만듭니다. · Make an account.

    예) hansang users add minji --role annotator
    """
    with _accounts(ctx, home) as accounts:
        account = accounts.add(name, role, None if without_password else _password(password_file), BY)
    _say(f"계정 '{account.name}'을(를) 만들었습니다: {ROLE_NAMES[account.role]}", f"Made the account ({account.role}).")


@users.command("list", cls=Command)
def list_accounts(ctx: typer.Context, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """계정을 모두 보여 줍니다. · Show every account.

    예) hansang users list --json
    """
    with _accounts(ctx, home) as accounts:
        entries = accounts.entries()
    if as_json:
        print_json([_plain(entry) for entry in entries])
    elif entries:
        stdout().print(_table(entries))
    else:
        _say("아직 계정이 없습니다. `hansang users add 이름 --role admin`으로 만드세요.", "There is no account yet.")


@users.command("role", cls=Command)
def role(
    ctx: typer.Context,
    name: NameArgument,
    new: Annotated[Role, typer.Argument(metavar="역할", show_default=False, help="새 역할 · The new role.")],
    home: HomeOption = None,
) -> None:
    """역할을 바꿉니다. 로그인은 이어집니다. · Change the role; whoever is signed in goes on with it.

    예) hansang users role minji adjudicator
    """
    with _accounts(ctx, home) as accounts:
        account = accounts.set_role(name, new, BY)
    _say(f"'{account.name}'의 역할: {ROLE_NAMES[account.role]}", f"'{account.name}' is now {account.role}.")


@users.command("disable", cls=Command)
def disable(ctx: typer.Context, name: NameArgument, home: HomeOption = None) -> None:
    """계정을 막고 로그인을 모두 끝냅니다. 저장한 답은 남습니다. · Close an account; what it saved stays.

    예) hansang users disable minji
    """
    with _accounts(ctx, home) as accounts:
        accounts.disable(name, BY)
    _say(f"'{name}' 계정을 막았습니다. 다시 열려면 `hansang users enable {name}`", "Disabled.")


@users.command("enable", cls=Command)
def enable(ctx: typer.Context, name: NameArgument, home: HomeOption = None) -> None:
    """막은 계정이나 잠긴 계정을 다시 엽니다. · Open a closed or locked account again.

    예) hansang users enable minji
    """
    with _accounts(ctx, home) as accounts:
        accounts.enable(name, BY)
    _say(f"'{name}' 계정을 다시 쓸 수 있습니다.", "Enabled.")


@users.command("password", cls=Command)
def password(
    ctx: typer.Context, name: NameArgument, password_file: PasswordOption = None, home: HomeOption = None
) -> None:
    """비밀번호를 새로 정하고 로그인을 모두 끝냅니다. · Set a new password, ending every session.

    예) hansang users password minji
    """
    with _accounts(ctx, home) as accounts:
        accounts.known(name)  # before the password is typed twice
        accounts.set_password(name, _password(password_file), BY)
    _say(f"'{name}'의 비밀번호를 바꿨습니다. 열려 있던 로그인은 모두 끝났습니다.", "Changed; every session is over.")


@contextmanager
def _accounts(ctx: typer.Context, home: Path | None) -> Iterator[Accounts]:
    from annotations.accounts.accounts import Accounts  # heavy: sqlite-utils brings pandas, which help doesn't need
    from annotations.storage.migrations import MIGRATIONS
    from annotations.storage.writer import Writer

    store = Writer(home_of(ctx, home).labels, MIGRATIONS)
    try:
        yield Accounts(store)
    finally:
        store.close()


def _password(file: Path | None) -> str:
    """The password, from a file, from the keyboard, or piped in. Never an argument: everybody could see it."""
    if file:
        try:
            return _first_line(file.read_text("utf-8"))
        except UnicodeDecodeError as error:
            raise FileProblem(
                path=file, problem="UTF-8이 아닙니다", cure="UTF-8로 저장하세요.",
                problem_en="It is not UTF-8", cure_en="Save it as UTF-8.",
            ) from error  # fmt: skip
    if sys.stdin.isatty():
        typed: str = typer.prompt(
            "비밀번호 (Password)", hide_input=True, confirmation_prompt="한 번 더 (Again)", err=True
        )
        return typed
    return _first_line(sys.stdin.readline())


def _first_line(text: str) -> str:
    line = text.partition("\n")[0].rstrip("\r")
    if not line:
        raise BadPassword(ko_problem="비어 있습니다", en_problem="it is empty")
    return line


def _say(ko: str, en: str) -> None:
    console = stdout()
    console.print(clean(ko), soft_wrap=True)
    console.print(clean(en, "dim"), soft_wrap=True)


def _plain(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.account.name,
        "role": entry.account.role,
        "disabled": entry.account.disabled,
        "locked_seconds": entry.locked,
        "created": entry.created,
        "last_seen": _time(entry.last_seen),
        "demo": entry.demo,
    }


def _table(entries: list[Entry]) -> Table:
    table = Table("이름", "역할", "상태", "마지막 사용", "만든 때")
    for entry in entries:
        state = "막힘" if entry.account.disabled else f"{entry.locked:,}초 잠김" if entry.locked else "사용 중"
        name = f"{entry.account.name} (데모)" if entry.demo else entry.account.name
        seen = (_time(entry.last_seen) or "—")[:16].replace("T", " ")
        row = (name, ROLE_NAMES[entry.account.role], state, seen, entry.created[:16].replace("T", " "))
        table.add_row(*(clean(cell) for cell in row))
    return table


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds")

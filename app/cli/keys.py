"""``hansang keys`` and ``hansang audit``: which programs may ask over HTTP, and what administrators did."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table

from app.cli.console import clean, note, print_json, stdout
from app.cli.failures import Command
from app.cli.options import HomeOption, JsonOption, home_of
from app.cli.users import BY

if TYPE_CHECKING:
    from annotations.accounts.api_keys import ApiKey
    from annotations.accounts.audit import AuditEntry
    from annotations.storage.writer import Writer

STATES = {"valid": "사용 중", "expired": "기한 지남", "revoked": "취소됨"}
LONGEST = 3_650  # days

keys = typer.Typer(
    name="keys",
    help="프로그램이 HTTP로 물을 때 쓰는 API 열쇠를 만들고 취소합니다. · Make and revoke API keys for programs.",
    no_args_is_help=True,
)

NameArgument = Annotated[
    str, typer.Argument(metavar="이름", show_default=False, help="열쇠 이름. 예) open-webui · Name of the key.")
]


@keys.command("add", cls=Command)
def add(
    ctx: typer.Context,
    name: NameArgument,
    scopes: Annotated[
        str,
        typer.Option(
            "--scopes",
            metavar="일",
            help="할 수 있는 일: ask(묻기)·label(라벨)·admin(관리), 쉼표로 · What it may do, separated by commas.",
        ),
    ] = "ask",
    days: Annotated[
        int,
        typer.Option("--days", min=0, max=LONGEST, metavar="일수", help="기한(0=없음) · Days it lasts, 0 for ever."),
    ] = 365,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """열쇠를 만들어 한 번만 보여 줍니다. · Make a key and show it this once.

    예) hansang keys add open-webui --scopes ask --days 90
    """
    from annotations.accounts.api_keys import ApiKeys  # heavy: sqlite-utils brings pandas, which help doesn't need

    with _labels(ctx, home) as store:
        made, key = ApiKeys(store).add(name, scopes.split(","), days or None, BY)
    if as_json:
        print_json(_plain(made) | {"key": key})
        return
    note(
        f"'{made.name}' 열쇠입니다. 지금 적어 두세요: 다시 볼 수 없습니다. 쓰는 법: `Authorization: Bearer 열쇠`",
        "Keep this key now: it can't be shown again. Send it as `Authorization: Bearer KEY`.",
    )
    stdout().print(clean(key), soft_wrap=True)


@keys.command("list", cls=Command)
def list_keys(ctx: typer.Context, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """열쇠를 모두 보여 줍니다. 열쇠 자체는 없습니다. · Show every key, though not what it is.

    예) hansang keys list
    """
    from annotations.accounts.api_keys import ApiKeys

    with _labels(ctx, home) as store:
        found = ApiKeys(store).entries()
    if as_json:
        print_json([_plain(each) for each in found])
    elif found:
        stdout().print(_table(found))
    else:
        stdout().print(clean("아직 열쇠가 없습니다. `hansang keys add 이름`으로 만드세요. · There is no key yet."))


@keys.command("revoke", cls=Command)
def revoke(ctx: typer.Context, name: NameArgument, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """열쇠를 지금부터 쓸 수 없게 합니다. · End a key, now and for good.

    예) hansang keys revoke open-webui
    """
    from annotations.accounts.api_keys import ApiKeys

    with _labels(ctx, home) as store:
        ended = ApiKeys(store).revoke(name, BY)
    if as_json:
        print_json(_plain(ended))
    else:
        stdout().print(clean(f"'{ended.name}' 열쇠를 취소했습니다. · Revoked."))


def audit(
    ctx: typer.Context,
    limit: Annotated[
        int,
        typer.Option("--limit", min=1, max=1_000_000, metavar="개수", help="마지막 몇 개까지 · How many."),
    ] = 100,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """관리자가 한 일을 보여 줍니다: 계정, 열쇠, 색인, 백업, 되돌리기. · Show what administrators did, the newest first.

    예) hansang audit --limit 20
    """
    from annotations.accounts.audit import audit_log

    with _labels(ctx, home) as store:
        found = audit_log(store, limit)
    if as_json:
        print_json([_act(each) for each in found])
    elif found:
        stdout().print(_acts(found))
    else:
        stdout().print(clean("아직 아무 기록이 없습니다. · Nothing has been done yet."))


@contextmanager
def _labels(ctx: typer.Context, home: Path | None) -> Iterator[Writer]:
    from annotations.storage.migrations import MIGRATIONS
    from annotations.storage.writer import Writer

    store = Writer(home_of(ctx, home).labels, MIGRATIONS)
    try:
        yield store
    finally:
        store.close()


def _plain(key: ApiKey) -> dict[str, Any]:
    return {
        "name": key.name,
        "scopes": [scope for scope in ("ask", "label", "admin") if scope in key.scopes],
        "state": key.state(time.time()),
        "created": key.created,
        "created_by": key.created_by,
        "expires": _time(key.expires),
        "revoked": _time(key.revoked),
        "last_used": _time(key.used),
    }


def _table(found: list[ApiKey]) -> Table:
    table = Table("이름", "할 수 있는 일", "상태", "기한", "마지막 사용", "만든 때")
    for each in map(_plain, found):
        times = [(each[name] or "—")[:16].replace("T", " ") for name in ("expires", "last_used", "created")]
        table.add_row(
            *(clean(cell) for cell in (each["name"], ", ".join(each["scopes"]), STATES[each["state"]], *times))
        )
    return table


def _act(entry: AuditEntry) -> dict[str, Any]:
    return {
        "number": entry.number, "at": entry.at, "kind": entry.kind, "by": entry.by, "what": entry.what,
        "detail": dict(entry.detail),
    }  # fmt: skip


def _acts(found: list[AuditEntry]) -> Table:
    whole = [Column(name, overflow="fold") for name in ("대상", "자세히")]  # a path or a digest is never cut
    table = Table("언제(UTC)", "누가", "무엇을", *whole)
    for entry in found:
        detail = json.dumps(dict(entry.detail), ensure_ascii=False) if entry.detail else ""
        cells = (entry.at[:19].replace("T", " "), entry.by, entry.kind, entry.what, detail)
        table.add_row(*(clean(cell) for cell in cells))
    return table


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")

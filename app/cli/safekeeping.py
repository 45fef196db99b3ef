"""``hansang verify``, ``backup`` and ``restore``: whether the labels are whole, and copies of them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from app.cli.console import clean, note, print_json, stdout, waiting
from app.cli.options import HomeOption, JsonOption, home_of
from pipeline.errors import LabelsNotWhole

if TYPE_CHECKING:
    from annotations.verify import Verified

NAMES = {
    "integrity_check": "파일 구조",
    "foreign_key_check": "서로 가리키는 값",
    "receipts": "확인증과 라벨",
    "events": "기록과 지금 상태",
    "seats": "과제의 자리",
    "counters": "진행 수",
}
FileArgument = Annotated[
    Path | None,
    typer.Argument(metavar="파일", show_default=False, help="라벨 파일. 기본: 홈의 labels.db · File of labels."),
]


def verify(ctx: typer.Context, file: FileArgument = None, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """모든 저장 확인증에 라벨이 그대로 있는지 확인합니다. · Checks that every receipt still has its label.

    예) hansang verify
    """
    from annotations import verify as checking  # heavy: sqlite-utils brings pandas

    path = file or home_of(ctx, home).labels
    with waiting("라벨을 확인하는 중 … (Checking)"):
        found = checking.verify(path)
    if as_json:
        print_json({**asdict(found), "whole": found.whole})
    else:
        _show(found)
    if not found.whole:
        raise LabelsNotWhole(path=path, faults="; ".join(f"{c.name}: {c.faults}" for c in found.checks if c.faults))


def _show(found: Verified) -> None:
    console = stdout()
    table = Table("확인", "본 것", "잘못된 것")
    for check in found.checks:
        table.add_row(NAMES[check.name], f"{check.looked_at:,}", f"{check.faults:,}" if check.faults else "없음")
    console.print(table)
    for check in found.checks:
        for example in check.examples:
            console.print(clean(f"{NAMES[check.name]}: {example}"))
    console.print(f"과제 {found.tasks:,} · 라벨 {found.annotations:,} · 마지막 확인증 #{found.receipts:,}")


def backup(
    ctx: typer.Context,
    to: Annotated[Path | None, typer.Argument(metavar="파일", show_default=False, help="백업 파일 · Where to.")] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """일하는 동안에도 라벨을 복사하고, 복사본을 확인합니다. · Copies the labels while people work, and checks the copy.

    예) hansang backup /backup/labels-0801.db
    """
    from annotations import backup as copying

    place = home_of(ctx, home)
    target = to or place.root / "backups" / f"labels-{datetime.now():%Y%m%d-%H%M%S}.db"
    with waiting("복사하고 확인하는 중 … (Copying and checking)"):
        found = copying.backup(place.labels, target)
    if as_json:
        print_json({**asdict(found), "path": str(target), "whole": found.whole})
    else:
        stdout().print(clean(f"백업했습니다: {target} (라벨 {found.annotations:,}, 확인증 #{found.receipts:,}까지)"))


def restore(
    ctx: typer.Context,
    copy: Annotated[Path, typer.Argument(metavar="백업", show_default=False, help="백업 파일 · The backup.")],
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """확인된 백업으로 라벨을 되돌립니다. 지금 파일은 이름을 바꿔 남깁니다. · Restores a checked backup.

    예) hansang restore /backup/labels-0801.db
    """
    from annotations import backup as copying

    path = home_of(ctx, home).labels
    with waiting("백업을 확인하고 되돌리는 중 … (Checking and restoring)"):
        before = copying.restore(copy, path)
    if as_json:
        print_json({"path": str(path), "before": str(before) if before else None})
        return
    stdout().print(clean(f"되돌렸습니다: {path}"))
    if before:
        note(f"전에 있던 파일은 남겨 두었습니다: {before}", f"The file that was there is kept: {before}")

"""``hansang verify``, ``backup`` and ``restore``: whether what people typed is whole, and copies of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from app.cli.console import clean, note, print_json, stdout, waiting
from app.cli.options import HomeOption, JsonOption, home_of, unused
from app.cli.recording import done
from pipeline.errors.labels import LabelsNotWhole
from pipeline.errors.machine import StillServing
from pipeline.storage import locked

if TYPE_CHECKING:
    from annotations.keeping.home_backup import Found
    from annotations.keeping.verify import Verified
    from pipeline.service import Home

NAMES = {
    "integrity_check": "파일 구조",
    "foreign_key_check": "서로 가리키는 값",
    "receipts": "확인증과 라벨",
    "events": "기록과 지금 상태",
    "seats": "과제의 자리",
    "statuses": "과제의 상태",
    "counters": "진행 수",
}
FileArgument = Annotated[
    Path | None,
    typer.Argument(metavar="파일", show_default=False, help="라벨 파일이나 백업. 기본: 홈 · Labels, or a backup."),
]


def verify(ctx: typer.Context, file: FileArgument = None, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """모든 저장 확인증에 라벨이 그대로 있는지, 메모와 회귀 세트가 온전한지 봅니다. · Checks what people typed.

    예) hansang verify
    """
    from annotations.keeping import home_backup as keeping  # heavy: sqlite-utils brings pandas
    from annotations.keeping.verify import verify as checked

    path = file or home_of(ctx, home).root
    with waiting("확인하는 중 … (Checking)"):
        if path.is_dir():
            found = keeping.look(path) if file is None else keeping.check_backup(path)
        else:
            found = keeping.Found(checked(path), None, None)
    labels = found.labels
    if as_json:
        print_json(keeping.as_json(found))
    else:
        if labels:
            _show(labels)
        _show_rest(found)
    if labels and not labels.whole:
        raise LabelsNotWhole(path=path, faults="; ".join(f"{c.name}: {c.faults}" for c in labels.checks if c.faults))


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


def _show_rest(found: Found) -> None:
    parts = [("메모와 꼬리표", found.notes), ("회귀 세트 질문", found.cases)]
    said = " · ".join(f"{name} {count:,}" for name, count in parts if count is not None)
    if said:
        stdout().print(said)


def backup(
    ctx: typer.Context,
    to: Annotated[Path | None, typer.Argument(metavar="폴더", show_default=False, help="백업 폴더 · Where to.")] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """일하는 동안에도 라벨·메모·회귀 세트를 복사하고, 복사본을 확인합니다. · Copies what people typed, and checks it.

    예) hansang backup /backup/0801
    """
    from annotations.keeping import home_backup as keeping
    from annotations.keeping.backup import backup as copy_labels

    place = home_of(ctx, home)
    target = to or unused(place.root / "backups" / f"{datetime.now():%Y%m%d-%H%M%S}")
    only_labels = target.suffix == ".db"
    with waiting("복사하고 확인하는 중 … (Copying and checking)"):
        if only_labels:
            found = keeping.Found(copy_labels(place.labels, target), None, None)
        else:
            found = keeping.backup_home(place.root, target)
    done(ctx, target.resolve(), **keeping.contents(target))
    if as_json:
        print_json({**keeping.as_json(found), "path": str(target)})
        return
    labels = (
        f"라벨 {found.labels.annotations:,}, 확인증 #{found.labels.receipts:,}까지" if found.labels else "라벨 없음"
    )
    stdout().print(clean(f"백업했습니다: {target} ({labels})"))
    _show_rest(found)
    if only_labels:
        note(
            "파일 이름을 주어 라벨만 복사했습니다. 메모와 회귀 세트까지 백업하려면 폴더 이름을 주세요.",
            "A file holds labels only; give a folder to have notes and the regression set in it, too.",
        )


def restore(
    ctx: typer.Context,
    copy: Annotated[Path, typer.Argument(metavar="백업", show_default=False, help="백업 폴더나 파일 · The backup.")],
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """확인된 백업으로 되돌립니다. 지금 파일은 이름을 바꿔 남깁니다. · Restores a checked backup.

    서버와 라벨링 앱을 먼저 끄세요. · Stop the server and the annotation app first.

    예) hansang restore /backup/0801 (라벨만 든 옛 백업 파일도 됩니다)
    """
    from annotations.keeping import home_backup as keeping
    from annotations.keeping.backup import restore as restore_labels

    place = home_of(ctx, home)
    with waiting("백업을 확인하고 되돌리는 중 … (Checking and restoring)"), _stopped(place):
        if copy.is_dir():
            before = keeping.restore_home(copy, place.root)
        else:
            before = {keeping.LABELS: restore_labels(copy, place.labels)}
    kept_as = {name: path.name for name, path in before.items() if path}  # where the log of until now is read
    done(ctx, copy.resolve(), **keeping.contents(copy), kept=kept_as)
    if as_json:
        kept = {name: str(path) if path else None for name, path in before.items()}
        print_json({"path": str(place.labels), "before": kept.get(keeping.LABELS), "kept": kept})
        return
    for name, path in before.items():
        stdout().print(clean(f"되돌렸습니다: {place.root / name}"))
        if path:
            note(f"전에 있던 파일은 남겨 두었습니다: {path}", f"The file that was there is kept: {path}")


@contextmanager
def _stopped(place: Home) -> Iterator[None]:
    """Keep servers and annotation apps from starting over a home for the length of the block.

    Raises:
        StillServing: one runs; what it has open must not be replaced.
    """
    from annotations.storage.contention import app_lock

    with locked(place.lock, StillServing), locked(app_lock(place.labels), StillServing):
        yield

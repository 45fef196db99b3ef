"""What ``hansang tasks`` says: what became of an import, and what there is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from app.cli.console import clean, note, print_json, stdout

if TYPE_CHECKING:
    from annotations.intake.incoming import Imported
    from annotations.intake.overview import BatchCount

_STATUSES = {"open": "하는 중", "complete": "끝남", "disputed": "조정 필요", "settled": "조정됨"}


def show_import(became: Imported, rejects: Path, *, as_json: bool) -> None:
    """What became of a file, and where its rejects are."""
    if as_json:
        counted = {
            "added": became.added,
            "known": became.known,
            "gold": became.gold,
            "suggestions": became.suggestions,
            "rejected": len(became.rejects),
        }
        print_json(counted | {"rejects": str(rejects) if became.rejects else None})
        return
    told = [f"과제 {became.added:,}개를 가져왔습니다", f"이미 있음 {became.known:,}"]
    if became.gold:
        told.append(f"정답 있음 {became.gold:,}")
    if became.suggestions:
        told.append(f"제안 {became.suggestions:,}")
    refused = f" (이유: {rejects})" if became.rejects else ""
    told.append(f"거절 {len(became.rejects):,}{refused}")
    say(" · ".join(told), f"{became.added:,} added, {became.known:,} known, {len(became.rejects):,} rejected.")
    if became.gold == became.added + became.known:
        note(
            "모든 항목에 정답이 있어 새로 라벨링할 것은 없습니다. 정답으로 쓰지 않으려면 --ignore-labels로 가져오세요.",
            "Every item has gold labels: nothing new is to be labelled. If that isn't meant, use --ignore-labels.",
        )


def show_requests(became: Imported | None, empty: int, *, as_json: bool) -> None:
    """How many answers came in; ``empty`` had none."""
    added, known = (became.added, became.known) if became else (0, 0)
    if as_json:
        print_json({"added": added, "known": known, "without_answer": empty})
        return
    beside = f" · 답변이 없어 뺀 것 {empty:,}" if empty else ""
    say(f"채점할 답변 {added:,}개를 가져왔습니다 · 이미 있음 {known:,}{beside}", f"{added:,} added, {known:,} known.")


def show_counts(found: Sequence[BatchCount]) -> None:
    """Tasks by scheme, batch and status."""
    table = Table("체계", "묶음", "상태", "과제", "정답 있음", "답", "필요한 답")
    for each in found:
        table.add_row(
            clean(f"{each.scheme} {each.version}판"),
            clean(each.batch or "-"),
            _STATUSES.get(each.status, each.status),
            *(f"{number:,}" for number in (each.tasks, each.gold, each.done, each.seats)),
        )
    stdout().print(table)


def say(ko: str, en: str) -> None:
    """A sentence on the output, with English under it."""
    console = stdout()
    console.print(clean(ko), soft_wrap=True)
    console.print(clean(en, "dim"), soft_wrap=True)

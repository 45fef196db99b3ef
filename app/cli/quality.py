"""``hansang agreement``: how far annotators agree, and what else is known of the quality of their labels."""

from __future__ import annotations

import datetime
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.console import print_json, stdout, waiting
from app.cli.options import HomeOption, JsonOption, home_of
from pipeline.errors.labelling import NothingToMeasure
from pipeline.errors.labels import LabelsNotFound
from pipeline.errors.settings import BadSetting

if TYPE_CHECKING:
    from annotations.quality.types import Filters, QualityReport
    from annotations.schemes.scheme import Scheme

_DAY = ["%Y-%m-%d"]


def agreement(
    ctx: typer.Context,
    scheme: Annotated[str, typer.Option("--scheme", metavar="체계", help="라벨 체계 · The label scheme.")] = "review",
    batch: Annotated[
        list[str] | None,
        typer.Option(metavar="묶음", show_default=False, help="이 묶음만(여러 번 가능) · Only this batch; repeatable."),
    ] = None,
    since: Annotated[
        datetime.datetime | None,
        typer.Option(metavar="날짜", formats=_DAY, show_default=False, help="이날부터(한국 날짜) · From this day."),
    ] = None,
    until: Annotated[
        datetime.datetime | None,
        typer.Option(metavar="날짜", formats=_DAY, show_default=False, help="이날까지 · To this day, included."),
    ] = None,
    scheme_version: Annotated[
        int | None,
        typer.Option(min=1, metavar="판", show_default=False, help="체계의 판. 기본: 쓰인 것 가운데 새것 · Version."),
    ] = None,
    resamples: Annotated[
        int,
        typer.Option(min=0, max=100_000, metavar="수", help="구간을 내려고 다시 뽑는 횟수(0=구간 없음) · Resamples."),
    ] = 1_000,
    hide_names: Annotated[
        bool, typer.Option("--hide-names", help="이름을 번호로 바꿈 · Numbers instead of names.")
    ] = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """라벨이 얼마나 믿을 만한지 봅니다: 일치도, 정답률, 속도. · Agreement, accuracy, speed.

    제안을 보기 전의 답만 견줍니다. · Only answers from before a suggestion was seen are compared.

    예) hansang agreement --scheme review --since 2026-11-01
    """
    from annotations.quality.types import Filters
    from annotations.quality.unnamed import unnamed
    from app.cli.quality_tables import show_report

    first, last = (each.date() if each else None for each in (since, until))
    if first and last and first > last:
        raise BadSetting(
            name="--until", value=last,
            expected=f"--since({first})와 같거나 뒤인 날이어야 합니다.",
            expected_en=f"It must not be before --since ({first}).",
        )  # fmt: skip
    labels = home_of(ctx, home).labels
    with waiting("답을 견주는 중 … (Comparing answers)"):
        report, fields = _report(labels, scheme, Filters(first, last, tuple(batch or ()), scheme_version), resamples)
    report = unnamed(report) if hide_names else report
    if as_json:
        print_json(asdict(report))
    else:
        show_report(stdout(), report, fields)


def _report(labels: Path, scheme: str, filters: Filters, resamples: int) -> tuple[QualityReport, Scheme]:
    from annotations.desk import Desk  # heavy: sqlite-utils brings pandas, which help doesn't need
    from annotations.quality.report import quality, version_of
    from annotations.schemes.scheme import load_scheme

    newest = load_scheme(scheme)
    if not labels.exists():
        raise LabelsNotFound(path=labels)
    with Desk(labels) as desk:
        snapshot = desk.snapshot(scheme)
    version = version_of(snapshot, filters)
    fields = newest if version is None else load_scheme(scheme, version)
    report = quality(snapshot, fields, filters, resamples)
    if not report.speed:
        raise NothingToMeasure(scheme=scheme, **_why_nothing(report))
    return report, fields


def _why_nothing(report: QualityReport) -> dict[str, str]:
    """What there is instead, for whoever narrowed too far."""
    from annotations.quality.words import EXCLUSIONS

    if not report.excluded:
        return {
            "reason": f"과제 {report.coverage.tasks:,}개, 답 0개",
            "reason_en": f"{report.coverage.tasks:,} tasks, no answer",
        }
    told = [(EXCLUSIONS[reason], count) for reason, count in report.excluded.items()]
    batches = ", ".join(report.batches) or "—"
    return {
        "reason": ", ".join(f"{word.ko} {count:,}" for word, count in told) + f"; 있는 묶음: {batches}",
        "reason_en": ", ".join(f"{word.en}: {count:,}" for word, count in told) + f"; batches: {batches}",
    }

"""``hansang compare --models``: the same questions over several models of an endpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer
from rich.table import Table

from app.cli.console import clean, note, print_json, stdout
from app.cli.options import home_of, settings_of
from app.cli.run_progress import watching
from pipeline.config import with_overrides
from pipeline.errors.settings import BadSetting

if TYPE_CHECKING:
    from pipeline.evaluation.models import Pair, Refusal, Row
    from pipeline.evaluation.records import Record
    from pipeline.types import Sample


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed."""

    models: str
    questions: str
    index: str
    overrides: Mapping[str, object]
    sample: int
    stratify: Literal["", "type", "answerable"]
    seed: int
    run: str
    home: Path | None
    profile: str | None


def compare_models(ctx: typer.Context, wanted: Wanted, as_json: bool) -> None:
    """Ask every model that may be used, and print the table."""
    from pipeline.evaluation import models as choosing  # heavy: brings numpy and pandas
    from pipeline.evaluation import running

    names = choosing.read_models(wanted.models)
    path = Path(wanted.questions)
    size = {"size": wanted.sample, "stratify": wanted.stratify, "seed": wanted.seed}
    samples = running.read_questions(path, **size)  # type: ignore[arg-type]
    settings = with_overrides(settings_of(ctx, wanted.profile), wanted.overrides)
    key = os.environ.get("HANSANG_LLM_KEY", "")
    usable, refused = choosing.usable(names, lambda model: choosing.knock(settings.llm, model, key))
    for refusal in refused:
        note(f"{refusal.ko} (상태 {refusal.status}: {refusal.reason})", refusal.en)
    rows, found = _ask(ctx, wanted, usable, samples)
    pairs = choosing.pairs(found, wanted.seed)
    ko, en = choosing.in_words(rows, pairs)
    if as_json:
        parts: dict[str, Sequence[Row | Pair | Refusal]] = {"models": rows, "pairs": pairs, "refused": refused}
        print_json(
            {name: [asdict(one) for one in each] for name, each in parts.items()} | {"verdict": ko, "verdict_en": en}
        )
    else:
        _show(rows, pairs, refused)
        note(ko, en)
    if not rows:
        raise BadSetting(
            name="--models", value=wanted.models,
            expected="위에 적은 것을 갖춘 뒤 다시 하세요.", expected_en="Provide what is named above, then try again.",
        )  # fmt: skip


def _ask(
    ctx: typer.Context, wanted: Wanted, models: list[str], samples: list[Sample]
) -> tuple[list[Row], dict[str, list[Record]]]:
    from pipeline.evaluation import models as choosing
    from pipeline.evaluation import running
    from pipeline.evaluation.runs import read_records
    from pipeline.service import Service

    place = home_of(ctx, wanted.home)
    prefix = wanted.run or f"models-{Path(wanted.questions).stem}"
    rows: list[Row] = []
    found: dict[str, list[Record]] = {}
    service = Service(place, settings_of(ctx, wanted.profile))
    try:
        for model, name in zip(models, choosing.run_names(prefix, models), strict=True):
            note(f"{model} → 실행 {name}")
            job = running.Evaluation(name, wanted.index, choosing.overrides_for(model, wanted.overrides), wanted.seed)
            with watching(len(samples)) as (watch, _):
                folder, summary = running.evaluate(service, samples, job, watch)
            found[model] = read_records(folder)
            rows.append(choosing.row(model, name, found[model], summary, wanted.seed))
    finally:
        service.close()
    return rows, found


def _show(rows: list[Row], pairs: list[Pair], refused: list[Refusal]) -> None:
    console = stdout()
    table = Table("모델", "질문", "성공", "정답률", "95 % 구간", "F1", "기권", "근거대로", "평균 ms", "p95 ms")
    for row in rows:
        value, low, high = row.accuracy
        table.add_row(
            clean(row.model), f"{row.questions:,}", f"{row.success:.1%}", f"{value:.3f}", f"{low:.3f} ~ {high:.3f}",
            _number(row.f1, ".3f"), f"{row.abstained:.1%}", _number(row.sound, ".1%"),
            _number(row.mean_ms, ",.0f"), _number(row.p95_ms, ",.0f"),
        )  # fmt: skip
    for refusal in refused:
        table.add_row(clean(refusal.model), "–", f"거절 {refusal.status}", *["–"] * 7)
    console.print(table)
    if pairs:
        gaps = Table("정답률의 차이", "차이", "95 % 구간", "p(Holm)", "더 필요한 질문")
        for pair in pairs:
            d = pair.difference
            more = "충분" if d.is_clear else "–" if d.needed is None else f"약 {d.more:,}" if d.more else "조금"
            bounds = f"{d.low:+.3f} ~ {d.high:+.3f}"
            gaps.add_row(clean(f"{pair.other} − {pair.one}"), f"{d.difference:+.3f}", bounds, f"{d.adjusted:.3f}", more)
        console.print(gaps)


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else f"{value:{form}}"

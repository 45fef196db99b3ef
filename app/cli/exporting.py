"""``hansang export``: the labels of a scheme as a folder of files, with a manifest that proves it."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli.console import clean, print_json, stderr, stdout
from app.cli.options import HomeOption, JsonOption, home_of, unused
from app.cli.users import BY

if TYPE_CHECKING:
    from annotations.export.export import Progress as Told
    from annotations.export.types import Manifest

Basis = Literal["blind", "assisted"]
_STAGES = {"read": "읽는 중 (Reading)", "write": "쓰는 중 (Writing)", "prove": "다시 읽어 확인하는 중 (Proving)"}
_SHARE = "0–1"

SchemeOption = Annotated[
    str, typer.Option("--scheme", metavar="이름", show_default=False, help="라벨 체계. 예) review · Label scheme.")
]
FormOption = Annotated[
    str,
    typer.Option(
        "--form",
        metavar="형식",
        show_default=False,
        help="jsonl, csv, parquet, hf, labelstudio, sft, dpo, classification · Form of the files.",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="폴더",
        show_default=False,
        help="새 폴더. 기본: 홈의 exports/체계-형식-시각 · A new folder.",
    ),
]
VersionOption = Annotated[
    int | None,
    typer.Option("--scheme-version", metavar="판", show_default=False, help="체계의 판. 기본: 최신 · Its version."),
]
StageOption = Annotated[
    Basis,
    typer.Option(
        "--stage", help="모델의 제안을 보기 전(blind)의 답으로, 또는 본 뒤(assisted)의 답으로 · Which answers."
    ),
]
AnswersOption = Annotated[
    int, typer.Option(min=1, metavar="수", help="한 항목에 답이 이만큼은 있어야 함 · Answers an item must have.")
]
AgreementOption = Annotated[
    float, typer.Option(min=0, max=1, metavar=_SHARE, help="dpo: 쌍에 찬성한 몫의 하한 · Least agreement of a pair.")
]
MarginOption = Annotated[
    float, typer.Option(min=0, max=1, metavar=_SHARE, help="dpo: 쌍의 점수 차이의 하한 · Least margin of a pair.")
]
ScoreOption = Annotated[
    float, typer.Option(min=0, max=1, metavar=_SHARE, help="sft: 본받을 답변의 점수 하한 · Least grade to imitate.")
]
ExcelOption = Annotated[
    bool, typer.Option("--excel", help="csv: 엑셀이 한글을 알아보도록 BOM을 붙임 · Byte order mark for Excel.")
]
FreshOption = Annotated[
    bool,
    typer.Option("--fresh-names", help="다른 내보내기와 이을 수 없는 가명을 씀 · Pseudonyms of this export alone."),
]


def export(
    ctx: typer.Context,
    scheme: SchemeOption,
    form: FormOption,
    out: OutOption = None,
    scheme_version: VersionOption = None,
    stage: StageOption = "blind",
    min_answers: AnswersOption = 1,
    min_agreement: AgreementOption = 0.66,
    min_margin: MarginOption = 0.25,
    min_score: ScoreOption = 0.75,
    excel: ExcelOption = False,
    fresh_names: FreshOption = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """라벨을 파일로 내보냅니다. 다시 읽어 확인한 뒤에야 폴더가 생깁니다. · Export labels; proved by being read back.

    폴더의 manifest.json이 무엇을 언제 누가 내보냈는지, dropped.jsonl이 무엇을 왜 뺐는지 말합니다.

    예) hansang export --scheme review --form hf --out 내보내기/후기
    """
    # heavy: sqlite-utils brings pandas, which help doesn't need
    from annotations.desk import Desk
    from annotations.export.export import export as write
    from annotations.export.folder import salt_of, sweep
    from annotations.export.types import ExportSettings
    from annotations.schemes.scheme import load_scheme

    place, chosen = home_of(ctx, home), load_scheme(scheme, scheme_version)
    settings = ExportSettings(stage, min_answers, min_agreement, min_margin, min_score, excel)
    salt = secrets.token_hex(32) if fresh_names else salt_of(place.exports)
    to = out or unused(place.exports / f"{scheme}-{form}-{datetime.datetime.now().astimezone():%Y%m%d-%H%M%S}")
    sweep(to.parent)
    with Desk(place.labels) as desk, _progress() as told:
        manifest = write(desk, chosen, form, to, by=BY, salt=salt, settings=settings, progress=told)
    if as_json:
        print_json({"path": str(to), "manifest": asdict(manifest)})
    else:
        _say(manifest, to)


def _say(manifest: Manifest, to: Path) -> None:
    counts, console = manifest.counts, stdout()
    console.print(clean(f"{to} 완성: 기록 {counts['records']:,} · 항목 {counts['items']:,} · 답 {counts['answers']:,}"))
    if manifest.dropped:
        reasons = ", ".join(f"{code} {count:,}" for code, count in manifest.dropped.items())
        console.print(clean(f"뺀 것 {counts['dropped']:,}: {reasons} (이유: {to / 'dropped.jsonl'})"), soft_wrap=True)
    console.print(
        clean(f"다시 읽어 확인했습니다 · Proved by reading back · SHA-256 {manifest.records_sha256[:12]}…", "dim")
    )


@contextmanager
def _progress() -> Iterator[Told]:
    """A progress bar on standard error, where that is a terminal."""
    console = stderr()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(_STAGES["read"], total=None)

        def told(stage: str, done: int, total: int) -> None:
            shown.update(task, description=_STAGES[stage], completed=done, total=total or None)

        yield told

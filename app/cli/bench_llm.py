"""``hansang bench llm``: a language model's server with our prompts, by load, beside another and beside the card."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli.console import clean, note, print_json, stdout
from app.cli.optimising_llm import opened
from app.cli.options import (
    DEFAULT_INDEX,
    HomeOption,
    IndexOption,
    JsonOption,
    ProfileOption,
    SetOption,
    overrides_of,
    settings_of,
)
from app.cli.reports import counting
from pipeline.config import with_overrides
from pipeline.errors.settings import BadSetting

if TYPE_CHECKING:
    from pipeline.evaluation.llm_bench import Load, Ratio, Reached, Server
    from pipeline.evaluation.llm_limits import Card, Model
    from pipeline.llm_line import Turns
    from pipeline.settings import Settings

URLS = 2
MOST = 1_024  # callers at once


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured: each server's loads; the first by the second where there are two; shares of the card's limits.

    ``prompts`` are the different prompts that were asked; ``card`` is empty where no limits were reckoned.
    """

    models: tuple[str, ...]
    index: str
    prompts: int
    answer_tokens: int
    loads: tuple[tuple[Load, ...], ...]
    ratios: tuple[Ratio, ...]
    card: str
    reached: tuple[Reached | None, ...]


def llm(
    ctx: typer.Context,
    url: Annotated[
        list[str] | None,
        typer.Option(
            "--url", metavar="주소", show_default=False,
            help="서버의 주소. 두 번 주면 둘째와 견줌 · URL of the server; a second one is compared with.",
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="이름", show_default=False, help="서버마다 모델 이름 · Model of each."),
    ] = None,
    concurrency: Annotated[
        str, typer.Option("--concurrency", metavar="1,8,32", help="동시에 부르는 수 · Callers at once.")
    ] = "1,8,32",
    requests: Annotated[
        int, typer.Option("--requests", min=1, help="부하마다 요청 수(적어도 두 배의 동시 수) · Requests of each load.")
    ] = 32,
    tokens: Annotated[int, typer.Option("--tokens", min=2, help="답변의 최대 토큰 · Tokens of an answer.")] = 128,
    index: IndexOption = DEFAULT_INDEX,
    card: Annotated[
        str, typer.Option("--card", metavar="이름", help="한도를 셈할 카드. 예) H100 · Card whose limits to reckon.")
    ] = "",
    weights: Annotated[
        Path | None,
        typer.Option("--weights", metavar="폴더", show_default=False, help="그 모델의 폴더(한도용) · Its folder."),
    ] = None,
    assignments: SetOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:  # fmt: skip
    """언어 모델 서버의 첫 토큰, 토큰마다의 시간, 초당 토큰을 우리 프롬프트로 잽니다. · Times a language model's server.

    예) hansang bench llm --url http://127.0.0.1:8000/v1 --model 이름 --concurrency 1,8,32
    """
    from app.cli.bench import _counts
    from pipeline.evaluation import llm_bench as lb  # heavy: brings the evaluation's libraries
    from pipeline.evaluation.llm_prompts import prompts, pseudo_questions, room_at

    settings = with_overrides(settings_of(ctx, profile), overrides_of(assignments))
    loads = _counts(concurrency, "--concurrency")
    if max(loads) > MOST:
        raise BadSetting(
            name="--concurrency", value=concurrency,
            expected=f"{MOST:,}까지 됩니다.", expected_en=f"At most {MOST:,}.",
        )  # fmt: skip
    servers = _servers(url or [settings.llm.url], model or [], tokens, settings)
    limit = _limit(card, weights, servers[0], settings)
    for server in servers:
        lb.knock(server)
    count = lb.needed(loads, requests)
    with opened(ctx, home, profile) as service:
        fit = room_at(servers[0].line, settings.llm, tokens)
        asked = prompts(service, index, pseudo_questions(service, index), count, overrides_of(assignments), fit=fit)
    turns = [each.turns for each in asked]
    if len(asked) < count:
        note(
            f"색인이 작아 프롬프트가 {len(asked):,}개뿐이라 되풀이합니다. 서버가 기억한 것은 더 빠릅니다.",
            f"The index makes {len(asked):,} prompts only, so they come again; what a server remembers is quicker.",
        )
    with counting(len(servers) * (count - 1)) as step:
        found = _timed(servers, turns, loads, requests, step)
    show = _report(servers, index, len(asked), found, limit)
    if as_json:
        print_json(asdict(show))
    else:
        _show(show)


def _servers(urls: Sequence[str], models: Sequence[str], tokens: int, settings: Settings) -> list[Server]:
    from pipeline.endpoint import Endpoint, Named, checked_endpoint
    from pipeline.evaluation.llm_bench import server_at
    from pipeline.generators.openai import KEY

    if len(urls) > URLS or len(models) > len(urls):
        raise BadSetting(
            name="--url", value=", ".join(urls),
            expected="둘까지, --model은 --url마다 하나입니다.", expected_en="Two at most, each with its --model.",
        )  # fmt: skip
    names = [*models, *[models[0] if models else settings.llm.model] * (len(urls) - len(models))]
    ends = [Endpoint(url, name, os.environ.get(KEY, "")) for url, name in zip(urls, names, strict=True)]
    return [server_at(checked_endpoint(end, Named("--url", "--model")), tokens, settings.llm) for end in ends]


def _limit(card: str, weights: Path | None, server: Server, settings: Settings) -> tuple[Card, Model] | None:
    """The card and the model to reckon with: the card that was named, else that of this machine if the server is here.

    Raises:
        BadSetting: a card was named, but not whose weights.
        ModelUnusable: the folder holds no model that can be reckoned with.
    """
    from pipeline import machine
    from pipeline.endpoint import is_here
    from pipeline.evaluation import llm_limits as ll
    from pipeline.setting_groups.models import Llm

    end = server.line.endpoint
    known = ll.known_card(card) if card else ll.card_named(machine.gpu_line() or "") if is_here(end.url) else None
    if known is None:
        return None
    if weights is not None:
        return known, _weighed(weights)
    if end.model == Llm().model:
        return known, ll.llama_3_8b()
    if card:
        raise BadSetting(
            name="--card", value=card,
            expected=f"{end.model}의 폴더를 --weights에 주세요.",
            expected_en=f"Give the folder of {end.model} as --weights.",
        )  # fmt: skip
    return None


def _weighed(folder: Path) -> Model:
    from pipeline.evaluation.llm_limits import model_of
    from pipeline.neural.folders import read_config
    from pipeline.optimising.llm.report import FILE, read

    scheme = read(folder).scheme if (folder / FILE).exists() else "bf16"
    return model_of(read_config(folder, str(folder)), str(folder), scheme)


def _timed(
    servers: Sequence[Server], turns: Sequence[Turns], loads: Sequence[int], requests: int,
    step: Callable[[str, int], None],
) -> list[list[Load]]:  # fmt: skip
    """All loads, the servers in turn at each, so that what else the machine does meets both."""
    from pipeline.evaluation import llm_bench as lb

    first, *rest = turns
    for server in servers:
        lb.warm(server, first)
    found: list[list[Load]] = [[] for _ in servers]
    for together, part in lb.portions(rest or [first], loads, requests):
        for server, mine in zip(servers, found, strict=True):
            mine.append(lb.load(server, part, together, step))
    return found


def _report(
    servers: Sequence[Server], index: str, count: int, found: Sequence[Sequence[Load]], limit: tuple[Card, Model] | None
) -> Report:
    from pipeline.evaluation import llm_bench as lb

    ratios = [lb.ratio(one, other) for one, other in zip(*found, strict=True)] if len(found) == URLS else []
    near = [lb.reached(one, limit[1], limit[0]) for one in found[0]] if limit else []
    return Report(
        tuple(server.line.endpoint.model for server in servers), index, count, servers[0].tokens,
        tuple(tuple(loads) for loads in found), tuple(ratios), limit[0].name if limit else "", tuple(near),
    )  # fmt: skip


def _show(report: Report) -> None:
    console = stdout()
    for model, loads in zip(report.models, report.loads, strict=True):
        console.print(
            clean(f"{model} · {report.index}의 프롬프트 {report.prompts:,}개 · 답변 {report.answer_tokens}토큰까지")
        )
        console.print(_table(loads))
        if not all(load.counted for load in loads):
            note("서버가 토큰을 세지 않아 조각으로 셌습니다.", "The server didn't count tokens: pieces are counted.")
    if report.ratios:
        table = Table("첫째 ÷ 둘째 (빠르기)", "첫 토큰 ×", "토큰마다 ×", "쓴 토큰/초 ×")
        for load, ratio in zip(report.loads[0], report.ratios, strict=True):
            table.add_row(str(load.together), *(_times(v) for v in (ratio.first, ratio.token, ratio.out_per_s)))
        console.print(table)
    if report.card:
        _show_limits(console, report)


def _table(loads: Sequence[Load]) -> Table:
    table = Table("동시", "요청", "오류", "첫 토큰 ms p50/p95", "토큰마다 ms p50/p95", "읽은 토큰/초", "쓴 토큰/초")
    for load in loads:
        errors = ", ".join(f"{code} {count}" for code, count in load.errors.items()) or "0"
        spreads = [_spread(one.p50, one.p95) for one in (load.first_ms, load.token_ms)]
        table.add_row(
            str(load.together),
            f"{load.requests:,}",
            errors,
            *spreads,
            f"{load.in_per_s:,.0f}",
            f"{load.out_per_s:,.1f}",
        )
    return table


def _show_limits(console: Console, report: Report) -> None:
    table = Table(f"{report.card}의 한도 가운데", "첫 토큰", "토큰마다", "모두", "토큰마다 한도 ms", "막는 것")
    for load, near in zip(report.loads[0], report.reached, strict=True):
        if near is None:
            table.add_row(str(load.together), *["–"] * 5)
            continue
        shares = ["–" if share is None else f"{share:.0%}" for share in (near.first, near.token, near.whole)]
        bound = {"arithmetic": "계산", "bandwidth": "메모리 대역폭"}[near.limits.token_bound]
        table.add_row(str(load.together), *shares, f"{1000 * near.limits.token_s:.2f}", bound)
    console.print(table)


def _spread(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{low:,.1f} / {high:,.1f}"


def _times(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"

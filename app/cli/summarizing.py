"""``hansang summarize`` and ``hansang strengths``: what the reviews of one restaurant come to; ``bench strengths``."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.classifying import ClassifierOption, EndpointOption, ModelOption, choice_of, made
from app.cli.console import Waiting, print_json, stdout, waiting
from app.cli.options import DEFAULT_INDEX, HomeOption, IndexOption, JsonOption, home_of
from app.cli.reports import counting
from pipeline.errors.settings import BadSetting

if TYPE_CHECKING:
    from pipeline.restaurants.writing import Writer
    from pipeline.service import Home
    from pipeline.strengths.ground import Ground
    from pipeline.strengths.types import Sign

KINDS = ("representative", "distinct", "both")
KEY_VARIABLE = "HANSANG_LLM_KEY"

RestaurantArgument = Annotated[
    str, typer.Argument(metavar="식당", show_default=False, help="식당 이름(앞부분만도 됨) · The restaurant.")
]
KindOption = Annotated[
    str,
    typer.Option(
        "--kind", metavar="representative|distinct|both", help="많이 말하는 것, 이 집만의 것, 둘 다 · Which of them."
    ),
]


def summarize(
    ctx: typer.Context,
    restaurant: RestaurantArgument,
    index: IndexOption = DEFAULT_INDEX,
    classifier: ClassifierOption = "linear",
    endpoint: EndpointOption = "",
    model: ModelOption = "",
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """식당의 후기를 속성별로 요약하고 근거를 댑니다. · Summarise a restaurant by aspect, with evidence.

    예) hansang summarize 길남이네국밥
    """
    from app.cli.summary_tables import show_summary  # heavy with what it shows
    from pipeline.restaurants.summaries import summarise
    from pipeline.restaurants.wording import worded

    with _ground(home_of(ctx, home), index, classifier, endpoint, model) as (ground, _):
        name = ground.restaurants.find(restaurant)
        summary = summarise(ground.table(name), ground.space)
        if ground.writer:
            summary = asyncio.run(worded(summary, ground.writer))
    if as_json:
        print_json(asdict(summary))
    else:
        show_summary(stdout(), summary)


def strengths(
    ctx: typer.Context,
    restaurant: RestaurantArgument,
    kind: KindOption = "both",
    weaknesses: Annotated[
        bool, typer.Option("--weaknesses", help="강점 대신 약점 · Weaknesses instead of strengths.")
    ] = False,
    index: IndexOption = DEFAULT_INDEX,
    classifier: ClassifierOption = "linear",
    endpoint: EndpointOption = "",
    model: ModelOption = "",
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """식당의 강점을 비슷한 식당과 견주어 찾습니다. · Strengths of a restaurant beside comparable ones.

    예) hansang strengths 길남이네국밥 --kind distinct · hansang strengths 낙선옥 --weaknesses
    """
    if kind not in KINDS:
        known = ", ".join(KINDS)
        raise BadSetting(name="--kind", value=kind, expected=f"가능한 값: {known}", expected_en=f"One of: {known}")
    from app.cli.summary_tables import show_strengths  # heavy with what it shows
    from pipeline.strengths.comparing import compare_group
    from pipeline.strengths.group_cache import GroupCache
    from pipeline.strengths.running import find_strengths, of_kind

    with _ground(home_of(ctx, home), index, classifier, endpoint, model) as (ground, line):
        name = ground.restaurants.find(restaurant)
        needed = [name, *(one.restaurant for one in compare_group(ground, name))]
        ground.analyses.make(needed, lambda done, total: line.say(f"후기를 분석하는 중 {done}/{total}곳 (Analysing)"))
        line.say("강점을 찾는 중 … (Finding strengths)")
        sign: Sign = "negative" if weaknesses else "positive"
        found = of_kind(find_strengths(ground, name, sign, cache=GroupCache(ground, sign)), kind)
    if as_json:
        print_json(asdict(found))
    else:
        show_strengths(stdout(), found)


@contextmanager
def _ground(home: Home, index: str, classifier: str, endpoint: str, model: str) -> Iterator[tuple[Ground, Waiting]]:
    from pipeline.index import Index, current_folder
    from pipeline.strengths.ground import open_ground

    writer = _writer(endpoint, model)
    folder = current_folder(home.indexes, index)
    with waiting("분류기를 준비하는 중 … (Loading the classifier)") as line:
        judge = made(choice_of(classifier, endpoint=endpoint, model=model))
        line.say("후기를 분석하는 중 … (Analysing)")
        yield open_ground(Index(folder), judge, writer), line


def _writer(endpoint: str, model: str) -> Writer | None:
    """The language model that words claims and summaries, where an endpoint is named."""
    if not endpoint:
        return None
    from pipeline.endpoint import Endpoint, checked_endpoint
    from pipeline.restaurants.writing import EndpointWriter

    return EndpointWriter(checked_endpoint(Endpoint(endpoint, model, os.environ.get(KEY_VARIABLE, ""))))


def bench_strengths(
    ctx: typer.Context,
    index: IndexOption = DEFAULT_INDEX,
    restaurants: Annotated[int, typer.Option("--restaurants", min=1, help="식당 수 · Restaurants at most.")] = 24,
    latency: Annotated[
        float, typer.Option("--latency", min=0, metavar="ms", help="흉내 낸 LLM의 답 시간(ms) · Simulated LLM latency.")
    ] = 500.0,
    classifier: ClassifierOption = "linear",
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """강점 찾기를 작업 그래프로 할 때와 하나씩 할 때를 견줍니다. · The graph of tasks beside one step after the other.

    예) hansang bench strengths --latency 500
    """
    from app.cli.summary_tables import show_bench
    from pipeline.strengths.bench import bench_strengths as measure

    with _ground(home_of(ctx, home), index, classifier, "", "") as (ground, line):
        names = ground.restaurants.names[:restaurants]
        line.stop()
        with counting(3) as step:
            report = measure(ground, names, latency / 1000, step)
    if as_json:
        print_json({**asdict(report), "ratio": report.ratio})
    else:
        show_bench(stdout(), report)

"""The option that says where batch work runs, and the engine that it comes to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer

from app.cli.console import note
from pipeline.engines.local import Local
from pipeline.engines.work import Engine
from pipeline.errors.settings import BadSetting

ENGINES = ("local", "ray")

EngineOption = Annotated[
    str,
    typer.Option(
        "--engine", metavar="local|ray", help="일을 돌릴 곳: 이 기계, 또는 Ray(여러 대) · Where the work runs."
    ),
]
ActorsOption = Annotated[
    int,
    typer.Option(
        "--actors",
        min=0,
        max=100_000,
        metavar="개",
        help="ray: 동시에 일하는 작업자(0=기계에 맞게) · Its workers (0: as many as fit).",
    ),
]


@contextmanager
def engine_of(name: str, actors: int = 0) -> Iterator[Engine]:
    """The engine of that name, left when the block ends.

    Raises:
        BadSetting: there is none.
        BackendUnavailable: it isn't installed.
    """
    if name not in ENGINES:
        known = ", ".join(ENGINES)
        raise BadSetting(
            name="--engine", value=name, expected=f"쓸 수 있는 것: {known}", expected_en=f"One of: {known}"
        )
    if name == "local":
        yield Local()
        return
    from pipeline.engines.ray import RayEngine

    with closing(RayEngine(actors, _joined)) as engine:
        yield engine


def _joined(machines: int) -> None:
    if machines > 1:
        note(f"Ray: 기계 {machines:,}대에서 합니다.", f"Ray: on {machines:,} machines.")
        return
    note(
        "Ray: 기계가 한 대입니다. 한 대에서는 `--engine local`이 더 빠릅니다(켜는 데만 18초쯤).",
        "Ray: there is one machine, on which `--engine local` is faster (some 18 s to start alone).",
    )

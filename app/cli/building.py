"""From files to an index in the home: looks first whether it is there already, then builds it with progress."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.console import clean, note, waiting
from app.cli.progress import progress
from pipeline.engines.local import Local
from pipeline.engines.work import Engine
from pipeline.errors.files import FileProblem
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.index import Manifest
    from pipeline.indexing import Job
    from pipeline.service import Home

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
DEMO_NAME = "demo"
DEMO_ANALYSERS = ("kiwi", "okt")


@dataclass(frozen=True, slots=True)
class Input:
    """What to index: files, how to read them, the columns that were named, the restaurants they are about.

    ``restaurant`` is whose reviews those are that name none.
    """

    files: tuple[Path, ...]
    format: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)
    restaurants: Path | None = None
    restaurant: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: the index, whether it was there already, where the refused rows are, how long it took."""

    manifest: Manifest
    unchanged: bool
    rejects: Path
    seconds: float


def summary(outcome: Outcome) -> str:
    """What came of an indexing, in one line."""
    manifest = outcome.manifest
    if outcome.unchanged:
        return f"색인 '{manifest.name}'은(는) 이미 최신입니다: 단락 {manifest.passages:,}"
    rejected = f"거절 {manifest.rejected:,}" + (f" (이유: {outcome.rejects})" if manifest.rejected else "")
    return f"색인 '{manifest.name}' 완성: 단락 {manifest.passages:,} · {rejected} · {outcome.seconds:,.0f}초"


def remarks(outcome: Outcome) -> list[str]:
    """What there is to say of the files that were indexed, a line each."""
    return [clean(f"{remark['ko']} · {remark['en']}").plain for remark in outcome.manifest.remarks]


def build_demo(home: Home, settings: Settings) -> None:
    """Build the demo's index where it is missing or out of date, and say so.

    Raises:
        FileProblem: the data aren't there, because only the packages were installed.
    """
    if not DEMO.is_dir():
        raise FileProblem(
            path=DEMO, problem="데모 자료가 없습니다", cure="저장소를 받아 그 안에서 `pip install -e .`로 설치하세요.",
            problem_en="The demo's data are missing", cure_en="Clone the repository and run `pip install -e .` in it.",
        )  # fmt: skip
    given = Input((DEMO / "reviews.jsonl",), restaurants=DEMO / "restaurants.jsonl")
    note(summary(build(home, DEMO_NAME, given, settings, DEMO_ANALYSERS)))


def build(
    home: Home,
    name: str,
    given: Input,
    settings: Settings,
    analysers: Iterable[str],
    *,
    force: bool = False,
    engine: Engine | None = None,
) -> Outcome:
    """Index, unless the same input was indexed in the same way before. ``engine`` does what costs, here or elsewhere.

    Raises:
        HansangError: a file, a name or this machine doesn't allow it; the former version stays.
    """
    from pipeline import backends, indexing  # heavy: numpy, pandas, pyarrow, which help doesn't need
    from pipeline.corpus.reader import read_corpus
    from pipeline.corpus.remarks import Noticed

    began = time.monotonic()
    # Files and names are looked at before anything slow: whoever mistyped is told at once.
    noticed = Noticed()
    documents = read_corpus(
        given.files,
        format=given.format,
        columns=given.columns,
        restaurants=given.restaurants,
        restaurant=given.restaurant,
        noticed=noticed,
    )
    with waiting("파일을 살펴보는 중 … (Looking at the files)"):
        job = _job(home, name, given, settings, analysers, engine or Local())
        manifest = None if force else indexing.unchanged(job)
        unchanged = manifest is not None
    if manifest is None:
        with progress() as bar:
            for analyser in job.analysers:
                backends.load("tokenizer", analyser)
            backends.load("encoder", settings.encoder)
            manifest = indexing.build_index(job, bar.reading(documents), bar.at, noticed.to_json)
    rejects = home.indexes / name / manifest.version / indexing.REJECTS
    return Outcome(manifest, unchanged, rejects, time.monotonic() - began)


def _job(home: Home, name: str, given: Input, settings: Settings, analysers: Iterable[str], engine: Engine) -> Job:
    from pipeline.indexing import SPLITTER, Job, describe_source  # heavy, see build

    how: dict[str, object] = {"format": given.format, "columns": dict(given.columns)}
    how |= {"restaurant": given.restaurant} if given.restaurant else {}
    sources = [describe_source(path) | how for path in given.files]
    if given.restaurants:
        sources.append(describe_source(given.restaurants) | {"format": "restaurants"})
    return Job(
        root=home.indexes,
        name=name,
        settings=settings,
        analysers=tuple(dict.fromkeys([SPLITTER, *analysers])),
        cache=home.cache,
        sources=tuple(sources),
        engine=engine,
    )

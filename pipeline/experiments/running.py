"""The experiment that runs over a home: its arms, kept in ``experiment.json`` by whoever assigns sessions to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors.base import NotFound
from pipeline.errors.files import FileProblem
from pipeline.storage import clear_errors, write_json

FILE = "experiment.json"


class NoExperiment(NotFound):
    """No session was given a variant yet."""

    code = "no-experiment"
    ko = (
        "아직 나눈 대화가 없습니다({path} 없음). 프로필 TOML에 [[variants]]를 적고 "
        "`hansang serve --profile 파일`로 열면 대화마다 변형이 정해집니다."
    )
    en = (
        "No conversation was assigned yet (no {path}). Write [[variants]] into a profile and open it with "
        "`hansang serve --profile FILE`."
    )


@dataclass(frozen=True, slots=True)
class Arm:
    """A variant as it runs. ``label`` is what stands in the traces: the name with a digest of all settings."""

    name: str
    share: float
    label: str
    overrides: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Running:
    """The arms, the first of which the others are held against, and since when they are these (ISO 8601, UTC)."""

    since: str
    arms: tuple[Arm, ...]


def keep_running(path: Path, arms: Sequence[Arm]) -> None:
    """Note which arms run now; where they are those that are noted, nothing is written.

    Raises:
        DiskFull, NotWritable: it can't be noted.
    """
    before = read_running(path) if path.exists() else None
    if before is not None and before.arms == tuple(arms):
        return
    same = before is not None and [arm.label for arm in before.arms] == [arm.label for arm in arms]
    since = before.since if before is not None and same else datetime.now(UTC).isoformat(timespec="seconds")
    with clear_errors(path):
        write_json(path, asdict(Running(since, tuple(arms))))


def read_running(path: Path) -> Running:
    """The experiment that was noted last.

    Raises:
        NoExperiment: there is none.
        FileProblem: what is noted can't be read.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        return Running(value["since"], tuple(Arm(**arm) for arm in value["arms"]))
    except FileNotFoundError as error:
        raise NoExperiment(path=path) from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise FileProblem(
            path=path, problem="실험 기록으로 읽을 수 없습니다", cure="파일을 지우면 다음 대화에서 다시 만들어집니다.",
            problem_en="it can't be read as an experiment", cure_en="Delete it: the next conversation makes it anew.",
        ) from error  # fmt: skip

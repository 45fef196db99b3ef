"""What came of an experiment: per arm how many sessions, votes, abstentions; and the differences, day by day.

The unit is the session, since what one person asks is alike: of each session the first answer counts for abstention and
the first answer with a vote for 👍. Blocks of sessions of both arms, in the order in which they came, give one
difference each; their mean gets a confidence sequence, so that looking every day costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from statistics import fmean
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.experiments.running import Arm, Running
from pipeline.experiments.sequence import block_differences, block_sizes, difference_sequence
from pipeline.traces import Assigned

ALPHA = 0.05
"""Of a false alarm anywhere in the experiment: all measures, all arms, all days together."""

Measure = Literal["up", "abstained"]
MEASURES: tuple[Measure, ...] = ("up", "abstained")
_SEOUL = ZoneInfo("Asia/Seoul")


@dataclass(frozen=True, slots=True)
class Counted:
    """An arm in numbers. ``abstained`` are answers; ``up`` and ``down`` are the votes in force."""

    name: str
    label: str
    share: float
    sessions: int
    answers: int
    abstained: int
    up: int
    down: int


@dataclass(frozen=True, slots=True)
class Day:
    """Where a difference stood at the end of a day (in Korea), after ``blocks``."""

    day: date
    blocks: int
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Contrast:
    """Arm − base in one measure, a share of sessions. ``sessions`` are (base's, the arm's) that could be used.

    ``low`` and ``high`` hold at every moment at once with probability ``level``; −1 and 1 while nothing is known.
    """

    measure: Measure
    base: str
    arm: str
    sessions: tuple[int, int]
    shares: tuple[float | None, float | None]
    blocks: int
    difference: float | None
    low: float
    high: float
    level: float
    days: tuple[Day, ...]

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Findings:
    """What ``hansang experiment`` prints. ``others`` are answers of arms that don't run any more, not counted."""

    since: str
    arms: tuple[Counted, ...]
    contrasts: tuple[Contrast, ...]
    others: int


Value = tuple[str, float]
"""When it became known (ISO 8601, UTC) and what it is, 0 or 1."""


def findings(running: Running, assigned: Iterable[Assigned]) -> Findings:
    """Count an experiment.

    Args:
        assigned: the answers of all sessions, in the order in which they were asked.
    """
    rows = list(assigned)
    of_arm = {arm.label: [row for row in rows if row.variant == arm.label] for arm in running.arms}
    base, *others = running.arms
    alpha = ALPHA / (len(others) * len(MEASURES))
    values = {(arm.label, name): _firsts(of_arm[arm.label], name) for arm in running.arms for name in MEASURES}
    return Findings(
        running.since,
        tuple(_counted(arm, of_arm[arm.label]) for arm in running.arms),
        tuple(
            _contrast(name, base, arm, values[base.label, name], values[arm.label, name], alpha)
            for arm in others
            for name in MEASURES
        ),
        len(rows) - sum(map(len, of_arm.values())),
    )


def _counted(arm: Arm, rows: Sequence[Assigned]) -> Counted:
    votes = Counter(row.vote for row in rows)
    sessions, abstained = len({row.session for row in rows}), sum(row.abstained is True for row in rows)
    return Counted(arm.name, arm.label, arm.share, sessions, len(rows), abstained, votes["up"], votes["down"])


def _firsts(rows: Sequence[Assigned], measure: Measure) -> list[Value]:
    """One value for each session that has one, in the order in which they became known."""
    found: dict[str, Value] = {}
    for row in rows:
        if measure == "abstained" and row.abstained is not None:
            found.setdefault(row.session, (row.created, float(row.abstained)))
        elif measure == "up" and row.vote:
            found.setdefault(row.session, (row.voted_at, float(row.vote == "up")))
    return sorted(found.values(), key=lambda value: value[0])


def _contrast(
    measure: Measure, base: Arm, arm: Arm, one: Sequence[Value], other: Sequence[Value], alpha: float
) -> Contrast:
    sizes = block_sizes(base.share, arm.share)
    gaps = block_differences([v for _, v in one], [v for _, v in other], sizes)
    bounds = difference_sequence(gaps, alpha)
    known = [max(one[(n + 1) * sizes[0] - 1][0], other[(n + 1) * sizes[1] - 1][0]) for n in range(len(gaps))]
    days = tuple(
        Day(day, last + 1, float(gaps[: last + 1].mean()), float(bounds[last, 0]), float(bounds[last, 1]))
        for day, last in _last_of_each_day(known)
    )
    last = days[-1] if days else None
    return Contrast(
        measure, base.name, arm.name, (len(one), len(other)), (_share(one), _share(other)), len(gaps),
        last.difference if last else None, last.low if last else -1.0, last.high if last else 1.0, 1 - alpha, days,
    )  # fmt: skip


def _share(values: Sequence[Value]) -> float | None:
    return fmean(value for _, value in values) if values else None


def _last_of_each_day(times: Sequence[str]) -> list[tuple[date, int]]:
    days = [datetime.fromisoformat(time).astimezone(_SEOUL).date() for time in times]
    return [(day, max(places)) for day, places in groupby(range(len(days)), key=lambda place: days[place])]

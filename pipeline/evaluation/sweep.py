"""Many settings tried on the stored candidates of a run, the best chosen by cross-validation over its questions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.config import with_overrides
from pipeline.errors.evaluation import NothingToSweep, ScoresNotStored
from pipeline.errors.settings import BadSetting
from pipeline.evaluation.records import Record
from pipeline.evaluation.refusion import Matrix, Stored, best_gold_rank, fused, stack
from pipeline.settings import Settings

Measure = Literal["mrr10", "hit"]
SWEPT = (
    "fusion.method", "fusion.weight", "fusion.window", "fusion.sparse", "fusion.colbert", "retrieval.depth",
    "retrieval.k", "rerank.depth", "reranker",
)  # fmt: skip
FOLDS = 5
RESAMPLES = 1_000
MOST = 20_000  # settings

Setting = Mapping[str, object]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Tried:
    """One setting and its mean over all questions."""

    setting: Setting
    value: float


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep found. ``tried`` is best first; ``baseline`` is the run's own setting.

    ``held_out`` is the mean over questions that took no part in choosing (``FOLDS``-fold cross-validation), with its
    bootstrap interval, and ``chosen`` the setting that each fold chose; ``gain`` is how much better the choice is than
    the baseline on held-out questions, with its interval.
    """

    measure: Measure
    questions: int
    baseline: Tried
    tried: tuple[Tried, ...]
    chosen: tuple[Setting, ...]
    held_out: tuple[float, float, float]
    gain: tuple[float, float, float]


def parse_grid(text: str) -> tuple[str, list[object]]:
    """``fusion.weight=0:1:.1`` (from, to, step) or ``retrieval.k=5,10,20`` as a name and its values.

    Raises:
        BadSetting: it can't be read, or that setting can't be swept over stored scores.
    """
    name, _, values = text.partition("=")
    if name not in SWEPT:
        known = ", ".join(SWEPT)
        raise BadSetting(
            name=name, value=values,
            expected=f"저장된 점수로 훑을 수 있는 설정: {known}",
            expected_en=f"Settings that stored scores can be swept over: {known}",
        )  # fmt: skip
    try:
        return name, list(_values(values))
    except ValueError as error:
        raise BadSetting(
            name=name, value=values,
            expected="0:1:.1(처음:끝:간격)이나 5,10,20처럼 적어 주세요.",
            expected_en="Write 0:1:.1 (from:to:step), or values with commas: 5,10,20.",
        ) from error  # fmt: skip


def _values(text: str) -> Iterator[object]:
    if ":" in text:
        low, high, step = (float(part) for part in text.split(":"))
        if not step > 0 or high < low or not math.isfinite(high - low):
            raise ValueError(text)
        for number in range(math.floor((high - low) / step + 1e-9) + 1):
            value = round(low + number * step, 10)
            yield int(value) if value.is_integer() else value  # 5.0 is no whole number for a setting that wants one
    elif all(parts := text.split(",")):
        yield from parts
    else:
        raise ValueError(text)


def grid(axes: Mapping[str, Sequence[object]]) -> list[Setting]:
    """Every combination.

    Raises:
        BadSetting: there are too many.
    """
    count = math.prod(len(values) for values in axes.values())
    if count > MOST:
        raise BadSetting(
            name="--grid", value=f"{count:,}",
            expected=f"조합은 {MOST:,}개까지입니다. 간격을 넓혀 주세요.",
            expected_en=f"{MOST:,} combinations at most: take wider steps.",
        )  # fmt: skip
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def sweep(
    records: Sequence[Record],
    base: Settings,
    settings: Sequence[Setting],
    measure: Measure = "mrr10",
    *,
    seed: int = 0,
    progress: Progress = lambda done: None,
) -> Sweep:
    """Try settings on the questions of a run that have a right passage; one that failed counts as a miss.

    Raises:
        NothingToSweep: no question has one.
        UnknownSetting, BadSetting: a setting can't be used.
    """
    asked = [record for record in records if record.gold]
    if not any(record.status == "ok" for record in asked):
        raise NothingToSweep
    stored = stack(asked)
    for name in ("sparse", "colbert"):
        if name not in stored.scores and any(float(str(one.get(f"fusion.{name}", 0))) for one in settings):
            raise ScoresNotStored(stage=name)
    values = np.empty((len(settings), len(asked)))
    fusions: dict[object, Matrix] = {}
    for row, setting in enumerate(settings):
        values[row] = _measured(stored, with_overrides(base, setting), measure, fusions)
        progress(row + 1)
    own = _measured(stored, base, measure, {})
    tried = sorted((Tried(s, float(v)) for s, v in zip(settings, values.mean(axis=1), strict=True)), key=_value)
    chosen, held = _cross_validate(values, np.random.default_rng(seed))
    random = np.random.default_rng(seed)
    return Sweep(
        measure,
        len(asked),
        Tried({}, float(own.mean())),
        tuple(tried),
        tuple(settings[row] for row in chosen),
        interval(held, random),
        interval(held - own, random),
    )


def _value(tried: Tried) -> float:
    return -tried.value


def _measured(
    stored: Stored, settings: Settings, measure: Measure, fusions: dict[object, Matrix]
) -> NDArray[np.float64]:
    key = (settings.fusion, settings.retrieval.depth)
    if key not in fusions:
        fusions.clear()  # neighbours in a grid share a fusion; more than one at once is only memory
        fusions[key] = fused(stored, settings.fusion, settings.retrieval.depth)
    rank = best_gold_rank(stored, fusions[key], settings)
    if measure == "hit":
        return ((rank > 0) & (rank <= settings.retrieval.k)).astype(float)
    return np.where((rank > 0) & (rank <= 10), 1 / np.maximum(rank, 1), 0.0)


def _cross_validate(values: NDArray[np.float64], random: np.random.Generator) -> tuple[list[int], NDArray[np.float64]]:
    """The setting that each fold's other questions choose, and every question's value under its fold's choice."""
    questions = values.shape[1]
    fold = random.permutation(questions) % min(FOLDS, questions)
    held = np.empty(questions)
    chosen = []
    for number in range(min(FOLDS, questions)):
        inside = fold != number if questions > 1 else fold == number
        best = int(values[:, inside].mean(axis=1).argmax())
        chosen.append(best)
        held[fold == number] = values[best, fold == number]
    return chosen, held


def interval(values: NDArray[np.float64], random: np.random.Generator) -> tuple[float, float, float]:
    """The mean and its 95 % percentile bootstrap interval over questions (Efron, 1979)."""
    size = len(values)
    means = np.array([values[random.integers(0, size, size)].mean() for _ in range(RESAMPLES)])
    low, high = np.quantile(means, (0.025, 0.975))
    return float(values.mean()), float(low), float(high)

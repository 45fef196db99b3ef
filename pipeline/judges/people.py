"""A judge held against people who graded the same answers: how far they agree, who is more lenient, and which errors
the judge lets pass. Reads what ``hansang export --scheme answer --form jsonl`` writes; knows no label database.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from scipy import stats

from pipeline.errors.files import FileProblem
from pipeline.evaluation.judgements import Judgement, Measure
from pipeline.evaluation.records import Record

GRADES: Mapping[Measure, str] = {"faithfulness": "faithfulness", "answer_relevancy": "relevance"}
"""The field of the label scheme ``answer`` that asks of people what a measure asks of a judge."""

LEVELS = 5
PASS = 0.7  # from which a judge's score says that an answer is good
DRAWS = 2_000
FILE = "data.jsonl"


@dataclass(frozen=True, slots=True)
class Graded:
    """What people made of an answer: points from 1 to 5 by field, and the kinds of error that they found."""

    question: str
    answer: str
    points: Mapping[str, float]
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """A judge's score and people's points for one answer, both from 0 to 1."""

    judge: float
    people: float
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorType:
    """Answers in which people found one kind of error: the judge's mean score, and the share that it lets pass."""

    answers: int
    mean: float
    passed: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How one measure of a judge agrees with people over ``pairs`` answers.

    ``kappa`` is Cohen's with quadratic weights on five levels, ``spearman`` the rank correlation; None where one of
    the two sides never varies. ``leniency`` is the mean of judge minus people, from −1 to 1, with its 95 % interval:
    above 0 the judge is the kinder one.
    """

    pairs: int
    kappa: float | None
    spearman: float | None
    leniency: float
    low: float
    high: float
    errors: Mapping[str, ErrorType]


def read_graded(path: Path) -> list[Graded]:
    """The graded answers of an export: its folder, or the file ``data.jsonl`` in it. Unjudgeable ones are left out.

    Raises:
        FileProblem: it isn't an export of graded answers.
    """
    file = path / FILE if path.is_dir() else path
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines if line.strip()]
        found = [_graded(row) for row in rows if row["outcome"] == "labelled" and _of_one_answer(row["context"])]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileProblem(
            path=file, problem=f"채점한 답변을 내보낸 파일이 아닙니다({type(error).__name__})",
            cure="`hansang export --scheme answer --form jsonl`로 만든 폴더를 주세요",
            problem_en="it isn't an export of graded answers",
            cure_en="Give the folder that `hansang export --scheme answer --form jsonl` made",
        ) from error  # fmt: skip
    return found


def _of_one_answer(context: Mapping[str, Any]) -> bool:
    """Whether a task is of a question's one answer; a pair is graded as a pair."""
    return "question" in context and "alternatives" not in context


def _graded(row: Mapping[str, Any]) -> Graded:
    points = {name: float(row.get(f"{name}_mean") or row[name]) for name in GRADES.values() if row[name] is not None}
    errors = tuple(sorted(str(item["label"]) for item in row.get("errors") or ()))
    return Graded(str(row["context"]["question"]), str(row["text"]), points, errors)


def pairs_of(
    records: Iterable[Record], judgements: Iterable[Judgement], graded: Iterable[Graded], measure: Measure
) -> list[Pair]:
    """The answers that both have judged by a measure: those of the same question with the same text."""
    people = {(_plain(one.question), _plain(one.answer)): one for one in graded}
    scores = {row.question: row.score for row in judgements if row.measure == measure}
    found = []
    for record in records:
        one, score = people.get((_plain(record.question), _plain(record.answer))), scores.get(record.id)
        if one is not None and score is not None and GRADES[measure] in one.points:
            found.append(Pair(score, (one.points[GRADES[measure]] - 1) / (LEVELS - 1), one.errors))
    return found


def _plain(text: str) -> str:
    return " ".join(text.split())


def agreement(pairs: Sequence[Pair], seed: int = 0) -> Agreement | None:
    """How a judge agrees with people; None without any pair."""
    if not pairs:
        return None
    judge, people = np.array([pair.judge for pair in pairs]), np.array([pair.people for pair in pairs])
    gaps = judge - people
    random = np.random.default_rng(seed)
    means = gaps[random.integers(0, len(gaps), (DRAWS, len(gaps)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    varied = len(np.unique(judge)) > 1 and len(np.unique(people)) > 1
    return Agreement(
        len(pairs),
        weighted_kappa(_levels(judge), _levels(people)),
        float(stats.spearmanr(judge, people).statistic) if varied else None,
        float(gaps.mean()),
        float(low),
        float(high),
        {kind: _error_type([pair for pair in pairs if kind in pair.errors]) for kind in _kinds(pairs)},
    )


def _kinds(pairs: Iterable[Pair]) -> list[str]:
    return sorted({kind for pair in pairs for kind in pair.errors})


def _error_type(pairs: Sequence[Pair]) -> ErrorType:
    return ErrorType(
        len(pairs), fmean(pair.judge for pair in pairs), sum(pair.judge >= PASS for pair in pairs) / len(pairs)
    )


def _levels(values: np.ndarray[Any, Any]) -> list[int]:
    """The nearest of five levels, 0 to 4; halves go up."""
    return [int(level) for level in np.floor(values * (LEVELS - 1) + 0.5)]


def weighted_kappa(one: Sequence[int], other: Sequence[int], levels: int = LEVELS) -> float | None:
    """Cohen's kappa with quadratic weights (Cohen, 1968): 1 − Σ w·observed / Σ w·expected, w = (i − j)².

    None where it isn't defined: both sides give one level only.
    """
    table = np.zeros((levels, levels))
    np.add.at(table, (list(one), list(other)), 1)
    places = np.arange(levels)
    weights = (places[:, None] - places[None, :]) ** 2
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    chance = float((weights * expected).sum())
    return None if chance == 0 else 1 - float((weights * table).sum()) / chance

"""A judge's sitting over one run: what is missing in the ledger is asked for, each judgement kept at once, in any order
but written in the order of the questions at the end.

Killed at any moment it loses at most the calls under way, and the next sitting goes on from there.
"""

from __future__ import annotations

import asyncio
import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.errors.endpoints import EndpointDown
from pipeline.errors.judges import JudgeRefused
from pipeline.evaluation.judgements import (
    MEASURES,
    OF_ANSWERS,
    Judgement,
    Key,
    Measure,
    appending,
    read_ledger,
    write_ledger,
)
from pipeline.judges.asking import Bench, Todo, judge_one, now
from pipeline.judges.costs import BudgetSpent, Estimate, Price, estimate
from pipeline.judges.pace import DAY, LongWait
from pipeline.judges.prices import keep_price
from pipeline.judges.types import Implementation
from pipeline.storage import locked

LOCK = ".judge.lock"


@dataclass(frozen=True, slots=True)
class State:
    """How far a sitting is. ``resumed`` judgements were there before; ``dollars`` are all that was ever spent."""

    done: int
    total: int
    resumed: int
    statuses: Mapping[str, int]
    dollars: float


@dataclass(frozen=True, slots=True)
class Sitting:
    """What came of it. ``stopped`` says why it ended early (``budget``, ``pace``; empty: it didn't), ``wait`` for how
    many seconds there will be no turn.
    """

    judgements: tuple[Judgement, ...]
    made: int
    left: int
    statuses: Mapping[str, int]
    dollars: float
    stopped: str = ""
    wait: float = 0.0


Watch = Callable[[State], None]


def open_todos(
    todos: Iterable[Todo], ledger: Iterable[Judgement], judge: str, implementation: Implementation
) -> list[Todo]:
    """What is left to do: what has no line, one that didn't succeed, or one of something that has changed since."""
    rows = {row.key: row for row in ledger}
    prompts: Mapping[Measure, str] = {measure: implementation.prompt(measure) for measure in MEASURES}
    left = []
    for todo in todos:
        row = rows.get((todo.case.id, todo.measure, prompts[todo.measure], judge))
        if row is None:
            left.append(todo)
        elif not row.settled or row.digest != todo.digest:
            left.append(replace(todo, before=row))
    return left


def estimate_of(left: Sequence[Todo], implementation: Implementation, price: Price) -> Estimate:
    """What the rest would cost."""
    asked = [todo for todo in left if not _needs_no_judge(todo)]
    said = [talk for todo in asked for talk in implementation.conversations(todo.measure, todo.case)]
    return estimate(said, len(asked), price)


def spent(ledger: Iterable[Judgement], judge: str, price: Price) -> float:
    """Dollars that a ledger's calls to a judge came to, at a price."""
    return sum(price.of(row.tokens_in, row.tokens_out) for row in ledger if row.judge == judge)


def calls_of_today(ledgers: Iterable[Judgement], judge: str, at: float) -> list[float]:
    """When a judge was called within the last day (seconds since 1970), as far as ledgers tell: by their last calls."""
    times: list[float] = []
    for row in ledgers:
        if row.judge == judge and row.at:
            moment = datetime.datetime.fromisoformat(row.at).timestamp()
            if moment > at - DAY:
                times += [moment] * row.calls
    return times


def sit(
    folder: Path, todos: Sequence[Todo], bench: Bench, *, workers: int = 4, watch: Watch = lambda state: None
) -> Sitting:
    """Judge what is missing in a run's ledger.

    Args:
        todos: all that the run has to be judged, those included that are done, in the order of the ledger.
        watch: called after every judgement.

    Raises:
        HomeLocked: somebody else judges the same run.
        DiskFull: there is no room; what was judged before is kept.
        JudgeRefused, EndpointDown: the judge can't be asked; what was judged before is kept.
    """
    with locked(folder / LOCK):
        rows = {row.key: row for row in read_ledger(folder)}
        left = open_todos(todos, rows.values(), bench.judge.name, bench.implementation)
        resumed = len(todos) - len(left)
        write_ledger(folder, rows.values())  # whole again, should a line have been cut off
        keep_price(folder, bench.judge.name, bench.spending.price)
        with appending(folder) as append:
            made: list[Judgement] = []

            def keep(row: Judgement) -> None:
                append(row)
                rows[row.key] = row
                made.append(row)
                counts = Counter[str](each.status for each in made)
                watch(State(resumed + len(made), len(todos), resumed, counts, bench.spending.spent))

            stop = asyncio.run(_judge_all(left, bench, keep, workers))
        write_ledger(folder, _in_order(rows, todos))
    if isinstance(stop, JudgeRefused | EndpointDown):
        raise stop
    reason = "budget" if isinstance(stop, BudgetSpent) else "pace" if isinstance(stop, LongWait) else ""
    wait = stop.seconds if isinstance(stop, LongWait) else 0.0
    statuses = dict(Counter[str](row.status for row in made))
    return Sitting(tuple(rows.values()), len(made), len(left) - len(made), statuses, bench.spending.spent, reason, wait)


def _in_order(rows: Mapping[Key, Judgement], todos: Sequence[Todo]) -> list[Judgement]:
    """By question, then by measure; what isn't of this run any more comes last."""
    places = {id_: place for place, id_ in enumerate(dict.fromkeys(todo.case.id for todo in todos))}
    return sorted(
        rows.values(),
        key=lambda row: (
            places.get(row.question, len(places)), row.question, MEASURES.index(row.measure), row.prompt, row.judge
        ),
    )  # fmt: skip


async def _judge_all(
    left: Sequence[Todo], bench: Bench, keep: Callable[[Judgement], None], workers: int
) -> Exception | None:
    """Judge with several calls at once. Returns why it ended early, once what was under way is finished."""
    office = _Office(iter(left))
    tasks = [asyncio.create_task(_work(office, bench, keep)) for _ in range(workers)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await bench.judge.close()
        await bench.implementation.close()
    return office.stop


@dataclass(slots=True)
class _Office:
    """What the workers share: what is left, and why nothing more is begun."""

    waiting: Iterator[Todo]
    stop: Exception | None = field(default=None)


async def _work(office: _Office, bench: Bench, keep: Callable[[Judgement], None]) -> None:
    for todo in office.waiting:
        if office.stop is not None:
            return
        if _needs_no_judge(todo):
            keep(_abstained(todo, bench))
            continue
        try:
            keep(await judge_one(todo, bench))
        except (BudgetSpent, LongWait, JudgeRefused, EndpointDown) as stop:
            office.stop = office.stop or stop
            return


def _needs_no_judge(todo: Todo) -> bool:
    return todo.case.abstained and todo.measure in OF_ANSWERS


def _abstained(todo: Todo, bench: Bench) -> Judgement:
    prompt = bench.implementation.prompt(todo.measure)
    return Judgement(todo.case.id, todo.measure, prompt, bench.judge.name, todo.digest, "abstained", at=now())

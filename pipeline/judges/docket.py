"""All that a run has to be judged: opened, estimated, put before a judge, and its results written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipeline.errors.judges import NothingToJudge, PriceMissing
from pipeline.evaluation.checks import write_check
from pipeline.evaluation.judgements import MEASURES, Judgement, Measure, read_ledger
from pipeline.evaluation.records import Record
from pipeline.evaluation.running import write_results
from pipeline.evaluation.runs import Plan, read_plan, read_records, run_folder
from pipeline.evaluation.summary import Summary
from pipeline.index import Index
from pipeline.judges.asking import Bench, Todo
from pipeline.judges.cases import EndpointSimilarity, IndexSimilarity, case_of, open_index, todos
from pipeline.judges.choosing import Choice, make_judge
from pipeline.judges.costs import Estimate, Price, Spending
from pipeline.judges.endpoint import EndpointJudge
from pipeline.judges.measures import Ours
from pipeline.judges.pace import BASE, PATIENCE, Pace
from pipeline.judges.people import GRADES, Agreement, Graded, agreement, pairs_of
from pipeline.judges.sitting import Sitting, Watch, calls_of_today, estimate_of, open_todos, sit, spent
from pipeline.judges.types import Implementation, Similarity


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be judged by whom, how fast, for how much. ``price`` is None where nobody said it.

    ``embeddings`` is the endpoint's model by which questions are compared; empty: the index's own vectors.
    ``base`` and ``patience`` are seconds, see ``Pace``.
    """

    run: str
    choice: Choice
    measures: Sequence[Measure] = MEASURES
    price: Price | None = None
    budget: float | None = None
    per_minute: int = 0
    per_day: int = 0
    workers: int = 4
    embeddings: str = ""
    base: float = BASE
    patience: float = PATIENCE
    implementation: Implementation = field(default_factory=Ours)

    @property
    def rate(self) -> Price:
        """The price to reckon by; nothing where nobody said it."""
        return self.price or Price()


@dataclass(frozen=True, slots=True)
class Docket:
    """A run with what was judged of it and what is left."""

    order: Order
    runs: Path
    folder: Path
    plan: Plan
    records: Sequence[Record]
    index: Index
    similar: str
    todos: Sequence[Todo]
    ledger: Sequence[Judgement]
    left: Sequence[Todo]

    @property
    def complete(self) -> bool:
        """Whether the run itself is finished."""
        return len(self.records) == self.plan.questions

    def estimate(self) -> Estimate:
        """What the rest would cost."""
        return estimate_of(self.left, self.order.implementation, self.order.rate)

    @property
    def dollars(self) -> float:
        """What was spent on this judge in this run so far."""
        return spent(self.ledger, self.order.choice.name, self.order.rate)


def open_docket(runs: Path, indexes: Path, order: Order) -> Docket:
    """Look what there is to judge.

    Raises:
        BadRunName, RunNotFound, RunIndexGone: the run, or what it saw, isn't there.
        NothingToJudge: none of its questions can be judged so.
        PriceMissing: a budget is to be kept and no price is known.
    """
    if order.budget is not None and order.price is None and order.choice.kind != "local":
        raise PriceMissing(judge=order.choice.name)
    folder = run_folder(runs, order.run)
    plan = read_plan(folder)
    records = read_records(folder)
    index = open_index(indexes, plan, order.run)
    cases = {record.id: case_of(record, index.passages) for record in records if record.status == "ok"}
    similar = order.embeddings or index_similarity(index, plan).name
    every = todos(records, cases, order.measures, order.implementation, similar)
    if not every:
        raise NothingToJudge(name=order.run)
    ledger = read_ledger(folder)
    left = open_todos(every, ledger, order.choice.name, order.implementation)
    return Docket(order, runs, folder, plan, records, index, similar, every, ledger, left)


def index_similarity(index: Index, plan: Plan) -> IndexSimilarity:
    """The index's own way to compare questions."""
    return IndexSimilarity(index, str(plan.settings["tokenizer"]))


def hold(docket: Docket, watch: Watch = lambda state: None) -> Sitting:
    """Put what is left before the judge, and write the results of a finished run anew.

    Raises:
        JudgeUnavailable, JudgeRefused, EndpointDown: the judge can't be asked.
        DiskFull, HomeLocked: see ``sit``.
    """
    try:
        return sit(docket.folder, docket.todos, _bench(docket), workers=docket.order.workers, watch=watch)
    finally:  # also when the judge went away: what it said until then counts
        results(docket)


def results(docket: Docket) -> Summary | None:
    """Write summary and report with what is judged by now; None where the run itself isn't finished."""
    return write_results(docket.folder, docket.plan, docket.records) if docket.complete else None


def _bench(docket: Docket) -> Bench:
    order = docket.order
    judge = make_judge(order.choice)
    now = time.time()
    ledgers = [row for path in docket.runs.glob("*") if path.is_dir() for row in read_ledger(path)]
    used = calls_of_today(ledgers, order.choice.name, now)
    pace = Pace(order.per_minute, order.per_day, used, patience=order.patience, base=order.base)
    spending = Spending(order.rate, order.budget, docket.dollars)
    similarity: Similarity = index_similarity(docket.index, docket.plan)
    if order.embeddings and isinstance(judge, EndpointJudge):
        similarity = EndpointSimilarity(judge, order.embeddings, pace, spending)
    return Bench(judge, order.implementation, pace, spending, similarity, docket.similar)


def compare_with_people(docket: Docket, people: Sequence[Graded]) -> dict[Measure, Agreement]:
    """Hold the judge against people's grades of the same answers, keep what comes of it, and write the results anew."""
    name, implementation = docket.order.choice.name, docket.order.implementation
    found: dict[Measure, Agreement] = {}
    for measure in GRADES:
        rows = [r for r in read_ledger(docket.folder) if r.judge == name and r.prompt == implementation.prompt(measure)]
        compared = agreement(pairs_of(docket.records, rows, people, measure))
        if compared is not None:
            found[measure] = compared
    if found:
        prompts: dict[str, str] = {measure: implementation.prompt(measure) for measure in found}
        write_check(docket.folder, name, prompts, {measure: asdict(one) for measure, one in found.items()})
        results(docket)
    return found

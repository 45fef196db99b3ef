"""The two sides of a compressed model's gate: each model's answers as an evaluation run, its server timed meanwhile.

The two need not be up together: what came of a side is kept in the folder's report, and the verdict is given when both
are there. A run is taken up again where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.config import with_overrides
from pipeline.endpoint import Endpoint
from pipeline.errors.optimising import LlmServesAnother, NothingToGate
from pipeline.evaluation import llm_bench as lb
from pipeline.evaluation.judgements import read_ledger
from pipeline.evaluation.llm_gate import Rules, gate
from pipeline.evaluation.llm_prompts import prompts, pseudo_questions, room_at
from pipeline.evaluation.llm_server import Served, look
from pipeline.evaluation.running import Evaluation, evaluate
from pipeline.evaluation.runs import Watch, read_records
from pipeline.optimising.llm.compressing import hash_of
from pipeline.optimising.llm.report import SIDES, Optimised, Side, State, write
from pipeline.service import Service
from pipeline.types import Sample

LOADS = (1, 8)
"""Callers at once with whom a side's server is timed."""

REQUESTS = 16
HELLO = ({"role": "user", "content": "안녕하세요?"},)
OPTIONS: Mapping[Side, str] = {"original": "--original", "compressed": "--compressed"}
_KOREAN: Mapping[Side, str] = {"original": "원래", "compressed": "줄인"}


@dataclass(frozen=True, slots=True)
class Job:
    """What both sides are asked: of which index, with which settings, how many questions at once, whether timed."""

    index: str
    overrides: Mapping[str, object] = field(default_factory=dict)
    workers: int = 4
    seed: int = 0
    timed: bool = True


def unseen(samples: Sequence[Sample], report: Optimised) -> list[Sample]:
    """The questions on which the model wasn't calibrated: it would be at its best there."""
    seen = set(report.calibration.seen)
    return [sample for sample in samples if hash_of(sample.question.text) not in seen]


def overrides_for(endpoint: Endpoint, overrides: Mapping[str, object]) -> dict[str, object]:
    """The settings by which a server is asked everything, always in the same way."""
    fixed = {"generator": "openai", "llm.url": endpoint.url, "llm.model": endpoint.model, "llm.temperature": 0,
             "llm.gate": "off"}  # fmt: skip
    return {**overrides, **fixed}


def run_name(
    folder: Path, side: Side, report: Optimised, endpoint: Endpoint, samples: Sequence[Sample], job: Job
) -> str:
    """What a side's run is called: another name for another model, server, index or question, so that none is mixed."""
    told = [report.made, report.revision, endpoint.url, endpoint.model, job.index, dict(job.overrides), job.seed]
    asked = [[sample.question.id, sample.question.text] for sample in samples]
    digest = hashlib.sha256(json.dumps([told, asked], ensure_ascii=False, default=str).encode()).hexdigest()[:8]
    slug = re.sub(r"[^\w가-힣.-]", "-", folder.resolve().name)[:40].lstrip(".-") or "model"
    return f"gate-{slug}-{side}-{digest}"


def check_served(served: Served, side: Side, folder: Path, report: Optimised) -> None:
    """Make sure that a server has the model whose answers are wanted, as far as it tells what it has.

    Raises:
        LlmServesAnother: it has another.
    """
    if served.root is None:
        return
    name = Path(served.root).name
    wanted = {folder.resolve().name} if side == "compressed" else {Path(report.source).name, report.revision}
    if name not in wanted:
        raise LlmServesAnother(
            url=served.url, found=served.root, side=_KOREAN[side], side_en=side,
            wanted=folder.resolve() if side == "compressed" else report.source,
        )  # fmt: skip


def answer(
    service: Service, folder: Path, report: Optimised, side: Side, endpoint: Endpoint, samples: Sequence[Sample],
    job: Job, watch: Watch = lambda state: None, told: Callable[[str, int], None] = lambda what, done: None,
) -> Optimised:  # fmt: skip
    """Ask a side all questions, time its server, and keep both in the folder's report, which is ungated then.

    Raises:
        HansangError: the server can't be used or has another model, or the index can't be asked.
    """
    limits = with_overrides(service.settings, job.overrides).llm
    server = lb.server_at(endpoint, limits.answer_tokens, limits)
    lb.knock(server)
    check_served(look(endpoint), side, folder, report)
    lb.warm(server, HELLO)  # before a whole run of errors
    name = run_name(folder, side, report, endpoint, samples, job)
    overrides = overrides_for(endpoint, job.overrides)
    evaluate(service, samples, Evaluation(name, job.index, overrides, job.seed, job.workers, again=True), watch)
    loads = _timed(service, server, job, told) if job.timed else []
    facts = {**asdict(look(endpoint)), "loads": [asdict(load) for load in loads]}  # its memory after the work
    report = replace(
        report, state="ungated", gate={}, runs={**report.runs, side: name}, servers={**report.servers, side: facts}
    )
    write(folder, report)
    return report


def _timed(service: Service, server: lb.Server, job: Job, told: Callable[[str, int], None]) -> list[lb.Load]:
    count = lb.needed(LOADS, REQUESTS)
    fit = room_at(server.line, with_overrides(service.settings, job.overrides).llm, server.tokens)
    questions = pseudo_questions(service, job.index, job.seed)
    asked = prompts(service, job.index, questions, count, job.overrides, told, fit)
    first, *rest = [each.turns for each in asked]
    lb.warm(server, first)
    return [lb.load(server, part, together, told) for together, part in lb.portions(rest or [first], LOADS, REQUESTS)]


def verdict(runs: Path, folder: Path, report: Optimised, rules: Rules) -> Optimised:
    """Judge what both sides answered, and keep the verdict in the folder's report.

    Raises:
        NothingToGate: a side has no answers yet.
        RunsNotComparable: they were asked different questions.
    """
    for side in SIDES:
        if side not in report.runs or not read_records(runs / report.runs[side]):
            raise NothingToGate(side=_KOREAN[side], side_en=side, option=OPTIONS[side])
    one, other = (runs / report.runs[side] for side in SIDES)
    found = gate(read_records(one), read_records(other), rules, (read_ledger(one), read_ledger(other)))
    state: State = "passed" if found.passed else "refused"
    report = replace(report, state=state, gate={**asdict(found), "faster": faster(report)})
    write(folder, report)
    return report


def faster(report: Optimised) -> list[dict[str, Any]]:
    """How many times as fast the compressed model was, load by load; they were timed one after the other."""
    sides = [{load["together"]: load for load in report.servers.get(side, {}).get("loads", ())} for side in SIDES]
    before, after = sides
    return [
        {"together": together, **asdict(lb.ratio(_load(after[together]), _load(before[together])))}
        for together in before
        if together in after
    ]


def _load(value: Mapping[str, Any]) -> lb.Load:
    spreads = {name: lb.Spread(**value[name]) for name in ("first_ms", "token_ms")}
    return lb.Load(**{**value, **spreads})

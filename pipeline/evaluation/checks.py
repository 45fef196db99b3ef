"""Where it is kept that a judge was held against people: beside the ledger of the run whose answers were compared."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.evaluation.judged import Judged, judged
from pipeline.evaluation.judgements import read_ledger
from pipeline.evaluation.records import Record
from pipeline.storage import clear_errors, write_json

CHECKS = "judge-checks.json"


def write_check(folder: Path, judge: str, prompts: Mapping[str, str], found: Mapping[str, Any]) -> None:
    """Keep a comparison; an older one of the same judge in this run is replaced.

    Args:
        prompts: the prompt of each measure compared.
        found: what came of it, as JSON; ``pairs`` of each measure at least.
    """
    path = folder / CHECKS
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    with clear_errors(path):
        write_json(path, {**before, judge: {"prompts": dict(prompts), "measures": dict(found)}})


def pairs_checked(runs: Path, prompts: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """On how many answers each judge was compared with people, with the prompts that it is used with now.

    The best comparison of all the runs under ``runs`` counts: a judge is checked once, not once a run.

    Args:
        prompts: the prompts that each judge is used with.
    """
    best: dict[str, int] = {}
    for path in sorted(runs.glob(f"*/{CHECKS}")):
        for judge, check in json.loads(path.read_text(encoding="utf-8")).items():
            compared = [
                int(found["pairs"])
                for measure, found in check["measures"].items()
                if check["prompts"][measure] in prompts.get(judge, ())
            ]
            best[judge] = max([best.get(judge, 0), *compared])
    return best


def judged_of(folder: Path, records: Sequence[Record]) -> dict[str, Judged]:
    """What each judge made of a run, and on how many answers it was held against people; empty where none was asked."""
    ledger = read_ledger(folder)
    prompts = {judge: one.prompts for judge, one in judged(records, ledger).items()}
    return judged(records, ledger, pairs_checked(folder.parent, prompts)) if prompts else {}

"""Evaluation runs over HTTP: which there are, how far they are, what they came to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

from app.api.paging import DEFAULT, Cursor, Limit, Listed, checked_limit, page_of, place_of
from app.api.replies import problems
from app.refusals import BadCursor, PageTooLong
from pipeline.errors.evaluation import BadRunName, RunNotFound
from pipeline.evaluation.runs import Plan, read_plan, read_records, run_folder, run_names
from pipeline.service import Service

SUMMARY = "summary.json"


class RunRow(BaseModel):
    """A run: what was asked of what, and whether all of it is done."""

    name: str = Field(examples=["weight-0.4"])
    index: str = Field(examples=["demo"])
    index_version: str
    questions: int = Field(examples=[2_223])
    finished: bool


class RunReply(RunRow):
    """One run with its settings and, once it is finished, its summary."""

    done: int = Field(description="끝난 질문 수")
    settings: dict[str, Any]
    versions: dict[str, str]
    summary: dict[str, Any] | None


def add_runs(api: FastAPI, service: Service) -> None:
    """Put the routes into the API."""
    root = service.home.runs

    @api.get("/v1/runs", tags=["평가"], summary="평가 목록", responses=problems(BadCursor, PageTooLong, body=False))
    def runs(cursor: Cursor = "", limit: Limit = DEFAULT) -> Listed[RunRow]:
        """The runs by name."""
        size, place = checked_limit(limit, service.settings.service), place_of(cursor, "runs", str)
        names, more = page_of("runs", sorted(run_names(root)), place, size)
        return Listed(items=[_row(root / name, read_plan(root / name)) for name in names], next=more)

    @api.get(
        "/v1/runs/{name}", tags=["평가"], summary="평가 하나", responses=problems(RunNotFound, BadRunName, body=False)
    )
    def run(name: str) -> RunReply:
        """What a run came to; before its end, how far it is."""
        folder = run_folder(root, name)
        plan, summary = read_plan(folder), _summary(folder)
        done = plan.questions if summary is not None else len(read_records(folder))
        row = _row(folder, plan).model_dump()
        return RunReply(**row, done=done, **_more(plan), summary=summary)


def _row(folder: Path, plan: Plan) -> RunRow:
    known = {name: value for name, value in asdict(plan).items() if name in RunRow.model_fields}
    return RunRow(name=folder.name, finished=(folder / SUMMARY).exists(), **known)


def _more(plan: Plan) -> Mapping[str, Any]:
    return {"settings": dict(plan.settings), "versions": dict(plan.versions)}


def _summary(folder: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return found

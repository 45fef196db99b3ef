"""Jobs over HTTP: how far they are, and how to stop one."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import FastAPI, Request
from fastapi.responses import Response

from app.api.keyed import IdempotencyKey, once
from app.api.paging import DEFAULT, Cursor, Limit, Listed, checked_limit, cursor_of, place_of
from app.api.replies import problems
from app.jobs.desk import Desk
from app.jobs.types import Job
from app.refusals import BadCursor, BadKey, JobEnded, JobNotFound, KeyBusy, KeyReused, PageTooLong
from pipeline.service import Service


def add_jobs(api: FastAPI, service: Service, desk: Desk) -> None:
    """Put the routes into the API."""

    @api.get("/v1/jobs", tags=["작업"], summary="작업 목록", responses=problems(BadCursor, PageTooLong, body=False))
    def jobs(cursor: Cursor = "", limit: Limit = DEFAULT) -> Listed[Job]:
        """Jobs, the newest first."""
        size, place = checked_limit(limit, service.settings.service), place_of(cursor, "jobs", int)
        found, more = desk.store.page(place[0] if place else None, size)
        return Listed(items=found, next=None if more is None else cursor_of("jobs", more))

    @api.get("/v1/jobs/{job_id}", tags=["작업"], summary="작업 하나", responses=problems(JobNotFound, body=False))
    def job(job_id: str) -> Job:
        """How far a job is: its state, stage and counts; its result or what went wrong."""
        return desk.store.get(job_id)

    @api.delete(
        "/v1/jobs/{job_id}",
        tags=["작업"],
        summary="작업 취소",
        responses={
            200: {"model": Job},
            **problems(JobNotFound, JobEnded, BadKey, KeyReused, KeyBusy, body=False),
        },
    )
    def cancel(job_id: str, request: Request, key: IdempotencyKey = "") -> Response:
        """Stop a job. What it was to replace stays as it was."""
        return once(desk, request, key, None, lambda: (200, asdict(desk.runner.cancel(job_id))))

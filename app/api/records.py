"""Stored answers over HTTP, and what people say of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.responses import Response
from pydantic import Field

from app.api.asking import whole_trace
from app.api.keyed import IdempotencyKey, once
from app.api.paging import DEFAULT, Cursor, Limit, Listed, checked_limit, cursor_of, place_of
from app.api.replies import TraceReply, problems
from app.bodies import Body
from app.jobs.desk import Desk
from app.refusals import BadCursor, BadKey, KeyBusy, KeyReused, PageTooLong
from pipeline.errors.machine import DiskFull
from pipeline.errors.questions import TraceNotFound
from pipeline.service import Service
from pipeline.traces import Feedback, TraceRow


class FeedbackBody(Body):
    """What somebody says of an answer."""

    trace: str = Field(max_length=200, description="답변의 id", examples=["9f2c51d07a3be846"])
    vote: Literal["up", "down"] = Field(examples=["down"])
    reason: str = Field("", max_length=2_000, description="왜", examples=["근거와 다름"])


def add_records(api: FastAPI, service: Service, desk: Desk) -> None:
    """Put the routes into the API."""

    @api.get(
        "/v1/traces", tags=["답변"], summary="저장된 답변들", responses=problems(BadCursor, PageTooLong, body=False)
    )
    def traces(cursor: Cursor = "", limit: Limit = DEFAULT) -> Listed[TraceRow]:
        """Stored answers, the newest first."""
        size = checked_limit(limit, service.settings.service)
        place = place_of(cursor, "traces", str, str)
        rows = service.traces((place[0], place[1]) if place else None, size + 1)
        shown = rows[:size]
        more = cursor_of("traces", shown[-1].created, shown[-1].id) if len(rows) > size else None
        return Listed(items=shown, next=more)

    @api.get(
        "/v1/traces/{trace_id}",
        tags=["답변"],
        summary="저장된 답변 하나",
        response_class=Response,
        responses={200: {"model": TraceReply}, **problems(TraceNotFound, body=False)},
    )
    def trace(trace_id: str) -> Any:
        """A stored answer, with all that is behind it."""
        return whole_trace(service.trace(trace_id))

    @api.post(
        "/v1/feedback",
        tags=["답변"],
        summary="답변에 대한 의견",
        responses={200: {"model": Feedback}, **problems(TraceNotFound, BadKey, KeyReused, KeyBusy, DiskFull)},
    )
    def feedback(body: FeedbackBody, request: Request, key: IdempotencyKey = "") -> Response:
        """Keep what somebody says of an answer; what comes back was read from the store."""
        return once(
            desk, request, key, body.model_dump(),
            lambda: (200, asdict(service.add_feedback(body.trace, body.vote, body.reason))),
        )  # fmt: skip

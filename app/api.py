"""The HTTP door: questions, traces, X-rays and feedback as JSON. Errors are problem documents (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from pydantic import Field

from app.bodies import Body
from app.inspecting import add_inspecting
from app.problems import handle_errors, refuse_the_rest
from app.reference import reference_page
from pipeline.errors import HansangError
from pipeline.service import QUESTION_LIMIT, Request, Service
from pipeline.trace_json import to_json
from pipeline.trace_stream import change
from pipeline.types import Trace


class AskBody(Body):
    """A question."""

    question: str = Field(max_length=QUESTION_LIMIT * 100, examples=["마포에서 주차 편한 고깃집 있어?"])
    index: str = Field("demo", examples=["demo"])
    set: dict[str, Any] = Field(default_factory=dict, examples=[{"fusion.weight": 0.4}])
    previous: str = ""
    without: list[str] = Field(default_factory=list, examples=[["district:마포"]])
    stream: bool = False

    def request(self, *, answer: bool) -> Request:
        """The same for the service."""
        return Request(self.question, self.index, self.set, self.previous, tuple(self.without), answer)


class FeedbackBody(Body):
    """What somebody says of an answer."""

    trace: str = Field(examples=["9f2c51d07a3be846"])
    vote: Literal["up", "down"]
    reason: str = Field("", max_length=2_000, examples=["근거와 다름"])


def create_api(service: Service) -> FastAPI:
    """The API over a service."""
    about = "한국어 맛집 후기에 묻고, 답의 근거를 모두 봅니다. Ask Korean reviews, see everything behind the answer."
    api = FastAPI(title="한상", version="1", description=about, docs_url=None, redoc_url=None)
    handle_errors(api)
    _add_questions(api, service)
    _add_records(api, service)
    add_inspecting(api, service)
    refuse_the_rest(api)
    return api


def _add_questions(api: FastAPI, service: Service) -> None:
    @api.post("/v1/ask")
    def ask(body: AskBody) -> Any:
        """Answer a question; with ``stream`` the growing trace comes as server-sent events.

        Each event has the fields that changed; a candidate (by ``passage_id``) what is new of it.
        """
        traces = service.ask(body.request(answer=True))
        if body.stream:
            return StreamingResponse(_events(traces), media_type="text/event-stream")
        return _whole(_last(traces))

    @api.post("/v1/search")
    def search(body: AskBody) -> Any:
        """The candidates of every stage, without an answer."""
        return _whole(_last(service.ask(body.request(answer=False))))

    @api.post("/v1/explain")
    def explain(body: AskBody, passage: Annotated[str, Query()]) -> Any:
        """The morpheme X-ray of a question and a passage."""
        return asdict(service.explain(body.request(answer=False), passage))


def _add_records(api: FastAPI, service: Service) -> None:
    @api.get("/v1/traces/{trace_id}")
    def trace(trace_id: str) -> Any:
        """A stored answer."""
        return _whole(service.trace(trace_id))

    @api.post("/v1/feedback")
    def feedback(body: FeedbackBody) -> Any:
        """Keep what somebody says of an answer; what comes back was read from the store."""
        return asdict(service.add_feedback(body.trace, body.vote, body.reason))

    @api.get("/v1/indexes")
    def indexes() -> Any:
        """The indexes that can be asked."""
        return [asdict(manifest) for manifest in service.indexes()]

    @api.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(reference_page(api.openapi()))

    @api.get("/livez")
    def livez() -> Any:
        """The process answers."""
        return {"status": "ok"}


def _last(traces: Iterator[Trace]) -> Trace:
    *_, last = traces
    return last


def _whole(trace: Trace) -> Response:
    # it is JSON already, and FastAPI would look at each of its thousands of values
    return Response(json.dumps(to_json(trace), ensure_ascii=False), media_type="application/json")


def _events(traces: Iterator[Trace]) -> Iterator[str]:
    before = None
    try:
        for trace in traces:
            yield _event(trace.state, change(before, trace))
            before = trace
    except HansangError as error:
        yield _event("error", {"code": error.code, "detail": error.korean, "detail_en": error.english})


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"

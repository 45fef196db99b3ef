"""Questions over HTTP: the answer whole or as it grows, the search by itself, the X-ray of a passage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from app.api import opened
from app.api.replies import PASSAGE, QUESTION, Responses, TraceReply, problems
from app.api.streaming import EVENTS, HEADERS, event, known, lines
from app.bodies import Body
from app.refusals import SettingNotOpen
from pipeline.errors.indexes import AnalyserNotIndexed, IndexDamaged, IndexNotFound, IndexOutdated, PassageNotFound
from pipeline.errors.machine import BackendUnavailable
from pipeline.errors.questions import QuestionEmpty, QuestionTooLong, TraceNotFound
from pipeline.errors.settings import BadSetting, IndexTimeSetting, UnknownSetting
from pipeline.service import QUESTION_LIMIT, Request, Service, clean_question
from pipeline.settings import Settings
from pipeline.trace_json import to_text
from pipeline.trace_stream import change
from pipeline.types import Trace
from pipeline.xray import Xray

ASKING = (
    QuestionEmpty, QuestionTooLong, UnknownSetting, BadSetting, IndexTimeSetting, SettingNotOpen,
    IndexNotFound, TraceNotFound, IndexDamaged, IndexOutdated, AnalyserNotIndexed, BackendUnavailable,
)  # fmt: skip
"""What may be wrong with whatever asks a question."""

_STREAM = {"example": 'event: understood\ndata: {"id": "9f2c51d07a3be846", …}\n\n'}


class AskBody(Body):
    """A question."""

    question: str = Field(max_length=QUESTION_LIMIT * 100, description="질문", examples=[QUESTION])
    index: str = Field("demo", max_length=200, description="물어볼 색인", examples=["demo"])
    set: dict[str, Any] = Field(
        default_factory=dict, description="이 질문에만 쓸 설정", examples=[{"fusion.weight": 0.4}]
    )
    previous: str = Field("", max_length=200, description="이어서 묻는 앞 답변의 id")
    without: list[str] = Field(
        default_factory=list, max_length=100, description="뺄 조건", examples=[["category:카페"]]
    )
    session: str = Field("", max_length=200, description="대화의 이름: 실험(A/B)의 변형이 이것으로 정해짐")
    stream: bool = Field(False, strict=True, description="자라는 답을 server-sent events로")

    def request(self, settings: Settings, *, answer: bool) -> Request:
        """The same for the service.

        Raises:
            SettingNotOpen, QuestionTooLong: it isn't for a request to say that.
        """
        checked_question(self.question, settings)
        overrides = opened.checked(settings, self.set)
        return Request(
            self.question, self.index, overrides, self.previous, tuple(self.without), answer, session=self.session
        )


def checked_question(question: str, settings: Settings) -> None:
    """Make sure that a question is no longer than the server takes.

    Raises:
        QuestionEmpty, QuestionTooLong: it can't be asked.
    """
    length, limit = len(clean_question(question)), settings.service.question_chars
    if length > limit:
        raise QuestionTooLong(length=length, limit=limit)


def add_asking(api: FastAPI, service: Service) -> None:
    """Put the routes into the API."""
    settings = service.settings
    whole: Responses = {200: {"model": TraceReply}, **problems(*ASKING)}
    streamed: Responses = {**whole, 200: {"model": TraceReply, "content": {EVENTS: _STREAM}}}

    @api.post("/v1/ask", tags=["질문"], summary="질문에 답하기", responses=streamed, response_class=Response)
    def ask(body: AskBody) -> Any:
        """Answer a question; with ``stream`` the growing trace comes as server-sent events.

        Each event has the fields that changed; a candidate (by ``passage_id``) what is new of it. A comment comes when
        a stage takes long. Whoever leaves stops the work; what there is by then is stored.
        """
        request = body.request(settings, answer=True)
        if body.stream:
            stream = lines(_events(service.ask(request)), settings.service.heartbeat_s)
            return StreamingResponse(stream, media_type=EVENTS, headers=HEADERS)
        return _written(service.whole(request).text)

    @api.post("/v1/search", tags=["질문"], summary="찾기만 하기", responses=whole, response_class=Response)
    def search(body: AskBody) -> Any:
        """The candidates of every stage, without an answer."""
        return _written(service.whole(body.request(settings, answer=False)).text)

    @api.post(
        "/v1/explain",
        tags=["질문"],
        summary="단락 하나의 형태소 X-ray",
        responses=problems(*ASKING, PassageNotFound),
    )
    def explain(body: AskBody, passage: Annotated[str, Query(max_length=500, examples=[PASSAGE])]) -> Xray:
        """The morpheme X-ray of a question and a passage."""
        return service.explain(body.request(settings, answer=False), passage)


def whole_trace(trace: Trace) -> Response:
    """A trace as JSON."""
    return _written(to_text(trace))


def _written(text: bytes) -> Response:
    """What is JSON already: FastAPI would look at each of its thousands of values."""
    return Response(text, media_type="application/json")


def _events(traces: Iterator[Trace]) -> Iterator[str]:
    before = None
    try:
        for trace in traces:
            yield event(trace.state, change(before, trace))
            before = trace
    except Exception as error:  # noqa: BLE001  (the status is sent already: the stream itself has to tell)
        told = known(error)
        yield event("error", {"code": told.code, "detail": told.korean, "detail_en": told.english})
    finally:
        close = getattr(traces, "close", None)
        if close:
            close()

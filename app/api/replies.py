"""What the API says, for its OpenAPI document: the forms of replies, and the problems that each route may tell."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.problems import PROBLEM, MalformedRequest
from app.refusals import BodyTooLarge
from pipeline.errors.base import HansangError, UnexpectedFault
from pipeline.types import Answer, Source, Understanding

Responses = dict[int | str, dict[str, Any]]

# The examples are of the demo's reviews, so that whoever tries one gets what it promises.
QUESTION = "제주에서 주차 편한 카페 있어?"
PASSAGE = "r16-02"
SENTENCE = "주차장이 30대쯤 되고 무료라 렌터카 끌고 가기 편했어요."


class ProblemDocument(BaseModel):
    """Why something couldn't be done, with the cure (RFC 9457)."""

    type: str = Field(examples=["urn:hansang:question-empty"])
    title: str = Field(description="오류의 코드 · the error's code", examples=["question-empty"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["질문에 글자가 없습니다. 알고 싶은 것을 한 문장으로 적어 주세요."])
    detail_en: str = Field(examples=["The question has no words."])
    request_id: str = Field(description="기록에서 이 요청을 찾는 번호", examples=["5f1c02a9d3b7e846"])


class CandidateReply(BaseModel):
    """A passage that was found, with the raw score and the rank that each stage gave it."""

    passage_id: str = Field(examples=[PASSAGE])
    text: str = Field(examples=[SENTENCE])
    source: Source
    row: int
    scores: dict[str, float] = Field(examples=[{"bm25": 7.1, "vector": 0.41, "fused": 0.93, "rerank": 2.2}])
    ranks: dict[str, int] = Field(examples=[{"bm25": 1, "vector": 3}])
    relevance: float | None
    in_prompt: bool


class TraceReply(BaseModel):
    """Everything behind one answer."""

    id: str = Field(examples=["9f2c51d07a3be846"])
    question: str = Field(examples=[QUESTION])
    question_type: str
    index: str = Field(examples=["demo"])
    state: str = Field(examples=["done"])
    created: str = Field(examples=["2026-11-22T09:00:00.000+00:00"])
    previous: str
    understanding: Understanding | None
    answer: Answer | None
    candidates: list[CandidateReply]
    extremes: dict[str, list[float]]
    timings_ms: dict[str, float] = Field(examples=[{"understand": 0.9, "bm25": 0.4, "total": 6.2}])
    settings: dict[str, Any] = Field(examples=[{"fusion.weight": 0.25}])
    versions: dict[str, str] = Field(examples=[{"index": "20261122T090000000000"}])


class MoveReply(BaseModel):
    """A passage of either prompt with its places before and after; null where it had none."""

    model_config = ConfigDict(extra="allow")


class ReplayReply(BaseModel):
    """A question gone through again: what had to be redone, what moved, and the traces before and after."""

    redone: list[str] = Field(examples=[["rerank", "answer"]])
    moves: list[MoveReply]
    before: TraceReply
    after: TraceReply


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"]


_ALWAYS: tuple[type[HansangError], ...] = (MalformedRequest, UnexpectedFault)
_GUARDED = {
    401: "열쇠가 없거나 맞지 않음 · no key, or none that opens this",
    403: "열쇠의 범위(scope)를 벗어남 · outside the key's scopes",
    429: "너무 잦거나 질문이 몰림 · too many requests, of this caller or of all (Retry-After)",
    503: "지금은 받을 수 없음 · stopping, or something it needs is missing (Retry-After)",
}


def problems(*errors: type[HansangError], body: bool = True) -> Responses:
    """The problems of a route by status: those named, those that any route may have, those of whoever guards it."""
    by_status: defaultdict[int, list[type[HansangError]]] = defaultdict(list)
    for error in (*errors, *_ALWAYS, *((BodyTooLarge,) if body else ())):
        by_status[error.status].append(error)
    told: Responses = {status: _told(found) for status, found in sorted(by_status.items())}
    guarded: Responses = {status: _reply(said, {}) for status, said in _GUARDED.items()}
    return {**guarded, **told}


def _told(errors: list[type[HansangError]]) -> dict[str, Any]:
    shown = {error.code: {"value": _example(error)} for error in errors}
    return _reply(" · ".join(shown), shown)


def _example(error: type[HansangError]) -> dict[str, Any]:
    said = {"type": f"urn:hansang:{error.code}", "title": error.code, "status": error.status}
    return {**said, "detail": error.ko, "detail_en": error.en, "request_id": "5f1c02a9d3b7e846"}


def _reply(said: str, examples: dict[str, Any]) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}
    content = {"schema": schema, **({"examples": examples} if examples else {})}
    return {"description": said, "content": {PROBLEM: content}}

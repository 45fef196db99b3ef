"""The HTTP door for whoever inspects: a question gone through again with something changed, and asked otherwise."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, Self

from fastapi import FastAPI
from fastapi.responses import Response
from pydantic import Field, model_validator

from app.api.asking import ASKING, checked_question
from app.api.opened import checked
from app.api.replies import PASSAGE, QUESTION, ReplayReply, problems
from app.bodies import Body
from app.problems import MalformedRequest
from pipeline.config import is_open
from pipeline.errors.indexes import PassageNotFound
from pipeline.evaluation.replay import Changes, replay
from pipeline.evaluation.robustness import Moved, move
from pipeline.service import QUESTION_LIMIT, Request, Service
from pipeline.settings import options
from pipeline.tokenizers.kiwi import load
from pipeline.trace_json import to_json
from pipeline.types import Question, Sample, Trace

KEPT = 64  # questions whose scores are kept, so that the next change of a slider needs no search
PASSAGES = 50  # at most, to take out or put in


class ReplayBody(Body):
    """A stored answer by its id (``trace``), or a question with the settings of its run; and what is to be different.

    Of ``settings`` those that this server doesn't know any more, and those that indexing fixed, are left out.
    """

    trace: str = Field("", max_length=200, description="저장된 답변의 id(question 대신)")
    question: str = Field("", max_length=QUESTION_LIMIT * 100, examples=[QUESTION])
    index: str = Field("demo", max_length=200)
    settings: dict[str, Any] = Field(default_factory=dict, examples=[{"retrieval.k": 5}])
    overrides: dict[str, Any] = Field(default_factory=dict, examples=[{"fusion.weight": 0.4}])
    drop: list[str] = Field(default_factory=list, max_length=PASSAGES, examples=[[PASSAGE]])
    inject: list[str] = Field(default_factory=list, max_length=PASSAGES)
    generate: Literal["needed", "always", "never"] = "needed"

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if bool(self.trace) == bool(self.question):
            ko, en = "trace와 question 가운데 하나만 주세요", "give either trace or question"
            raise MalformedRequest(where="body", why=ko, why_en=en)
        return self


class RobustnessBody(Body):
    """A question with its right passages (or documents)."""

    question: str = Field(max_length=QUESTION_LIMIT * 100, examples=["너울창고 주차 무료인가요?"])
    passage_ids: list[str] = Field(min_length=1, max_length=PASSAGES, examples=[[PASSAGE]])
    index: str = Field("demo", max_length=200)
    overrides: dict[str, Any] = Field(default_factory=dict)


def add_inspecting(api: FastAPI, service: Service) -> None:
    """Put the two doors into the API."""
    asked = Asked(service)

    @api.post(
        "/v1/replay",
        tags=["검사"],
        summary="설정을 바꾸어 다시 보기",
        response_class=Response,
        responses={200: {"model": ReplayReply}, **problems(*ASKING, PassageNotFound)},
    )
    def replay_(body: ReplayBody) -> Any:
        """Go through a question again with other settings, passages taken out or put in; says what had to be redone.

        ``moves`` are the passages of either prompt with their places (from 1) before and after.
        """
        overrides = checked(service.settings, body.overrides)
        before = service.trace(body.trace) if body.trace else asked.trace(body)
        changes = Changes(overrides, tuple(body.drop), tuple(body.inject), body.generate)
        found = replay(service, before, changes)
        moves = [asdict(each) for each in found.moves]
        traces = {"before": to_json(found.before), "after": to_json(found.after)}
        # it is JSON already, and FastAPI would look at each of its thousands of values
        whole = json.dumps({"redone": found.redone, "moves": moves, **traces}, ensure_ascii=False)
        return Response(whole, media_type="application/json")

    @api.post(
        "/v1/robustness",
        tags=["검사"],
        summary="달리 물어도 찾는지",
        responses=problems(*ASKING, PassageNotFound),
    )
    def robustness(body: RobustnessBody) -> list[Moved]:
        """Ask a question as other people would type it; the best right passage's places (0: no candidate) each."""
        checked_question(body.question, service.settings)
        overrides = checked(service.settings, body.overrides)
        sample = Sample(Question("", body.question), "", tuple(body.passage_ids), True)
        request = Request(body.question, body.index, overrides, answer=False, keep=False)
        return move(service, sample, request, load())


class Asked:
    """Questions asked under the settings of a run, the last ``KEPT`` of them. Safe to use from several threads."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._kept: OrderedDict[str, Trace] = OrderedDict()
        self._lock = threading.Lock()

    def trace(self, body: ReplayBody) -> Trace:
        """The question's trace, with an answer unless none is to be written; it is not stored.

        Raises:
            HansangError: the question, a setting or the index can't be used.
        """
        checked_question(body.question, self._service.settings)
        answer = body.generate != "never"
        settings = self._callable(body.settings)
        version = self._service.index(body.index).manifest.version
        key = json.dumps([body.question, body.index, version, settings, answer], sort_keys=True, default=str)
        with self._lock:
            trace = self._kept.get(key)
        if trace is None:
            *_, trace = self._service.ask(Request(body.question, body.index, settings, answer=answer, keep=False))
        with self._lock:
            self._kept[key] = trace
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return trace

    def _callable(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        known = {o.name for o in options(self._service.settings) if not o.index_time and is_open(o.name)}
        return {name: value for name, value in settings.items() if name in known}

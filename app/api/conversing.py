"""Questions in the form of the OpenAI API, for any of its clients: ``/v1/chat/completions`` and ``/v1/models``.

A model is an index. What that API has no place for (contexts, scores, the id of the trace) is in a field ``hansang``.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi import Request as HttpRequest
from fastapi.responses import JSONResponse, StreamingResponse

from app.api.asking import ASKING, checked_question
from app.api.conversations import Conversations, Turns
from app.api.opened import checked
from app.api.paging import DEFAULT, Cursor, Limit, checked_limit, names_a_page, page_of, place_of
from app.api.replies import problems
from app.api.streaming import EVENTS, HEADERS, known, lines
from app.api.talking import (
    ChatQuestion,
    ChatReply,
    Model,
    Models,
    behind,
    choice,
    delta,
    envelope,
    model_of,
    said,
    sources,
    tokens,
    turns_of,
)
from app.refusals import BadCursor, NoUserMessage, PageTooLong, UnknownModel
from pipeline.index import Manifest, composed
from pipeline.service import Request, Service
from pipeline.types import Trace

_CHUNKS = {"example": 'data: {"object": "chat.completion.chunk", …}\n\ndata: [DONE]\n\n'}
NOTHING_NEW: dict[str, Any] = {"index": 0, "delta": {}, "finish_reason": None, "logprobs": None}
DONE = "data: [DONE]\n\n"


def add_conversing(api: FastAPI, service: Service) -> None:
    """Put the routes into the API."""
    _add_models(api, service)
    conversations = Conversations()

    @api.post(
        "/v1/chat/completions",
        tags=["OpenAI"],
        summary="OpenAI 호환 대화",
        response_class=JSONResponse,
        responses={
            **problems(*ASKING, NoUserMessage, UnknownModel),
            200: {"model": ChatReply, "content": {EVENTS: _CHUNKS}},
        },
    )
    def chat(body: ChatQuestion) -> Any:
        """Answer the last message. Earlier ones of a conversation that this server knows make it a follow-up.

        Fields of the OpenAI API that mean nothing here (``temperature``, ``tools`` …) are left out.
        """
        turns = turns_of(body.messages)
        request = _request(service, body, turns, conversations)
        if body.stream:
            chunks = _chunks(service.ask(request), body, turns, conversations)
            stream = lines(chunks, service.settings.service.heartbeat_s)
            return StreamingResponse(stream, media_type=EVENTS, headers=HEADERS)
        trace = service.whole(request).trace()
        conversations.keep(body.model, turns, said(trace), trace.id)
        return JSONResponse({
            **envelope("chat.completion", trace, body.model),
            "choices": [choice(trace)],
            "usage": tokens(trace),
            "hansang": behind(trace),
        })  # fmt: skip


def _add_models(api: FastAPI, service: Service) -> None:
    @api.get(
        "/v1/models",
        tags=["OpenAI"],
        summary="모델(색인) 목록",
        responses=problems(BadCursor, PageTooLong, body=False),
    )
    def models(request: HttpRequest, cursor: Cursor = "", limit: Limit = DEFAULT) -> Models:
        """The indexes as models, named ``hansang/INDEX``: a page of them, or without ``cursor`` and ``limit`` all."""
        size, place = checked_limit(limit, service.settings.service), place_of(cursor, "models", str)
        found = service.indexed()
        names, more = page_of("models", list(found), place, size) if names_a_page(request) else (found, None)
        return Models(data=[_model(found[name]) for name in names], has_more=more is not None, next=more)

    @api.get(
        "/v1/models/{model:path}", tags=["OpenAI"], summary="모델 하나", responses=problems(UnknownModel, body=False)
    )
    def model(model: str) -> Model:
        """One index as a model."""
        return _model(service.indexed()[_index(service, model)])


def _request(service: Service, body: ChatQuestion, turns: Turns, conversations: Conversations) -> Request:
    index = _index(service, body.model)
    question = turns[-1][1]
    checked_question(question, service.settings)
    more = body.hansang
    previous = more.previous or conversations.previous(body.model, turns[:-1])
    overrides = checked(service.settings, more.set)
    return Request(question, index, overrides, previous, tuple(more.without))


def _chunks(traces: Iterator[Trace], body: ChatQuestion, turns: Turns, conversations: Conversations) -> Iterator[str]:
    """The answer in pieces, then what is behind it, then (where it is wanted) what it took, then the end."""
    sent, trace = "", None
    try:
        for trace in traces:
            text = said(trace) if trace.answer else ""
            if text == sent or not text.startswith(sent):  # one that is corrected at its end waits for the end
                yield ""
                continue
            yield _chunk(trace, body, delta(text[len(sent) :], first=not sent))
            sent = text
        if trace is not None:
            yield from _end(trace, body, sent)
            conversations.keep(body.model, turns, said(trace), trace.id)
        yield DONE
    except Exception as error:  # noqa: BLE001  (the status is sent already: the stream itself has to tell)
        told = known(error)
        message = f"{told.korean} ({told.english})"
        yield _data({"error": {"message": message, "type": "server_error", "code": told.code, "param": None}})
    finally:
        close = getattr(traces, "close", None)
        if close:
            close()


def _end(trace: Trace, body: ChatQuestion, sent: str) -> Iterator[str]:
    whole = said(trace)
    if whole != sent:
        rest = whole[len(sent) :] if whole.startswith(sent) else f"\n\n{whole}"
        yield _chunk(trace, body, delta(rest, first=not sent))
    for event in sources(trace):
        yield _data({**envelope("chat.completion.chunk", trace, body.model), "choices": [NOTHING_NEW], "event": event})
    ending = {**NOTHING_NEW, "finish_reason": "stop"}
    yield _data({**envelope("chat.completion.chunk", trace, body.model), "choices": [ending], "hansang": behind(trace)})
    if body.stream_options and body.stream_options.include_usage:
        usage = {**envelope("chat.completion.chunk", trace, body.model), "choices": [], "usage": tokens(trace)}
        yield _data(usage)


def _chunk(trace: Trace, body: ChatQuestion, made: Mapping[str, Any]) -> str:
    return _data({**envelope("chat.completion.chunk", trace, body.model), "choices": [made]})


def _data(value: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def _index(service: Service, model: str) -> str:
    """The index that a model name means.

    Raises:
        UnknownModel: none.
    """
    name = composed(model.removeprefix("hansang/"))
    names = service.indexed()
    if name not in names:
        known_ = ", ".join(model_of(one) for one in names) or "없음 · none"
        raise UnknownModel(model=model, known=known_)
    return name


def _model(manifest: Manifest) -> Model:
    created = int(datetime.datetime.fromisoformat(manifest.created).timestamp())
    return Model(id=model_of(manifest.name), created=created)

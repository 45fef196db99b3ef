"""What the API says when something can't be done: one form for every error, in Korean and English (RFC 9457)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from pipeline.errors.base import HansangError, InputError, NotFound, UnexpectedFault
from pipeline.tables.rejects import printable

PROBLEM = "application/problem+json"
OTHERS = ("/docs", "/livez", "/openapi.json")  # the API's own, outside of /v1
OURS = (*OTHERS, "/v1", "/v1/{rest:path}", "//{rest:path}")  # whatever is asked there; what begins with // is nobody's
OPENAI = (
    "/v1/audio/", "/v1/chat/", "/v1/completions", "/v1/embeddings", "/v1/files", "/v1/images/", "/v1/models",
    "/v1/moderations", "/v1/responses",
)  # fmt: skip
"""Beginnings of what clients of the OpenAI API ask, what isn't here among it: they look for the reason in a member."""
LATER = (429, 503)
AGAIN_SECONDS = 5  # where nobody knows better

_WHOLE = ("정수여야 합니다", "it must be a whole number")
_OBJECT = ("JSON 객체여야 합니다", "it must be a JSON object")
_BODY = (
    "Content-Type이 application/json인 JSON 객체여야 합니다",
    "it must be a JSON object with Content-Type application/json",
)
_UNKNOWN = "쓸 수 없는 값입니다"

# What pydantic says of a value, by its type of error; of whatever else it says the English stays.
_WHY: Mapping[str, tuple[str, str]] = MappingProxyType({
    "bool_parsing": ("true나 false여야 합니다", "it must be true or false"),
    "bool_type": ("true나 false여야 합니다", "it must be true or false"),
    "dict_type": ("객체여야 합니다", "it must be an object"),
    "greater_than_equal": ("{ge:,} 이상이어야 합니다", "it must be {ge:,} or more"),
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_type": _WHOLE,
    "json_invalid": ("여기부터 JSON이 아닙니다", "it is not JSON from here on ({error})"),
    "less_than_equal": ("{le:,} 이하여야 합니다", "it must be {le:,} or less"),
    "list_type": ("배열이어야 합니다", "it must be an array"),
    "literal_error": ("{expected} 가운데 하나여야 합니다", "it must be one of {expected}"),
    "missing": ("꼭 있어야 합니다", "it is required"),
    "model_attributes_type": _OBJECT,
    "model_type": _OBJECT,
    "string_too_long": ("{max_length:,}자까지 받습니다", "at most {max_length:,} characters are accepted"),
    "string_type": ("문자열이어야 합니다", "it must be a string"),
    "string_unicode": ("반쪽만 있는 글자가 있습니다", "it holds half of a character"),
    "too_long": ("{max_length:,}개까지 받습니다", "at most {max_length:,} are accepted"),
    "too_short": ("{min_length:,}개 이상이어야 합니다", "{min_length:,} or more are needed"),
})  # fmt: skip


class MalformedRequest(InputError):
    """A body or parameter that isn't of the form the API takes."""

    code = "malformed-request"
    ko = "요청의 {where}을(를) 읽을 수 없습니다: {why}. /docs에서 형식을 확인하세요."
    en = "The request's {where} can't be read: {why_en}. See /docs for the form."


class NoSuchAddress(NotFound):
    """A path at which the API has nothing."""

    code = "no-such-address"
    ko = "'{path}'에는 아무것도 없습니다. /docs에서 주소를 확인하세요."
    en = "There is nothing at '{path}'. See /docs for the addresses."


class MethodNotAllowed(InputError):
    """A path that is asked by another method."""

    code = "method-not-allowed"
    status = 405
    ko = "'{path}'은(는) {method}(으)로 부를 수 없습니다. {allowed}(으)로 부르세요. /docs에 예가 있습니다."
    en = "'{path}' doesn't take {method}. Use {allowed}; /docs has an example."


class _Said(JSONResponse):
    """JSON whatever is in it: an error quotes what was given, which may hold halves of characters."""

    media_type = PROBLEM

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def problem(
    error: HansangError, headers: Mapping[str, str] | None = None, request_id: str = "", *, openai: bool = False
) -> JSONResponse:
    """An error as a problem document: what is wrong and the cure, in Korean and English.

    ``request_id`` finds the request in the log; one is made up where there is none. ``openai`` adds the member in which
    clients of the OpenAI API look for the message. What may work later says when to try again.
    """
    body = {"type": f"urn:hansang:{error.code}", "title": error.code, "status": error.status}
    said: dict[str, Any] = {**body, "detail": error.korean, "detail_en": error.english}
    said["request_id"] = request_id or secrets.token_hex(8)
    if openai:
        message = f"{error.korean} ({error.english})"
        said["error"] = {"message": message, "type": "invalid_request_error", "code": error.code, "param": None}
    later = {"Retry-After": str(error.fields.get("seconds", AGAIN_SECONDS))} if error.status in LATER else {}
    return _Said(said, status_code=error.status, headers=later | dict(headers or {}))


def _of(request: Request, error: HansangError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    openai = request.url.path.startswith(OPENAI)
    return problem(error, headers, getattr(request.state, "request_id", ""), openai=openai)


def handle_errors(api: FastAPI) -> None:
    """Make problem documents of all that can be wrong with a request."""

    @api.exception_handler(HansangError)
    def known(request: Request, error: HansangError) -> JSONResponse:
        return _of(request, error)

    @api.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        return _of(request, _malformed(error.errors()[0]))

    @api.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> JSONResponse:
        return _of(request, UnexpectedFault(name=type(error).__name__))  # the server writes it to its log, too

    @api.exception_handler(HTTPException)
    async def of_http(request: Request, error: HTTPException) -> Response:
        path, allowed = printable(request.url.path), (error.headers or {}).get("Allow", "")
        if error.status_code == 404:
            return _of(request, NoSuchAddress(path=path))
        if error.status_code == 405:
            return _of(request, MethodNotAllowed(path=path, method=request.method, allowed=allowed), error.headers)
        if error.status_code == 400:  # what FastAPI says of a body that is no text at all
            return _of(
                request, MalformedRequest(where="body", why="UTF-8 JSON이 아닙니다", why_en="it is not JSON in UTF-8")
            )
        if isinstance(refused := getattr(error, "error", None), HansangError):
            return _of(request, refused)
        return await http_exception_handler(request, error)


def refuse_the_rest(api: FastAPI) -> None:
    """Answer whatever else is asked under ``/v1``, by any method; the chat, mounted behind it, would in another form.

    Call it last.
    """
    rest = _Rest(api.routes)
    for path in OURS:
        api.router.routes.append(Route(path, rest, include_in_schema=False))


class _Rest:
    """ASGI application that refuses everything: a path that others answer by another method is told which."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        partly = [route for route in self._routes if route.matches(scope)[0] is Match.PARTIAL]
        allowed = sorted({method for route in partly for method in getattr(route, "methods", None) or ()})
        if allowed:
            raise HTTPException(405, headers={"Allow": ", ".join(allowed)})
        raise HTTPException(404)


def _malformed(first: Mapping[str, Any]) -> MalformedRequest:
    where, context = ".".join(map(str, first["loc"])), dict(first.get("ctx", {}))
    if "expected" in context:  # in English: 'up' or 'down'
        context["expected"] = str(context["expected"]).replace("' or '", "', '")
    known = _BODY if where == "body" and first["type"] == "model_attributes_type" else _WHY.get(first["type"])
    ko, en = (sentence.format(**context) for sentence in known) if known else (_UNKNOWN, first["msg"])
    return MalformedRequest(where=printable(where), why=ko, why_en=en)

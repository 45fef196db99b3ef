"""Writes that may be sent twice: what an ``Idempotency-Key`` did once is not done again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Header, Request
from fastapi.responses import JSONResponse, Response

from app.jobs.desk import Desk
from app.jobs.replies import Reply

REPLAYED = "Idempotency-Replayed"
EMPTY = 204
ACTED_ON = ("name", "version", "files")  # of bodies: what the log of administrative acts says

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        description="같은 요청을 두 번 보내도 한 번만 하게 하는 키(UUID) · Sent again, the request is done once",
        examples=["0b9f6c1e-6f0e-4a53-9a3b-2d8f5f0f7c11"],
    ),
]


def once(desk: Desk, request: Request, key: str, body: object, action: Callable[[], Reply]) -> Response:
    """The reply of an action; with a key that came before, the one of then.

    Raises:
        BadKey, KeyReused, KeyBusy: the key can't be used for this.
    """
    if not key:
        return _said(noted(request, body, action()), {})
    caller = getattr(getattr(request.state, "caller", None), "name", "")
    asked = [request.method, request.url.path, body]
    reply, again = desk.replies.once(key, caller, asked, action)
    return _said(noted(request, body, reply), {REPLAYED: "true"} if again else {})


def noted(request: Request, body: object, reply: Reply) -> Reply:
    """The reply; what is done to what is left for the log of administrative acts (``app.access.guard``)."""
    of, made = body if isinstance(body, dict) else {}, reply[1] if isinstance(reply[1], dict) else {}
    act = {name: of[name] for name in ACTED_ON if of.get(name)}
    request.state.act = act | ({"job": made["id"]} if "id" in made else {})
    return reply


def _said(reply: Reply, headers: Mapping[str, str]) -> Response:
    status, value = reply
    return Response(None, status, headers) if status == EMPTY else JSONResponse(value, status, headers)

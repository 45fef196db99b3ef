"""Bodies over the limit are refused while they come: nobody reads a gigabyte to say that it is too much."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import OPENAI, problem
from app.refusals import BodyTooLarge
from pipeline.setting_groups.server import Serving

UPLOADS = "/v1/uploads/"
API = "/v1/"
PAGE_BYTES = 1_048_576  # that the chat may send however narrow the API's limit is


class Oversized(HTTPException):
    """Raised where the body is read; FastAPI lets it through, and the handler of errors tells it."""

    def __init__(self, error: BodyTooLarge) -> None:
        super().__init__(413)
        self.error = error


class BodyLimit:
    """ASGI middleware: ``service.upload_bytes`` for uploads, ``service.body_bytes`` for all else, the chat's too."""

    def __init__(self, app: ASGIApp, settings: Serving) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit, setting = self._limit(scope["path"])
        error = BodyTooLarge(limit=limit, setting=setting)
        if _announced(scope) > limit:
            openai = scope["path"].startswith(OPENAI)
            await problem(error, request_id=_id(scope), openai=openai)(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise Oversized(error)
            return message

        await self._app(scope, counted, send)

    def _limit(self, path: str) -> tuple[int, str]:
        if path.startswith(UPLOADS):
            return self._settings.upload_bytes, "service.upload_bytes"
        limit = self._settings.body_bytes
        return limit if path.startswith(API) else max(limit, PAGE_BYTES), "service.body_bytes"


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _id(scope: Scope) -> str:
    return str(scope.get("state", {}).get("request_id", ""))

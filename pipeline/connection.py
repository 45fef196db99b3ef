"""Calls to a server that speaks OpenAI's HTTP: one at a time, with what went wrong told apart, or again for JSON.

``Connection`` sends each call once; ``Client`` asks for JSON and asks again where that can help. Knows nothing of
prompts or of what is asked. Fields: OpenAI's API reference, "Create chat completion".
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from pipeline.endpoint import AGAIN, Endpoint, adapted, complaint, is_here, pause_s, refuses_all, retry_after
from pipeline.errors.base import HansangError
from pipeline.errors.endpoints import EndpointDown, EndpointRefused, RequestFailed
from pipeline.wire import dumps, loads

Message = Mapping[str, str]
Kind = Literal["down", "timeout", "cut-off", "busy", "unreadable", "refused", "rejected"]
"""What went wrong with a call: nobody is there; nothing whole came in time; it broke off; another time perhaps; what
came is no reply; we are refused whatever we ask; this request is."""

_JSON = {"Content-Type": "application/json"}

WAIT_MOST_S = 60.0
"""Nobody is waited for longer, whatever the server asks for."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said. ``whole`` is false when it ran into the limit of tokens.

    ``tokens`` are (asked, said) by the server's count, None where it doesn't say.
    """

    text: str
    whole: bool
    tokens: tuple[int | None, int | None]


class CallTrouble(Exception):
    """A call that brought nothing. ``said`` is short and holds no key; ``after_s`` is for how long the server asks to
    be left alone, None where it doesn't; ``raw`` is all that it sent.
    """

    def __init__(self, kind: Kind, said: str, *, status: int = 0, after_s: float | None = None, raw: str = "") -> None:
        super().__init__(said)
        self.kind: Kind = kind
        self.said = said
        self.status = status
        self.after_s = after_s
        self.raw = raw


class Connection:
    """HTTP to an endpoint within one event loop. Each call is sent once and takes ``timeout_s`` at most, as a whole."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        # A proxy of the surroundings is for other machines; a server on this one is spoken to directly.
        self._http = httpx.AsyncClient(headers=headers, timeout=endpoint.timeout_s, trust_env=not is_here(endpoint.url))
        self._learned: list[str] = []  # complaints after which a field is left out or renamed

    async def close(self) -> None:
        """Close it."""
        await self._http.aclose()

    async def chat(self, body: Mapping[str, Any], optional: Collection[str] = ()) -> Reply:
        """The reply to a conversation. Fields of ``optional`` that the server refuses by name are left out from now on.

        Raises:
            CallTrouble: none came.
        """
        while True:
            sent = dict(body)
            for said in self._learned:
                sent = adapted(sent, said, optional) or sent
            try:
                value = await self.post("/chat/completions", {"model": self.endpoint.model, **sent})
            except CallTrouble as trouble:
                if trouble.status != 400 or adapted(sent, trouble.raw, optional) is None:
                    raise
                if trouble.raw not in self._learned:  # another call may have found out, too
                    self._learned.append(trouble.raw)
            else:
                return _reply(value)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON that comes back.

        Raises:
            CallTrouble: none came.
        """
        limit = self.endpoint.timeout_s
        try:
            async with asyncio.timeout(limit):  # httpx's own starts anew with every byte
                response = await self._http.post(f"{self.endpoint.url}{path}", content=dumps(body), headers=_JSON)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise CallTrouble("timeout", f"{limit:g} s") from error
        except (httpx.ConnectError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise CallTrouble("down", str(error) or type(error).__name__) from error
        except httpx.HTTPError as error:
            raise CallTrouble("cut-off", type(error).__name__) from error
        if response.status_code >= 300:
            raise _refusal(response, self.endpoint.key)
        try:
            return loads(response.content)
        except ValueError as error:
            raise CallTrouble("unreadable", "JSON") from error

    async def answers(self) -> bool:
        """Whether anybody answers at the address at all, in good health."""
        try:
            response = await self._http.get(f"{self.endpoint.url}/models", timeout=min(5.0, self.endpoint.timeout_s))
        except httpx.HTTPError:
            return False
        return response.status_code < 500


class Client:
    """Asks an endpoint for JSON, again where that can help: ``async with Client(endpoint) as client``."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._connection = Connection(endpoint)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()

    async def chat(self, messages: Sequence[Message], schema: Mapping[str, Any], name: str, limit: int) -> Reply:
        """Ask for JSON of a schema in at most ``limit`` tokens.

        Raises:
            RequestFailed: it came to nothing, after all tries.
            EndpointDown: nobody answers at the address.
            EndpointRefused: the server refuses us or doesn't know the model.
        """
        form = {"name": name, "strict": True, "schema": dict(schema)}
        body = {
            "messages": list(messages),
            "temperature": 0,
            "max_tokens": limit,
            "response_format": {"type": "json_schema", "json_schema": form},
        }
        for left in reversed(range(self._endpoint.tries)):
            try:
                return await self._connection.chat(body, ("temperature",))
            except CallTrouble as trouble:
                if not left or trouble.kind in ("refused", "rejected"):
                    raise self._told(trouble) from trouble
                pause = pause_s(self._endpoint, self._endpoint.tries - left, trouble.after_s or 0.0)
                await asyncio.sleep(min(WAIT_MOST_S, pause))
        raise AssertionError("an endpoint is asked once at least")

    async def answers(self) -> bool:
        """Whether anybody answers at the address at all, in good health."""
        return await self._connection.answers()

    def _told(self, trouble: CallTrouble) -> HansangError:
        url, model = self._endpoint.url, self._endpoint.model
        if trouble.kind == "down":
            return EndpointDown(url=url, reason=trouble.said)
        if trouble.kind == "refused":
            return EndpointRefused(url=url, status=trouble.status, reason=trouble.said, model=model)
        ko, en = {
            "timeout": (f"{self._endpoint.timeout_s:g}초 안에 답이 없었습니다", f"no answer within {trouble.said}"),
            "cut-off": ("답하는 도중에 연결이 끊겼습니다", "the connection broke in mid-answer"),
            "unreadable": ("서버의 답이 온전한 JSON이 아닙니다", "the response isn't whole JSON"),
        }.get(trouble.kind, (f"상태 {trouble.status}: {trouble.said}", f"status {trouble.status}: {trouble.said}"))
        named = "refused" if trouble.kind == "rejected" else trouble.kind
        return RequestFailed(trouble=named, reason=ko, reason_en=en)


def _refusal(response: httpx.Response, key: str) -> CallTrouble:
    status = response.status_code
    kind: Kind = "refused" if refuses_all(response) else "busy" if status in AGAIN else "rejected"
    said, after_s = complaint(response, key), retry_after(response.headers)
    return CallTrouble(kind, said, status=status, after_s=after_s, raw=response.text)


def _reply(value: Any) -> Reply:
    """The reply in a response.

    Raises:
        CallTrouble: it holds none.
    """
    try:
        choice = value["choices"][0]
        text, usage = choice["message"]["content"], value.get("usage") or {}
        if text is not None and not isinstance(text, str):
            raise TypeError(type(text))
        asked, said = (_count(usage.get(name)) for name in ("prompt_tokens", "completion_tokens"))
        return Reply(text or "", choice.get("finish_reason") != "length", (asked, said))
    except (LookupError, TypeError, AttributeError) as error:
        raise CallTrouble("unreadable", type(error).__name__) from error


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None

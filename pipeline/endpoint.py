"""A server that speaks OpenAI's HTTP, asked one thing at a time and asked again where that can help.

Knows nothing of prompts or of what is asked. Fields and statuses: OpenAI's API reference, "Create chat completion".
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any, Literal

import httpx

from pipeline.errors import BadSetting, EndpointDown, EndpointRefused, HansangError, RequestFailed

Message = Mapping[str, str]
Trouble = Literal["timeout", "busy", "cut-off", "unreadable", "refused"]

WAIT_MOST_S = 60.0
"""Nobody is waited for longer, whatever the server asks for."""

_SHOWN = 300  # characters of what a server says that go into an error
FOR_ALL = (401, 403, 404)
"""Statuses that every request would get."""

AGAIN = (408, 425, 429, 500, 502, 503, 504)
"""Statuses after which another try can help."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to ask and how patiently.

    ``url`` ends before ``/chat/completions``. ``timeout_s`` is for one try; between tries the pause doubles from
    ``pause_s``.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    timeout_s: float = 60.0
    tries: int = 3
    pause_s: float = 0.5


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said. ``whole`` is false when it ran into the limit of tokens; ``tokens`` are (asked, said)."""

    text: str
    whole: bool
    tokens: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Named:
    """What the places are called where URL and model are told, for errors."""

    url: str = "--endpoint"
    model: str = "--model"


def checked_endpoint(endpoint: Endpoint, named: Named = Named()) -> Endpoint:
    """The endpoint with a tidy URL.

    Raises:
        BadSetting: the URL or the model is missing or can't be one.
    """
    url = endpoint.url.strip().rstrip("/").removesuffix("/chat/completions")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        expected = (
            f"OpenAI 호환 주소를 적어 주세요. 예) {named.url} http://127.0.0.1:8000/v1 (an OpenAI-compatible URL)"
        )
        raise BadSetting(name=named.url, value=endpoint.url, expected=expected)
    if parsed.userinfo:  # settings are stored with every answer and shown
        expected = (
            "주소에 이름이나 암호를 넣지 마세요. 열쇠는 환경 변수 HANSANG_LLM_KEY로 줍니다. (No credentials in a URL.)"
        )
        raise BadSetting(name=named.url, value="***", expected=expected)
    if not endpoint.key.isascii():
        expected = "열쇠에는 영문자, 숫자, 기호만 쓸 수 있습니다. (A key is ASCII.)"
        raise BadSetting(name="HANSANG_LLM_KEY", value="***", expected=expected)
    if not endpoint.model.strip():
        expected = f"서버가 부르는 모델 이름을 적어 주세요(목록: {url}/models). (Name a model that the server has.)"
        raise BadSetting(name=named.model, value="", expected=expected)
    return replace(endpoint, url=url, model=endpoint.model.strip(), key=endpoint.key.strip())


class Client:
    """A connection to an endpoint within one event loop: ``async with Client(endpoint) as client``."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        # A proxy of the surroundings is for other machines; a server on this one is spoken to directly.
        self._http = httpx.AsyncClient(headers=headers, timeout=endpoint.timeout_s, trust_env=not is_here(endpoint.url))

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def chat(self, messages: Sequence[Message], schema: Mapping[str, Any], name: str, limit: int) -> Reply:
        """Ask for JSON of a schema in at most ``limit`` tokens.

        Raises:
            RequestFailed: it came to nothing, after all tries.
            EndpointDown: nobody answers at the address.
            EndpointRefused: the server refuses us or doesn't know the model.
        """
        body = {
            "model": self._endpoint.model,
            "messages": list(messages),
            "temperature": 0,
            "max_tokens": limit,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": name, "strict": True, "schema": dict(schema)},
            },
        }
        failed = None
        for attempt in range(self._endpoint.tries):
            if failed:
                await asyncio.sleep(self._pause(attempt, failed))
            try:
                return await self._once(body)
            except _Again as again:
                failed = again
        assert failed is not None
        raise failed.error

    async def answers(self) -> bool:
        """Whether anybody answers at the address at all, in good health."""
        try:
            response = await self._http.get(f"{self._endpoint.url}/models", timeout=min(5.0, self._endpoint.timeout_s))
        except httpx.HTTPError:
            return False
        return response.status_code < 500

    def _pause(self, attempt: int, failed: _Again) -> float:
        # Jitter keeps many requests that failed together from coming back together.
        pause: float = self._endpoint.pause_s * 2 ** (attempt - 1) * (1 + random.random())
        return min(WAIT_MOST_S, max(pause, failed.after_s))

    async def _once(self, body: Mapping[str, Any]) -> Reply:
        try:
            async with asyncio.timeout(self._endpoint.timeout_s):  # httpx's own starts anew with every byte
                response = await self._http.post(f"{self._endpoint.url}/chat/completions", json=body)
        except (TimeoutError, httpx.TimeoutException) as error:
            seconds = f"{self._endpoint.timeout_s:g}"
            raise _failed("timeout", f"{seconds}초 안에 답이 없었습니다", f"no answer within {seconds} s") from error
        except httpx.ConnectError as error:
            raise _Again(EndpointDown(url=self._endpoint.url, reason=str(error))) from error
        except httpx.HTTPError as error:
            raise _failed("cut-off", "답하는 도중에 연결이 끊겼습니다", "the connection broke in mid-answer") from error
        self._check(response)
        try:
            return _reply(response.json())
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise _failed(
                "unreadable", "서버의 답이 온전한 JSON이 아닙니다", "the response isn't whole JSON"
            ) from error

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status < 300:
            return
        said = complaint(response, self._endpoint.key)
        if status in FOR_ALL:
            raise EndpointRefused(url=self._endpoint.url, status=status, reason=said, model=self._endpoint.model)
        if status in AGAIN:
            raise _failed("busy", f"상태 {status}: {said}", f"status {status}: {said}", retry_after(response))
        raise RequestFailed(trouble="refused", reason=f"상태 {status}: {said}", reason_en=f"status {status}: {said}")


class _Again(Exception):
    """A failure after which another try can help."""

    def __init__(self, error: HansangError, after_s: float = 0.0) -> None:
        super().__init__(error)
        self.error = error
        self.after_s = after_s


def _failed(trouble: Trouble, ko: str, en: str, after_s: float = 0.0) -> _Again:
    return _Again(RequestFailed(trouble=trouble, reason=ko, reason_en=en), after_s)


def retry_after(response: httpx.Response) -> float:
    """Seconds that the server asks us to wait; its form as a date is not used by such servers and not waited for."""
    try:
        return max(0.0, float(response.headers.get("retry-after", 0)))
    except ValueError:
        return 0.0


def complaint(response: httpx.Response, key: str = "") -> str:
    """What a server says of why it refuses, on one line and not at length. A key that it repeats is not told."""
    try:
        said = response.json()["error"]
        said = said["message"] if isinstance(said, dict) else said
    except (ValueError, LookupError, TypeError):
        said = response.text
    words = " ".join(str(said).split())[:_SHOWN] or response.reason_phrase
    return words.replace(key, "***") if key else words


def _reply(value: Mapping[str, Any]) -> Reply:
    choice = value["choices"][0]
    text = choice["message"]["content"]
    usage = value.get("usage") or {}
    if text is not None and not isinstance(text, str):
        raise TypeError(type(text))
    tokens = (int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0))
    return Reply(text or "", choice.get("finish_reason") != "length", tokens)


def is_here(url: str) -> bool:
    """Whether a URL leads to this machine: a proxy of the surroundings is for others."""
    host = httpx.URL(url).host
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

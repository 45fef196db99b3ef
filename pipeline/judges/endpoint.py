"""A judge behind any OpenAI-compatible endpoint: OpenAI itself, or a local server (vLLM, llama.cpp, Ollama).

``POST {url}/chat/completions`` and ``POST {url}/embeddings``, as in OpenAI's API reference. Optional parameters that an
endpoint refuses by name are left out from then on.
"""

from __future__ import annotations

import asyncio
import datetime
import email.utils
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import httpx

from pipeline.errors import JudgeRefused
from pipeline.judges.types import CallFailed, Message, Reply

SECONDS = 60.0  # of one call, from first to last byte
OPTIONAL: Mapping[str, Any] = MappingProxyType(
    {"temperature": 0, "seed": 0, "response_format": {"type": "json_object"}}
)
_REFUSED = (401, 402, 403, 404)  # no key, no money, no right, no such model: trying again helps nothing


class EndpointJudge:
    """See ``Judge``. A reply that isn't complete after ``seconds`` is given up."""

    def __init__(self, name: str, url: str, model: str, key: str = "", *, seconds: float = SECONDS) -> None:
        self.name = name
        self.url = url.rstrip("/")
        self._model = model
        self._seconds = seconds
        self._room = "max_tokens"
        self._optional = dict(OPTIONAL)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.AsyncClient(headers=headers, timeout=None)  # one limit for the whole call, see _post

    async def complete(self, messages: Sequence[Message], max_tokens: int) -> Reply:
        """See ``Judge``."""
        said = [{"role": message.role, "content": message.text} for message in messages]
        while True:
            sent = {**self._optional, self._room: max_tokens}
            body = {"model": self._model, "messages": said, **sent}
            response = await self._post("/chat/completions", body)
            if response.status_code != 400 or not self._adapted(response.text, sent):
                break
        return _reply(self._json(response))

    async def embed(self, texts: Sequence[str], model: str) -> list[list[float]]:
        """The vectors of some texts, in order.

        Raises:
            CallFailed, JudgeRefused: as with ``complete``.
        """
        value = self._json(await self._post("/embeddings", {"model": model, "input": list(texts)}))
        try:
            rows = sorted(value["data"], key=lambda row: row["index"])
            vectors = [[float(x) for x in row["embedding"]] for row in rows]
        except (KeyError, TypeError, ValueError) as error:
            raise CallFailed("error", f"임베딩이 아닌 응답입니다 ({type(error).__name__})") from error
        if len(vectors) != len(texts):
            raise CallFailed("error", f"임베딩 {len(texts)}개를 물었는데 {len(vectors)}개가 왔습니다")
        return vectors

    async def close(self) -> None:
        """See ``Judge``."""
        await self._client.aclose()

    async def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._client.post(f"{self.url}{path}", json=body)
        except TimeoutError as error:
            raise CallFailed("timeout", f"{self._seconds:g}초 안에 답이 오지 않았습니다") from error
        except (httpx.ConnectError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise CallFailed("error", str(error) or type(error).__name__, reached=False) from error
        except httpx.HTTPError as error:
            raise CallFailed("error", f"연결이 끊겼습니다 ({type(error).__name__})") from error

    def _adapted(self, complaint: str, sent: Mapping[str, Any]) -> bool:
        """Whether a refusal names an optional parameter that was sent, which is left out from now on."""
        named = [name for name in OPTIONAL if name in sent and name in complaint]
        for name in named:  # another call may have found out, too
            self._optional.pop(name, None)
        if "max_tokens" in sent and "max_completion_tokens" in complaint:
            self._room = "max_completion_tokens"
            return True
        return bool(named)

    def _json(self, response: httpx.Response) -> Any:
        """The body of a good response.

        Raises:
            CallFailed, JudgeRefused: it isn't one.
        """
        status, said = response.status_code, _complaint(response)
        if status in _REFUSED:
            raise JudgeRefused(judge=self.name, url=self.url, status=status, reason=said)
        if status == 429:
            if "insufficient_quota" in response.text:  # OpenAI: the account has no money; waiting brings none
                raise JudgeRefused(judge=self.name, url=self.url, status=status, reason=said)
            raise CallFailed("rate-limited", said, retry_after=retry_after(response.headers))
        if status >= 400:
            raise CallFailed("error", f"HTTP {status}: {said}", retry_after=retry_after(response.headers))
        try:
            return response.json()
        except ValueError as error:
            raise CallFailed("error", "JSON이 아닌 응답입니다. 주소가 /v1로 끝나는지 확인하세요") from error


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds that a ``Retry-After`` asks for, as a number or a date (RFC 9110, 10.2.3); None without one."""
    value = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        until = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=datetime.UTC)
    return max(0.0, (until - datetime.datetime.now(datetime.UTC)).total_seconds())


def _complaint(response: httpx.Response) -> str:
    try:
        said = response.json()["error"]
        text = said["message"] if isinstance(said, dict) else said
    except (ValueError, KeyError, TypeError):
        text = response.text
    return " ".join(str(text).split())[:200] or response.reason_phrase


def _reply(value: Any) -> Reply:
    try:
        choice = value["choices"][0]
        text = choice["message"]["content"] or ""
        usage = value.get("usage") or {}
        counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
        read, written = (count if isinstance(count, int) and count >= 0 else None for count in counts)
        return Reply(str(text), read, written, choice.get("finish_reason") == "length")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise CallFailed("error", f"채팅 응답의 꼴이 아닙니다 ({type(error).__name__})") from error

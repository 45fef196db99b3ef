"""A chat completion as a stream of server-sent events, read in a thread of its own so that it can be left at any time.

Closing the stream closes the connection at once, by which servers like vLLM free the request. It is asked again only as
long as nothing has come: after the first token the reply is on its way, and asking again would begin another one.
Fields: OpenAI's API reference, "Create chat completion (streaming)"; events: WHATWG HTML, 9.2.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import ssl
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from pipeline.endpoint import AGAIN, Endpoint, complaint, is_here, pause_s, refuses_all, retry_after
from pipeline.errors.base import HansangError
from pipeline.errors.llm import LlmBroken, LlmBusy, LlmDown, LlmRefused, LlmRejected, LlmSlow, NoAnswer, PromptTooLong
from pipeline.wire import loads

LINE_MOST = 1_000_000
"""Bytes of one event; a server that sends more without a line's end isn't one that we know."""

TOKENS_MOST = 1_000_000_000
"""A count beyond this is none."""

OPTIONAL = ("temperature", "stream_options")
"""Fields of a request that are left out where a server doesn't know them."""

_TOO_LONG = ("context length", "maximum context", "max_model_len", "too long", "context window", "context size")
_JOIN_S = 5.0  # a thread that is told to end does so at once; who closes doesn't wait longer for it


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until the first token, however often it is asked for, until each further one, and until the last."""

    first_s: float
    next_s: float
    whole_s: float


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one event brought: some text, why the reply ended, tokens (asked, said) by the server's count."""

    text: str = ""
    finish: str = ""
    tokens: tuple[int, int] | None = None


class Stream:
    """A reply under way; a context manager. The request is sent when it is made."""

    def __init__(self, endpoint: Endpoint, body: Mapping[str, Any], patience: Patience) -> None:
        self._endpoint = endpoint
        self._body = {**body, "model": endpoint.model, "stream": True}
        self._patience = patience
        self._came: queue.SimpleQueue[Chunk | BaseException | None] = queue.SimpleQueue()
        self._started = False
        self._until = 0.0  # by the event loop's clock
        self._left = threading.Event()
        self._runner: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="llm-stream", daemon=True)
        self._thread.start()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, wait_s: float) -> list[Chunk] | None:
        """All that has come by now; if nothing has, wait for so long. Empty when nothing came, None at the end.

        Raises:
            NoAnswer: what went wrong, after all that came before it was read.
        """
        try:
            first = self._came.get(timeout=wait_s)
        except queue.Empty:
            return []
        chunks: list[Chunk] = []
        while True:
            if first is None or isinstance(first, BaseException):
                if chunks:
                    self._came.put(first)  # nothing comes after it, so it is again the next
                    return chunks
                if first is None:
                    return None
                raise first
            chunks.append(first)
            try:
                first = self._came.get_nowait()
            except queue.Empty:
                return chunks

    def close(self) -> None:
        """Leave it, whatever its state. The connection is closed when this returns."""
        with self._lock:
            self._left.set()
            runner = self._runner
        if runner is not None and self._thread.is_alive():
            loop, task = runner
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself in between
                loop.call_soon_threadsafe(task.cancel)
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except asyncio.CancelledError:
            self._came.put(None)
        except BaseException as error:  # noqa: BLE001  (told to whoever reads: nobody sees what a thread raises)
            self._came.put(error)
        else:
            self._came.put(None)

    async def _main(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        with self._lock:
            if self._left.is_set():
                return
            self._runner = asyncio.get_running_loop(), task
        try:
            now = asyncio.get_running_loop().time()
            self._until = now + self._patience.whole_s
            async with asyncio.timeout_at(min(now + self._patience.first_s, self._until)) as clock:
                await self._ask(clock)
        except TimeoutError as error:
            raise self._slow(asyncio.get_running_loop().time()) from error

    def _slow(self, now: float) -> LlmSlow:
        if now >= self._until:
            return LlmSlow(
                seconds=round(self._patience.whole_s, 1), what="마지막", what_en="last", setting="llm.answer_s"
            )
        if self._started:
            return LlmSlow(
                seconds=round(self._patience.next_s, 1), what="다음", what_en="further", setting="llm.next_token_s"
            )
        return LlmSlow(
            seconds=round(self._patience.first_s, 1), what="첫", what_en="first", setting="llm.first_token_s"
        )

    async def _ask(self, clock: asyncio.Timeout) -> None:
        headers = {"Authorization": f"Bearer {self._endpoint.key}"} if self._endpoint.key else {}
        trust = not is_here(self._endpoint.url)
        made = httpx.AsyncClient(headers=headers, timeout=None, trust_env=trust, verify=_certificates())
        async with made as http:  # `clock` limits it
            for attempt in range(1, self._endpoint.tries + 1):
                try:
                    return await self._once(http, clock)
                except _Again as again:
                    if self._started or attempt == self._endpoint.tries:
                        raise again.error from again
                    await self._pause(attempt, again, clock)

    async def _pause(self, attempt: int, again: _Again, clock: asyncio.Timeout) -> None:
        pause = pause_s(self._endpoint, attempt, again.after_s)
        until = clock.when()
        if until is not None and asyncio.get_running_loop().time() + pause >= until:
            raise again.error from again  # it would be too late then: better said at once
        await asyncio.sleep(pause)

    async def _once(self, http: httpx.AsyncClient, clock: asyncio.Timeout) -> None:
        url, finished = self._endpoint.url, False
        try:
            async with http.stream("POST", f"{url}/chat/completions", json=self._body) as response:
                if response.status_code != 200:
                    await response.aread()
                    raise self._refusal(response)
                async for data in _events(response):
                    if data == "[DONE]":
                        return
                    chunk = self._chunk(data)
                    finished = finished or bool(chunk.finish)
                    if self._started:
                        now = asyncio.get_running_loop().time()
                        clock.reschedule(min(now + self._patience.next_s, self._until))
                    if chunk != Chunk():
                        self._came.put(chunk)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _Again(LlmDown(url=url, reason=_words(error))) from error
        except httpx.HTTPError as error:
            if not finished:
                raise _Again(LlmBroken(reason=_words(error))) from error
        if not finished:
            raise _Again(LlmBroken(reason="끝 표시가 오지 않음 / the end was not marked"))

    def _refusal(self, response: httpx.Response) -> Exception:
        status, said = response.status_code, complaint(response, self._endpoint.key)
        if refuses_all(response):
            return LlmRefused(url=self._endpoint.url, status=status, reason=said, model=self._endpoint.model)
        if status in AGAIN:
            after = retry_after(response.headers) or 0.0
            reason = {"reason": f"상태 {status}: {said}", "reason_en": f"status {status}: {said}"}
            return _Again(LlmBusy(seconds=max(1.0, after), **reason), after)
        if any(words in said.lower() for words in _TOO_LONG):
            return PromptTooLong(reason=said)
        return LlmRejected(status=status, reason=said)

    def _chunk(self, data: str) -> Chunk:
        try:
            value = loads(data)
            if "error" in value:
                said = value["error"]
                raise _Again(LlmBroken(reason=str(said.get("message", said) if isinstance(said, dict) else said)[:300]))
            choice = (value.get("choices") or [{}])[0]
            delta = choice.get("delta") or {}
            text = delta.get("content") or ""
            if text or delta.get("reasoning_content") or delta.get("reasoning"):
                self._started = True  # a model that thinks first is at work, too
            return Chunk(_text(text), str(choice.get("finish_reason") or ""), _tokens(value.get("usage")))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise _Again(
                LlmBroken(reason=f"읽을 수 없는 조각 / an unreadable event ({type(error).__name__})")
            ) from error


class _Again(Exception):
    """A failure after which another try can help, if nothing has come yet."""

    def __init__(self, error: NoAnswer, after_s: float = 0.0) -> None:
        super().__init__(error)
        self.error: HansangError = error
        self.after_s = after_s


async def _events(response: httpx.Response) -> AsyncIterator[str]:
    """The data of each event. Lines end with a line feed only: JSON may hold other characters that end lines."""
    kept = b""
    async for data in response.aiter_bytes():
        *lines, kept = (kept + data).split(b"\n")
        if len(kept) > LINE_MOST:
            raise httpx.DecodingError(f"an event of more than {LINE_MOST:,} bytes")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip().decode("utf-8", errors="replace")
    if kept.startswith(b"data:"):
        yield kept[5:].strip().decode("utf-8", errors="replace")


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # reading them takes a tenth of a second, so once


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value))
    return value


def _tokens(usage: object) -> tuple[int, int] | None:
    if not isinstance(usage, Mapping):
        return None
    asked, said = (int(usage.get(name) or 0) for name in ("prompt_tokens", "completion_tokens"))
    return (asked, said) if 0 <= asked <= TOKENS_MOST and 0 <= said <= TOKENS_MOST else None


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def request_body(turns: Sequence[Mapping[str, str]], *, tokens: int, temperature: float) -> dict[str, Any]:
    """What is asked for beside the model: at most so many tokens, and the count of them at the end."""
    return {
        "messages": list(turns),
        "max_tokens": tokens,
        "temperature": temperature,
        "stream_options": {"include_usage": True},
    }

"""A judge behind any OpenAI-compatible endpoint: OpenAI itself, or a local server (vLLM, llama.cpp, Ollama).

``POST {url}/chat/completions`` and ``POST {url}/embeddings``, as in OpenAI's API reference. Each is sent once: who sits
in judgement keeps to pace and budget, and asks again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from pipeline.connection import CallTrouble, Connection
from pipeline.endpoint import Endpoint
from pipeline.errors.judges import JudgeRefused
from pipeline.judges.types import CallFailed, Message, Reply

SECONDS = 60.0  # of one call, from first to last byte
OPTIONAL: Mapping[str, Any] = MappingProxyType(
    {"temperature": 0, "seed": 0, "response_format": {"type": "json_object"}}
)
"""Asked for where the endpoint takes it; what it refuses by name is left out from then on."""


class EndpointJudge:
    """See ``Judge``. A reply that isn't complete after ``seconds`` is given up."""

    def __init__(self, name: str, url: str, model: str, key: str = "", *, seconds: float = SECONDS) -> None:
        self.name = name
        self.url = url.rstrip("/")
        self._connection = Connection(Endpoint(self.url, model, key, seconds))

    async def complete(self, messages: Sequence[Message], max_tokens: int) -> Reply:
        """See ``Judge``."""
        said = [{"role": message.role, "content": message.text} for message in messages]
        with self._told():
            reply = await self._connection.chat({"messages": said, "max_tokens": max_tokens, **OPTIONAL}, OPTIONAL)
        return Reply(reply.text, *reply.tokens, cut=not reply.whole)

    async def embed(self, texts: Sequence[str], model: str) -> list[list[float]]:
        """The vectors of some texts, in order.

        Raises:
            CallFailed, JudgeRefused: as with ``complete``.
        """
        with self._told():
            value = await self._connection.post("/embeddings", {"model": model, "input": list(texts)})
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
        await self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except CallTrouble as trouble:
            raise self._understood(trouble) from trouble

    def _understood(self, trouble: CallTrouble) -> CallFailed | JudgeRefused:
        after = trouble.after_s
        match trouble.kind:
            case "refused":
                return JudgeRefused(judge=self.name, url=self.url, status=trouble.status, reason=trouble.said)
            case "timeout":
                seconds = self._connection.endpoint.timeout_s
                return CallFailed("timeout", f"{seconds:g}초 안에 답이 오지 않았습니다")
            case "down":
                return CallFailed("error", trouble.said, reached=False)
            case "cut-off":
                return CallFailed("error", f"연결이 끊겼습니다 ({trouble.said})")
            case "unreadable":
                return CallFailed("error", f"채팅 응답이 아닙니다({trouble.said}). 주소가 /v1로 끝나는지 확인하세요")
            case "busy" if trouble.status == 429:
                return CallFailed("rate-limited", trouble.said, retry_after=after)
            case _:
                return CallFailed("error", f"HTTP {trouble.status}: {trouble.said}", retry_after=after)

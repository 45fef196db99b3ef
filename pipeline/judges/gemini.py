"""Gemini as a judge, by Google's own package ``google-genai``, an extra. The key comes from the environment."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any

from pipeline.endpoint import retry_after
from pipeline.errors.judges import JudgeRefused, JudgeUnavailable
from pipeline.judges.endpoint import SECONDS
from pipeline.judges.types import CallFailed, Message, Reply

URL = "https://generativelanguage.googleapis.com"
_ROLES = {"user": "user", "assistant": "model"}
_REFUSED = (401, 403, 404)


def package() -> Any:
    """The package ``google.genai``.

    Raises:
        JudgeUnavailable: it isn't installed.
    """
    try:
        return importlib.import_module("google.genai")  # an extra, and seconds to import
    except ModuleNotFoundError as error:
        raise JudgeUnavailable(
            judge="gemini", reason="google-genai 패키지가 없습니다", reason_en="package google-genai isn't installed",
            cure="`pip install google-genai`를 실행하세요", cure_en="Run `pip install google-genai`",
        ) from error  # fmt: skip


class GeminiJudge:
    """See ``Judge``."""

    def __init__(self, name: str, model: str, key: str, *, url: str = "", seconds: float = SECONDS) -> None:
        self.name = name
        self.url = url or URL
        self._model = model
        self._seconds = seconds
        self._genai = package()
        options = {"base_url": url} if url else {}
        self._client = self._genai.Client(api_key=key, http_options=options)

    async def complete(self, messages: Sequence[Message], max_tokens: int) -> Reply:
        """See ``Judge``."""
        said = [{"role": _ROLES[m.role], "parts": [{"text": m.text}]} for m in messages if m.role != "system"]
        config = {
            "system_instruction": "\n\n".join(m.text for m in messages if m.role == "system"),
            "temperature": 0, "seed": 0, "max_output_tokens": max_tokens, "response_mime_type": "application/json",
        }  # fmt: skip
        try:
            async with asyncio.timeout(self._seconds):
                found = await self._client.aio.models.generate_content(model=self._model, contents=said, config=config)
        except TimeoutError as error:
            raise CallFailed("timeout", f"{self._seconds:g}초 안에 답이 오지 않았습니다") from error
        except self._genai.errors.APIError as error:
            raise self._understood(error) from error
        except _unreachable() as error:
            raise CallFailed("error", str(error) or type(error).__name__, reached=False) from error
        return _reply(found)

    def _understood(self, error: Any) -> CallFailed | JudgeRefused:
        said = " ".join(str(error.message or error).split())[:200]
        if error.code in _REFUSED or "API key" in said:
            return JudgeRefused(judge=self.name, url=self.url, status=error.code, reason=said)
        headers = getattr(error.response, "headers", None)
        after = retry_after(headers) if headers is not None else None
        return CallFailed(
            "rate-limited" if error.code == 429 else "error", f"HTTP {error.code}: {said}", retry_after=after
        )

    async def close(self) -> None:
        """See ``Judge``."""
        await self._client.aio.aclose()


def _unreachable() -> tuple[type[Exception], ...]:
    """What is raised when nothing answers: by the system, or by the package's HTTP library (from 3.x on httpx2)."""
    known = (importlib.import_module(name) for name in ("httpx", "httpx2") if importlib.util.find_spec(name))
    return (OSError, *(library.TransportError for library in known))


def _reply(found: Any) -> Reply:
    """What came back; an answer that the service withheld has no text, which the reader of replies will say."""
    usage = found.usage_metadata
    reason = found.candidates[0].finish_reason if found.candidates else None
    return Reply(
        found.text or "",
        usage.prompt_token_count if usage else None,
        (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0) if usage else None,
        getattr(reason, "name", "") == "MAX_TOKENS",
    )

"""A server that speaks OpenAI's HTTP: where it is, and how to read what it says when it refuses. Asks nothing.

Statuses and fields: OpenAI's API reference, "Create chat completion".
"""

from __future__ import annotations

import datetime
import email.utils
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any

import httpx

from pipeline.errors.settings import BadSetting
from pipeline.wire import loads

_SHOWN = 300  # characters of what a server says that go into an error
FOR_ALL = (401, 402, 403, 404)
"""Statuses that every request would get: no key, no money, no right, no such model."""

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
        shown = f"{named.url} http://127.0.0.1:8000/v1"
        raise BadSetting(
            name=named.url, value=endpoint.url,
            expected=f"OpenAI 호환 주소를 적어 주세요. 예) {shown}",
            expected_en=f"Write an OpenAI-compatible URL, such as {shown}.",
        )  # fmt: skip
    if parsed.userinfo:  # settings are stored with every answer and shown
        raise BadSetting(
            name=named.url, value="***",
            expected="주소에 이름이나 암호를 넣지 마세요. 열쇠는 환경 변수 HANSANG_LLM_KEY로 줍니다.",
            expected_en="No credentials in a URL: the key goes into the environment variable HANSANG_LLM_KEY.",
        )  # fmt: skip
    if not endpoint.key.isascii():
        raise BadSetting(
            name="HANSANG_LLM_KEY", value="***",
            expected="열쇠에는 영문자, 숫자, 기호만 쓸 수 있습니다.", expected_en="A key is ASCII.",
        )  # fmt: skip
    if not endpoint.model.strip():
        raise BadSetting(
            name=named.model, value="",
            expected=f"서버가 부르는 모델 이름을 적어 주세요(목록: {url}/models).",
            expected_en=f"Name a model that the server has; {url}/models lists them.",
        )  # fmt: skip
    return replace(endpoint, url=url, model=endpoint.model.strip(), key=endpoint.key.strip())


def adapted(body: Mapping[str, Any], complaint: str, optional: Collection[str]) -> dict[str, Any] | None:
    """The request without an optional field that a server names as not known to it; None when it names none."""
    if "max_tokens" in body and "max_completion_tokens" in complaint:
        rest = {name: value for name, value in body.items() if name != "max_tokens"}
        return {**rest, "max_completion_tokens": body["max_tokens"]}
    named = [name for name in optional if name in body and name in complaint]
    return {name: value for name, value in body.items() if name not in named} if named else None


def refuses_all(response: httpx.Response) -> bool:
    """Whether every request of ours would get this: also where an account has no money left, of which OpenAI says that
    it is busy.
    """
    return response.status_code in FOR_ALL or (response.status_code == 429 and "insufficient_quota" in response.text)


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


def pause_s(endpoint: Endpoint, attempt: int, after_s: float) -> float:
    """Seconds between the ``attempt``-th try (from 1) and the next, not under ``after_s``.

    Jitter keeps many requests that failed together from coming back together.
    """
    jitter = 1 + random.random()
    return max(after_s, endpoint.pause_s * 2.0 ** (attempt - 1) * jitter)


def complaint(response: httpx.Response, key: str = "") -> str:
    """What a server says of why it refuses, on one line and not at length. A key that it repeats is not told."""
    try:
        value = loads(response.content)
        said = (value[0] if isinstance(value, list) else value)["error"]  # Gemini's endpoint sends a list of one
        said = said["message"] if isinstance(said, dict) else said
    except (ValueError, LookupError, TypeError):
        said = response.text
    words = " ".join(str(said).split())
    return ((words.replace(key, "***") if key else words) or response.reason_phrase)[:_SHOWN]


def is_here(url: str) -> bool:
    """Whether a URL leads to this machine: a proxy of the surroundings is for others."""
    try:
        host = httpx.URL(url).host
        return host == "localhost" or ip_address(host).is_loopback
    except (ValueError, httpx.InvalidURL):
        return False

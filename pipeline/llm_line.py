"""The line to one language-model server that all pipelines of this process share: how many requests may be under way,
whether it has failed too often of late, what it is known not to take, how it counts tokens.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx

from pipeline.circuit import Circuit, Ticket
from pipeline.endpoint import FOR_ALL, Endpoint, adapted, complaint, is_here
from pipeline.errors.base import HansangError
from pipeline.errors.llm import LlmDown, LlmRefused, LlmResting, LlmSlow, PromptTooLong
from pipeline.limiting import request_limiter
from pipeline.prompting.budget import estimated_turns
from pipeline.prompting.messages import without_system
from pipeline.setting_groups.models import Llm
from pipeline.streaming import OPTIONAL

ASK_S = 2.0
"""Seconds that a small question to the server (which models, how many tokens) may take."""

KNOWN_S = 5.0
"""Seconds for which what was found out about its health holds."""

Turns = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Counted:
    """Tokens of a prompt. ``window`` is what the server says the model sees, None where it doesn't say."""

    tokens: int
    window: int | None = None
    estimated: bool = True


class Line:
    """See the module. Safe to use from several threads."""

    def __init__(self, endpoint: Endpoint, limits: Llm, now: Callable[[], float] = time.monotonic) -> None:
        self.endpoint = endpoint
        self.circuit = Circuit(limits.circuit_failures, limits.circuit_s, now)
        self.room = request_limiter(limits.concurrency, here=is_here(endpoint.url))
        self._now = now
        self._lock = threading.Lock()
        self._no_system = False
        self._left_out: list[str] = []  # complaints after which a field of the request was left out or renamed
        self._counts: bool | None = None
        self._health: tuple[float, HansangError | None] | None = None
        self._last: HansangError | None = None

    def shaped(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A request in the shape that the server is known to take."""
        shaped = dict(body)
        for reason in self._left_out:
            shaped = adapted(shaped, reason, OPTIONAL) or shaped
        if self._no_system:
            shaped["messages"] = without_system(shaped["messages"])
        return shaped

    def learn(self, body: Mapping[str, Any], reason: str) -> bool:
        """Learn from a refusal what the server doesn't take; true when the request will look otherwise now."""
        said = reason.lower()
        with self._lock:
            if not self._no_system and "role" in said and ("system" in said or "alternate" in said):
                self._no_system = True
                return any(turn["role"] == "system" for turn in body["messages"])
            if adapted(body, reason, OPTIONAL) is not None:
                self._left_out.append(reason)
                return True
        return False

    def enter(self) -> Ticket:
        """Leave to ask.

        Raises:
            LlmResting: it has failed so often that it isn't asked now.
        """
        ticket = self.circuit.admit()
        if ticket is None:
            raise self._resting()
        return ticket

    def failed(self, ticket: Ticket, error: HansangError) -> None:
        """The server did not do its part."""
        self._last = error
        self.circuit.failed(ticket)

    def _resting(self) -> LlmResting:
        last = self._last
        return LlmResting(
            failures=self.circuit.failures,
            seconds=max(1.0, self.circuit.wait_s()),
            reason=last.code if last else "",
            reason_en=last.code if last else "",
        )

    def count(self, turns: Turns) -> Counted:
        """Tokens of a prompt, by the model's own tokenizer where the server offers it (vLLM's ``/tokenize``)."""
        if self._counts is not False and (found := self._asked_count(self.shaped({"messages": turns})["messages"])):
            return found
        return Counted(estimated_turns(turns))

    def _asked_count(self, turns: Turns) -> Counted | None:
        url = self.endpoint.url.removesuffix("/v1")
        try:
            response = self._http().post(
                f"{url}/tokenize", json={"model": self.endpoint.model, "messages": list(turns)}, timeout=ASK_S
            )
            value = response.json() if response.status_code == 200 else {}
            tokens = int(value.get("count") or 0)
            window = value.get("max_model_len")
        except httpx.HTTPError:
            return None  # it may be there the next time; whether the server is there at all shows when it is asked
        except (ValueError, TypeError, AttributeError):
            tokens, window = 0, None
        if tokens <= 0:  # another server than vLLM
            if response.status_code in (200, 404, 405, 501):
                self._counts = False
            return None
        self._counts = True
        return Counted(tokens, window if isinstance(window, int) and window > 0 else None, estimated=False)

    def trouble(self) -> HansangError | None:
        """Why it can't be asked now, None when it can: it rests, isn't there, refuses us or lacks the model."""
        if self.circuit.state == "open":
            return self._resting()
        known = self._health
        if known is None or self._now() - known[0] >= KNOWN_S:
            known = self._health = self._now(), self._checked()
        return known[1]

    def _checked(self) -> HansangError | None:
        endpoint = self.endpoint
        try:
            response = self._http().get(f"{endpoint.url}/models", timeout=ASK_S)
        except httpx.TimeoutException:
            return LlmSlow(seconds=ASK_S, what="첫", what_en="first", setting="llm.first_token_s")
        except httpx.HTTPError as error:
            return LlmDown(url=endpoint.url, reason=str(error) or type(error).__name__)
        if response.status_code in FOR_ALL and response.status_code != 404:  # some servers have no such list
            said = complaint(response, endpoint.key)
            return LlmRefused(url=endpoint.url, status=response.status_code, reason=said, model=endpoint.model)
        if response.status_code >= 500:
            return LlmDown(url=endpoint.url, reason=f"HTTP {response.status_code}")
        names = _names(response)
        if names and endpoint.model not in names:
            there = f"있는 모델 / models there: {', '.join(names[:5])}"
            return LlmRefused(url=endpoint.url, status=404, reason=there, model=endpoint.model)
        return None

    def _http(self) -> httpx.Client:
        return _client(self.endpoint.key, not is_here(self.endpoint.url))


@lru_cache(maxsize=8)
def _client(key: str, trust_env: bool) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    client = httpx.Client(headers=headers, trust_env=trust_env, limits=httpx.Limits(max_keepalive_connections=8))
    atexit.register(client.close)  # connections that it keeps would be left open
    return client


def _names(response: httpx.Response) -> list[str]:
    try:
        return [str(model["id"]) for model in response.json()["data"]]
    except (ValueError, LookupError, TypeError):
        return []


@lru_cache(maxsize=64)
def line_to(endpoint: Endpoint, concurrency: int, failures: int, rest_s: float) -> Line:
    """The process's line to an endpoint, the same for all pipelines."""
    return Line(endpoint, Llm(concurrency=concurrency, circuit_failures=failures, circuit_s=rest_s))


def room_for_prompt(limits: Llm, counted: Counted) -> int:
    """Tokens that a prompt may have: the window that the settings or the server allow, less the answer's.

    Raises:
        PromptTooLong: the answer alone would fill it.
    """
    window = min(limits.context_tokens, counted.window or limits.context_tokens)
    room = window - limits.answer_tokens
    if room <= 0:
        reason = f"답변에만 {limits.answer_tokens:,}토큰인데 모델은 {window:,}토큰을 봄 / the answer alone fills it"
        raise PromptTooLong(reason=reason)
    return room

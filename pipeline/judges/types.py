"""The nouns of judging, and what a judge must be able to do. Knows no endpoint and no measure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pipeline.evaluation.judgements import Measure


@dataclass(frozen=True, slots=True)
class Case:
    """One answered question as a judge sees it. ``contexts`` are the passages of the prompt, best first."""

    id: str
    question: str
    answer: str
    contexts: tuple[str, ...]
    reference: str = ""
    abstained: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation with a language model."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model replied, and the tokens that it counted (None where it doesn't say).

    ``cut`` is true when it stopped for want of room.
    """

    text: str
    tokens_in: int | None = None
    tokens_out: int | None = None
    cut: bool = False


class CallFailed(Exception):
    """A call that brought no reply and may be tried again. ``retry_after`` are seconds that the endpoint asks for.

    ``reached`` is whether anything answered at all.
    """

    def __init__(
        self,
        status: Literal["timeout", "rate-limited", "error"],
        detail: str,
        *,
        retry_after: float | None = None,
        reached: bool = True,
    ) -> None:
        super().__init__(detail)
        self.status: Literal["timeout", "rate-limited", "error"] = status
        self.detail = detail
        self.retry_after = retry_after
        self.reached = reached


class Unreadable(Exception):
    """A reply that isn't what was asked for. The text says in Korean what is wrong, so that the judge can be told."""


class Judge(Protocol):
    """A language model behind an endpoint. ``name`` tells it from others in the ledger; ``url`` is where it is."""

    name: str
    url: str

    async def complete(self, messages: Sequence[Message], max_tokens: int) -> Reply:
        """One reply to a conversation.

        Raises:
            CallFailed: none came, and it may be tried again.
            JudgeRefused: none will ever come: no right, no such model.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


Ask = Callable[[Sequence[Message]], Awaitable[str]]
"""Put a conversation to the judge; pace, budget, retries and the ledger are taken care of."""

Similarity = Callable[[str, Sequence[str]], Awaitable[list[float]]]
"""The cosine between a question and each of some others."""


class Implementation(Protocol):
    """A way to measure: which questions it puts to a judge, and what it makes of the replies."""

    def prompt(self, measure: Measure) -> str:
        """The name and version of what is asked."""
        ...

    def conversations(self, measure: Measure, case: Case) -> list[Sequence[Message]]:
        """What will be asked, as far as it is known before the first reply; for estimates and to know a case again."""
        ...

    async def measure(self, measure: Measure, case: Case, ask: Ask, similarity: Similarity) -> float:
        """The measure of a case, from 0 to 1.

        Raises:
            Unreadable: a reply isn't what was asked for.
        """
        ...

    async def close(self) -> None:
        """End what was started."""
        ...

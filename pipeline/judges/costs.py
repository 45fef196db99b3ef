"""What judging costs: before, from the texts; while it goes on, so that a budget isn't exceeded; and after.

Money is in US dollars, prices are for a million tokens.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.judges.types import Message, Reply

MAX_TOKENS = 2_048  # of a reply; a judgement of twenty statements needs half of it
USUAL_OUT = 300  # tokens of a usual reply, for the estimate before there is any
OVERHEAD = 8  # tokens that a message costs beside its text
_HANGUL, _OTHER = 1.0, 0.4  # tokens a character, as a rule on the high side for today's vocabularies
_SURE = 1.5  # by how much the rule may be wrong, until the endpoint has counted itself


class BudgetSpent(Exception):
    """One more call could exceed the budget."""


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens read and written."""

    read: float = 0.0
    written: float = 0.0

    def of(self, tokens_in: float, tokens_out: float) -> float:
        """What so many tokens cost."""
        return (tokens_in * self.read + tokens_out * self.written) / 1e6


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is to be judged: how many judgements and calls, about how many tokens and dollars, at most how many.

    ``unknown`` counts the judgements whose calls depend on replies and are estimated by their first ones.
    """

    judgements: int
    calls: int
    tokens_in: int
    tokens_out: int
    dollars: float
    at_most: float


def tokens_of(messages: Iterable[Message]) -> int:
    """About how many tokens a conversation has; on the high side."""
    total = 0.0
    for message in messages:
        hangul = sum("가" <= c <= "힣" for c in message.text)
        total += OVERHEAD + hangul * _HANGUL + (len(message.text) - hangul) * _OTHER
    return math.ceil(total)


def estimate(conversations: Sequence[Sequence[Message]], judgements: int, price: Price) -> Estimate:
    """What conversations cost that nobody has replied to yet."""
    read = sum(tokens_of(messages) for messages in conversations)
    calls = len(conversations)
    most = price.of(read * _SURE, calls * MAX_TOKENS)
    return Estimate(judgements, calls, read, calls * USUAL_OUT, price.of(read, calls * USUAL_OUT), most)


class Spending:
    """Keeps what is spent within a budget: a call reserves the most it may cost and then pays what it did.

    Args:
        budget: dollars (None: no limit).
        spent: dollars that went before.
    """

    def __init__(self, price: Price, budget: float | None = None, spent: float = 0.0) -> None:
        self.price = price
        self.budget = budget
        self.spent = spent
        self._reserved = 0.0
        self._ratio = _SURE  # tokens that the endpoint counted for one of ours, the most there was
        self._changed = asyncio.Condition()

    async def reserve(self, messages: Sequence[Message]) -> float:
        """Set aside the most that a call may cost. Waits where calls under way may yet leave enough.

        Raises:
            BudgetSpent: there isn't as much.
        """
        most = self.price.of(tokens_of(messages) * self._ratio, MAX_TOKENS)
        async with self._changed:
            while self.budget is not None and self.spent + self._reserved + most > self.budget:
                if self._reserved <= 0:
                    raise BudgetSpent
                await self._changed.wait()
            self._reserved += most
        return most

    async def settle(self, reserved: float, messages: Sequence[Message], reply: Reply | None) -> tuple[int, int]:
        """Pay what a call cost, and return its tokens read and written.

        Where the endpoint doesn't say, it is what the texts come to; where no reply came (None) the most is taken to be
        spent, since what an endpoint did in vain it may charge for.
        """
        guessed = tokens_of(messages)
        if reply is None:
            read, written = math.ceil(guessed * self._ratio), MAX_TOKENS
            cost = reserved
        else:
            read = guessed if reply.tokens_in is None else reply.tokens_in
            out = reply.tokens_out
            written = tokens_of([Message("assistant", reply.text)]) if out is None else out
            self._ratio = max(self._ratio, read / max(1, guessed))
            cost = self.price.of(read, written)
        await self._pay(reserved, cost)
        return read, written

    async def release(self, reserved: float) -> None:
        """Give back what was set aside for a call that cost nothing: it was refused or reached nobody."""
        await self._pay(reserved, 0.0)

    async def _pay(self, reserved: float, cost: float) -> None:
        async with self._changed:
            self._reserved = max(0.0, self._reserved - reserved)
            if self._reserved < 1e-12:  # what floating point left
                self._reserved = 0.0
            self.spent += cost
            self._changed.notify_all()

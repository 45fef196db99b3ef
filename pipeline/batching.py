"""How much is done at once: a gate for requests under way, and the packing of texts of different lengths.

Tokens are whatever the caller counts; nothing here knows of models or of the network.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager


class Gate:
    """Lets in as many at once as their number and their tokens allow, first come, first served.

    What alone is over the budget is let in when nothing else is under way. Belongs to one event loop.
    """

    def __init__(self, count: int, tokens: int) -> None:
        self._count = count
        self._tokens = tokens
        self._inside = 0
        self._weight = 0
        self._line = asyncio.Lock()  # only the head of the line waits for room, so that a heavy one is not overtaken
        self._room = asyncio.Condition()

    @asynccontextmanager
    async def through(self, tokens: int) -> AsyncIterator[None]:
        """Wait until there is room for so many tokens, and hold it for the length of the block."""
        async with self._line, self._room:
            await self._room.wait_for(lambda: self._has_room(tokens))
            self._inside += 1
            self._weight += tokens
        try:
            yield
        finally:
            async with self._room:
                self._inside -= 1
                self._weight -= tokens
                self._room.notify_all()

    def _has_room(self, tokens: int) -> bool:
        return not self._inside or (self._inside < self._count and self._weight + tokens <= self._tokens)


def packed(lengths: Sequence[int], budget: int, most: int) -> list[list[int]]:
    """Rows packed into batches so that each, padded to its longest, stays within a budget of tokens.

    Texts of like length come together, the longest first. A text that alone is over the budget is a batch of its own.
    """
    batches: list[list[int]] = []
    longest = 0
    for row in sorted(range(len(lengths)), key=lambda row: (-lengths[row], row)):
        if not batches or len(batches[-1]) >= most or longest * (len(batches[-1]) + 1) > budget:
            batches.append([])
            longest = lengths[row]
        batches[-1].append(row)
    return batches

"""A gate for requests under way: so many at once, so many tokens at once. Belongs to one event loop.

Tokens are whatever the caller counts; nothing here knows of models or of the network.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Gate:
    """Lets in as many at once as their number and their tokens allow, first come, first served.

    What alone is over the budget is let in when nothing else is under way. The number may be a function, such as a
    limiter's ``look``: it is asked whenever somebody is let in or leaves.
    """

    def __init__(self, count: int | Callable[[], int], tokens: int) -> None:
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
        if not self._inside:
            return True
        count = self._count() if callable(self._count) else self._count
        return self._inside < count and self._weight + tokens <= self._tokens

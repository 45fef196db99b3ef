"""What a batcher has done, counted, and how fast it goes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from pipeline.batching.totals import Total

FRESH = 0.2
"""The weight of the newest batch in the measured rate."""


@dataclass(frozen=True, slots=True)
class Stats:
    """How a batcher stands. All but the first three, ``budget`` and the rate are counted since its start.

    ``waiting``, ``under_way``, ``done``, ``abandoned`` (their caller left, or failed by another of its texts) and
    ``failed`` are texts; ``refused`` are calls for which there was no room; ``shrunk`` is how often memory ran out.
    ``tokens`` of ``padded`` were text. ``budget`` is the tokens of a batch now.
    """

    waiting: int
    waiting_tokens: int
    under_way: int
    done: int
    batches: int
    tokens: int
    padded: int
    abandoned: int
    refused: int
    failed: int
    shrunk: int
    budget: int
    tokens_per_second: float


@dataclass(slots=True)
class Tally:
    """The counts as they grow. ``total`` is counted along."""

    total: Total = field(default_factory=Total)
    done: int = 0
    batches: int = 0
    tokens: int = 0
    padded: int = 0
    abandoned: int = 0
    refused: int = 0
    failed: int = 0
    shrunk: int = 0
    rate: float = 0.0

    def ran(self, texts: int, tokens: int, padded: int, seconds: float) -> None:
        """Count a batch that was run."""
        self.done += texts
        self.batches += 1
        self.tokens += tokens
        self.padded += padded
        self.total.ran(texts, tokens, padded)
        if seconds > 0:
            now = tokens / seconds
            self.rate = now if not self.rate else (1 - FRESH) * self.rate + FRESH * now

    def shrank(self) -> None:
        """Count that memory ran out."""
        self.shrunk += 1
        self.total.shrank()

    def seconds_for(self, tokens: int) -> int:
        """How long so many tokens will take at the rate that was measured, in whole seconds; 1 before any was."""
        return max(1, math.ceil(tokens / self.rate)) if self.rate else 1

    def stats(self, waiting: int, waiting_tokens: int, under_way: int, budget: int) -> Stats:
        """The counts with how it stands now."""
        return Stats(
            waiting, waiting_tokens, under_way, self.done, self.batches, self.tokens, self.padded,
            self.abandoned, self.refused, self.failed, self.shrunk, budget, self.rate,
        )  # fmt: skip

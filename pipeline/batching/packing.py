"""Texts of different lengths packed into batches, and how much of a batch is padding. Knows nothing of models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


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


def around(lengths: Sequence[int], row: int, budget: int, most: int, fill: float = 0.0) -> list[int]:
    """The batch of one row: it and those nearest to it in length, as many as stay within the budget when padded.

    At least a share ``fill`` of the batch is text and not padding, so that few tokens are computed for nothing. A row
    that alone is over the budget is a batch of its own.
    """
    order = sorted(range(len(lengths)), key=lambda other: (lengths[other], other))
    low = high = order.index(row)  # the batch is order[low : high + 1], its longest the last
    text = lengths[row]
    while (count := high - low + 2) <= most:
        choices = []
        for place, longest in ((low - 1, order[high]), (high + 1, order[min(high + 1, len(order) - 1)])):
            if 0 <= place < len(order):
                size, padded = lengths[order[place]], lengths[longest] * count
                if padded <= budget and text + size >= fill * padded:
                    choices.append((abs(size - lengths[row]), place))
        if not choices:
            break
        _, place = min(choices)
        text += lengths[order[place]]
        low, high = min(low, place), max(high, place)
    return order[low : high + 1]


@dataclass(frozen=True, slots=True)
class Packing:
    """What a distribution of lengths comes to under a budget: batches, tokens that are text, tokens with padding."""

    batches: int
    tokens: int
    padded: int

    @property
    def fill(self) -> float:
        """The share of what is computed that is text and not padding; 1 where there is nothing."""
        return self.tokens / self.padded if self.padded else 1.0


def packing_of(lengths: Sequence[int], budget: int, most: int) -> Packing:
    """What texts of these lengths come to, without running anything."""
    batches = packed(lengths, budget, most)
    padded = sum(max(lengths[row] for row in batch) * len(batch) for batch in batches)
    return Packing(len(batches), sum(lengths), padded)
